"""The engine: one drain at a time, nothing that comes is overlooked, and nobody asks for a drain that runs already."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import pytest

from generator.core.errors import TemporaryError
from generator.sync.engine import DRAIN, Engine
from generator.sync.reports.reports_table import Reports
from generator.sync.store.inbox import Inbox
from tests.sync.served import eventually

PATIENCE = 30.0


@dataclass
class Waiting:
    """An inbox of which only matters how many deliveries wait."""

    waiting: int = 0
    silent: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def next_due(self, _: float) -> float | None:
        return 0.0 if self.waiting else None

    def beat(self, _: str) -> None:
        pass

    def take_over(self, _: float) -> list[str]:
        return self.silent

    def prune(self, _: float) -> int:
        return 0

    def leave(self, executor: str) -> None:
        self.left.append(executor)


@dataclass
class Table:
    """What GitHub should be told, of which only matters what the engine does with it."""

    tidied: threading.Event = field(default_factory=threading.Event)
    given_back: list[str] = field(default_factory=list)
    faults: int = 0

    def prune(self, _: float) -> int:
        self.tidied.set()
        return 0

    def give_back(self, executor: str) -> None:
        self.given_back.append(executor)
        if self.faults:
            self.faults -= 1
            raise TemporaryError("the database is away")


@dataclass
class Bench:
    """An engine at work, whose batches end when the test lets them."""

    url: str
    inbox: Waiting = field(default_factory=Waiting)
    reports: Table = field(default_factory=Table)
    began: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    enqueued: list[str] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    looks: int = 0
    pace: float = 0.0

    def clock(self) -> float:
        self.looks += 1
        return 1_000_000.0 + self.pace * self.looks

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
            reconcile=lambda: self.passes.append(self.looks),
            period=3600.0,
            silence=60.0,
            clock=self.clock,
            reports=cast(Reports, self.reports),
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


def test_a_process_makes_a_pass_when_it_starts_however_short_it_was_away_and_then_one_in_each_period(
    bench: Bench,
) -> None:
    for started in (1, 2):
        with bench.running() as engine:
            eventually(lambda: len(bench.passes) >= started, "a pass")  # noqa: B023 - it is waited for here
            bench.pace = 10.0  # each look is a new heartbeat, and all of them are in one period
            for _ in range(10):
                looks = bench.looks
                engine.nudge()
                eventually(partial(bench.has_looked_since, looks), "the pump looks")
            bench.pace, bench.looks = 0.0, 0
    assert len(bench.passes) == 2


def test_what_a_dead_process_had_taken_to_tell_is_given_to_others_and_old_reports_are_forgotten(bench: Bench) -> None:
    bench.inbox.silent, bench.reports.faults, bench.pace = ["two"], 1, 60.0
    with bench.running():
        assert bench.reports.tidied.wait(PATIENCE)
    # The database was away the first time: until all is given back, the process is not forgotten.
    assert len(bench.reports.given_back) > len([name for name in bench.inbox.left if name == "two"]) > 0


def test_a_drain_that_could_not_say_that_it_ended_keeps_no_other_from_running(bench: Bench) -> None:
    bench.pace = 60.0
    with bench.running() as engine, closing(sqlite3.connect(bench.url.removeprefix("sqlite:///"))) as database:
        for _ in range(2):
            bench.inbox.waiting = 1
            engine.nudge()
            assert bench.began.acquire(timeout=PATIENCE)
            bench.go_on.release()
            eventually(partial(has_ended, database), "the drain ends")
            # As a full disk leaves it: it runs no more, and still has the name that no other one may have.
            with database:
                database.execute(
                    "UPDATE workflow_status SET status = 'PENDING', deduplication_id = queue_name WHERE name = 'drain'"
                    " AND created_at = (SELECT max(created_at) FROM workflow_status WHERE name = 'drain')"
                )


def test_all_that_ended_long_ago_is_forgotten_however_much_it_is(bench: Bench) -> None:
    with bench.running():
        eventually(lambda: bench.passes, "a pass")
    with closing(sqlite3.connect(bench.url.removeprefix("sqlite:///"))) as database:
        # One that ended is there 700 times more, as of a time when the table was not tidied as fast as it filled.
        database.row_factory = sqlite3.Row
        ended = dict(database.execute("SELECT * FROM workflow_status WHERE completed_at IS NOT NULL").fetchone())
        names, marks = ", ".join(ended), ", ".join(f":{name}" for name in ended)
        with database:
            database.executemany(
                f"INSERT INTO workflow_status ({names}) VALUES ({marks})",  # noqa: S608 - names of columns
                [{**ended, "workflow_uuid": f"old-{number}", "completed_at": 1} for number in range(700)],
            )
        with bench.running():
            eventually(lambda: old_ones(database) == 0, "all are forgotten")


def old_ones(database: sqlite3.Connection) -> int:
    (count,) = database.execute("SELECT count(*) FROM workflow_status WHERE workflow_uuid LIKE 'old-%'").fetchone()
    return int(count)


class Noted(threading.Event):
    """An event that says how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return super().wait(0)


@pytest.mark.parametrize("error", [TemporaryError("the database is away"), ZeroDivisionError("a bug")])
def test_whatever_a_drain_fails_with_it_takes_a_breath_before_the_next(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    breath, noted = 3.25, Noted()
    monkeypatch.setattr("generator.sync.engine._BREATH", breath)
    with bench.running() as engine:
        monkeypatch.setattr(engine, "_stopping", noted)

        def fail() -> bool:
            bench.inbox.waiting = 0
            raise error

        monkeypatch.setattr(engine, "drain", fail)
        bench.inbox.waiting = 1
        engine.nudge()
        eventually(lambda: breath in noted.waits, "a breath is taken")


def has_ended(database: sqlite3.Connection) -> bool:
    rows = database.execute("SELECT DISTINCT status FROM workflow_status WHERE name = 'drain'").fetchall()
    return not {"ENQUEUED", "PENDING"} & {status for (status,) in rows}
