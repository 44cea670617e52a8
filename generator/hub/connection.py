"""A connection to one GitHub: who calls in which account, by a token or by an App's installation there."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from types import TracebackType
from typing import Self

import jwt
from github.Auth import AppAuth, Auth

from generator.core.errors import UserError
from generator.hub.address import PUBLIC, api_url, check_owner, repository_path
from generator.hub.conduct import Conduct
from generator.hub.credentials import APP_ID, APP_KEY_FILE, TOKENS, App, Credentials, Token, TokenFile
from generator.hub.installations import InstallationAuth
from generator.hub.requester import Caller

CONDUCT = Conduct()


class Connection:
    """Calls one GitHub. Several threads may call at once; nothing is asked before the first call.

    Attributes:
        url: The address of the API.
    """

    def __init__(self, credentials: Credentials, url: str = PUBLIC, conduct: Conduct = CONDUCT) -> None:
        """Prepare a connection.

        Args:
            credentials: What shows GitHub who we are.
            url: Where it is, as `address.api_url` takes it.
            conduct: How calls are made.

        Raises:
            UserError: The address is none, or the App's key is none.
        """
        self.url = api_url(url)
        self._conduct = conduct
        self._lock = Lock()
        self._callers: dict[str, Caller] = {}
        self._is_app = isinstance(credentials, App)
        self._advice = _APP_ADVICE if self._is_app else _TOKEN_ADVICE
        if isinstance(credentials, App):
            conduct.learn(credentials.private_key)
        auth = _app_auth(credentials) if isinstance(credentials, App) else _TokenAuth(credentials, conduct.learn)
        self._self = Caller(self.url, auth, conduct, self._advice)

    def __repr__(self) -> str:
        return f"Connection({self.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        with self._lock:
            for caller in (self._self, *self._callers.values()):
                caller.close()

    @property
    def is_app(self) -> bool:
        """Whether a GitHub App calls, and not a token."""
        return self._is_app

    def caller(self, owner: str) -> Caller:
        """Return who makes calls in an account.

        Args:
            owner: The account; with a token it makes no difference.

        Raises:
            UserError: It is no name of an account.
        """
        if not self._is_app:
            return self._self
        check_owner(owner)
        with self._lock:
            key = owner.casefold()
            if key not in self._callers:
                auth = InstallationAuth(self._self, owner, self._conduct.clock, learn=self._conduct.learn)
                self._callers[key] = Caller(self.url, auth, self._conduct, self._advice)
            return self._callers[key]

    def of(self, repository: str) -> tuple[str, Caller]:
        """Return where the API has a repository, and who makes calls in its account.

        Args:
            repository: Its owner and name.

        Raises:
            UserError: It is no name of a repository.
        """
        return repository_path(repository), self.caller(repository.partition("/")[0])

    def app(self) -> Caller:
        """Return who makes calls in the name of the App itself.

        Raises:
            UserError: There is a token, and no App.
        """
        if not self._is_app:
            raise UserError("This needs a GitHub App.", hint=f"Set {APP_ID} and {APP_KEY_FILE}.")
        return self._self

    def token(self, owner: str) -> str:
        """Return a token that opens the repositories of an account to git, for a minute at least.

        Raises:
            UserError: The App is not installed there, or the token's file cannot be read.
            UnavailableError: GitHub cannot give one now.
        """
        return self.caller(owner).token


_TOKEN_ADVICE = f"The token is wrong, has expired or was revoked; set a new one as {TOKENS[0]}."
_APP_ADVICE = "Check the App's id, that the key is one of its own, and that the clock of this machine is right."


class _TokenAuth(Auth):
    """A user's token, read for each call."""

    def __init__(self, credentials: Token | TokenFile, learn: Callable[[str], None]) -> None:
        self._credentials = credentials
        self._learn = learn

    @property
    def token_type(self) -> str:
        return "token"

    @property
    def token(self) -> str:
        token = self._credentials.read()
        self._learn(token)
        return token


def _app_auth(app: App) -> AppAuth:
    try:
        auth = AppAuth(app.id, app.private_key)
        auth.create_jwt()
    except (AssertionError, ValueError, jwt.PyJWTError):
        # What is wrong is not told, for it may quote the key.
        raise UserError(
            f"{app.source or 'The key of the GitHub App'}: this is no private key of a GitHub App.",
            hint="Make one on the App's page, Private keys, and name the .pem file that GitHub gives.",
        ) from None
    return auth
