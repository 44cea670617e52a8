"""What a fine-grained token may read, found out by reading: GitHub tells its permissions in no other way."""

from __future__ import annotations

from http import HTTPStatus

from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError
from generator.hub.permissions import PERMISSIONS, Permission
from generator.hub.requester import Caller

_PLACES = {
    "contents": "branches",
    "deployments": "deployments",
    "pull_requests": "pulls",
    "repository_hooks": "hooks",
}
"""A list of each permission, below a repository. For `statuses`, `workflows` and `packages` there is none: a list of
statuses needs a commit, and the others have nothing that is read with them alone."""


def denied(connection: Connection, slug: str) -> tuple[Permission, ...]:
    """Return the permissions without which a list of a repository is refused; nothing is changed.

    Args:
        connection: Who calls.
        slug: The repository, `owner/name`, which is there.

    Raises:
        UserError: GitHub does not let us in.
        UnavailableError: GitHub is away.
    """
    path, caller = connection.of(slug)
    return tuple(
        permission
        for permission in PERMISSIONS
        if permission.name in _PLACES and not _readable(caller, f"{path}/{_PLACES[permission.name]}")
    )


def _readable(caller: Caller, path: str) -> bool:
    try:
        caller.ask("GET", path, {"per_page": "1"})
    except NotFoundError:
        return False
    except RefusedError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        return False
    return True
