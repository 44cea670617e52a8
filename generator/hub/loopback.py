"""Waits on loopback for a browser: serves one page, and takes what GitHub sends the browser back with.

Another page in that browser must not be able to end the wait, or to bring a code of its own: what comes back counts
only with the state that was in our form, and the form is only where its reader was told, under a name that no page can
guess. Requests for another host are refused, for a name that leads here would make us a site of somebody else's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from generator.core.errors import UserError

CALLBACK = "/callback"
_HOST = "127.0.0.1"
_READ_TIMEOUT = 5.0
"""The seconds that one request may take; browsers open connections that they then do not use."""

_DONE = "Done: go back to the terminal. This page can be closed."


@dataclass(frozen=True)
class _Expected:
    """What is waited for.

    Attributes:
        state: What must come back.
        start: The path of the page.
        page: The page.
        accepts: Whether a text can be a code.
        origin: Where the page's form leads.
    """

    state: str
    start: str
    page: str
    accepts: Callable[[str], bool]
    origin: str


class Loopback:
    """A server on 127.0.0.1, at a port that the kernel chooses, from `with` on until its end.

    Attributes:
        state: What must come back, 256 random bits.
        callback: Where the browser is to come back to.
        start: What a person opens.
    """

    def __init__(self) -> None:
        self.state = secrets.token_urlsafe(32)
        self._codes: Queue[str] = Queue()
        self._server = _Server(self._codes)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        path = f"/{secrets.token_urlsafe(16)}"
        base = f"http://{_HOST}:{self._server.server_port}"
        self.callback = base + CALLBACK
        self.start = base + path
        self._path = path

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, page: str, accepts: Callable[[str], bool], origin: str) -> None:
        """Serve a page.

        Args:
            page: The page, HTML, with a form that leads to another site.
            accepts: Whether a text can be what comes back as `code`.
            origin: The scheme, host and port of that site.
        """
        self._server.expected = _Expected(self.state, self._path, page, accepts, origin)

    def code(self, seconds: float) -> str:
        """Return the code that the browser came back with.

        Args:
            seconds: How long to wait.

        Raises:
            UserError: It did not come back in time.
        """
        try:
            return self._codes.get(timeout=seconds)
        except Empty:
            raise UserError(
                f"Nobody came back from GitHub within {seconds:g} s; nothing was changed here.",
                hint="Run the command again; if the App is on GitHub already, delete it there first.",
            ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, codes: Queue[str]) -> None:
        self.codes = codes
        self.expected: _Expected | None = None
        super().__init__((_HOST, 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser that goes away go."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _READ_TIMEOUT
    server_version = "gitopsmith"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the page, or take what came back."""
        expected, parts = self.server.expected, urlsplit(self.path)
        if expected is None or self.headers.get("Host") != f"{_HOST}:{self.server.server_port}":
            self._answer(HTTPStatus.NOT_FOUND, "Not found")
        elif hmac.compare_digest(parts.path.encode(), expected.start.encode()):
            self._answer(HTTPStatus.OK, expected.page, expected.origin)
        elif parts.path == CALLBACK:
            self._take(expected, parse_qs(parts.query))
        else:
            self._answer(HTTPStatus.NOT_FOUND, "Not found")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing: what is asked for holds the state and the code."""

    def _take(self, expected: _Expected, query: dict[str, list[str]]) -> None:
        (state, *_), (code, *_) = query.get("state", [""]), query.get("code", [""])
        if not hmac.compare_digest(state.encode(), expected.state.encode()) or not expected.accepts(code):
            # Whoever this is from, the one that is waited for may still come.
            self._answer(HTTPStatus.BAD_REQUEST, "This is not what was asked for. Begin again from the terminal.")
            return
        self._answer(HTTPStatus.OK, _DONE)
        self.server.codes.put(code)

    def _answer(self, status: HTTPStatus, page: str, form_action: str = "'none'") -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        # The form is posted with our origin, not with `null`, which sites refuse; the name of the page is not told.
        self.send_header("Referrer-Policy", "strict-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        self.send_header("Content-Security-Policy", f"{policy}; form-action {form_action}")
        self.end_headers()
        self.wfile.write(body)
