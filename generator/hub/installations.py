"""The tokens of a GitHub App in one account: found by the account, had anew before they expire."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock

from generator.core.errors import UserError
from generator.core.instants import parse_instant
from generator.hub.failures import NotFoundError, UnavailableError, their_now
from generator.hub.requester import Answer, Caller, RenewableAuth

_MARGIN = 60.0
"""A token is not used in its last seconds: a call may take that long to arrive."""
_NEW = 10.0
"""For so many seconds a token may not be known to every server of GitHub; octokit/auth-app.js counts on 5."""


class InstallationAuth(RenewableAuth):
    """Signs calls in the name of an App's installation. Several threads may call at once.

    Args:
        app: Makes calls in the name of the App itself.
        owner: The account.
        clock: The time, in seconds since 1970; used where GitHub does not say what time it is there.
        monotonic: Seconds from any beginning: a clock that is set does no harm.
        learn: Is told each token before it is used.
    """

    def __init__(
        self,
        app: Caller,
        owner: str,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        learn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._app = app
        self._owner = owner
        self._clock = clock
        self._monotonic = monotonic
        self._learn = learn
        self._lock = Lock()
        self._installation: int | None = None
        self._token = ""
        self._until = 0.0
        self._new_until = 0.0

    @property
    def token_type(self) -> str:
        """How the token is called in a request."""
        return "token"

    @property
    def token(self) -> str:
        """A token that is good for the next minute.

        Raises:
            RefusedError: The App is not installed there, or its installation is suspended.
            UnavailableError: GitHub cannot give one now.
        """
        with self._lock:
            if self._monotonic() >= self._until:
                self._get()
            return self._token

    @property
    def is_new(self) -> bool:
        """Whether the token was had so lately that GitHub may refuse it."""
        with self._lock:
            return self._monotonic() < self._new_until

    def renew(self) -> None:
        """Forget the token."""
        with self._lock:
            self._until = self._new_until = 0.0

    def _get(self) -> None:
        if self._installation is None:
            self._installation = self._find()
        began = self._monotonic()
        try:
            answer = self._ask("POST", f"/app/installations/{self._installation}/access_tokens")
        except NotFoundError:
            # It was removed, and perhaps made again under another number.
            self._installation = self._find()
            answer = self._ask("POST", f"/app/installations/{self._installation}/access_tokens")
        try:
            self._token = str(answer.data["token"])
            self._learn(self._token)
            lifetime = parse_instant(answer.data["expires_at"]) - their_now(answer.headers, self._clock())
        except (KeyError, TypeError, UserError) as error:
            raise UnavailableError("GitHub gave a token for the App in an unknown form.") from error
        self._until = began + max(lifetime - _MARGIN, 0.0)
        self._new_until = self._monotonic() + _NEW

    def _find(self) -> int:
        """Return the number of the App's installation."""
        for kind in ("orgs", "users"):
            try:
                found = self._ask("GET", f"/{kind}/{self._owner}/installation").data
            except NotFoundError:
                continue
            return int(found["id"])
        raise NotFoundError(
            f"The GitHub App is not installed in `{self._owner}`, or there is no such account.",
            status=HTTPStatus.NOT_FOUND,
            hint="Install it there, on the App's page, for the repositories that gitopsmith shall see.",
        )

    def _ask(self, verb: str, path: str) -> Answer:
        # A token that is never used does no harm, so the call may be made again.
        answer = self._app.ask(verb, path, repeatable=True)
        if not isinstance(answer.data, dict):
            raise UnavailableError(f"GitHub, asked for `{verb} {path}`, answers in an unknown form.")
        return answer
