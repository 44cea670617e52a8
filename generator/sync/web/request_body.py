"""Reads a request's body within bounds of size, time and memory, whatever its headers promise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import Request

from generator.sync.web.answers import Refusal, unavailable

_SMALL = 2**20
"""Larger bodies share half of the memory, so that a few of them cannot keep out the many small ones."""


@dataclass(frozen=True)
class Limits:
    """What a request may cost. GitHub gives up after 10 s: https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks.

    Attributes:
        body_bytes: The largest body; GitHub sends none over 25 MB.
        body_seconds: How long a body may take to come.
        answer_seconds: When a delivery is answered at the latest, from its first line on; more than `body_seconds`.
        held_bytes: What all bodies together may take of the memory.
        linger_seconds: How long a body that nobody wants is read on, so that its sender sees the answer.
    """

    body_bytes: int = 25 * 2**20
    body_seconds: float = 8.0
    answer_seconds: float = 9.0
    held_bytes: int = 128 * 2**20
    linger_seconds: float = 2.0


@dataclass
class _Hold:
    """The bytes of one body that are held so far."""

    size: int = 0


class Bodies:
    """The bodies that are held at the moment."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Give the body, and count it as held until the block ends.

        Raises:
            Refusal: It is too large (413) or too slow (408), or too many others are held (503).
            ClientDisconnect: The sender went away.
        """
        hold = _Hold()
        try:
            yield await self._read(request, hold)
        finally:
            self._held -= hold.size

    async def _read(self, request: Request, hold: _Hold) -> bytes:
        # A length that is announced saves reading; one that is not true makes no difference.
        if int(request.headers.get("Content-Length", "0")) > self._limits.body_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for chunk in request.stream():
                    chunks.append(chunk)
                    hold.size += len(chunk)
                    self._held += len(chunk)
                    self._check(hold.size)
        except TimeoutError as error:
            raise Refusal(408, f"The body did not come within {self._limits.body_seconds:g} seconds.") from error
        return b"".join(chunks)

    def _check(self, size: int) -> None:
        if size > self._limits.body_bytes:
            raise self._too_large()
        if self._held > (self._limits.held_bytes if size <= _SMALL else self._limits.held_bytes // 2):
            raise unavailable("There are too many large deliveries at once.")

    def _too_large(self) -> Refusal:
        return Refusal(413, f"The body is larger than {self._limits.body_bytes} bytes.")
