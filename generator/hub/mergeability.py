"""Whether GitHub keeps a pull request from being merged because its branch lacks commits of its base."""

from __future__ import annotations

from generator.hub.address import repository_path
from generator.hub.connection import Connection


def is_behind(connection: Connection, repository: str, number: int) -> bool:
    """Return whether a rule wants the branch of a pull request to have all commits of its base, and it has not.

    Args:
        connection: Who calls.
        repository: The repository, `owner/name`.
        number: The pull request.

    Raises:
        RefusedError: GitHub refuses.
        UnavailableError: GitHub is away or limits us.
    """
    caller = connection.caller(repository.partition("/")[0])
    data = caller.ask("GET", f"{repository_path(repository)}/pulls/{number}").data
    return isinstance(data, dict) and data.get("mergeable_state") == "behind"
