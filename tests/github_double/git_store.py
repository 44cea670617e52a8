"""The repositories of the double on disk, and git's own program that serves them over HTTP."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryFile

_PROTECTED = "protected-branches"
_SIGNED = "signed-commits-only"
WITHOUT_WORKFLOWS = "GITHUB_DOUBLE_WITHOUT_WORKFLOWS"
_PRE_RECEIVE = f"""#!/bin/sh
while read -r before after ref; do
  was=$(git ls-tree -r "$before" -- .github/workflows 2>/dev/null)
  if [ -n "${WITHOUT_WORKFLOWS}" ] && [ "$(git ls-tree -r "$after" -- .github/workflows 2>/dev/null)" != "$was" ]; then
    echo "error: refusing to allow to create or update a workflow without the scope workflow" >&2
    exit 1
  fi
  if grep -qxF "$ref" {_PROTECTED} 2>/dev/null; then
    echo "error: GH006: Protected branch update failed for $ref." >&2
    exit 1
  fi
  if [ -f {_SIGNED} ] && git cat-file -e "$after" 2>/dev/null; then
    for commit in $(git rev-list "$after" --not --all); do
      if ! git cat-file commit "$commit" | sed '/^$/q' | grep -q '^gpgsig '; then
        echo "error: GH013: Repository rule violations found: Commits must have verified signatures." >&2
        exit 1
      fi
    done
  fi
done
"""


@dataclass(frozen=True)
class GitStore:
    """Bare repositories in a folder, `<owner>/<name>.git`.

    Attributes:
        root: The folder.
        capabilities: What git answers whoever wants to read, by the protocol; of version 2 on, all do so alike.
    """

    root: Path
    capabilities: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)

    def create(self, full_name: str, branch: str = "main") -> Path:
        path = self.root / f"{full_name}.git"
        subprocess.run(
            ["git", "init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}", path], check=True
        )
        hook = path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_PRE_RECEIVE)
        hook.chmod(0o755)
        return path


def run(path: Path, *command: str, stdin: bytes = b"") -> str:
    """Return what git says in a repository."""
    done = subprocess.run(["git", *command], cwd=path, input=stdin, capture_output=True, check=True)
    return done.stdout.decode().strip()


def branches(path: Path) -> dict[str, str]:
    """Return the commit of each branch."""
    lines = run(path, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines)


def references(path: Path) -> dict[str, str]:
    """Return the commit of each reference, by its whole name."""
    return dict(
        line.split(" ", 1) for line in run(path, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    )


def resolve(path: Path, name: str) -> str | None:
    """Return the commit that a branch, a tag or the beginning of an id stands for."""
    command = ["git", "rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}"]
    done = subprocess.run(command, cwd=path, capture_output=True, check=False)
    return done.stdout.decode().strip() or None


def commit(path: Path, branch: str, files: Mapping[str, str], subject: str, at: float | None = None) -> str:
    """Commit files on top of a branch as its author would, and return the commit.

    Args:
        path: The repository.
        branch: The branch, which is made where it is missing.
        files: What is committed, by path.
        subject: What the commit says.
        at: When, in seconds since 1970; None for now.
    """
    when = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    lines = [f"commit refs/heads/{branch}", f"committer Octocat <octocat@example.com> {format_datetime(when)}"]
    lines += [f"data {len(subject.encode())}", subject]
    if branch in branches(path):
        lines.append(f"from refs/heads/{branch}^0")
    for name, text in files.items():
        lines += [f"M 100644 inline {name}", f"data {len(text.encode())}", text]
    run(path, "fast-import", "--quiet", "--date-format=rfc2822", stdin="\n".join([*lines, ""]).encode())
    return branches(path)[branch]


def merge(path: Path, base: str, head: str, message: str, method: str) -> str | None:
    """Merge a commit into a branch as GitHub's button does, and return the commit; None where they conflict."""
    done = subprocess.run(
        ["git", "merge-tree", "--write-tree", f"refs/heads/{base}", head], cwd=path, capture_output=True, check=False
    )
    if done.returncode:
        return None
    tree = done.stdout.decode().split()[0]
    parents = ["-p", f"refs/heads/{base}", *(["-p", head] if method == "merge" else [])]
    author = ["-c", "user.name=GitHub", "-c", "user.email=noreply@github.com"]
    made = run(path, *author, "commit-tree", tree, *parents, "-m", message)
    run(path, "update-ref", f"refs/heads/{base}", made)
    return made


def protect(path: Path, protected: list[str]) -> None:
    """Let nobody push to some branches."""
    (path / _PROTECTED).write_text("".join(f"refs/heads/{branch}\n" for branch in protected))


def demand_signatures(path: Path) -> None:
    """Let nobody push commits that are not signed, to whatever branch."""
    (path / _SIGNED).touch()


def serve(
    root: Path, verb: str, path: str, query: str, headers: Mapping[str, str], body: bytes, workflows: bool = True
) -> tuple[int, dict[str, str], bytes]:
    """Return what `git http-backend` answers: its status, its headers and its body.

    Args:
        root: The folder that paths are in.
        verb: The request's verb.
        path: Its path, without its query.
        query: Its query.
        headers: Its headers.
        body: Its body.
        workflows: Whether what is pushed may change workflows.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": verb,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
        "REMOTE_USER": "somebody",
        WITHOUT_WORKFLOWS: "" if workflows else "1",
    }
    with TemporaryFile() as stdin:
        stdin.write(body)
        stdin.seek(0)
        done = subprocess.run(["git", "http-backend"], env=environment, stdin=stdin, capture_output=True, check=True)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    answered = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(answered.pop("Status", "200").split()[0]), answered, content
