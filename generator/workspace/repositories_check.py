"""Looks at the repositories on GitHub, our own and those that apps follow, for `doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from generator.core.errors import GitopsmithError
from generator.hub.accounts import Caller
from generator.hub.connection import Connection
from generator.hub.probes import denied
from generator.hub.repositories import GitHubRepositories, Hosted
from generator.workspace.connection_branches import compared
from generator.workspace.doctor_lines import Line, listed, missing
from generator.workspace.workspace import Role, Workspace

_PATIENCE = 60.0
"""The seconds that one command of git may take."""


def repository(workspace: Workspace, role: Role, connection: Connection, caller: Caller) -> Iterator[Line]:
    """Yield whether one of the workspace's own repositories is there, and can be connected.

    Args:
        workspace: The workspace.
        role: The repository.
        connection: Who asks.
        caller: Whose credentials these are.
    """
    slug = workspace.address(role).slug
    check = f"repository {slug}"
    found = None
    try:
        found = GitHubRepositories(connection).find(slug)
        if found is not None:
            compared(workspace, role, connection, found, _PATIENCE)
    except GitopsmithError as error:
        yield missing(check, error)
    else:
        yield _hosted(check, found)
    if found and not caller.app and caller.scopes is None:
        yield _fine_grained(connection, slug)


def _hosted(check: str, found: Hosted | None) -> Line:
    if found is None:
        hint = "`gitopsmith connect` creates it, which takes the permission administration."
        return Line(check, False, "It is not there, or is hidden from us.", hint)
    shown = "private" if found.private else "public: everybody sees the inside of your platform"
    return Line(check, True, f"It is there, {shown}.")


def followed(slugs: Sequence[str], connection: Connection, caller: Caller) -> Iterator[Line]:
    """Yield the repositories of apps of which something is missing, and how many are as they should be.

    Args:
        slugs: The repositories, each `owner/name`.
        connection: Who asks.
        caller: Whose credentials these are.
    """
    seen = 0
    for slug in slugs:
        line = _source(connection, caller, slug)
        seen += line.ok
        if not line.ok:
            yield line
    if seen:
        many = "One of an app is" if seen == 1 else f"{seen} of apps are"
        yield Line("apps' repositories", True, f"{many} seen.")


def _source(connection: Connection, caller: Caller, slug: str) -> Line:
    check = f"app's repository {slug}"
    try:
        found = GitHubRepositories(connection).find(slug)
    except GitopsmithError as error:
        return missing(check, error)
    if found is None:
        whose = "the App's installation" if caller.app else "the token"
        hint = f"Let {whose} see it; or correct the app's document, whose `spec.owner` and `spec.repo` name it."
        return Line(check, False, "It is not there, or is hidden from us.", hint)
    if not caller.app and caller.scopes is None:
        return replace(_fine_grained(connection, slug), check=check)
    return Line(check, True, "It is seen.")


def _fine_grained(connection: Connection, slug: str) -> Line:
    """Say what a fine-grained token may read: what it may write, only writing tells."""
    check = f"permissions on {slug}"
    try:
        lacking = denied(connection, slug)
    except GitopsmithError as error:
        return missing(check, error)
    if lacking:
        return Line(check, False, f"Missing: {listed(lacking)}.", "Add them to the token on GitHub.")
    return Line(check, True, "It reads all that is needed; whether it may write, the first write tells.")
