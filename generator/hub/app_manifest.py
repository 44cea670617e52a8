"""Makes a GitHub App by GitHub's manifest flow: what is asked for, the form that asks, and the exchange of the code.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.core.errors import UserError
from generator.core.visible import visible
from generator.hub.address import api_url, check_owner, web_url
from generator.hub.anonymous import anonymous
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import APP_ID, APP_KEY_FILE, TOKEN_FILE, TOKENS, Credentials, credentials_in
from generator.hub.failures import LimitedError, NotFoundError, RefusedError, UnavailableError
from generator.hub.permissions import EVENTS, PERMISSIONS

CODE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
"""What GitHub's code looks like, which is put into a path."""

_LONGEST_NAME = 34
_PAUSES = (1.0, 3.0, 9.0)
"""The seconds between attempts to exchange a code."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,99}", re.ASCII)
_PAGE = re.compile(r"https?://[!#-&(-;=?-\[\]_a-~]{1,2040}", re.ASCII)


@dataclass(frozen=True)
class Wanted:
    """The App that is to be made.

    Attributes:
        owner: The account that it will belong to.
        is_organization: Whether that is an organization.
        name: Its name, of 34 characters at most; no other App of that GitHub has it.
        webhook_url: Where it delivers events; empty for an App without a webhook of its own.
        public: Whether other accounts may install it; a private App is its owner's alone.
    """

    owner: str
    is_organization: bool
    name: str
    webhook_url: str = ""
    public: bool = False


@dataclass(frozen=True)
class CreatedApp:
    """An App that was made.

    Attributes:
        id: Its id.
        slug: Its name in addresses.
        page: Where people see it; empty where GitHub does not say.
        private_key: Its private key, PEM.
        webhook_secret: What its deliveries are signed with; empty where it has no webhook.
    """

    id: int
    slug: str
    page: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


class _Conversion(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)

    id: int
    slug: str
    pem: str
    webhook_secret: str | None
    html_url: str = ""


def manifest(wanted: Wanted, url: str, redirect: str) -> dict[str, Any]:
    """Return the manifest of an App, with what `permissions` lists and nothing more.

    Args:
        wanted: The App.
        url: The address of the API.
        redirect: Where GitHub sends the browser with the code.

    Raises:
        UserError: The account, the name or the URL of the webhook cannot be right.
    """
    check_owner(wanted.owner)
    if not wanted.name.strip() or len(wanted.name) > _LONGEST_NAME or not wanted.name.isprintable():
        raise UserError(
            f"`{visible(wanted.name[:200])}` is no name of a GitHub App.",
            hint=f"Give one of 1 to {_LONGEST_NAME} characters with --app-name.",
        )
    made: dict[str, Any] = {
        "name": wanted.name,
        "url": f"{web_url(url)}/{wanted.owner}",
        "redirect_url": redirect,
        "public": wanted.public,
        "default_permissions": {permission.name: permission.level for permission in PERMISSIONS},
    }
    if wanted.webhook_url:
        if not _PAGE.fullmatch(wanted.webhook_url):
            raise UserError(f"`{visible(wanted.webhook_url[:200])}` is no address.", hint="It begins with https://")
        made["hook_attributes"] = {"url": wanted.webhook_url, "active": True}
        made["default_events"] = [event.name for event in EVENTS]
    return made


def form(wanted: Wanted, url: str, state: str, asked: Mapping[str, Any]) -> str:
    """Return the page with the form that a browser posts to GitHub; it needs no script.

    Args:
        wanted: The App.
        url: The address of the API.
        state: What GitHub gives back beside the code.
        asked: The manifest.
    """
    rows = "".join(
        f"<tr><td>{escape(permission.name)}</td><td>{permission.level}</td><td>{escape(permission.reason)}</td></tr>"
        for permission in PERMISSIONS
    )
    action = escape(f"{registration_url(wanted, url)}?{urlencode({'state': state})}")
    return _FORM.format(
        name=escape(wanted.name),
        owner=escape(wanted.owner),
        who=_PUBLIC if wanted.public else _PRIVATE.format(owner=escape(wanted.owner)),
        login=escape(f"{web_url(url)}/login"),
        rows=rows,
        action=action,
        manifest=escape(json.dumps(asked)),
    )


def registration_url(wanted: Wanted, url: str) -> str:
    """Return where people register an App.

    Args:
        wanted: The App.
        url: The address of the API.
    """
    place = f"/organizations/{wanted.owner}" if wanted.is_organization else ""
    return f"{web_url(url)}{place}/settings/apps/new"


def exchange(url: str, code: str, conduct: Conduct, environment: Mapping[str, str]) -> CreatedApp:
    """Return the App that a code stands for; each code can be exchanged once, within an hour.

    Args:
        url: The address of the API.
        code: The code.
        conduct: How calls are made.
        environment: The variables that may hold a token, for where GitHub takes no code without one.

    Raises:
        UserError: GitHub does not know the code, or does not take it.
        UnavailableError: GitHub is away, or what it answered was lost.
    """
    if not CODE.fullmatch(code):
        raise UserError("That is no code of GitHub's.")
    conversion = f"/app-manifests/{code}/conversions"
    by_hand = _BY_HAND.format(url=api_url(url) + conversion, app_id=APP_ID, key_file=APP_KEY_FILE)
    try:
        found = _Conversion.model_validate(_converted(url, conversion, conduct, environment))
    except NotFoundError as error:
        raise UserError(
            "GitHub does not know the code: it was used before, or is older than an hour.",
            hint="Delete the App on its page, Advanced, if it is there; then run the command again.",
        ) from error
    except RefusedError as error:
        raise UserError(error.message, hint=by_hand) from error
    except UnavailableError as error:
        raise UnavailableError(f"{error}\n{by_hand}") from error
    except ValidationError:
        raise UnavailableError("GitHub shows the new App in an unknown form.") from None
    if not _SLUG.fullmatch(found.slug) or "PRIVATE KEY" not in found.pem:
        raise UnavailableError("GitHub shows the new App in an unknown form.")
    page = found.html_url if _PAGE.fullmatch(found.html_url) else ""
    return CreatedApp(found.id, found.slug, page, found.pem, found.webhook_secret or "")


def _converted(url: str, conversion: str, conduct: Conduct, environment: Mapping[str, str]) -> Any:
    """Return what GitHub gives for a code: to anybody, as it says, and else to somebody with a token."""
    try:
        return _converted_for_anybody(url, conversion, conduct)
    except (RefusedError, LimitedError) as error:
        token = _token_in(environment)
        if token is None or (isinstance(error, RefusedError) and error.status != HTTPStatus.UNAUTHORIZED):
            raise
        try:
            with Connection(token, url, conduct) as connection:
                return connection.caller("").ask("POST", conversion, repeatable=True).data
        except NotFoundError:
            raise
        except RefusedError:
            raise error from None


def _converted_for_anybody(url: str, conversion: str, conduct: Conduct) -> Any:
    """Return what GitHub gives for a code; for some seconds it may want credentials, though it says otherwise."""
    with closing(anonymous(url, conduct)) as caller:
        for pause in _PAUSES:
            try:
                # Where the answer is lost, the code is used: the second time GitHub does not know it, and that is told.
                return caller.ask("POST", conversion, repeatable=True).data
            except RefusedError as error:
                if error.status != HTTPStatus.UNAUTHORIZED:
                    raise
            conduct.sleep(pause)
        return caller.ask("POST", conversion, repeatable=True).data


def _token_in(environment: Mapping[str, str]) -> Credentials | None:
    """Return the token that an environment holds; None where there is none, or something else."""
    try:
        return credentials_in({name: environment.get(name, "") for name in (*TOKENS, TOKEN_FILE)})
    except UserError:
        return None


_BY_HAND = (
    "The App is there, and its code is good for an hour, once: `curl --request POST {url}`, with "
    "`--header 'Authorization: Bearer TOKEN'` where that is wanted. Keep what the answer holds as `pem` in a file that "
    "you alone can read, and let {key_file} name it; `id` is for {app_id}. What it holds as `webhook_secret`, its "
    "deliveries are signed with."
)
_PRIVATE = "It will be private: {owner} alone can install it."
_PUBLIC = (
    "It will be public: any account can install it. Whoever does lets it into repositories of theirs, and gets nothing "
    "in return: neither its key nor a look into yours."
)
_FORM = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Create a GitHub App</title>
<style>body{{font:16px/1.5 sans-serif;max-width:45em;margin:3em auto;padding:0 1em}}td{{padding:0 1em 0 0}}</style>
</head><body><h1>Create the GitHub App {name}</h1>
<p>{who}</p>
<p>It will belong to {owner} and ask for these permissions:</p>
<table>{rows}</table>
<p>Be <a href="{login}" target="_blank" rel="noopener">signed in to GitHub</a> before you continue: what is sent by
somebody who is not is lost, and GitHub then says that an address is missing.</p>
<form action="{action}" method="post"><input type="hidden" name="manifest" value="{manifest}">
<p><button>Continue on GitHub</button></p></form></body></html>
"""
