"""What our credentials may do in an account, as far as GitHub tells before it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.core.errors import UserError, UserErrors
from generator.hub.accounts import Account, account, installation, usable, who_calls
from generator.hub.connection import Connection
from generator.hub.permissions import (
    ADMINISTRATION,
    CONTENTS,
    PULL_REQUESTS,
    REPOSITORY,
    WORKFLOW,
    WORKFLOWS,
    lacking,
    lacking_scopes,
)


@dataclass(frozen=True)
class Rights:
    """What our credentials may do in an account.

    Attributes:
        account: The account.
        caller: The user whose token calls; empty for an App.
        permissions: What an App's installation grants; None for a token.
        scopes: The scopes of a classic token; None for an App, and for a fine-grained token, which does not tell.
    """

    account: Account
    caller: str
    permissions: Mapping[str, str] | None
    scopes: frozenset[str] | None

    @property
    def administration(self) -> bool | None:
        """Whether repositories may be created and described; None where only trying tells."""
        return None if self.permissions is None else ADMINISTRATION.is_in(self.permissions)


@dataclass(frozen=True)
class Needs:
    """What is to be done with a repository.

    Attributes:
        create: Whether it is to be created.
        push: Whether branches are to be pushed.
        workflows: Whether these hold workflows.
        protect: Whether its branch is to be protected.
        requests: Whether what is written to it later goes through pull requests.
    """

    create: bool
    push: bool
    workflows: bool
    protect: bool
    requests: bool


def rights_in(connection: Connection, owner: str) -> Rights:
    """Return what our credentials may do in an account.

    Raises:
        UserError: There is no such account, GitHub does not know us, or the App is not installed there or suspended.
        TemporaryError: GitHub is away.
    """
    if connection.is_app:
        found = usable(installation(connection, owner))
        return Rights(found.account, "", found.permissions, None)
    caller = who_calls(connection)
    return Rights(account(connection, owner), caller.name, None, caller.scopes)


def refuse_lacking(rights: Rights, slug: str, needs: Needs) -> None:
    """Refuse to begin what could not be finished.

    Args:
        rights: What our credentials may do.
        slug: The repository, `owner/name`.
        needs: What is to be done.

    Raises:
        UserError: Something is not granted that is needed, each with what to do.
    """
    problems = [*_owners(rights, slug, needs), *_ungranted(rights, needs)]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise UserErrors(f"{slug} cannot be connected.", problems)


def _owners(rights: Rights, slug: str, needs: Needs) -> list[UserError]:
    """Return why a repository cannot be created for a user: GitHub lets nobody but the user do that."""
    owner = rights.account.login
    if not needs.create or rights.account.is_organization or rights.caller.casefold() == owner.casefold():
        return []
    who = "a GitHub App" if rights.permissions is not None else f"the token of `{rights.caller}`"
    return [
        UserError(
            f"`{owner}` is a user, not an organization, and {who} cannot create repositories of a user.",
            hint=f"Create {slug} as {owner}, private and empty, or use a token of {owner}; then run the command again.",
        )
    ]


def _ungranted(rights: Rights, needs: Needs) -> list[UserError]:
    owner = rights.account.login
    if rights.permissions is not None:
        wanted = [CONTENTS] * needs.push + [WORKFLOWS] * needs.workflows
        wanted += [PULL_REQUESTS] * needs.requests
        wanted += [ADMINISTRATION] * ((needs.create and rights.account.is_organization) or needs.protect)
        return [
            UserError(
                f"The GitHub App in `{owner}` lacks the permission {permission}: it {permission.reason}.",
                hint="Grant it to the App (its page, Permissions), and let an owner of the account accept it.",
            )
            for permission in lacking(rights.permissions, wanted)
        ]
    if rights.scopes is None or not any((needs.create, needs.push, needs.protect, needs.requests)):
        return []
    return [
        UserError(
            f"The token lacks the scope {scope.name}: it {scope.reason}.",
            hint="Add the scope on GitHub: Settings, Developer settings, Personal access tokens.",
        )
        for scope in lacking_scopes(rights.scopes, [REPOSITORY] + [WORKFLOW] * needs.workflows)
    ]
