"""The connections that a server holds: where there is room for no more, those that wait longest make room for others.

Whoever comes is never turned away for those who only hold a connection: they would keep GitHub out.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Protocol

import structlog

_TOLD_EVERY = 60.0

_log = structlog.get_logger(__name__)


class Connection(Protocol):
    """A connection to somebody who may want something."""

    @property
    def transport(self) -> asyncio.Transport:
        """What it consists of."""
        ...


class Connections:
    """The connections that a server holds. One loop calls it.

    Args:
        most: How many there may be.
        monotonic: Seconds that no change of the clock makes jump.
    """

    def __init__(self, most: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._held = 0
        self._waiting: dict[Connection, None] = {}
        self._told = -math.inf

    def made(self, connection: Connection) -> None:
        """Take a connection; where there is room for no more, hang up on another one, or on this one if none waits."""
        self._held += 1
        self.waits(connection)
        if self._held > self._most:
            longest = next(iter(self._waiting))
            del self._waiting[longest]
            longest.transport.abort()
            self._tell()

    def waits(self, connection: Connection) -> None:
        """Take note that nothing is done for a connection, from now on or still."""
        self._waiting.setdefault(connection)

    def works(self, connection: Connection) -> None:
        """Take note that a request is under way."""
        self._waiting.pop(connection, None)

    def lost(self, connection: Connection) -> None:
        """Forget a connection."""
        self._held -= 1
        self._waiting.pop(connection, None)

    def _tell(self) -> None:
        now = self._monotonic()
        if now - self._told >= _TOLD_EVERY:
            self._told = now
            _log.warning("more connections than there is room for: hung up on who waits longest", most=self._most)
