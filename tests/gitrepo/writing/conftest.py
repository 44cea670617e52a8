"""Remotes to write to: a bare repository on disk, the same behind a web server that asks for a password."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import IO, Self

import pytest

from generator.core.change import Change
from generator.core.tree import File, Tree
from generator.gitrepo.clone import Clone
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.remote_branch import Anew, RemoteBranch
from generator.gitrepo.writer import Planner

TOKEN = "ghs_0123/top+secret=="
FOLDER = "registry/environments/production/prod-eu"


@dataclass(frozen=True)
class Remote:
    """A bare repository that stands for one on a host."""

    path: Path

    def git(self, *command: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *command], cwd=self.path, input=stdin, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def head(self, branch: str = "main") -> str:
        return self.git("rev-parse", f"refs/heads/{branch}")

    def subjects(self, branch: str = "main") -> list[str]:
        return self.git("log", "--reverse", "--format=%s", branch).splitlines()

    def text(self, path: str, branch: str = "main") -> str:
        return self.git("cat-file", "blob", f"{branch}:{path}")

    def commit(self, subject: str, files: dict[str, str], branch: str = "main") -> str:
        """Commit as somebody else would whose push has just arrived."""
        self.git(
            "fast-import", "--quiet", "--date-format=now", stdin=_stream(subject, files, branch, self._has(branch))
        )
        return self.head(branch)

    def hook(self, name: str, script: str) -> None:
        hook = self.path / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(script)
        hook.chmod(0o755)

    def assert_sound(self) -> None:
        """The history is linear and no object is missing or broken."""
        assert self.git("rev-list", "--min-parents=2", "--all") == ""
        assert self.git("fsck", "--full", "--strict", "--no-dangling") == ""

    def _has(self, branch: str) -> bool:
        return bool(self.git("for-each-ref", f"refs/heads/{branch}"))


def _stream(subject: str, files: dict[str, str], branch: str, continued: bool) -> bytes:
    lines = [f"commit refs/heads/{branch}", "committer Other <other@example.com> now", f"data {len(subject)}", subject]
    if continued:
        lines.append(f"from refs/heads/{branch}^0")
    for path, text in files.items():
        lines += [f"M 100644 inline {path}", f"data {len(text.encode())}", text]
    return "\n".join([*lines, ""]).encode()


def app_path(number: int) -> str:
    return f"{FOLDER}/app-{number:04}.yaml"


def app_text(number: int, version: str) -> str:
    return f"name: app-{number}\nversion: {version}\nreplicas: 2\n"


def set_version(number: int, version: str) -> Planner:
    """Return a planner that changes one line of one file, and nothing where it says so already."""

    def plan(tree: Tree) -> Change:
        found = tree.get(app_path(number))
        assert found
        lines = found.data.decode().split("\n")
        lines[1] = f"version: {version}"
        return Change({app_path(number): File("\n".join(lines).encode())}, f"app-{number} → {version}")

    return plan


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """Return a remote whose branch `main` holds 200 apps in version 1."""
    path = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
    remote = Remote(path)
    remote.commit("first", {app_path(number): app_text(number, "1") for number in range(200)})
    return remote


OpenBranch = Callable[..., RemoteBranch]


@pytest.fixture
def branch_of(tmp_path: Path) -> Iterator[OpenBranch]:
    """Return what opens a branch through a clone in this test's cache; the clone is closed at the end."""
    opened: list[Clone] = []

    def open_branch(
        url: Path | str,
        name: str = "main",
        *,
        base: str | None = None,
        anew: Anew | None = None,
        token: str | None = None,
        timeout: float = 30.0,
        lock_timeout: float = 30.0,
    ) -> RemoteBranch:
        credentials = Credentials(token)
        clone = Clone(str(url), tmp_path / "cache", credentials=credentials, timeout=timeout, lock_timeout=lock_timeout)
        opened.append(clone)
        return RemoteBranch(clone, name, base=base, anew=anew)

    yield open_branch
    for clone in opened:
        clone.close()


@pytest.fixture
def branch(remote: Remote, branch_of: OpenBranch) -> RemoteBranch:
    """Return the branch `main` of the remote."""
    return branch_of(remote.path)


@pytest.fixture
def cloned(tmp_path: Path) -> Callable[[], Path]:
    """Return what finds the one clone in this test's cache."""
    return lambda: next((tmp_path / "cache").glob("*/repository.git"))


@dataclass
class Web:
    """A web server in front of a folder of repositories, which lets in who knows the token.

    Attributes:
        url: Where the repositories are.
        answers: A status by the end of a path, given instead of what git would say.
        seen: The path and the authorization of every request.
        moved_to: The server that every request is sent on to; empty for none.
        public: Whether it lets in everybody.
    """

    url: str
    answers: dict[str, int] = field(default_factory=dict)
    moved_to: str = ""
    public: bool = False
    seen: list[tuple[str, str]] = field(default_factory=list)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Serve this test's folder by `git http-backend`."""
    with serving(tmp_path) as web:
        yield web


