"""A branch that changes are written to, wherever it is: what a writer asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from generator.core.errors import TemporaryError
from generator.core.tree import Tree
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.commits import Heads, Step


class PlanAgainError(TemporaryError):
    """What was planned on is no more: refresh and plan again."""


class LostRaceError(PlanAgainError):
    """Somebody else moved the branch meanwhile."""


class TooManyError(PlanAgainError):
    """So many commits are not made at once: plan fewer.

    Args:
        message: Who does not make them.
        most: How many are made at once, at least one.
    """

    def __init__(self, message: str, most: int) -> None:
        super().__init__(message)
        self.most = most


class Branch(Protocol):
    """A branch with the pristine branch beside it. All but `tree` is called while it is reserved.

    An earlier write may have to be finished, as where it waits for a person to approve it: `heads` and `refresh` then
    say so, and what they return as `main` is what that write wrote. So planners find nothing to do where it holds what
    they want, what they plan comes on top of it, and `publish` finishes all of it.
    """

    def reserved(self) -> AbstractContextManager[None]:
        """Keep all others of our writers out while the block runs."""

    def heads(self) -> Heads:
        """Return where the branches were when last seen; that costs nothing, and may be long ago."""

    def refresh(self) -> Heads:
        """Look where the branches are now, and return it."""

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits that no branch points to yet, and return where the branches would be after each step."""

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:
        """Move the branches, both or none, if they are still where they were.

        Args:
            old: Where they were.
            new: Where they shall be: at commits that are written already. The same as `old` where nothing but an
                earlier write is to be finished.
            steps: What lies between.

        Raises:
            LostRaceError: They are not.
        """
