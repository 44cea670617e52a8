"""A user, a GitHub and the whole product in this process, on a time of their own; all of it can begin again anywhere.

The command line is entered where its users enter it, and what it puts together is what runs.
"""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer.main

from generator.cli.main import main
from generator.gitrepo.git_process import Git
from generator.hub.conduct import Conduct
from generator.hub.requester import Caller
from tests.clock import Clock
from tests.github_double.double import GitHubDouble, Memory
from tests.github_double.faults import Row
from tests.github_double.folder_copies import copied, restore
from tests.github_double.model import Repository
from tests.journey.companion import Backstage, Companion, Door
from tests.journey.organization import SOURCE, Way, bootstrap, pushed
from tests.sync.http_calls import running
from tests.workspace.on_github import app_in

COMMITS = (("main", "6.7.1"), ("feat/colour", "green"), ("feat/colour", "blue"))
_PEOPLE = {
    "GITOPSMITH_AUTHOR": "Ada <ada@example.com>",
    "GITOPSMITH_COMMITTER": "Gitopsmith <bot@example.com>",
}
_command = cache(typer.main.get_command)
_AGAIN_AFTER = 60.0
"""The seconds after which a person tries again what failed."""
_TRIES = 6


@dataclass(frozen=True)
class Said:
    """What a verb did: its exit code, and all that it printed."""

    code: int
    text: str


@dataclass(frozen=True)
class Waiting:
    """How long answers are waited for.

    Attributes:
        attempts: How often a call of the API is made before it fails.
        seconds: What an answer of the API may take.
        git_seconds: What a git command may take.
    """

    attempts: int = 1
    seconds: float = 20.0
    git_seconds: float = 60.0


@dataclass(frozen=True)
class Snapshot:
    """A world at one time.

    Attributes:
        github: What GitHub knew.
        folder: A copy of the user's folder.
        now: The time.
    """

    github: Memory
    folder: Path
    now: float