@contextmanager
def serving(root: Path) -> Iterator[Web]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            """Say nothing."""

        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            web.seen.append((self.path, self.headers.get("Authorization", "")))
            with TemporaryFile() as body:
                _receive(self, body)
                given = [status for end, status in web.answers.items() if self.path.endswith(end)]
                if given:
                    self.send_error(given[0])
                elif web.moved_to:
                    self.send_response(301)
                    self.send_header("Location", web.moved_to + self.path)
                    self.end_headers()
                elif not web.public and self.headers.get("Authorization") != expected:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.end_headers()
                else:
                    self._run_git(path, query, body)

        def _run_git(self, path: str, query: str, body: IO[bytes]) -> None:
            environment = {
                **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
                "GIT_PROJECT_ROOT": str(root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "writer",
            }
            done = subprocess.run(
                ["git", "http-backend"], env=environment, stdin=body, capture_output=True, check=False
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    expected = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _receive(handler: BaseHTTPRequestHandler, body: IO[bytes]) -> None:
    """Read the request's body to a file, as it is or in chunks."""
    if handler.headers.get("Transfer-Encoding") == "chunked":
        while size := int(handler.rfile.readline(), 16):
            body.write(handler.rfile.read(size))
            handler.rfile.readline()
        handler.rfile.readline()
    else:
        body.write(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
    body.seek(0)


_WRITER = """
import json, sys
from pathlib import Path
from generator.core.change import Change
from generator.core.tree import File
from generator.gitrepo.clone import Clone
from generator.gitrepo.remote_branch import Anew, RemoteBranch
from generator.gitrepo.writer import write

order = json.loads(sys.argv[1])

def set_version(number):
    path = f"{order['folder']}/app-{number:04}.yaml"
    def plan(tree):
        lines = tree.get(path).data.decode().split("\\n")
        lines[1] = f"version: {order['version']}"
        return Change({path: File("\\n".join(lines).encode())}, f"app-{number} → {order['version']}")
    return plan

planners = [set_version(number) for number in order["numbers"]]
print("ready", flush=True)
sys.stdin.readline()
with Clone(order["url"], Path(order["cache"])) as clone:
    branch = RemoteBranch(clone, "main")
    for start in range(0, len(planners), order["batch"]):
        write(branch, planners[start:][: order["batch"]])
print("done", flush=True)
"""

_COMPETITOR = """
import subprocess, sys, time
remote, own, period = sys.argv[1:]

def git(*command, check=True):
    done = subprocess.run(["git", *command], cwd=own, capture_output=True, text=True, check=check)
    return done.stdout.strip() if check else done.returncode == 0

subprocess.run(["git", "clone", "--quiet", "--bare", remote, own], check=True)
print("ready", flush=True)
sys.stdin.readline()
import threading
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
number = 0
while not stopped.wait(float(period)):
    while True:
        git("fetch", "--quiet", "origin", "+refs/heads/main:refs/heads/main")
        head = git("rev-parse", "refs/heads/main")
        commit = git("commit-tree", "-p", head, "-m", f"competitor {number}", f"{head}^{{tree}}")
        if git("push", "--quiet", "origin", f"{commit}:refs/heads/main", check=False):
            break
    print(f"competitor {number}", flush=True)
    number += 1
"""


class Helper:
    """A process beside the test, which begins when it is told to."""

    def __init__(self, script: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.hear() == "ready"

    def begin(self) -> Self:
        self._say()
        return self

    def hear(self) -> str:
        """Wait for the next line that the process says, and return it."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def kill_after(self, seconds: float) -> bool:
        """Kill the process after so long; return whether it was at work until then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        out, _ = self._process.communicate()
        return "done" not in out

    def finish(self) -> list[str]:
        """Wait until the process ends, and return what it said."""
        out, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        return out.splitlines()

    def stop(self) -> list[str]:
        """Tell the process to end, and return what it said."""
        self._say()
        return self.finish()

    def _say(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()


WriterProcess = Callable[..., Helper]


@pytest.fixture
def writer_process(remote: Remote, tmp_path: Path) -> WriterProcess:
    """Return what starts a writer of its own that sets the version of many apps, in batches."""

    def start(numbers: range, version: str, *, batch: int = 1000, cache: str = "cache") -> Helper:
        order = {
            "url": str(remote.path),
            "cache": str(tmp_path / cache),
            "folder": FOLDER,
            "numbers": list(numbers),
            "version": version,
            "batch": batch,
        }
        return Helper(_WRITER, json.dumps(order))

    return start


@pytest.fixture
def competitor(remote: Remote, tmp_path: Path) -> Callable[[float], Helper]:
    """Return what starts somebody else who pushes to the same branch by the period given."""
    return lambda period: Helper(_COMPETITOR, str(remote.path), str(tmp_path / "competitor.git"), str(period))
