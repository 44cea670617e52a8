"""How a workspace stands to GitHub: who we are there, and what it has of our repositories. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from generator.core.errors import GitopsmithError, UserError
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.publishing import Publication, Standing
from generator.hub.accounts import installation, who_calls
from generator.hub.address import slug_of, web_url
from generator.hub.connection import Connection
from generator.hub.repositories import GitHubRepositories
from generator.workspace.connection_plan import refuse_another_host
from generator.workspace.workspace import Role, Workspace

_PATIENCE = 60.0
"""The seconds that one command of git may take."""

_BRANCH = {
    Standing.NEW: "missing",
    Standing.SAME: "same",
    Standing.AHEAD: "ahead",
    Standing.BEHIND: "behind",
    Standing.PARTED: "parted",
    Standing.FOREIGN: "foreign",
}
"""How our branch stands to that of GitHub: `ahead` has commits that are not there, `behind` lacks some of there."""


def connected_roles(workspace: Workspace, url: str) -> list[Role]:
    """Return the repositories of a workspace whose `origin` is their place on a GitHub; nothing is asked for that.

    Args:
        workspace: The workspace.
        url: The address of the GitHub's API.
    """
    return [
        role
        for role in workspace.roles
        if (origin := workspace.repositories[role].origin())
        and slug_of(origin) == slug_of(f"{web_url(url)}/{workspace.address(role).slug}")
    ]


def connection_status(workspace: Workspace, connection: Connection) -> dict[str, Any]:
    """Return how a workspace stands to GitHub, as plain values.

    What cannot be known of one repository hides no other; where it is not known who we are, nothing else is asked.

    Args:
        workspace: The workspace.
        connection: Who asks.
    """
    found: dict[str, Any] = {"url": web_url(connection.url), "app": None, "user": None, "problem": ""}
    try:
        refuse_another_host(workspace, connection)
        caller = who_calls(connection)
    except GitopsmithError as error:
        return {**found, "problem": str(error), "installations": [], "repositories": []}
    found["app" if caller.app else "user"] = caller.name
    roles = connected_roles(workspace, connection.url)
    owners = dict.fromkeys(workspace.address(role).owner for role in roles) if caller.app else {}
    return {
        **found,
        "installations": [_installation(connection, owner) for owner in owners],
        "repositories": [_repository(workspace, role, connection) for role in roles],
    }


def _installation(connection: Connection, owner: str) -> dict[str, Any]:
    known = {"account": owner, "suspended": None, "all_repositories": None}

    def look() -> dict[str, Any]:
        found = installation(connection, owner)
        return {
            "account": found.account.login,
            "suspended": found.suspended,
            "all_repositories": found.all_repositories,
        }

    return _or_problem(look, known)


def _repository(workspace: Workspace, role: Role, connection: Connection) -> dict[str, Any]:
    address = workspace.address(role)
    url = f"{web_url(connection.url)}/{address.slug}"
    known: dict[str, Any] = {"name": address.slug, "url": url, "private": None, "archived": None, "branch": None}

    def look() -> dict[str, Any]:
        hosted = GitHubRepositories(connection).find(address.slug)
        if hosted is None:
            raise UserError(f"GitHub has no repository {address.slug}, or our credentials may not see it.")
        known.update(private=hosted.private, archived=hosted.archived)
        return {**known, "branch": _standing(workspace, role, connection)}

    return _or_problem(look, known)


def _standing(workspace: Workspace, role: Role, connection: Connection) -> str:
    address, repository = workspace.address(role), workspace.repositories[role]
    opened = Credentials(connection.token(address.owner))
    publication = Publication(repository, workspace.organization.url(address), opened, timeout=_PATIENCE)
    ours = repository.head(address.branch)
    if ours is None:
        raise UserError(f"{address.slug}: there is no branch `{address.branch}` here.")
    return _BRANCH[publication.standing(address.branch, ours, publication.theirs().get(address.branch))]


def _or_problem(look: Callable[[], dict[str, Any]], known: dict[str, Any]) -> dict[str, Any]:
    try:
        return {**look(), "problem": ""}
    except GitopsmithError as error:
        return {**known, "problem": str(error)}
