"""Somebody locks the database for longer than we wait: the sender hears of it in time, and nothing is lost or stuck."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from generator.sync.news.delivery import Delivery
from tests.sync.fire.effects import ACCEPTED, UNAVAILABLE, assert_each_has_one_effect, ids_of, news, settled
from tests.sync.served import Server, eventually, serving

GITHUB_WAITS = 10.0
TABLES = "gitopsmith_deliveries, gitopsmith_payloads, gitopsmith_executors, dbos.workflow_status"


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Keep everybody else from writing, and on PostgreSQL from reading as well, as a long transaction does."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
    else:
        with psycopg.connect(url) as connection:
            connection.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()


def test_who_delivers_to_a_locked_database_hears_of_it_in_time_and_may_do_so_again(
    workspace: Path, remote: Path, tmp_path: Path, database_url: str
) -> None:
    arguments = ["--workspace", str(workspace), "--push", "--database-url", database_url, "--takeover-after", "3s"]
    with serving(arguments, tmp_path / "serve.log") as server:
        early, *refused = news(8, random.Random(21))
        assert server.deliver(early) == ACCEPTED
        with locked(database_url):
            _assert_that_each_is_refused_in_time(server, refused)
            _assert_that_it_says_so(server)
            assert server.counted("answers_total", status=str(UNAVAILABLE)) == len(refused)
        every = [early, *refused]
        assert [server.deliver(one) for one in every] == [ACCEPTED] * len(every)
        eventually(settled(database_url, ids_of(every)), "every delivery has its end")
        eventually(lambda: not server.unready(), "it is ready again")
        assert server.health()["queue"]["waiting"] == 0
        assert_each_has_one_effect(remote, database_url, every)
        assert server.stop() == 0


def _assert_that_each_is_refused_in_time(server: Server, deliveries: list[Delivery]) -> None:
    def deliver(delivery: Delivery) -> tuple[int, float]:
        began = time.monotonic()
        return server.deliver(delivery, timeout=2 * GITHUB_WAITS), time.monotonic() - began

    with ThreadPoolExecutor(len(deliveries)) as pool:
        answers = list(pool.map(deliver, deliveries))
    assert {status for status, _ in answers} == {UNAVAILABLE}
    assert max(seconds for _, seconds in answers) < GITHUB_WAITS


def _assert_that_it_says_so(server: Server) -> None:
    with ThreadPoolExecutor() as pool:
        answers = pool.map(server.get, ["/readyz", "/healthz", "/livez"])
    assert [answer.status_code for answer in answers] == [UNAVAILABLE, UNAVAILABLE, 200]
