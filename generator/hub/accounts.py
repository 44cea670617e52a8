"""Who calls, in which accounts of GitHub, and what is granted there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.core.errors import UserError
from generator.core.visible import visible
from generator.hub.address import check_owner
from generator.hub.anonymous import anonymous
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.failures import LimitedError, NotFoundError, RefusedError, UnavailableError
from generator.hub.requester import Answer

_SCOPES = "x-oauth-scopes"


@dataclass(frozen=True)
class Account:
    """A user or an organization.

    Attributes:
        login: Its name as GitHub writes it.
        is_organization: Whether it is an organization.
    """

    login: str
    is_organization: bool


@dataclass(frozen=True)
class Installation:
    """An App's place in an account.

    Attributes:
        account: The account.
        permissions: What it grants, by name: `read`, `write` or `admin`.
        events: What it is told of.
        suspended: Whether somebody has suspended it: then it may do nothing.
        all_repositories: Whether it may see all repositories, those that come later included.
        page: Where people change it; empty where GitHub does not say.
    """

    account: Account
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    suspended: bool
    all_repositories: bool
    page: str


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes:
        name: The user's login, or the App's name in addresses.
        app: Whether it is an App.
        scopes: The scopes of a classic token; None for an App and for a fine-grained token, which have none.
        permissions: What an App asks for; empty for a token.
        events: What an App wants to be told of; empty for a token.
        headers: What GitHub answered with, the names in small letters.
    """

    name: str
    app: bool
    scopes: frozenset[str] | None
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    headers: Mapping[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Account(_Part):
    login: str
    type: str


class _App(_Part):
    slug: str
    permissions: dict[str, str]
    events: list[str]


class _Installation(_Part):
    account: _Account
    permissions: dict[str, str]
    events: list[str]
    repository_selection: str
    suspended_at: str | None
    html_url: str = ""


def who_calls(connection: Connection) -> Caller:
    """Return whose credentials these are.

    Raises:
        RefusedError: GitHub does not know them.
        UnavailableError: GitHub is away.
    """
    if connection.is_app:
        answer = connection.app().ask("GET", "/app")
        app = _read(_App, answer, "GET /app")
        return Caller(app.slug, True, None, app.permissions, tuple(app.events), answer.headers)
    answer = connection.caller("").ask("GET", "/user")
    scopes = answer.headers.get(_SCOPES)
    granted = None if scopes is None else frozenset(scope.strip() for scope in scopes.split(",")) - {""}
    return Caller(_read(_Account, answer, "GET /user").login, False, granted, {}, (), answer.headers)


def account(connection: Connection, owner: str) -> Account:
    """Return an account, for an App the one that it is installed in.

    Raises:
        RefusedError: There is no such account, or the App is not installed there.
        UserError: The App's installation there is suspended.
        UnavailableError: GitHub is away.
    """
    if connection.is_app:
        return usable(installation(connection, owner)).account
    check_owner(owner)
    try:
        found = _read(_Account, connection.caller(owner).ask("GET", f"/users/{owner}"), f"GET /users/{owner}")
    except NotFoundError as error:
        raise NotFoundError(
            f"There is no account `{owner}` on {connection.url}.",
            status=error.status,
            hint="Check the name; an organization is made on GitHub's own pages.",
        ) from error
    return _account(found)


def is_organization(url: str, owner: str, conduct: Conduct) -> bool:
    """Return whether an account is an organization; asked without credentials, so in doubt it is one.

    Args:
        url: The address of the API.
        owner: The account.
        conduct: How calls are made.

    Raises:
        UserError: There is no such account.
        UnavailableError: GitHub is away.
    """
    check_owner(owner)
    caller = anonymous(url, conduct)
    try:
        return _account(_read(_Account, caller.ask("GET", f"/users/{owner}"), f"GET /users/{owner}")).is_organization
    except NotFoundError as error:
        raise UserError(f"There is no account `{owner}` on {url}.", hint="Check the name.") from error
    except (RefusedError, LimitedError):
        return True  # a server that tells nobody, or too many others asked from here
    finally:
        caller.close()


def installation(connection: Connection, owner: str) -> Installation:
    """Return the App's installation in an account.

    Raises:
        RefusedError: The App is not installed there, or there is no such account.
        UnavailableError: GitHub is away.
    """
    check_owner(owner)
    for kind in ("orgs", "users"):
        path = f"/{kind}/{owner}/installation"
        try:
            found = _read(_Installation, connection.app().ask("GET", path), f"GET {path}")
        except NotFoundError:
            continue
        return Installation(
            account=_account(found.account),
            permissions=found.permissions,
            events=tuple(found.events),
            suspended=found.suspended_at is not None,
            all_repositories=found.repository_selection == "all",
            page=visible(found.html_url),
        )
    raise NotFoundError(
        f"The GitHub App is not installed in `{owner}`, or there is no such account.",
        status=HTTPStatus.NOT_FOUND,
        hint="Install it there: on the App's page, Install App.",
    )


def usable(found: Installation) -> Installation:
    """Return an installation that is not suspended.

    Raises:
        UserError: It is.
    """
    if found.suspended:
        raise UserError(
            f"The GitHub App's installation in `{found.account.login}` is suspended.",
            hint=f"An owner of the account can unsuspend it: {found.page or 'Settings, GitHub Apps, Configure'}.",
        )
    return found


def _account(found: _Account) -> Account:
    return Account(found.login, found.type == "Organization")


def _read(model: type[Any], answer: Answer, asked: str) -> Any:
    try:
        return model.model_validate(answer.data)
    except ValidationError as error:
        raise UnavailableError(f"GitHub, asked for `{asked}`, answers in an unknown form.") from error
