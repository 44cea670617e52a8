"""Serves an application on a port until a signal comes, then ends cleanly: what is in flight first, then all others."""

from __future__ import annotations

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import current_thread, main_thread
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from generator.core.errors import UserError
from generator.sync.web.connections import Connections
from generator.sync.web.http_connection import BoundedConnection
from generator.sync.web.open_files import room_for_connections

GRACE_SECONDS = 10
"""How long requests in flight may take to end; longer than any takes, see `Limits.answer_seconds`."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept. Load balancers keep theirs for 60 s: one that we closed first would carry their
next request into the void."""

HEAD_BYTES = 32 * 1024
"""The largest head of a request; GitHub's is below one tenth of it, and proxies add to it."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BACKLOG = 1024
_AT_ONCE = 16
"""How many connections are taken before those that are too many are hung up on. Where files have run out, asyncio
complains so many times in a row."""
_PORTS = 2**16


class Serving:
    """An application on a port.

    Args:
        application: What answers.
        host: The address to listen on; `::` is every address, IPv4 as well.
        port: The port; 0 lets the system choose one.
        started: Called with the port once requests are answered.
        stops: Called in this order when `run` ends, however it ends, each whatever became of those before it.
        grace: How many seconds requests in flight may take to end.
    """

    def __init__(
        self,
        application: ASGIApp,
        *,
        host: str,
        port: int,
        started: Callable[[int], None] = lambda _: None,
        stops: Sequence[Callable[[], None]] = (),
        grace: int = GRACE_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._stops = tuple(stops)
        self._server = _Server(_config(application, grace), started)

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `stop`. Once called in the main thread, a second signal ends the process.

        Raises:
            UserError: The port is in use, not allowed, or none; or the host is not of this machine.
        """
        with ExitStack() as ending:
            ending.enter_context(self._signals())
            for stop in reversed(self._stops):
                ending.callback(stop)
            listener = listen(self._host, self._port)
            ending.callback(listener.close)
            self._server.run(sockets=[listener])

    def stop(self) -> None:
        """Let `run` end; from any thread."""
        self._server.should_exit = True

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Take the signals, from before anything runs until everything is stopped."""
        if current_thread() is not main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._server.should_exit:
            # Whoever asks twice means it. Nothing is lost: what was acknowledged is on disk.
            os._exit(128 + number)
        self.stop()


class _Server(uvicorn.Server):
    """uvicorn's server, told nothing of signals: it would raise them again, and so end us before all is stopped."""

    def __init__(self, config: uvicorn.Config, started: Callable[[int], None]) -> None:
        super().__init__(config)
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        for listener in sockets or ():
            # asyncio lets only so many wait as it takes at once.
            listener.listen(_BACKLOG)
            self._on_started(listener.getsockname()[1])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `Serving`."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; connections wait in it until they are served.

    Raises:
        UserError: The port is in use, not allowed, or none; or the host is not of this machine.
    """
    if not 0 <= port < _PORTS:
        raise UserError(f"{port} is no port.", hint=f"Choose one from 1 to {_PORTS - 1}, or 0 for any that is free.")
    # Only where the protocol is named asyncio sends at once: else the body of an answer waits for the head's receipt.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # What an earlier process left half closed does not keep us from its port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except BaseException as error:
        listener.close()
        # A name with a NUL is a TypeError, and one that is too long or has an empty part a ValueError.
        if isinstance(error, OSError | ValueError | TypeError):
            raise _refused(host, port, error) from error
        raise
    return listener


def _refused(host: str, port: int, error: OSError | ValueError | TypeError) -> UserError:
    match getattr(error, "errno", None):
        case errno.EADDRINUSE:
            return UserError(
                f"Port {port} of {host} is in use.", hint="Choose another one, or stop what listens on it."
            )
        case errno.EACCES:
            return UserError(
                f"Port {port} of {host} is not allowed.", hint="Ports below 1024 are the system's: choose one above."
            )
        case _:
            return UserError(
                f"{host!r} is no address to listen on: {getattr(error, 'strerror', None) or error}.",
                hint="Use 0.0.0.0 for every address of this machine, or 127.0.0.1 for itself alone.",
            )


def _config(application: ASGIApp, grace: int) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        # It is called, and nothing else is asked of it.
        http=partial(BoundedConnection, all_of_them=Connections(room_for_connections())),  # type: ignore[arg-type]
        backlog=_AT_ONCE,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Nothing here depends on who calls, and these headers could be anybody's.
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace,
    )
