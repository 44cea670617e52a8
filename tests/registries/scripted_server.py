"""A server that answers as a test says, down to the single byte, over TLS or without."""

from __future__ import annotations

import socket
import socketserver
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from urllib.parse import parse_qsl, urlsplit

MANIFEST_HEAD = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query)

    @property
    def authorization(self) -> str | None:
        return self.headers.get("authorization")


Reply = bytes | Iterable[bytes]
Script = Callable[[Request], Reply]


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer, after which the connection is closed; `_` in a header's name stands for `-`."""
    lines = [f"HTTP/1.1 {status} -", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def found() -> bytes:
    return reply(200, Content_Type=MANIFEST_HEAD, Docker_Content_Digest="sha256:" + "0" * 64)


def bearer(realm: str, **parameters: str) -> bytes:
    given = {"realm": realm, **parameters}
    return reply(401, WWW_Authenticate="Bearer " + ",".join(f'{name}="{value}"' for name, value in given.items()))


class ScriptedServer:
    """Answers each request as `script` says; a test may give it another one at any time."""

    def __init__(self, script: Script, port: int) -> None:
        self.script = script
        self.port = port
        self.requests: list[Request] = []
        self.closing = Event()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]

    def hang(self, first: bytes = b"") -> Iterator[bytes]:
        """Send a beginning, and nothing more until the test is over."""
        yield first
        self.closing.wait(30)

    def drip(self, first: bytes, piece: bytes) -> Iterator[bytes]:
        """Send a beginning, and then a little again and again, for no one of the waits to be long."""
        yield first
        while not self.closing.wait(0.02):
            yield piece


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[ScriptedServer]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # Who asks may go away at any time, or speak TLS where none is spoken.
            with suppress(OSError, ValueError):
                if tls:
                    with tls.wrap_socket(self.request, server_side=True) as connection:
                        _answer(scripted, connection)
                else:
                    _answer(scripted, self.request)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = False
        request_queue_size = 64

    with Server(("127.0.0.1", 0), Handler) as server:
        scripted = ScriptedServer(script, server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield scripted
        finally:
            scripted.closing.set()
            server.shutdown()
            thread.join()


def _answer(server: ScriptedServer, connection: socket.socket) -> None:
    connection.settimeout(30)
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode().split(" ", 2)
        headers = {}
        while line := stream.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        request = Request(method, target, headers, stream.read(int(headers.get("content-length", 0))))
    server.requests.append(request)
    answer = server.script(request)
    for piece in [answer] if isinstance(answer, bytes) else answer:
        connection.sendall(piece)
