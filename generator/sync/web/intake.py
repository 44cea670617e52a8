"""Stores deliveries before they are answered: what comes while a transaction is under way makes up the next one.

The storage is called in a thread of its own, for it may block. The thread is a daemon, so that a storage that hangs
keeps nobody from ending the process.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Protocol

import structlog

from generator.core.errors import GitopsmithError, TemporaryError
from generator.sync.news.delivery import Delivery

BATCH_LIMIT = 500
"""The most deliveries in one transaction, so that none is held up by too many others."""

_log = structlog.get_logger(__name__)


class Store(Protocol):
    """Where deliveries are kept."""

    def add_many(self, deliveries: list[Delivery]) -> list[bool]:
        """Store deliveries, all or none, and say of each whether it is new: of two with the same id only the first.

        They are on disk when this returns.

        Raises:
            TemporaryError: The storage is not available.
            UserError: It is not until somebody mends it.
        """
        ...


@dataclass(eq=False)
class _Entry:
    """A delivery that waits to be stored, and where its sender waits to hear of it."""

    delivery: Delivery
    stored: Future[bool] = field(default_factory=Future)


class Intake:
    """Takes deliveries from many requests at once.

    Args:
        store: Where they are kept.
        on_accepted: Called once for each transaction that succeeded, in the intake's thread; it should be quick.
    """

    def __init__(self, store: Store, on_accepted: Callable[[], None]) -> None:
        self._store = store
        self._on_accepted = on_accepted
        self._waiting: deque[_Entry] = deque()
        self._change = Condition()
        self._closed = False
        self._thread: Thread | None = None

    async def add(self, delivery: Delivery) -> bool:
        """Return whether a delivery is new, once it is on disk.

        Cancelled, it is taken back if its transaction has not begun; if it has, the delivery may be stored.

        Raises:
            GitopsmithError: The storage is not available.
        """
        entry = _Entry(delivery)
        with self._change:
            if self._closed:
                raise TemporaryError("The server ends.")
            self._waiting.append(entry)
            self._start()
            self._change.notify()
        try:
            return await asyncio.wrap_future(entry.stored)
        except asyncio.CancelledError:
            # While the storage hangs, nothing may pile up that nobody waits for any more.
            with self._change, suppress(ValueError):
                self._waiting.remove(entry)
            raise

    def close(self, seconds: float = 1.0) -> None:
        """Let what waits be stored, take no more, and wait that long at most for the end of it."""
        with self._change:
            self._closed = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join(seconds)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._run, name="intake", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while batch := self._next_batch():
            self._settle(batch)

    def _next_batch(self) -> list[_Entry]:
        """Return what waits, as soon as anything does; nothing once the intake is closed and all is stored."""
        with self._change:
            while True:
                taken = [self._waiting.popleft() for _ in range(min(BATCH_LIMIT, len(self._waiting)))]
                # From here on a future can no longer be cancelled, so that a result always fits.
                running = [entry for entry in taken if entry.stored.set_running_or_notify_cancel()]
                if running or (self._closed and not self._waiting):
                    return running
                if not self._waiting:
                    self._change.wait()

    def _settle(self, batch: Sequence[_Entry]) -> None:
        try:
            news = self._store.add_many([entry.delivery for entry in batch])
        except GitopsmithError as error:
            for entry in batch:
                entry.stored.set_exception(error)
            return
        except Exception as error:  # whatever it is, every sender hears of it, and the thread lives on
            self._settle_each(batch, error)
            return
        for entry, is_new in zip(batch, news, strict=True):
            entry.stored.set_result(is_new)
        self._tell()

    def _settle_each(self, batch: Sequence[_Entry], error: Exception) -> None:
        """Store each delivery by itself, so that one that cannot be stored keeps no other from it."""
        if len(batch) == 1:
            batch[0].stored.set_exception(error)
            return
        for entry in batch:
            self._settle([entry])

    def _tell(self) -> None:
        try:
            self._on_accepted()
        except Exception:  # they are stored: whoever works on them finds them without being told
            _log.exception("could not tell of new deliveries")
