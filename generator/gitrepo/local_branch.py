"""A branch of a repository with a work tree, written to in place: nothing is pushed, and the work tree follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from generator.core.change import Edits
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File, Tree
from generator.gitrepo.authorship import Authorship, decide
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.commits import Heads, Step, write_commits
from generator.gitrepo.git_process import Git, GitFailedError
from generator.gitrepo.repository import Repository


class LocalBranch:
    """A branch of a repository, with the pristine branch beside it.

    Args:
        repository: The repository.
        branch: The branch's name.
        timeout: The seconds that one git command may take.
    """

    def __init__(self, repository: Repository, branch: str, *, timeout: float = 60.0) -> None:
        self._repository = repository
        self._branch = branch
        self._git = Git(repository.path, timeout)

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep all others of our writers out of the repository while the block runs."""
        with self._repository.exclusive():
            yield

    def heads(self) -> Heads:
        """Return where the branches are."""
        return Heads(self._repository.head(self._branch), self._repository.pristine_head())

    def refresh(self) -> Heads:
        """Return where the branches are."""
        return self.heads()

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return self._repository.at(commit)

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits that no branch points to yet, and return where the branches would be after each step.

        Raises:
            UserError: Git cannot write or knows no identity, or the commits cannot be signed.
        """
        try:
            return write_commits(self._git, heads, steps, decide(self._git, authorship))
        except GitFailedError as error:
            raise UserError(f"{self._repository.path}: {error}", hint="Mend what git says and run it again.") from error

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:
        """Move the branches, both or none, if they are still where they were; the work tree follows.

        Raises:
            LostRaceError: They are elsewhere, or another git process is at work there.
            UserError: Uncommitted work is in the way.
        """
        # The pristine branch may so far be that of `origin` alone: the own one is moved from where it is, or made.
        moves = {
            self._branch: (old.main, new.main),
            PRISTINE_BRANCH: (self._repository.head(PRISTINE_BRANCH), new.pristine),
        }
        edits = {
            self._branch: _all_edits(step.main.edits for step in steps),
            PRISTINE_BRANCH: _all_edits(step.pristine.edits for step in steps if step.pristine),
        }
        try:
            self._repository.advance(moves, edits)
        except TemporaryError as error:
            raise LostRaceError(str(error)) from error


def _all_edits(several: Iterable[Edits]) -> Edits:
    together: dict[str, File | None] = {}
    for edits in several:
        together.update(edits)
    return together
