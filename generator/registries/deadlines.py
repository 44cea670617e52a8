"""An end to answers that never end: requests bounds the wait for each piece of one, not for the whole."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from threading import Event, Timer
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

PIECES = 3
"""The head of an answer may take so many times as long as one piece of it, and the body again."""


class DeadlineAdapter(HTTPAdapter):
    """Hangs up on a server that sends the head of its answer too slowly: for requests that is a timeout like others."""

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        """Return the connections to a server."""
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        pool.ConnectionCls = _Secure if isinstance(pool, HTTPSConnectionPool) else _Plain
        return pool


class _Plain(HTTPConnection):
    def getresponse(self) -> Any:
        with _bounded(self):
            return super().getresponse()


class _Secure(HTTPSConnection):
    def getresponse(self) -> Any:
        with _bounded(self):
            return super().getresponse()


def _bounded(connection: HTTPConnection) -> AbstractContextManager[None]:
    # Not the method of a TLS socket, which is not made for another thread.
    shutdown = partial(socket.socket.shutdown, connection.sock, socket.SHUT_RDWR)
    return hanging_up(shutdown, PIECES * float(connection.timeout or 0))


@contextmanager
def hanging_up(shutdown: Callable[[], object], seconds: float) -> Iterator[None]:
    """Shut a connection down under a block that reads from it for too long.

    Args:
        shutdown: What shuts it down; it is called by another thread.
        seconds: How long the block may take.

    Raises:
        TimeoutError: It took longer. What it has read breaks off, which may look like an end.
    """
    hung_up = Event()

    def hang_up() -> None:
        hung_up.set()
        # It may be closed by now: urllib3 has two more errors for that.
        with suppress(OSError, RuntimeError, ValueError):
            shutdown()

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if hung_up.is_set():
            raise TimeoutError(f"no end within {seconds:g} s")
