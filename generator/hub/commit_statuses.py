"""Commit statuses: what is said of a commit under a name of ours, and not said twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generator.hub.connection import Connection
from generator.hub.lookup import each

State = Literal["pending", "success", "failure", "error"]


@dataclass(frozen=True)
class CommitStatus:
    """What is said of a commit.

    Attributes:
        context: The name that it is said under: `gitopsmith/preview`.
        state: GitHub's word.
        description: Why, at most 140 characters.
        target_url: Where there is more; may be empty.
    """

    context: str
    state: State
    description: str
    target_url: str = ""


class CommitStatuses:
    """The statuses of commits. Several threads may call at once.

    Args:
        connection: Who calls.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, repository: str, sha: str, status: CommitStatus) -> bool:
        """Say something of a commit, unless it was said last under that name.

        Args:
            repository: The repository, `owner/name`.
            sha: The commit.
            status: What is said.

        Returns:
            Whether it had to be said.

        Raises:
            RefusedError: GitHub refuses, as where it has no such commit.
            UnavailableError: GitHub is away or limits us. It may have heard: the next call reads that first.
        """
        path, caller = self._connection.of(repository)
        # GitHub lists the newest first.
        said = (one for one in each(caller, f"{path}/commits/{sha}/statuses") if one.get("context") == status.context)
        newest = next(said, None)
        wanted = (status.state, status.description, status.target_url)
        if newest is not None and wanted == tuple(
            str(newest.get(name) or "") for name in ("state", "description", "target_url")
        ):
            return False
        body = {"state": status.state, "context": status.context, "description": status.description}
        body |= {"target_url": status.target_url} if status.target_url else {}
        caller.ask("POST", f"{path}/statuses/{sha}", body=body)
        return True
