"""Two servers on PostgreSQL: whatever happens to one, or seems to, each delivery has one effect."""

from __future__ import annotations

import itertools
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from generator.sync.news.delivery import Delivery
from tests.sync.fire.effects import ACCEPTED, assert_each_has_one_effect, endless_news, ids_of, news, settled
from tests.sync.served import Server, eventually

DAY = 86_400
MANY = 30
DRAINING = "SELECT executor_id FROM dbos.workflow_status WHERE name = 'drain' AND status = 'PENDING'"

Servers = tuple[Server, Server]


def deliver_until_one_drains(servers: Servers, url: str, stream: Iterator[Delivery]) -> tuple[list[Delivery], Servers]:
    """Deliver to both until there is much to do and one is at it; return what was accepted, and that one first."""
    accepted = []
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            accepted.append(next(stream))
            assert servers[len(accepted) % 2].deliver(accepted[-1]) == ACCEPTED
            draining = connection.execute(DRAINING).fetchone()
            if draining and len(accepted) > MANY:
                one, two = servers
                return accepted, (one, two) if draining == ("one",) else (two, one)


def deliver_more(server: Server, stream: Iterator[Delivery]) -> list[Delivery]:
    more = list(itertools.islice(stream, MANY))
    assert [server.deliver(item) for item in more] == [ACCEPTED] * len(more)
    return more


def assert_that_all_is_well(server: Server) -> None:
    eventually(lambda: server.unready() == [], "it is ready")
    assert server.counted("queue_deliveries", state="waiting") == 0


def test_of_two_one_finishes_what_the_other_left(servers: Servers, remote: Path, postgres_url: str) -> None:
    stream = endless_news(random.Random(7))
    accepted, (killed, other) = deliver_until_one_drains(servers, postgres_url, stream)
    killed.kill()
    accepted += deliver_more(other, stream)
    eventually(settled(postgres_url, ids_of(accepted)), "the other one finishes")
    assert_that_all_is_well(other)
    killed.start()
    accepted += deliver_more(killed, stream)
    eventually(settled(postgres_url, ids_of(accepted)), "it works again after its return")
    assert_each_has_one_effect(remote, postgres_url, accepted)
    assert [server.stop() for server in servers] == [0, 0]


@pytest.mark.parametrize("seconds", [4.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_what_a_paused_one_had_begun_the_other_finishes_and_it_does_not_repeat(
    servers: Servers, remote: Path, postgres_url: str, seconds: float
) -> None:
    stream, over = endless_news(random.Random(41)), threading.Event()
    accepted, (paused, other) = deliver_until_one_drains(servers, postgres_url, stream)
    paused.send(signal.SIGSTOP)
    threading.Timer(seconds, over.set).start()
    eventually(settled(postgres_url, ids_of(accepted)), "the other one finishes")
    assert_that_all_is_well(other)
    assert over.wait(seconds + 1)
    paused.send(signal.SIGCONT)
    accepted += deliver_more(paused, stream)
    eventually(settled(postgres_url, ids_of(accepted)), "it works again after its return")
    assert_each_has_one_effect(remote, postgres_url, accepted)
    assert_that_all_is_well(paused)
    assert [server.stop() for server in servers] == [0, 0]


def test_two_who_take_each_other_for_dead_because_the_clock_of_the_database_jumped_repeat_nothing(
    servers: Servers, remote: Path, postgres_url: str
) -> None:
    chance, burst = random.Random(71), news(100, random.Random(71))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for number, item in enumerate(burst):
            assert chance.choice(servers).deliver(item) == ACCEPTED
            if number % 5 == 0:
                connection.execute("UPDATE gitopsmith_executors SET seen_at = seen_at - %s", [DAY])
    eventually(settled(postgres_url, ids_of(burst)), "every delivery has its end")
    assert_each_has_one_effect(remote, postgres_url, burst)
    told = "".join(server.log.read_text() for server in servers)
    assert "took over from processes that are silent" in told
    for server in servers:
        assert_that_all_is_well(server)
    assert [server.stop() for server in servers] == [0, 0]
