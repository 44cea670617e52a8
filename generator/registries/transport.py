"""One question to a server over HTTP, bounded in time and size, with what goes wrong turned into our errors.

It follows no redirect, keeps no cookie, takes no credentials but those it is given (requests would look into `.netrc`),
and repeats nothing: whoever asks decides that.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from generator.core.errors import TemporaryError, UserError
from generator.core.hosts import is_loopback
from generator.registries.deadlines import PIECES, DeadlineAdapter, hanging_up

_CHUNK = 65_536
_LONGEST_WAIT = 3600.0
_MAY_PASS = frozenset({408, 425, 429, 500, *range(502, 600)})
"""Too early, too many, too slow, and every failure of the server but 501: it will not learn the method."""


class UnavailableError(TemporaryError):
    """A server that cannot answer now.

    Args:
        message: Which one, and what is known of the cause.
        retry_after: The seconds after which it wants to be asked again, at most an hour; None where it does not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Patience:
    """How long a server may take, in seconds.

    Attributes:
        connect: To take a connection.
        read: To send the next bytes; three times as long for the head of its answer, and again for the body.
    """

    connect: float = 5.0
    read: float = 10.0


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        address: What was asked.
        status: The status code; never one that says that the server cannot answer now.
        headers: The headers, whose names are found in any case.
        body: The body; empty where none was asked for.
    """

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Transport:
    """Connections to servers, kept open for the next question; several threads may ask at once.

    Args:
        patience: How long servers may take.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._session = requests.Session()
        self._session.headers.clear()
        # No encoding: a small body must not unpack to a huge one.
        self._session.headers.update({"User-Agent": "gitopsmith", "Accept-Encoding": "identity"})
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter())

    def __enter__(self) -> Transport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        *,
        form: Mapping[str, str] | None = None,
        limit: int = 0,
    ) -> Answer:
        """Ask a server once.

        Args:
            method: The method.
            address: What is asked.
            headers: The headers, credentials included.
            form: What is sent as a form's fields.
            limit: The bytes of the body that are read; 0 to read none of it.

        Raises:
            UnavailableError: The server cannot be reached, is too slow, breaks off, or says that it cannot answer now;
                or the body is longer than `limit`.
            UserError: Its certificate is not trusted, or the address cannot be asked.
        """
        host = urlsplit(address).netloc
        try:
            with self._session.request(
                method,
                address,
                headers=headers,
                data=form,
                stream=True,
                allow_redirects=False,
                auth=_as_given,
                timeout=(self._patience.connect, self._patience.read),
                # As Docker does: a proxy is no way to this machine.
                proxies={"http": "", "https": "", "all": ""} if is_loopback(host) else None,
            ) as response:
                if response.status_code in _MAY_PASS:
                    raise _unwell(host, response)
                body = self._body(host, response, limit) if limit else b""
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            raise _failure(host, error) from error
        return Answer(address, response.status_code, response.headers, body)

    def _body(self, host: str, response: requests.Response, limit: int) -> bytes:
        body = bytearray()
        with hanging_up(response.raw.shutdown, PIECES * self._patience.read):
            while chunk := response.raw.read1(_CHUNK):
                body += chunk
                if len(body) > limit:
                    raise UnavailableError(f"{host} sends more than {limit} bytes where a few hundred are due.")
        return bytes(body)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in for requests' own search for credentials."""
    return request


def _unwell(host: str, response: requests.Response) -> UnavailableError:
    wait = _retry_after(response.headers)
    again = "" if wait is None else f"; it wants to be asked again after {wait:g} s"
    return UnavailableError(f"{host} answers HTTP {response.status_code}{again}.", retry_after=wait)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of https://www.rfc-editor.org/rfc/rfc9110#name-retry-after, which may be written as a date."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:10]), _LONGEST_WAIT))
    try:
        # Against its own clock: ours may be wrong.
        seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers["Date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _failure(host: str, error: Exception) -> UserError | UnavailableError:
    causes = tuple(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return UserError(
            f"The certificate of {host} is not trusted.",
            hint="If an authority of your own signed it, let REQUESTS_CA_BUNDLE name a file with its certificate.",
        )
    if any(isinstance(cause, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader) for cause in causes):
        return UserError(f"{host} cannot be asked: {type(error).__name__}.")
    if isinstance(error, requests.Timeout) or any(isinstance(cause, TimeoutError) for cause in causes):
        return UnavailableError(f"{host} does not answer, or too slowly.")
    if type(error) is OSError and error.errno is None:
        # In this way requests says that there is no such file with certificates.
        return UserError(f"{host} cannot be asked: {error}.", hint="Mend REQUESTS_CA_BUNDLE.")
    said = next((cause.strerror for cause in reversed(causes) if isinstance(cause, OSError) and cause.strerror), None)
    return UnavailableError(f"{host} cannot be asked: {said or 'the connection broke off'}.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
