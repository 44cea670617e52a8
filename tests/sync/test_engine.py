"""The engine: one drain at a time, nothing that comes is overlooked, and nobody asks for a drain that runs already."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import pytest

from generator.sync.engine import DRAIN, Engine
from generator.sync.store.inbox import Inbox
from tests.sync.served import eventually

PATIENCE = 30.0


@dataclass
class Waiting:
    """An inbox of which only matters how many deliveries wait."""

    waiting: int = 0

    def next_due(self, _: float) -> float | None:
        return 0.0 if self.waiting else None

    def beat(self, _: str) -> None:
        pass

    def take_over(self, _: float) -> list[str]:
        return []

    def prune(self, _: float) -> int:
        return 0

    def leave(self, _: str) -> None:
        pass


@dataclass
class Bench:
    """An engine at work, whose batches end when the test lets them."""

    url: str
    inbox: Waiting = field(default_factory=Waiting)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    enqueued: list[str] = field(default_factory=list)
    looks: int = 0

    def clock(self) -> float:
        self.looks += 1
        return 1_000_000.0

    def has_looked_since(self, looks: int) -> bool:
        return self.looks > looks

    def drain(self) -> bool:
        if not self.inbox.waiting:
            return False
        self.inbox.waiting = 0
        self.began.release()
        assert self.go_on.acquire(timeout=PATIENCE)
        return True

    @contextmanager
    def running(self) -> Iterator[Engine]:
        engine = Engine(
            database=self.url,
            executor="one",
            target="acme/acme-gitops",
            inbox=cast(Inbox, self.inbox),
            drain=self.drain,
            reconcile=lambda: None,
            period=3600.0,
            silence=60.0,
            clock=self.clock,
        )
        enqueue = engine._enqueue

        def noted(name: str, workflow_id: str | None) -> bool:
            self.enqueued.append(name)
            return enqueue(name, workflow_id)

        engine._enqueue = noted  # type: ignore[method-assign]
        engine.start()
        try:
            yield engine
        finally:
            self.go_on.release(1000)
            engine.stop()


@pytest.fixture
def bench(sqlite_url: str) -> Bench:
    return Bench(sqlite_url)


def test_what_comes_while_a_drain_runs_asks_for_no_other_and_is_drained_all_the_same(bench: Bench) -> None:
    with bench.running() as engine:
        bench.inbox.waiting = 1
        engine.nudge()
        assert bench.began.acquire(timeout=PATIENCE)
        bench.inbox.waiting, before = 1, bench.enqueued.count(DRAIN)
        for _ in range(20):
            looks = bench.looks
            engine.nudge()
            eventually(partial(bench.has_looked_since, looks), "the pump looks")
        assert bench.enqueued.count(DRAIN) == before
        bench.go_on.release()
        assert bench.began.acquire(timeout=PATIENCE)


def test_what_comes_at_the_end_of_a_drain_is_drained(bench: Bench) -> None:
    with bench.running() as engine:
        for _ in range(5):
            bench.inbox.waiting = 1
            engine.nudge()
            assert bench.began.acquire(timeout=PATIENCE)
            bench.go_on.release()
