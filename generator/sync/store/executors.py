"""The processes that share the work, by the database's clock: which ones live, and who takes over from the others."""

from __future__ import annotations

import sqlalchemy as sa

from generator.sync.store.schema import EXECUTORS, insert_into

_row = EXECUTORS.c


def beat(connection: sa.Connection, executor: str) -> None:
    """Write down that a process lives."""
    now = _now(connection)
    statement = insert_into(connection, EXECUTORS).values(executor=executor, seen_at=now)
    connection.execute(statement.on_conflict_do_update(index_elements=["executor"], set_={"seen_at": now}))


def take_over(connection: sa.Connection, silent_for: float) -> list[str]:
    """Return the processes that have been silent for so many seconds, each to one caller; their time begins anew."""
    now = _now(connection)
    # Seen in the future, it was seen before the clock was set back: whether it lives will show.
    connection.execute(EXECUTORS.update().where(_row.seen_at > now + silent_for).values(seen_at=now))
    silent = EXECUTORS.update().where(_row.seen_at < now - silent_for).values(seen_at=now)
    return sorted(connection.scalars(silent.returning(_row.executor)))


def leave(connection: sa.Connection, executor: str) -> None:
    """Forget a process: it ended, or another one has done what it left."""
    connection.execute(EXECUTORS.delete().where(_row.executor == executor))


def _now(connection: sa.Connection) -> sa.ColumnElement[float]:
    if connection.dialect.name == "postgresql":
        return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double)
    return (sa.func.julianday("now") - 2440587.5) * 86400.0
