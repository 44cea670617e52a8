"""Asks what may hang, as a database does, so that whoever wants to know waits only so long and nothing piles up."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

import structlog

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Asked(Generic[T]):
    """Asks in a thread of its own, one at a time. Any thread may call it.

    Args:
        what: What it is about.
        ask: Asks.

    Attributes:
        what: What it is about, for whoever is told that there was no answer.
        failures: How often there was no answer.
    """

    def __init__(self, what: str, ask: Callable[[], T]) -> None:
        self.what = what
        self.failures = 0
        self._ask = ask
        self._lock = Lock()
        self._asked: Future[T] | None = None

    def begin(self) -> Future[T]:
        """Ask, unless somebody is asking already, and return the answer to come."""
        with self._lock:
            asked = self._asked
            if asked is None or asked.done():
                asked = self._asked = Future()
                Thread(target=self._run, args=(asked,), name=f"asks-{self.what}", daemon=True).start()
        return asked

    def answer(self, asked: Future[T], until: float) -> T | None:
        """Return the answer; None where there is none, or not in time.

        Args:
            asked: What `begin` returned.
            until: How long to wait for it, by the monotonic clock.
        """
        try:
            return asked.result(max(0.0, until - time.monotonic()))
        except Exception as error:  # whatever it is: the rest is worth most when something is wrong
            self.failures += 1
            _log.warning(f"the {self.what} cannot be counted", reason=str(error) or type(error).__name__)
            return None

    def _run(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._ask())
        except Exception as error:  # goes to whoever asked
            asked.set_exception(error)
