"""Threads, processes, kills and full disks: what was said to be kept is kept, and everything is new once.

`pytest -m soak` runs the same for longer.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from generator.core.errors import TemporaryError
from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox

LONG = pytest.mark.soak

# Adds deliveries in batches, and says which were new once it knows.
_ADDER = """
import sys
from generator.sync.store.database import open_database
from generator.sync.news.delivery import Delivery
from generator.sync.store.inbox import Inbox

url, size, *ids = sys.argv[1:]
with open_database(url) as database:
    inbox = Inbox(database)
    print("ready", flush=True)
    sys.stdin.readline()
    for start in range(0, len(ids), int(size)):
        batch = [Delivery(id_, "ping", payload=id_.encode() * 500) for id_ in ids[start:][:int(size)]]
        new = inbox.add_many(batch)
        print(*[delivery.id for delivery, is_new in zip(batch, new) if is_new], flush=True)
"""

# Adds deliveries until there is no room, and one more when there is again.
_FILLER = """
import os, resource, sys
from generator.core.errors import TemporaryError
from generator.sync.store.database import open_database
from generator.sync.news.delivery import Delivery
from generator.sync.store.inbox import Inbox

with open_database(sys.argv[1]) as database:
    inbox = Inbox(database)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    try:
        for number in range(1000):
            inbox.add(Delivery(str(number), "ping", payload=os.urandom(5000)))
            print(number)
    except TemporaryError as error:
        print(error, file=sys.stderr)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    inbox.add(Delivery("when there is room", "ping"))
"""


@contextmanager
def adder(url: str, ids: list[str], size: int) -> Iterator[subprocess.Popen[str]]:
    """A process that adds deliveries as soon as it is told to; it is killed with the block, if it still runs."""
    command = [sys.executable, "-c", _ADDER, url, str(size), *ids]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def hear(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout
    return process.stdout.readline().split()


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    assert hear(process) == ["ready"]
    process.stdin.write("\n")
    process.stdin.flush()


def test_of_eight_threads_one_is_told_that_a_delivery_is_new(inbox: Inbox) -> None:
    def add_all(seed: int) -> list[str]:
        mine = ids.copy()
        random.Random(seed).shuffle(mine)
        return [id_ for id_ in mine if inbox.add(Delivery(id_, "ping"))]

    ids = [str(number) for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        told = [id_ for new in pool.map(add_all, range(8)) for id_ in new]
    assert sorted(told) == sorted(ids)
    assert sorted(delivery.id for delivery in inbox.due(0.0)) == sorted(ids)


def test_of_two_processes_one_is_told_that_a_delivery_is_new(database_url: str) -> None:
    """In different orders, so that on PostgreSQL each holds what the other one wants."""
    ids = [str(number) for number in range(300)]
    open_database(database_url).close()
    with adder(database_url, ids, 30) as one, adder(database_url, ids[::-1], 30) as other:
        begin(one)
        begin(other)
        told = [id_ for process in (one, other) for id_ in process.communicate(timeout=30)[0].split()]
        assert (one.returncode, other.returncode) == (0, 0)
    assert sorted(told) == sorted(ids)
    with open_database(database_url) as database:
        assert sorted(delivery.id for delivery in Inbox(database).due(0.0)) == sorted(ids)


@pytest.mark.parametrize("rounds", [3, pytest.param(25, marks=LONG)])
def test_what_was_said_to_be_kept_survives_a_kill(database_url: str, rounds: int) -> None:
    moments = random.Random(7)
    told: list[str] = []
    for number in range(rounds):
        ids = [f"{number}-{place}" for place in range(2000)]
        with adder(database_url, ids, moments.choice([1, 5])) as process:
            begin(process)
            for _ in range(moments.randrange(1, 100)):
                told += hear(process)
            process.kill()
            rest = process.communicate(timeout=30)[0]
            assert process.returncode < 0, "it was done before it was killed"
            told += rest.split()
    with open_database(database_url) as database:
        kept = {delivery.id: delivery.payload for delivery in Inbox(database).due(0.0, limit=100_000)}
    assert set(told) <= set(kept)
    assert all(payload == id_.encode() * 500 for id_, payload in kept.items())
    assert len(told) == len(set(told))


def test_a_full_disk_loses_nothing_that_was_kept_and_may_pass(sqlite_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILLER, sqlite_url], capture_output=True, text=True, check=True, timeout=60
    )
    assert "sync.db: disk I/O error" in done.stderr
    with open_database(sqlite_url) as database:
        kept = [delivery.id for delivery in Inbox(database).due(0.0, limit=1000)]
    assert kept == [*done.stdout.split(), "when there is room"]
    assert len(kept) > 2


def test_a_database_that_may_not_grow_is_an_error_that_may_pass(sqlite_url: str) -> None:
    with open_database(sqlite_url) as database:
        inbox = Inbox(database)
        inbox.add(Delivery("a", "ping"))
        database.write(lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1"))
        with pytest.raises(TemporaryError, match="database or disk is full"):
            inbox.add(Delivery("b", "ping", payload=random.Random(7).randbytes(100_000)))
        assert [delivery.id for delivery in inbox.due(0.0)] == ["a"]


def test_that_nothing_can_be_written_is_told_until_something_is(sqlite_url: str) -> None:
    with open_database(sqlite_url, patience=0.1) as database, open_database(sqlite_url) as other:
        inbox = Inbox(database)
        with other.engine.begin(), pytest.raises(TemporaryError, match="locked"):
            inbox.beat("one")
        assert inbox.problem.endswith("database is locked")
        assert inbox.due(0.0) == [], "it can be read all the time"
        assert inbox.problem
        inbox.beat("one")
        assert inbox.problem == ""
