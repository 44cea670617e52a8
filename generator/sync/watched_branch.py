"""A branch as the drain writes to it: its operations are counted, and it is not moved for what is settled already."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from generator.core.errors import TemporaryError
from generator.core.tree import Tree
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.branch import Branch
from generator.gitrepo.commits import Heads, Step
from generator.sync.monitoring.metric_families import GitOperation
from generator.sync.remembering_tree import RememberingTree
from generator.sync.store.inbox import Inbox


class Observer(Protocol):
    """Whoever counts what git does."""

    def git_operation(self, operation: GitOperation) -> AbstractContextManager[None]:
        """Count and time what the block does."""
        ...


class OvertakenError(TemporaryError):
    """Another process settled a part of the batch: what was planned for it is old."""


@dataclass(frozen=True)
class WatchedBranch:
    """A branch whose operations are counted, and that is not moved for deliveries that somebody else settled meanwhile.

    A process that was paused in the middle of a batch may wake when another has done its work and more: what it planned
    is old then. That the branch is still where it was when this was asked, the push itself makes sure.

    Attributes:
        branch: The branch.
        inbox: Where the deliveries are.
        observer: Who counts.
        ids: The deliveries that it is moved for.
    """

    branch: Branch
    inbox: Inbox
    observer: Observer
    ids: Sequence[str]

    def reserved(self) -> AbstractContextManager[None]:
        """Keep all others of our writers out while the block runs."""
        return self.branch.reserved()

    def heads(self) -> Heads:
        """Return where the branches were when last seen."""
        return self.branch.heads()

    def refresh(self) -> Heads:
        """Look where the branches are now."""
        with self.observer.git_operation("fetch"):
            return self.branch.refresh()

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; each file of it is read once."""
        return RememberingTree(self.branch.tree(commit))

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits that no branch points to yet."""
        with self.observer.git_operation("commit"):
            return self.branch.commit(heads, steps, authorship)

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:
        """Move the branches.

        Raises:
            OvertakenError: Somebody else settled a delivery that they would be moved for.
            LostRaceError: They are elsewhere.
        """
        if len(self.inbox.still_waiting(self.ids)) != len(self.ids):
            raise OvertakenError("Another process settled a part of this batch.")
        with self.observer.git_operation("push"):
            self.branch.publish(old, new, steps)
