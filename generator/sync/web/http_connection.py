"""A connection as uvicorn speaks HTTP/1.1 on it, with bounds: on the time of a request's head, and on how many wait."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from generator.sync.web.connections import Connections


class BoundedConnection(H11Protocol):
    """Closes on a peer that connects and does not say what it wants, which uvicorn would wait for without end.

    Args:
        arguments: As uvicorn has them.
        all_of_them: The connections of the server, which this one joins.
        settings: As uvicorn has them.

    Attributes:
        head_seconds: How long the head of a request may take, from the connection or from the head's first byte.
    """

    head_seconds = 8.0

    def __init__(self, *arguments: Any, all_of_them: Connections, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._all = all_of_them
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()
        self._all.made(self)

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether a head is under way."""
        super().data_received(data)
        self._note_state()
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self._await_head()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """End a request, and see whether the head of the next one has come in part."""
        super().on_response_complete()
        self._note_state()
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0] and not self.transport.is_closing():
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        self._all.lost(self)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; once another answer has begun there is nothing to do but to hang up."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            super().send_400_response(msg)
        else:
            self.transport.close()

    def _note_state(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self._all.waits(self)
        else:
            self._all.works(self)

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
