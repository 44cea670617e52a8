"""Processes that share the work: one that is silent is taken over by exactly one other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from generator.sync.store.database import Database
from generator.sync.store.inbox import Inbox
from generator.sync.store.schema import EXECUTORS


def shift(database: Database, executor: str, seconds: float) -> None:
    """Let it seem that a process was seen so many seconds later than it was."""
    later = EXECUTORS.update().where(EXECUTORS.c.executor == executor).values(seen_at=EXECUTORS.c.seen_at + seconds)
    database.write(lambda connection: connection.execute(later))


def test_who_lives_is_left_alone(inbox: Inbox, database: Database) -> None:
    inbox.beat("a")
    shift(database, "a", -31.0)
    inbox.beat("a")
    assert inbox.take_over(30.0) == []


def test_who_is_silent_is_taken_over_by_one(inbox: Inbox, database: Database) -> None:
    names = [f"process-{number}" for number in range(10)]
    for name in [*names, "lives"]:
        inbox.beat(name)
    for name in names:
        shift(database, name, -31.0)
    with ThreadPoolExecutor(8) as pool:
        taken = [name for some in pool.map(inbox.take_over, [30.0] * 8) for name in some]
    assert sorted(taken) == sorted(names)


def test_who_left_is_not_missed(inbox: Inbox, database: Database) -> None:
    inbox.beat("a")
    shift(database, "a", -31.0)
    inbox.leave("a")
    inbox.leave("unknown")
    assert inbox.take_over(30.0) == []


def test_who_dies_while_taking_over_is_followed_by_another(inbox: Inbox, database: Database) -> None:
    inbox.beat("a")
    shift(database, "a", -31.0)
    assert inbox.take_over(30.0) == ["a"]
    shift(database, "a", -31.0)
    assert inbox.take_over(30.0) == ["a"]
    inbox.leave("a")
    assert inbox.take_over(-1.0) == []


@pytest.mark.parametrize("hours", [1, 1000])
def test_a_clock_of_the_database_that_was_set_back_only_delays_it(inbox: Inbox, database: Database, hours: int) -> None:
    inbox.beat("a")
    shift(database, "a", hours * 3600.0)
    assert inbox.take_over(30.0) == []
    shift(database, "a", -31.0)
    assert inbox.take_over(30.0) == ["a"]


def test_the_time_is_the_databases(inbox: Inbox, database: Database) -> None:
    clock = {"sqlite": "strftime('%s', 'now')", "postgresql": "extract(epoch FROM now())"}[database.engine.dialect.name]
    inbox.beat("a")
    query = sa.select(sa.cast(sa.text(clock), sa.Double) - EXECUTORS.c.seen_at)
    assert abs(database.read(lambda connection: connection.execute(query).scalar_one())) < 5
