"""A GitHub to connect to, and connections that wait without waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import App, Credentials, Token
from generator.hub.listings import Listings
from generator.hub.pages import Pages
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import enterprise, github

__all__ = ["enterprise", "github"]


@dataclass
class Recorder:
    """What an observer was told, and what was waited."""

    calls: list[tuple[str, int]] = field(default_factory=list)
    limits: list[tuple[int, int, float]] = field(default_factory=list)
    limited_for: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def called(self, api: str, status: int, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.calls.append((api, status))

    def limit(self, remaining: int, limit: int, reset: float) -> None:
        self.limits.append((remaining, limit, reset))

    def limited(self, seconds: float) -> None:
        self.limited_for.append(seconds)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


Connect = Callable[..., Connection]


@pytest.fixture
def connect(recorder: Recorder) -> Iterator[Connect]:
    """Return what connects to a double, with a token unless told otherwise; it is closed at the end."""
    opened: list[Connection] = []

    def open_connection(
        double: GitHubDouble, credentials: Credentials | None = None, *, timeout: float = 10.0
    ) -> Connection:
        patience = Patience(timeout=timeout)
        conduct = Conduct(patience, recorder, sleep=recorder.waits.append, luck=lambda: 1.0)
        opened.append(Connection(credentials or Token(double.token()), double.url, conduct))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture
def connection(github: GitHubDouble, connect: Connect) -> Connection:
    """Return a connection by a token."""
    return connect(github)


@pytest.fixture
def pages() -> Iterator[Pages]:
    kept = Pages()
    yield kept
    kept.close()


@pytest.fixture
def listings(connection: Connection, pages: Pages) -> Listings:
    """Return what lists by a token."""
    return Listings(connection, pages)


def app_credentials(double: GitHubDouble, owner: str = "acme") -> App:
    """Return the credentials of a new App."""
    app = double.app(owner=owner)
    return App(str(app.id), app.private_key)
