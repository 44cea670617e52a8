"""How many deliveries and reports there are, for whoever watches them from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from generator.sync.store.schema import DELIVERIES, REPORTS


@dataclass(frozen=True)
class Counts:
    """How many deliveries are kept at one moment.

    Attributes:
        deliveries: Their number by event and by state: a result, `waiting`, or `waiting-for-image`.
        oldest_waiting: The seconds since the receipt of the oldest one that waits for no image; 0 where none does.
    """

    deliveries: Mapping[tuple[str, str], int]
    oldest_waiting: float

    @property
    def waiting(self) -> int:
        """How many wait, and not for an image."""
        return self._number("waiting")

    @property
    def waiting_for_image(self) -> int:
        """How many wait for an image."""
        return self._number("waiting-for-image")

    @property
    def failed(self) -> int:
        """How many failed."""
        return self._number("refused", "gave-up")

    def _number(self, *states: str) -> int:
        return sum(number for (_, state), number in self.deliveries.items() if state in states)


def count(connection: sa.Connection, now: float) -> Counts:
    """Return how many deliveries are kept at a time."""
    row = DELIVERIES.c
    kinds = (row.event, row.state, row.result, (row.waiting_for != "").label("gated"))
    query = sa.select(*kinds, sa.func.count().label("number"), sa.func.min(row.received_at).label("oldest"))
    deliveries: dict[tuple[str, str], int] = {}
    ages = []
    for found in connection.execute(query.group_by(*kinds)):
        state = "waiting-for-image" if found.state == "waiting" and found.gated else found.result or found.state
        deliveries[found.event, state] = deliveries.get((found.event, state), 0) + found.number
        if state == "waiting":
            ages.append(max(0.0, now - found.oldest))
    return Counts(deliveries, max(ages, default=0.0))


@dataclass(frozen=True)
class ReportCounts:
    """How much GitHub is still to be told at one moment.

    Attributes:
        waiting: What is to be told.
        failing: What of it was tried in vain.
        problems: Some of what was tried in vain, `kind key`, and why.
    """

    waiting: int
    failing: int
    problems: Mapping[str, str]


def count_reports(connection: sa.Connection, most: int = 20) -> ReportCounts:
    """Return how much GitHub is still to be told.

    Args:
        connection: The database.
        most: The most problems to name.
    """
    row = REPORTS.c
    waits, fails = row.wanted != row.reported, row.problem != ""
    number = sa.select(sa.func.count()).select_from(REPORTS)
    named = sa.select(row.kind, row.key, row.problem).where(waits, fails).order_by(row.kind, row.key).limit(most)
    return ReportCounts(
        connection.execute(number.where(waits)).scalar_one(),
        connection.execute(number.where(waits, fails)).scalar_one(),
        {f"{found.kind} {found.key}": found.problem for found in connection.execute(named)},
    )
