"""Evidence that what was committed runs: its address answers, or the operator says that none is needed."""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPException
from typing import Protocol

import requests
from urllib3.exceptions import HTTPError

from generator.core.deployment_states import Report
from generator.registries.deadlines import DeadlineAdapter


class Evidence(Protocol):
    """Whoever knows whether a deployment runs."""

    def of(self, report: Report) -> str:
        """Return why a deployment is known to run, in a sentence; empty where that is not known."""
        ...


class Answering:
    """Asks a deployment's address: it runs where anything but an error of a server answers.

    What answers is whatever was deployed, so it is trusted with nothing: with no time of ours beyond a bound, and no
    login or cookie.

    Args:
        timeout: The seconds to wait for the connection, and for each piece of the answer's head; three times as long
            for all of it.
    """

    def __init__(self, timeout: float = 5.0) -> None:
        self._timeout = timeout

    def of(self, report: Report) -> str:
        """Return that the address answers, and with what; empty where it does not, or there is none."""
        if not report.url.startswith(("http://", "https://")):
            return ""
        try:
            # Where it leads to is somebody else's address: a page to log in at is an answer.
            with (
                _session() as session,
                session.get(
                    report.url, timeout=self._timeout, stream=True, allow_redirects=False, auth=_as_nobody
                ) as answer,
            ):
                status = answer.status_code
        except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError):
            return ""
        return f"Its address answers with {status}." if status < HTTPStatus.INTERNAL_SERVER_ERROR else ""


def _session() -> requests.Session:
    """Return a session for one question: what one address has us remember, no other one is told."""
    session = requests.Session()
    session.headers["User-Agent"] = "gitopsmith"
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter())
    return session


def _as_nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stand in for requests' own search for a login, which looks into `.netrc`."""
    return request


class Trusting:
    """Takes what is committed for running, as the operator says."""

    def of(self, report: Report) -> str:  # noqa: ARG002 - it is the same for all
        """Return that the operator says so."""
        return "Committed; the operator takes it for running."
