"""A registry that takes every question and never answers."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from generator.registries.registry import RegistryClient
from generator.registries.transport import Patience


@dataclass
class SilentRegistry:
    """A registry that takes every question and never answers.

    Attributes:
        host: Where it is.
        client: Who asks it, and has a second of patience.
    """

    host: str
    client: RegistryClient
    _server: socket.socket

    def times_asked(self) -> int:
        """Return how often it was asked since the last time that somebody wanted to know."""
        asked = 0
        while True:
            try:
                self._server.accept()[0].close()
            except BlockingIOError:
                return asked
            asked += 1


@contextmanager
def silent_registry() -> Iterator[SilentRegistry]:
    """Yield such a registry."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=100) as server,
        RegistryClient(patience=Patience(connect=1.0, read=1.0)) as client,
    ):
        server.setblocking(False)
        yield SilentRegistry(f"127.0.0.1:{server.getsockname()[1]}", client, server)
