"""A repository on GitHub with rules of its organization, and who writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.core.change import Change
from generator.core.documents import Repository as Rules
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File, Tree
from generator.gitrepo.writer import Outcome, Patience, Planner, WithPristine, write
from generator.hub.conduct import Conduct
from generator.hub.conduct import Patience as Calls
from generator.hub.connection import Connection
from generator.hub.credentials import Credentials
from generator.workspace.remotes import Remote, Writable
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.model import CommitStatus, PullRequest, Repository

SLUG = "acme/acme-gitops"
CHANGES = "gitopsmith-changes/to/main"
QUICK = Patience(attempts=3, first=0.0, longest=0.0)


def sets(name: str, text: str) -> Planner:
    """Return a planner that wants a file to hold a text."""
    edits = {name: File(text.encode())}
    return lambda _: Change(edits, f"{name} says {text}", trailers=(("Delivery", text),))


def sets_both(name: str, text: str) -> WithPristine:
    """Return a planner that wants a file to hold a text on both branches, as one that templates are rendered for."""

    def plan(main: Tree, pristine: Tree) -> tuple[Change, Change]:
        return sets(name, text)(main), sets(name, text)(pristine)

    return WithPristine(plan)


@dataclass
class World:
    """A repository on a GitHub.

    Attributes:
        double: The GitHub.
        repository: The repository.
        rules: What its organization says of it.
        connection: Who calls GitHub.
        cache: Where clones are.
    """

    double: GitHubDouble
    repository: Repository
    rules: Rules
    connection: Connection
    cache: Path

    @property
    def path(self) -> Path:
        assert self.repository.path
        return self.repository.path

    @property
    def remote(self) -> Remote:
        url = f"{self.double.web}/{SLUG}.git"
        token = self.connection.token("acme")
        return Remote(url, "main", token, self.cache, self.rules, lambda: nullcontext(self.connection))

    @contextmanager
    def writable(self) -> Iterator[Writable]:
        with self.remote.writable() as writable:
            yield writable

    def write(self, *planners: Planner | WithPristine, patience: Patience = QUICK) -> list[Outcome]:
        with self.writable() as writable:
            return write(writable.deployed, planners, patience=patience, sleep=lambda _: None)

    def git(self, *command: str) -> str:
        return git_store.run(self.path, *command)

    def branches(self) -> dict[str, str]:
        return git_store.branches(self.path)

    def head(self, branch: str = "main") -> str:
        return self.branches()[branch]

    def text(self, name: str, branch: str = "main") -> str:
        return self.git("cat-file", "blob", f"{branch}:{name}")

    def subjects(self, branch: str = "main") -> list[str]:
        """Return what the commits of a branch say, the oldest first, without merges."""
        return self.git("log", "--reverse", "--topo-order", "--no-merges", "--format=%s", branch).splitlines()

    def commit(self, branch: str, files: dict[str, str], subject: str = "By hand") -> str:
        """Commit as somebody else does, whom no rule holds."""
        with self.double.api.lock:
            before = self.branches().get(branch, "0" * 40)
            after = git_store.commit(self.path, branch, files, subject)
            self.double.by().moved_branch(self.repository, f"refs/heads/{branch}", before, after)
        return after

    def trailer(self, key: str) -> str:
        """Return a trailer of the newest commit of the branch that is no merge."""
        form = f"--format=%(trailers:key={key},valueonly)"
        return self.git("log", "-1", "--topo-order", "--no-merges", form, "main")

    def requests(self, state: str = "open") -> list[PullRequest]:
        return [one for one in self.repository.pull_requests if one.state == state]

    def demand(self, **rules: Any) -> None:
        """Let the branch be protected on GitHub by more rules than that it takes no pushes."""
        self.repository.protections["main"] = {"enforce_admins": True, **rules}
        git_store.protect(self.path, ["main"])

    def say(self, context: str, state: str = "success") -> None:
        """Let a check say something of what waits."""
        with self.double.api.lock:
            for one in self.requests():
                known, user = self.double.state, self.double.user("octocat")
                said = CommitStatus(known.new_id(), one.sha, state, context, None, None, user, known.now())
                self.repository.statuses.append(said)

    def pushes(self) -> int:
        """Return how often was pushed so far."""
        return sum("git-receive-pack" in seen.line and seen.line.startswith("POST") for seen in self.double.api.seen)

    def state(self) -> dict[str, str]:
        """Return all that the outside can see of what was written: the tree of each branch."""
        return {branch: self.git("rev-parse", f"{branch}^{{tree}}") for branch in self.branches()}


@contextmanager
def world(
    double: GitHubDouble, folder: Path, credentials: Callable[[GitHubDouble], Credentials], **rules: Any
) -> Iterator[World]:
    """Yield a world whose repository has two files on `main` and on the pristine branch."""
    repository = double.repository(SLUG, git=True)
    assert repository.path
    files = {"a": "1", "folder/b": "1"}
    for branch in ("main", PRISTINE_BRANCH):
        git_store.commit(repository.path, branch, files, "First files")
    conduct = Conduct(Calls(timeout=10, attempts=2), sleep=lambda _: None, luck=lambda: 0.0)
    with Connection(credentials(double), double.url, conduct) as connection:
        yield World(double, repository, Rules(owner="acme", name="acme-gitops", **rules), connection, folder / "cache")
