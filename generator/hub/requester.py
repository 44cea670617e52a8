"""How a call of GitHub is made: bounded in time, repeated where that is safe, counted, its failures made ours.

Of PyGithub's habits these are not taken over: it waits between calls, sleeps through limits, and takes a write that is
redirected for done. Its objects are not used: they page silently, and know neither conditional calls nor time limits.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from github.Auth import Auth
from github.Requester import Requester
from urllib3.exceptions import HTTPError, NewConnectionError

from generator.core.errors import UserError
from generator.hub.conduct import Conduct
from generator.hub.failures import Answered, LimitedError, RefusedError, UnavailableError, failure
from generator.hub.operations import operation
from generator.hub.transport import Exchange, Transport

_READS = frozenset({"GET", "HEAD"})
_VERSION = "2022-11-28"
_MEDIA_TYPE = "application/vnd.github+json"
_UNTIL_KNOWN = (1.0, 2.0, 3.0)
"""The seconds that are waited, one after the other, for GitHub to know what it has just given out."""

# PyGithub tells its log the bodies of all answers, and one of these is a token.
logging.getLogger("github.Requester").setLevel(logging.INFO)


@dataclass(frozen=True)
class Answer:
    """What GitHub answered.

    Attributes:
        status: The HTTP status: 304 or below 300.
        headers: The headers, their names in small letters.
        data: The body, read as JSON; None where there is none.
    """

    status: int
    headers: Mapping[str, str]
    data: Any


class RenewableAuth(Auth):
    """Credentials that can be had anew."""

    @property
    def is_new(self) -> bool:
        """Whether they were had so lately that GitHub may refuse them."""
        raise NotImplementedError

    def renew(self) -> None:
        """Forget what GitHub no longer takes."""
        raise NotImplementedError


class UnsentError(UnavailableError):
    """A call did not reach GitHub, so it had no effect there."""


class Caller(Requester):
    """Makes calls in the name of one identity. Several threads may call at once.

    Args:
        url: The address of the API.
        auth: Who calls.
        conduct: How.
        advice: What to do where GitHub does not know the credentials.
    """

    def __init__(self, url: str, auth: Auth, conduct: Conduct, advice: str) -> None:
        super().__init__(
            auth=auth,
            base_url=url,
            timeout=0,  # of connections that are not used
            user_agent="gitopsmith",
            per_page=100,
            verify=True,
            retry=None,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            api_version=_VERSION,
        )
        self._auth = auth
        self._transport = Transport(url, conduct.patience.timeout)
        self._conduct = conduct
        self._advice = advice
        self._known = ""

    def close(self) -> None:
        """Close the connections; a later call opens them again."""
        super().close()
        self._transport.close()

    @property
    def conduct(self) -> Conduct:
        """How calls are made."""
        return self._conduct

    @property
    def token(self) -> str:
        """A token that is good for the next minute, which opens to git what it opens here.

        Git cannot tell a token that is not known yet from a wrong one, so a new one is shown to the API before.
        """
        token = self._auth.token
        if self._is_new and token != self._known:
            self._wait_until_known()
            self._known = token = self._auth.token
        return token

    def ask(
        self,
        verb: str,
        url: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any | None = None,
        repeatable: bool = False,
    ) -> Answer:
        """Make a call, as `call` does, and read what is answered.

        Raises:
            UnavailableError: It is no JSON, so somebody else than GitHub has answered.
        """
        status, answered, text = self.call(verb, url, parameters, headers, body, repeatable=repeatable)
        data = _json(text)
        if text and data is None:
            raise UnavailableError(f"{self.hostname_and_port}, asked for `{verb} {self._path(url)}`, answers no JSON.")
        return Answer(status, answered, data)

    def call(
        self,
        verb: str,
        url: str,
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any | None = None,
        *,
        repeatable: bool = False,
    ) -> tuple[int, dict[str, Any], str]:
        """Make a call, several times where it fails by what may pass and can be repeated.

        Args:
            verb: The verb.
            url: The path below the API's address; or an address that GitHub gave, of which the path is taken.
            parameters: The query.
            headers: More headers.
            body: What is sent, as JSON.
            repeatable: Whether it may be made again though it may have had its effect; a read always may.

        Returns:
            The status, which is 304 or below 300, the headers with their names in small letters, and the body.

        Raises:
            RefusedError: GitHub refuses.
            UserError: The credentials cannot be used, or GitHub's certificate is not trusted.
            UnavailableError: GitHub is away, unwell, or was asked too often.
        """
        patience = self._conduct.patience
        for attempt in range(1, patience.attempts):
            try:
                return self._renewing(verb, url, parameters, headers, body)
            except UnavailableError as error:
                wait = max(patience.delay(attempt, self._conduct.luck()), error.retry_after or 0.0)
                without_effect = verb in _READS or repeatable or isinstance(error, UnsentError | LimitedError)
                if not without_effect or wait > patience.longest:
                    raise
            self._conduct.sleep(wait)
        return self._renewing(verb, url, parameters, headers, body)

    def _renewing(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, headers: Mapping[str, str] | None, body: Any
    ) -> tuple[int, dict[str, Any], str]:
        """Make a call; where GitHub does not take our token, again: once it knows it, or once with another one."""
        try:
            return self._knowing(verb, url, parameters, headers, body)
        except RefusedError as error:
            if error.status != HTTPStatus.UNAUTHORIZED or not isinstance(self._auth, RenewableAuth):
                raise
            self._auth.renew()
        return self._knowing(verb, url, parameters, headers, body)

    def _knowing(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, headers: Mapping[str, str] | None, body: Any
    ) -> tuple[int, dict[str, Any], str]:
        """Make a call; where GitHub refuses a token that it has just given us, wait until it knows it."""
        for pause in _UNTIL_KNOWN:
            try:
                return self._once(verb, url, parameters, headers, body)
            except RefusedError as error:
                if error.status != HTTPStatus.UNAUTHORIZED or not self._is_new:
                    raise
            self._conduct.sleep(pause)
        return self._once(verb, url, parameters, headers, body)

    @property
    def _is_new(self) -> bool:
        return isinstance(self._auth, RenewableAuth) and self._auth.is_new

    def _wait_until_known(self) -> None:
        try:
            # It counts against no limit, and any token may ask it.
            self.call("GET", "/rate_limit")
        except LimitedError:
            # Git is not limited by that, and may not wait for as long as it lasts.
            self._conduct.sleep(sum(_UNTIL_KNOWN))
        except RefusedError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                raise

    def _once(
        self, verb: str, url: str, parameters: Mapping[str, Any] | None, headers: Mapping[str, str] | None, body: Any
    ) -> tuple[int, dict[str, Any], str]:
        # PyGithub adds to the headers that it is given, the token among them.
        given = {"Accept": _MEDIA_TYPE, **(headers or {})}
        asked = f"{verb} {self._path(url)}"
        api = operation(verb, self._path(url))
        began = time.monotonic()
        try:
            exchange: Any = Exchange(self._transport)
            status, answered, text = super().requestJson(verb, url, dict(parameters or {}), given, body, exchange)
        except (requests.RequestException, HTTPError, OSError) as error:
            self._conduct.observer.called(api, 0, time.monotonic() - began)
            raise _network_failure(self.hostname_and_port, asked, error) from error
        except RuntimeError as error:  # what PyGithub says of an answer that leads to another server
            raise UserError(f"{self.hostname_and_port}: {error}", hint="Correct the address of the API.") from error
        self._conduct.observer.called(api, status, time.monotonic() - began)
        self._note_limit(answered)
        if status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.NOT_MODIFIED:
            return status, answered, text
        found = Answered(asked, status, answered, _json(text))
        failed = failure(found, advice=self._advice, now=self._conduct.clock())
        if isinstance(failed, LimitedError) and failed.retry_after:
            self._conduct.observer.limited(failed.retry_after)
        raise failed

    def _path(self, url: str) -> str:
        """Return the path below the API's address, without a query."""
        return urlsplit(url).path.removeprefix(urlsplit(self.base_url).path)

    def _note_limit(self, headers: Mapping[str, str]) -> None:
        names = ("x-ratelimit-remaining", "x-ratelimit-limit", "x-ratelimit-reset")
        try:
            remaining, limit, reset = (float(headers[name]) for name in names)
        except (KeyError, ValueError):
            return  # an Enterprise Server may have no limits
        self._conduct.observer.limit(int(remaining), int(limit), reset)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _network_failure(host: str, asked: str, error: Exception) -> UserError | UnavailableError:
    causes = tuple(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return UserError(
            f"The certificate of {host} is not trusted.",
            hint="If an authority of your own signed it, let REQUESTS_CA_BUNDLE name a file with its certificate.",
        )
    told = f"{host}, asked for `{asked}`"
    if any(isinstance(cause, NewConnectionError | requests.ConnectTimeout) for cause in causes):
        return UnsentError(f"{told}, cannot be reached.")
    if any(isinstance(cause, requests.Timeout | TimeoutError) for cause in causes):
        return UnavailableError(f"{told}, gave no answer in time.")
    return UnavailableError(f"{told}, broke off.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
