"""The connections of a caller, in the place of PyGithub's own.

Those keep a request on the connection until it is sent, so that threads which share one send each other's; and where a
repository was renamed they follow GitHub to its new place without the query.
"""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from github.Requester import RequestsResponse

from generator.core.hosts import is_loopback

_READS = frozenset({"GET", "HEAD"})
_MOST_REDIRECTS = 3


class Transport:
    """Connections to one server, kept open for the next call; several threads may call at once.

    Args:
        url: The address of the server; its path does not matter.
        timeout: The seconds to wait for a connection, and for each piece of an answer.
    """

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        # As Docker and git do: a proxy is no way to this machine.
        self._proxies = {"http": "", "https": "", "all": ""} if is_loopback(parts.netloc) else None
        self._timeout = timeout
        self._session = requests.Session()
        self._session.auth = _as_given
        self._session.max_redirects = _MOST_REDIRECTS
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def send(self, verb: str, path: str, body: Any, headers: dict[str, str]) -> requests.Response:
        """Send a request and return the answer.

        A read is led on to where GitHub has what it asks for, and takes its token along only to the same server.
        """
        return self._session.request(
            verb,
            self._origin + path,
            headers=headers,
            data=body,
            timeout=self._timeout,
            proxies=self._proxies,
            allow_redirects=verb in _READS,
        )


class Exchange:
    """One request and its answer, in the form that PyGithub expects of a connection.

    Args:
        transport: What sends it.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._request: tuple[str, str, Any, dict[str, str]] | None = None

    def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002, ARG002 - PyGithub's names
        """Take a request."""
        self._request = (verb, url, input, headers)

    def getresponse(self) -> RequestsResponse:
        """Send it, and return the answer."""
        if self._request is None:
            raise RuntimeError("There is no request yet.")
        return RequestsResponse(self._transport.send(*self._request))


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in for requests' own search for credentials."""
    return request
