"""The sockets of the double: HTTP on loopback, at a port that the kernel chooses."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from requests.structures import CaseInsensitiveDict

from tests.github_double.api import Api
from tests.github_double.exchange import Request, Sending

_GLANCE = 0.05


class Server:
    """Serves an API until it is stopped.

    Attributes:
        port: Where.
    """

    def __init__(self, api: Api) -> None:
        self._server = _Listener(api)
        self.port: int = self._server.server_port
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="github-double", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    """So that closing waits for the threads, and none outlives its test."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        self._guard = Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):  # the client was faster
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as the base class has it
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.api.errors.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Else each answer waits 40 ms for the client to acknowledge its headers."""
    server: _Listener

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - as the base class has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        headers = CaseInsensitiveDict(self.headers.items())
        request = Request(self.command, path, parse_qs(query, keep_blank_values=True), headers, self._body())
        self._send(self.server.api.answer(request))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the time of an answer, which is the double's."""
        return super().date_time_string(self.server.api.time if timestamp is None else timestamp)

    def _send(self, sending: Sending) -> None:
        if sending.held:
            self._wait_for_hanging_up()
        if sending.held or sending.share is None:
            self.close_connection = True
            return
        response, share = sending.response, sending.share
        self.send_response(response.status)
        for name, text in response.headers.items():
            self.send_header(name, text)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body[: int(len(response.body) * share)])
        if share < 1:
            self.close_connection = True

    def _wait_for_hanging_up(self) -> None:
        while not self.server.api.stopping.is_set():
            if select.select([self.connection], [], [], _GLANCE)[0]:
                return

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)
