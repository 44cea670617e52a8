"""Makes the commits that are to be pushed from a clone: by git, here, or as somebody else does it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from generator.core.change import Change
from generator.gitrepo.authorship import Authorship, Person, Signature, decide
from generator.gitrepo.clone import Clone
from generator.gitrepo.commit_message import message
from generator.gitrepo.commits import Heads, Step


class Committer(Protocol):
    """Makes commits; they are in the clone then, and no branch points to them yet."""

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Make the commits of steps, and return where the branches would be after each step.

        Args:
            heads: Where the first commits are made.
            steps: What the commits do and say, in order; their paths are safe.
            authorship: Who they are from.

        Raises:
            TooManyError: There are more steps than are taken at once.
            PlanAgainError: The clone is damaged.
            UserError: The commits cannot be made as it is asked for, or the disk is full.
        """

    def merge(self, merged: str, parents: tuple[str, str], words: Change) -> str:
        """Make a merge that holds the same as a commit of the clone, and return it.

        Args:
            merged: The commit that holds what is merged.
            parents: The commits that are merged; it is from whom the first one is from.
            words: What the merge says; it has no edits.

        Raises:
            PlanAgainError: The clone is damaged.
            UserError: The commit cannot be made as it is asked for, or the disk is full.
        """


class GitCommitter:
    """Makes commits by git.

    Args:
        clone: Where.
    """

    def __init__(self, clone: Clone) -> None:
        self._clone = clone
        self._signatures: dict[Authorship, Signature] = {}

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Make the commits of steps; see `Committer`."""
        return self._clone.write(heads, steps, self._signature(authorship))

    def merge(self, merged: str, parents: tuple[str, str], words: Change) -> str:
        """Make a merge; see `Committer`."""
        form = "--format=%an%n%ae%n%cn%n%ce"
        told = self._clone.ask("rev-list", "--max-count=1", "--no-commit-header", form, parents[0]).split("\n")
        signature = self._signature(Authorship(Person(*told[:2]), Person(*told[2:])))
        return self._clone.write_merge(merged, parents, message(words), signature)

    def _signature(self, authorship: Authorship) -> Signature:
        if authorship not in self._signatures:
            self._signatures[authorship] = decide(self._clone.git, authorship)
        return self._signatures[authorship]
