"""Who asks, and what they may: tokens of users, Apps by their key, and the tokens of an App's installations."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import jwt

from tests.github_double.model import Account, App, Installation, Repository, State
from tests.github_double.refusals import Refusal

_WRITES = ("read", "write", "admin")
_LIFETIME = 3600.0
_KNOWN_AFTER = 5.0
_LONGEST_JWT = 600
_AHEAD = 60
_UNTIMED: Any = {"require": ["exp", "iat"], "verify_exp": False, "verify_iat": False}
"""Times are those of the double's clock."""


@dataclass(frozen=True)
class Identity:
    """Who asks.

    Attributes:
        key: What limits are counted by and ETags differ by.
        account: Who did it, as others see it.
        scopes: What a user's token is for; None for an App.
        app: The App that asks with its own key.
        installation: The installation that asks.
        permissions: What its token may.
    """

    key: str
    account: Account
    scopes: tuple[str, ...] | None = None
    app: App | None = None
    installation: Installation | None = None
    permissions: dict[str, str] | None = None


@dataclass
class Token:
    """Whom a token stands for, until when, and for how many calls from now on GitHub does not know it yet."""

    identity: Identity
    expires_at: float
    unknown: int = 0
    known_at: float = 0.0


class Identities:
    """The tokens that this GitHub has given out.

    Attributes:
        lifetime: The seconds that an installation's token is good for.
        unknown: How many calls with a new token of an installation are refused, as where not every server of GitHub
            has heard of it yet; after five seconds all have.
        takes_nobody: Whether calls without credentials are refused even where GitHub says that it takes them.
        tokens: What each token stands for.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self.tokens: dict[str, Token] = {}
        self.lifetime = _LIFETIME
        self.unknown = 0
        self.takes_nobody = False

    def user_token(self, login: str, scopes: tuple[str, ...]) -> str:
        """Return a new classic token."""
        token = f"ghp_{self._state.new_id():036}"
        identity = Identity(f"user-{login}", self._state.account(login), scopes)
        self.tokens[token] = Token(identity, float("inf"))
        return token

    def fine_grained_token(self, login: str, permissions: dict[str, str]) -> str:
        """Return a new fine-grained token, whose permissions are like an App's."""
        token = f"github_pat_{self._state.new_id():036}"
        identity = Identity(f"user-{login}", self._state.account(login), permissions=permissions)
        self.tokens[token] = Token(identity, float("inf"))
        return token

    def installation_token(self, installation: Installation, permissions: dict[str, str]) -> tuple[str, str]:
        """Return a new token of an installation, and when it expires."""
        token = f"ghs_{self._state.new_id():036}"
        bot = self._state.account(f"{installation.app.slug}[bot]", "Bot")
        identity = Identity(f"installation-{installation.id}", bot, installation=installation, permissions=permissions)
        now = self._state.clock()
        self.tokens[token] = Token(identity, now + self.lifetime, self.unknown, now + _KNOWN_AFTER)
        return token, self._state.now(self.lifetime)

    def revoke(self, token: str = "") -> None:
        """Take back a token; all of them where none is named."""
        for found in [token] if token else list(self.tokens):
            del self.tokens[found]

    def nobody(self) -> Identity:
        """Return who asks without credentials, where GitHub takes that.

        Raises:
            Refusal: It does not take it now.
        """
        if self.takes_nobody:
            raise Refusal(401, "Requires authentication")
        return Identity("anonymous", self._state.account("anonymous"))

    def of(self, authorization: str) -> Identity:
        """Return who a request is from.

        Raises:
            Refusal: Nobody that this GitHub knows.
        """
        kind, _, secret = authorization.partition(" ")
        if kind.casefold() == "bearer" and secret.count(".") == 2:
            return self._of_app(secret)
        if kind.casefold() == "basic":
            secret = _password(secret)
        found = self.tokens.get(secret)
        if found is None or found.expires_at <= self._state.clock():
            raise Refusal(401, "Bad credentials" if authorization else "Requires authentication")
        if found.unknown and self._state.clock() < found.known_at:
            found.unknown -= 1
            raise Refusal(401, "Bad credentials")
        return found.identity

    def _of_app(self, token: str) -> Identity:
        try:
            issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
            app = self._state.apps[int(issuer)]
            claims = jwt.decode(token, app.public_key, algorithms=["RS256"], options=_UNTIMED)
        except (jwt.InvalidTokenError, KeyError, ValueError):
            raise Refusal(401, "A JSON web token could not be decoded") from None
        now = self._state.clock()
        if claims["iat"] > now + _AHEAD:
            raise Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that it was issued")
        if claims["exp"] <= now:
            raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        if claims["exp"] > now + _LONGEST_JWT:
            raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
        return Identity(f"app-{app.id}", self._state.account(f"{app.slug}[bot]", "Bot"), app=app)


def check(identity: Identity, needs: str, repository: Repository | None) -> None:
    """Let an identity pass that may do something.

    Args:
        identity: Who asks.
        needs: `permission:level`, an App's; `app` for what only an App's own key opens; `user` for what no App may;
            `anyone` for what needs no credentials; empty where anybody may who has some.
        repository: What it is asked for, if it is for one.

    Raises:
        Refusal: It may not.
    """
    if (identity.app is not None) != (needs == "app"):
        raise Refusal(401, "A JSON web token could not be decoded" if needs == "app" else "Bad credentials")
    permission, _, level = needs.partition(":")
    if identity.installation is not None:
        _check_installation(identity, identity.installation, permission, level, repository)
    elif identity.scopes is not None and repository is not None:
        _check_scopes(identity.scopes, permission, level, repository)
    elif identity.permissions is not None and level:
        _check_permission(identity.permissions, permission, level, "personal access token")


def may_push_workflows(identity: Identity) -> bool:
    """Return whether what an identity pushes may change files below `.github/workflows`."""
    if identity.scopes is not None:
        return "workflow" in identity.scopes
    return (identity.permissions or {}).get("workflows") == "write"


def _check_installation(
    identity: Identity, installation: Installation, permission: str, level: str, repository: Repository | None
) -> None:
    if installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    if repository is not None and not installation.covers(repository):
        raise Refusal(404, "Not Found")
    if permission == "user":
        raise Refusal(403, "Resource not accessible by integration")
    if level:
        _check_permission(identity.permissions or {}, permission, level, "integration")


def _check_permission(permissions: dict[str, str], permission: str, level: str, who: str) -> None:
    given = permissions.get(permission, "none")
    if given not in _WRITES or _WRITES.index(given) < _WRITES.index(level):
        headers = {"X-Accepted-GitHub-Permissions": f"{permission}={level}"}
        raise Refusal(403, f"Resource not accessible by {who}", headers=headers)


def _check_scopes(scopes: tuple[str, ...], permission: str, level: str, repository: Repository) -> None:
    if permission == "repository_hooks":
        accepted = ["repo", "admin:repo_hook", "write:repo_hook"] + ([] if level == "write" else ["read:repo_hook"])
    else:
        accepted = ["repo"] if repository.private or level != "read" else []
    if accepted and not set(accepted) & set(scopes):
        # GitHub does not say that there is something that one may not see.
        raise Refusal(404, "Not Found", headers={"X-Accepted-OAuth-Scopes": ", ".join(accepted)})


def _password(secret: str) -> str:
    try:
        return base64.b64decode(secret, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
