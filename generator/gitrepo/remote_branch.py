"""A branch of a remote repository, written to through a clone: commits are made here and pushed, all at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import Tree
from generator.gitrepo.authorship import Authorship, Signature, decide
from generator.gitrepo.clone import Clone
from generator.gitrepo.commits import Heads, Step

_NAME = re.compile(
    r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.|\.$|/$))[^\x00-\x20\x7f~^:?*\[\\/.-][^\x00-\x20\x7f~^:?*\[\\]*"
)


class RemoteBranch:
    """A branch of a clone's remote, with the pristine branch beside it.

    Args:
        clone: The clone.
        branch: The branch's name.
        base: The branch that this one begins at while the remote does not have it; None where it must be there.

    Raises:
        UserError: No branch can be called so.
    """

    def __init__(self, clone: Clone, branch: str, *, base: str | None = None) -> None:
        for name in (branch, base):
            if name is not None and not _NAME.fullmatch(name):
                raise UserError(f"{name!r}: no branch can be called so.", hint="It is usually called main.")
        self._clone = clone
        self._branch = branch
        self._base = base
        self._signatures: dict[Authorship, Signature] = {}

    def reserved(self) -> AbstractContextManager[None]:
        """Keep all others of our writers out of the clone while the block runs."""
        return self._clone.reserved()

    def heads(self) -> Heads:
        """Return where the branches were when they were last fetched or pushed; nowhere without a clone."""
        main = self._clone.seen(self._branch)
        if main is None and self._base:
            main = self._clone.seen(self._base)
        return Heads(main, self._clone.seen(PRISTINE_BRANCH))

    def refresh(self) -> Heads:
        """Fetch the branches and return where they are; where the clone is missing or damaged, clone again.

        Raises:
            UserError: The remote does not let us in, or has no such repository or branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        if self._base:
            self._clone.fetch(self._base, (self._branch, PRISTINE_BRANCH))
        else:
            self._clone.fetch(self._branch, (PRISTINE_BRANCH,))
        return self.heads()

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return self._clone.tree(commit)

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits to the clone that no branch points to yet, and return where the branches would be after each.

        Raises:
            UserError: The disk is full, git knows no identity, or the commits cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        if authorship not in self._signatures:
            self._signatures[authorship] = decide(self._clone.git, authorship)
        return self._clone.write(heads, steps, self._signatures[authorship])

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:  # noqa: ARG002 - git finds them
        """Push, so that both branches move or none; they are moved only from where they were.

        Raises:
            LostRaceError: A branch is elsewhere.
            UserError: The remote refuses.
            TemporaryError: The remote is away; the branches may be moved nevertheless.
        """
        moves = {}
        if new.main and new.main != old.main:
            moves[self._branch] = self._clone.seen(self._branch), new.main
        if new.pristine and new.pristine != old.pristine:
            moves[PRISTINE_BRANCH] = old.pristine, new.pristine
        self._clone.push(moves)
