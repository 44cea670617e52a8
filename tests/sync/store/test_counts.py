"""How much GitHub is still to be told, for whoever watches it."""

from __future__ import annotations

import sqlalchemy as sa

from generator.sync.store.counts import ReportCounts, count_reports
from generator.sync.store.database import Database
from generator.sync.store.schema import REPORTS


def put(database: Database, key: str, *, told: bool, problem: str = "") -> None:
    row = {"kind": "comment", "key": key, "content": "{}", "state": "x", "wanted": "a", "changed_at": 0.0}
    row |= {"reported": "a" if told else "", "problem": problem}

    def write(connection: sa.Connection) -> None:
        connection.execute(REPORTS.insert().values(row))

    database.write(write)


def test_what_was_told_does_not_count_and_what_was_tried_in_vain_is_named(database: Database) -> None:
    assert database.read(count_reports) == ReportCounts(0, 0, {})
    put(database, "told", told=True, problem="of before")
    put(database, "waits", told=False)
    put(database, "fails", told=False, problem="403")
    assert database.read(count_reports) == ReportCounts(2, 1, {"comment fails": "403"})


def test_only_so_many_are_named(database: Database) -> None:
    for number in range(5):
        put(database, f"{number}", told=False, problem="403")
    counts = database.read(lambda connection: count_reports(connection, 2))
    assert (counts.failing, set(counts.problems)) == (5, {"comment 0", "comment 1"})
