"""A server that runs in this process, what it stands on in memory, and calls to it: over real HTTP, or byte by byte."""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp

from generator.sync.news.delivery import Delivery
from generator.sync.web.server import application
from generator.sync.web.serving import Serving
from generator.sync.web.signature import sign

PATIENCE = 20.0
"""How long a test waits for what should come at once."""

SECRET = b"the secret of acme/podinfo"
REPOSITORY = "acme/podinfo"
PATH = f"/payload/{REPOSITORY}"


class Store:
    """Deliveries in memory; it can be held up, and it can fail."""

    def __init__(self) -> None:
        self.deliveries: dict[str, Delivery] = {}
        self.batches: list[list[str]] = []
        self.failures: list[Exception] = []
        self.poison = ""
        self.entered = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def add_many(self, deliveries: list[Delivery]) -> list[bool]:
        self.batches.append([delivery.id for delivery in deliveries])
        self.entered.set()
        assert self.free.wait(PATIENCE)
        if self.failures:
            raise self.failures.pop(0)
        if self.poison in self.batches[-1]:
            raise RuntimeError("a bug")
        return [self._add(delivery) for delivery in deliveries]

    def _add(self, delivery: Delivery) -> bool:
        is_new = delivery.id not in self.deliveries
        self.deliveries.setdefault(delivery.id, delivery)
        return is_new


class Secrets:
    """Secrets by repository, and shared ones, which may be those of an App."""

    def __init__(
        self, own: Mapping[str, tuple[bytes, ...]], shared: tuple[bytes, ...] = (), *, of_app: bool = False
    ) -> None:
        self.own, self.common, self.of_app = dict(own), shared, of_app

    def of(self, repository: str) -> tuple[bytes, ...]:
        return self.own.get(repository.lower(), self.common)

    def shared(self) -> tuple[bytes, ...]:
        return self.common

    def shared_count_for(self, repository: str) -> bool:
        return self.of_app or repository.lower() not in self.own


@dataclass
class Answers:
    """An observer that keeps what it was told."""

    given: list[tuple[int, str]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def answered(self, status: int, seconds: float, event: str) -> None:
        self.given.append((status, event))
        self.seconds.append(seconds)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json", self
        return json.loads(self.body)


@dataclass
class Server:
    """A server for acme/podinfo, and what it stands on."""

    store: Store = field(default_factory=Store)
    secrets: Secrets = field(default_factory=lambda: Secrets({REPOSITORY: (SECRET,)}))
    answers: Answers = field(default_factory=Answers)
    accepted: list[int] = field(default_factory=list)
    known: set[str] = field(default_factory=lambda: {REPOSITORY})
    port: int = 0

    def application(self, **settings: Any) -> ASGIApp:
        given: dict[str, Any] = {
            "store": self.store,
            "secrets": self.secrets,
            "knows": lambda repository: repository.lower() in self.known,
            "on_accepted": lambda: self.accepted.append(len(self.store.deliveries)),
            "observer": self.answers,
            "readiness": list,
            "exposition": lambda: (b"up 1\n", "text/plain; version=0.0.4"),
            "clock": lambda: 1_800_000_000.0,
        }
        return application(**{**given, **settings})

    def post(self, path: str = PATH, body: bytes | None = None, **headers: str) -> Reply:
        """Deliver; `content_type="x"` is the header Content-Type, an empty value leaves a header out."""
        body = release() if body is None else body
        given = {
            "content_type": "application/json",
            "x_github_event": "release",
            "x_github_delivery": "d-1",
            "x_hub_signature_256": sign(body, SECRET),
            **headers,
        }
        return call(self.port, "POST", path, body, {name.replace("_", "-"): value for name, value in given.items()})

    def get(self, path: str, method: str = "GET") -> Reply:
        return call(self.port, method, path)


def release(repository: str = REPOSITORY, **more: object) -> bytes:
    """The payload of a release."""
    content = {"action": "published", "repository": {"full_name": repository}, "release": {"tag_name": "v1.2.0"}}
    return json.dumps({**content, **more}).encode()


def call(port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {name: value for name, value in headers.items() if value})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class _Lasting(io.BufferedReader):
    """What was received, which an answer that was read to its end does not close."""

    def close(self) -> None:
        pass


class Conversation:
    """A connection to say anything on."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = _Lasting(socket.SocketIO(connection, "r"))

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self) -> Reply:
        """Read one answer."""
        answer = http.client.HTTPResponse(self)  # type: ignore[arg-type] # asks for nothing but `makefile`
        answer.begin()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def is_closed(self) -> bool:
        """Whether the other side hangs up without a further word."""
        try:
            return self._received.read(1) == b""
        except ConnectionResetError:
            return True

    def makefile(self, _: str) -> io.BufferedReader:
        return self._received

    def close(self) -> None:
        super(_Lasting, self._received).close()


@contextmanager
def connected(port: int) -> Iterator[Conversation]:
    """Connect."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        conversation = Conversation(connection)
        try:
            yield conversation
        finally:
            conversation.close()


def head(path: str = PATH, body: bytes = b"", **headers: str) -> bytes:
    """The head of a delivery of `body`, rightly signed, with the given headers besides."""
    given = {
        "host": "localhost",
        "content-type": "application/json",
        "x-github-event": "release",
        "x-github-delivery": "d-1",
        "x-hub-signature-256": sign(body, SECRET),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return "\r\n".join(
        [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    ).encode()


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


@contextmanager
def running(app: ASGIApp, **settings: Any) -> Iterator[int]:
    """Serve an application, and give its port."""
    ports: list[int] = []
    serving = Serving(app, host="127.0.0.1", port=0, started=ports.append, **settings)
    thread = threading.Thread(target=serving.run)
    thread.start()
    try:
        until(lambda: ports or not thread.is_alive())
        yield ports[0]
    finally:
        serving.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