@dataclass
class World:
    """A user at work, and a GitHub.

    Attributes:
        github: The GitHub.
        clock: The time of both.
        folder: Where the user is, with all that the product keeps.
        door: Where deliveries come in.
        address: Where the server is when it runs.
        way: How the organization works with GitHub.
        credentials: The variables that hold the user's.
        commits: What is committed to the app's source before all else, by what it says.
        waiting: How long answers are waited for.
        begun: How many requests there were before those that count.
        row: The faults that come to one of these.
        lost: Which delivery from then on is lost; None where none is.
        thorough: Whether a last pass of reconciliation must find nothing to do.
    """

    github: GitHubDouble
    clock: Clock
    folder: Path
    door: Door
    address: str
    way: Way
    credentials: Mapping[str, str]
    commits: Mapping[str, str]
    waiting: Waiting = Waiting()
    begun: int = 0
    row: Row | None = None
    lost: int | None = None
    thorough: bool = False

    # --- one time and another

    def remember(self, folder: Path) -> Snapshot:
        """Return the world as it is, kept in a new folder."""
        folder.mkdir()
        github = self.github.remember(folder / "github")
        copied(self.folder, folder / "user")
        return Snapshot(github, folder / "user", self.clock.now)

    def recall(self, snapshot: Snapshot) -> None:
        """Begin again as it was."""
        self.github.recall(snapshot.github)
        restore(self.folder, snapshot.folder)
        self.clock.now = snapshot.now
        self.begun, self.row, self.lost, self.thorough = 0, None, None, False

    def repository(self, name: str) -> Repository:
        found = self.github.state.repository(name)
        assert found is not None
        return found

    # --- what goes wrong

    def begin(self) -> None:
        """Count requests and deliveries from now on."""
        self.begun = len(self.github.api.seen)
        if self.row is not None:
            self.github.api.faults.add_row(self.row)
        if self.lost is not None:
            self.github.courier.lose(1, skip=self.lost)

    @property
    def struck(self) -> int:
        """How often something went wrong so far."""
        return self.row.came if self.row else 0

    # --- what the user does

    def verb(self, *arguments: str, backstage: Backstage | None = None) -> Said:
        """Run a verb to its end."""
        raw = io.BytesIO()
        with ExitStack() as stack:
            text = stack.enter_context(io.TextIOWrapper(raw, write_through=True))
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            stack.enter_context(_logging_kept())
            stack.enter_context(redirect_stdout(text))
            stack.enter_context(redirect_stderr(text))
            self._enter(patch, arguments)
            if backstage is not None:
                backstage.enter(patch)
            with pytest.raises(SystemExit) as ended:
                main()
            said = Said(int(ended.value.code or 0), raw.getvalue().decode())
        assert "a bug" not in said.text.casefold(), said.text
        assert not any(secret in said.text for secret in self.github.identities.tokens)
        return said

    def insist(self, *arguments: str) -> str:
        """Run a verb as a person does: again, where it failed and said so in plain words."""
        for _ in range(_TRIES):
            said = self.verb(*arguments)
            if said.code == 0:
                return said.text
            assert (said.code, "\nerror: " in f"\n{said.text}") == (1, True), said.text
            self.clock.sleep(_AGAIN_AFTER)
        raise AssertionError(f"{' '.join(arguments)} fails for good:\n{said.text}")

    def serve(self, act: Callable[[Companion], None]) -> None:
        """Run the server while something is done."""
        backstage = Backstage(self.door, self.clock, self.github.courier, act)
        port = self.address.rpartition(":")[2]
        arguments = ["--port", port, "--workspace", "out", "--push", "--evidence", "commit"]
        said = self.verb("serve", *arguments, *self.hooks(), backstage=backstage)
        if backstage.failure is not None:
            raise AssertionError(said.text) from backstage.failure
        assert said.code == 0, said.text

    def hooks(self) -> list[str]:
        """Return the options that say how webhooks are kept."""
        return ["--public-url", self.address, "--webhook-secrets", "secrets.yaml"]

    def _enter(self, patch: pytest.MonkeyPatch, arguments: Sequence[str]) -> None:
        """Let this process be one of the user's."""
        patch.chdir(self.folder)
        patch.setattr(sys, "argv", ["gitopsmith", *arguments])
        patch.setattr(time, "time", self.clock)
        variables = {
            **self.credentials,
            "GITOPSMITH_GITHUB_URL": self.github.url,
            # GitHub takes no author, so whoever has it make the commits may name none.
            **({} if self.way.is_ruled else _PEOPLE),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }
        for name, value in variables.items():
            patch.setenv(name, value)
        waiting, prepare, run = self.waiting, Caller.__init__, Git.run

        def prepared(caller: Caller, url: str, auth: Any, conduct: Conduct, advice: str) -> None:
            patience = replace(conduct.patience, timeout=waiting.seconds, attempts=waiting.attempts)
            conduct = replace(conduct, patience=patience, sleep=self.clock.sleep, luck=lambda: 1.0, clock=self.clock)
            prepare(caller, url, auth, conduct, advice)

        def bounded(git: Git, *command: str, **options: Any) -> str:
            return run(replace(git, timeout=min(git.timeout, waiting.git_seconds)), *command, **options)

        # The commands are always the same, and to put them together takes longer than many a verb.
        patch.setattr(typer.main, "get_command", _command)
        patch.setattr(Caller, "__init__", prepared)
        patch.setattr(Git, "run", bounded)


@contextmanager
def world_in(folder: Path, now: float, way: Way) -> Iterator[World]:
    """Yield a world in which an organization was made and its app was added, all on disk: GitHub knows nothing of it.

    Args:
        folder: Where everything is kept.
        now: When it begins, in seconds since 1970.
        way: How the organization works with GitHub.
    """
    clock, door = Clock(now), Door()
    with GitHubDouble(folder / "github", clock=clock) as github, running(door) as port:
        github.state.lag = 2
        github.identities.unknown = 2
        github.organization("acme"), github.organization("acme-apps")
        source = github.repository(SOURCE, git=True)
        commits = {text: pushed(source, branch, text, now) for branch, text in COMMITS}
        user = folder / "user"
        user.mkdir()
        credentials = _app(github, folder) if way.as_app else {"GITOPSMITH_TOKEN": github.token()}
        world = World(github, clock, user, door, f"http://127.0.0.1:{port}", way, credentials, commits)
        bootstrap(world.insist, user, github.web, way)
        yield world
        github.courier.settle()
    github.assert_sound()


def _app(github: GitHubDouble, folder: Path) -> dict[str, str]:
    """Return the variables that hold the credentials of an App which is installed wherever it is needed."""
    app, key = app_in(github), folder / "app.pem"
    key.write_text(app.private_key)
    return {"GITOPSMITH_APP_ID": app.id, "GITOPSMITH_APP_PRIVATE_KEY_FILE": str(key)}


@contextmanager
def _logging_kept() -> Iterator[None]:
    """Undo what a process does to its own log."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
