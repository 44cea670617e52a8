"""A branch that takes no pushes: what is written waits on a branch of ours, and goes through a pull request of it.

The request is merged as soon as GitHub lets it be. Until then whoever writes goes on from what waits: what is in it
already is not pushed again, so its checks go on, and what is new comes on top of it. Whoever is killed at any moment is
simply run again; what a person merges is found merged, and what a person commits there is left to that person.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from http import HTTPStatus

from generator.core.errors import TemporaryError, UserError
from generator.core.tree import Tree
from generator.core.write_request import write_request
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.changes_branch import ChangesBranch, Waiting
from generator.gitrepo.commits import Heads, Step
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError
from generator.hub.mergeability import is_behind
from generator.hub.pull_requests import Requests

_NOT_YET = frozenset((HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY))
"""What GitHub answers where it does not merge, or has nothing to merge; anything else is no answer to that."""


class ProtectedBranch:
    """A protected branch of a repository on GitHub, with the pristine branch beside it, which is not protected.

    Args:
        changes: The branch on which changes wait.
        repository: The repository, `owner/name`.
        connection: Who calls GitHub.
        requests: The requests of the repository.
    """

    goes_on = False
    """Whether this is a branch that is proposed, and goes on; it is the one that is deployed."""

    def __init__(self, changes: ChangesBranch, repository: str, connection: Connection, requests: Requests) -> None:
        self._changes = changes
        self._repository = repository
        self._connection = connection
        self._requests = requests
        self._waiting: Waiting | None = None
        self._heads = Heads(None)

    def reserved(self) -> AbstractContextManager[None]:
        """Keep all others of our writers out of the clone while the block runs."""
        return self._changes.reserved()

    def heads(self) -> Heads:
        """Return where the branches were when last looked at; nowhere before that."""
        return self._heads

    def refresh(self) -> Heads:
        """Look what is deployed and what waits, and return where the next commits go.

        Raises:
            UserError: The remote or GitHub does not let us in, or has no such repository or branch.
            TemporaryError: The remote or GitHub is away.
        """
        waiting = self._waiting = self._changes.look()
        self._heads = now = Heads(waiting.base, waiting.pristine)
        if waiting.goes_on and self._requests.find(self._repository, self._changes.name):
            self._heads = Heads(waiting.goes_on, waiting.held or waiting.pristine, now)
        elif waiting.state == "merged":
            self._heads = Heads(waiting.base, waiting.held or waiting.pristine, now)
        elif waiting.state == "none" and waiting.held_seen:
            self._heads = replace(now, unfinished=now)
        return self._heads

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return self._changes.tree(commit)

    def base_tree(self) -> None:
        """Return what the base holds: this branch has none."""

    def trailers(self, path: str) -> dict[str, str]:
        """Return the trailers of the last commit that touched a file; see `RemoteBranch.trailers`."""
        return self._changes.trailers(path)

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits that no branch points to yet, and return where the branches would be after each step.

        Raises:
            UserError: The disk is full, or the commits cannot be made as it is asked for.
            PlanAgainError: The clone is damaged, or there are more steps than are taken at once.
        """
        return self._changes.write(self._seen(), heads, steps, authorship)

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:  # noqa: ARG002 - git finds them
        """Have it merged, with what waited before; then move the pristine branch and remove what waited.

        Raises:
            LostRaceError: A branch is elsewhere, or what waits is not what was planned on any more.
            UserError: Somebody closed the request of the very same, or the remote or GitHub refuses.
            TemporaryError: The request waits for a person or a check; or the remote or GitHub is away.
        """
        waiting = self._seen()
        if waiting.state == "theirs":
            raise self._not_ours()
        head, pristine = waiting.head if waiting.state == "merged" else None, new.pristine
        if new.main != waiting.base:
            head, pristine = self._settled_tip(waiting, new)
            self._changes.hold(waiting, head, pristine)
            self._merge(waiting, head, pristine)
        self._changes.finish(waiting, head, pristine)
        self._waiting = self._changes.seen()
        self._heads = Heads(self._waiting.base, self._waiting.pristine)

    def _seen(self) -> Waiting:
        assert self._waiting is not None  # noqa: S101 - nothing is written before a look: until then there are no heads
        return self._waiting

    def _settled_tip(self, waiting: Waiting, new: Heads) -> tuple[str, str | None]:
        """Return the commits that shall wait: those that do already, where they hold the same."""
        if new.main == waiting.merge:
            # Nothing was planned beyond what waits; that the base moved on, a merge will see to.
            return str(waiting.head), new.pristine
        if waiting.state == "ours" and waiting.fork == waiting.base and self._is_same(waiting, new):
            return str(waiting.head), waiting.held or waiting.pristine
        return str(new.main), new.pristine

    def _is_same(self, waiting: Waiting, new: Heads) -> bool:
        pristine = waiting.held or waiting.pristine
        return self._changes.has_same(new.main, waiting.head) and self._changes.has_same(new.pristine, pristine)

    def _merge(self, waiting: Waiting, head: str, pristine: str | None) -> None:
        """Have what waits merged."""
        wanted = write_request(self._changes.name, self._changes.base, self._changes.subjects(waiting, head))
        request = self._requests.ensure(self._repository, wanted, head)
        self._refuse_moved(waiting, head)
        if request.state != "open":
            raise UserError(
                f"Somebody {request.state} #{request.number} of this very change, and {self._changes.base} is without "
                f"it, so it is not made: {request.url}",
                hint=f"Open it again there if it is wanted after all, or delete the branch {self._changes.name}.",
            )
        told = f"{self._repository}: what is to be written waits for {request.url}."
        try:
            is_merged = self._requests.merge(self._repository, replace(request, sha=head))
        except RefusedError as error:
            self._refuse_moved(waiting, head)
            if error.status not in _NOT_YET:
                raise
            if waiting.merge and head == waiting.head and is_behind(self._connection, self._repository, request.number):
                self._changes.hold(waiting, self._changes.merge(waiting), pristine)
            raise TemporaryError(f"{told} {error.message}") from error
        if not is_merged:
            raise TemporaryError(f"{told} It is in the merge queue of {self._changes.base}.")
        self._changes.fetch()

    def _refuse_moved(self, waiting: Waiting, head: str) -> None:
        """Refuse to merge what was not planned: what is behind the base was, if it was looked at with the base."""
        seen = self._changes.fetch()
        if (seen.base, seen.head) != (waiting.base, head):
            raise LostRaceError(
                f"{self._repository}: somebody else moved {self._changes.base} or {self._changes.name}."
            )

    def _not_ours(self) -> TemporaryError:
        request = self._requests.find(self._repository, self._changes.name)
        return TemporaryError(
            f"{self._repository}: somebody else committed to {self._changes.name}, where changes of gitopsmith wait. "
            f"That stays until it is merged or the branch is deleted{f': {request.url}' if request else '.'}"
        )
