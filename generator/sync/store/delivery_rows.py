"""Deliveries as rows: what is stored of each, and the statements on many. Whoever calls has a transaction."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from generator.core.errors import UserError
from generator.sync.news.delivery import MAX_DELAY, Delivery
from generator.sync.store.schema import DELIVERIES, EFFECTS, IS_WAITING, PAYLOADS, insert_into

if TYPE_CHECKING:
    from generator.sync.settlement import Settlement  # it brings git along, which who reads deliveries does not need

_ID_LIMIT = 255
_TEXT_LIMIT = 500  # PostgreSQL refuses entries of an index over 2,704 bytes; a character has up to four
_REASON_LIMIT = 2000
_CHUNK = 500  # values in one statement, which both databases bound

_ROW = DELIVERIES.c
_GIVEN = (
    *(_ROW.id, _ROW.event, _ROW.action, _ROW.repository, _ROW.subject, _ROW.occurred_at, _ROW.happened, _ROW.ends),
    *(_ROW.received_at, _ROW.state, _ROW.reason, _ROW.size, PAYLOADS.c.payload),
)
"""What is known of a delivery that is new."""
_T = TypeVar("_T")


def new_row(delivery: Delivery) -> dict[str, Any]:
    """Return the row of a delivery that waits, but for its payload.

    Raises:
        UserError: Its id is empty, over 255 characters, or no text that a database keeps.
    """
    if not 0 < len(delivery.id) <= _ID_LIMIT or storable(delivery.id) != delivery.id:
        raise UserError(f"{delivery.id[:60]!r} cannot be the id of a delivery.")
    happened, ends, _ = delivery.age
    texts = ("id", "event", "action", "repository", "subject", "occurred_at")
    return {
        **{name: storable(getattr(delivery, name)) for name in texts},
        "reason": storable(delivery.reason, _REASON_LIMIT),
        "happened": happened,
        "ends": ends,
        "received_at": delivery.received_at,
        "state": "waiting",
        "size": len(delivery.payload),
    }


def settled_row(settlement: Settlement, tried: int, now: float) -> dict[str, Any]:
    """Return what changes about a delivery, and its id.

    Args:
        settlement: What became of it.
        tried: How often it was tried before.
        now: The time.
    """
    waits = settlement.state == "waiting"
    return {
        "id": settlement.id,
        "state": settlement.state,
        "result": settlement.result,
        "reason": storable(settlement.reason, _REASON_LIMIT),
        "commit_id": storable(settlement.commit),
        "attempts": settlement.attempts if waits else settlement.attempts or tried,
        "not_before": min(settlement.not_before, now + MAX_DELAY) if waits else 0.0,
        "waiting_for": storable(settlement.waiting_for),
        "waited": settlement.waited,
        "finished_at": None if waits else now,
    }


def delivery_of(row: sa.Row[Any], payload: bytes = b"") -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        id=row.id,
        event=row.event,
        action=row.action,
        repository=row.repository,
        subject=row.subject,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        payload=payload,
        state=row.state,
        result=row.result,
        reason=row.reason,
        commit=row.commit_id,
        attempts=row.attempts,
        not_before=row.not_before,
        waiting_for=row.waiting_for,
        waited=row.waited,
        finished_at=row.finished_at,
        sequence=row.sequence,
    )


def insert(connection: sa.Connection, rows: Sequence[dict[str, Any]], payloads: Sequence[bytes]) -> set[str]:
    """Insert deliveries with their compressed payloads, and return the ids of those that are new.

    On PostgreSQL that is a single statement.
    """
    first: dict[str, tuple[dict[str, Any], bytes]] = {}
    for row, payload in zip(rows, payloads, strict=True):
        first.setdefault(row["id"], (row, payload))
    given = [{**row, "payload": payload} for row, payload in first.values()]
    if connection.dialect.name == "postgresql":
        columns = {column.name: [row[column.name] for row in given] for column in _GIVEN}
        return set(connection.execute(_INSERT_BOTH, columns).scalars())
    unless_known = insert_into(connection, DELIVERIES).on_conflict_do_nothing().returning(_ROW.id, _ROW.sequence)
    new = {row.id: row.sequence for row in connection.execute(unless_known, [row for row, _ in first.values()])}
    if new:
        kept = [{"sequence": sequence, "payload": first[id_][1]} for id_, sequence in new.items()]
        connection.execute(PAYLOADS.insert(), kept)
    return set(new)


def _insert_both() -> sa.Executable:
    """Return the statement that inserts deliveries and their payloads, given as an array for each column."""
    arrays = (sa.bindparam(column.name, type_=postgresql.ARRAY(column.type)) for column in _GIVEN)
    columns = (sa.column(column.name, column.type) for column in _GIVEN)
    unnested = sa.func.unnest(*arrays).table_valued(*columns, with_ordinality="place")
    given = sa.select(unnested.render_derived(name="unnested")).cte("given")
    names = [column.name for column in _GIVEN if column.table is DELIVERIES]
    in_order = sa.select(*(given.c[name] for name in names)).order_by(given.c.place)
    deliveries = postgresql.insert(DELIVERIES).from_select(names, in_order)
    new = deliveries.on_conflict_do_nothing().returning(_ROW.id, _ROW.sequence).cte("new")
    payloads = sa.select(new.c.sequence, given.c.payload).join_from(new, given, new.c.id == given.c.id)
    return sa.select(new.c.id).add_cte(PAYLOADS.insert().from_select(["sequence", "payload"], payloads).cte("kept"))


_INSERT_BOTH = _insert_both()


def payloads(connection: sa.Connection, sequences: Iterable[int]) -> dict[int, bytes]:
    """Return the payloads of deliveries by their sequence."""
    return {
        sequence: zlib.decompress(payload)
        for some in chunks(sequences)
        for sequence, payload in connection.execute(sa.select(PAYLOADS).where(PAYLOADS.c.sequence.in_(some)))
    }


def is_due(now: float) -> sa.ColumnElement[bool]:
    """Return whether a delivery that waits can be tried; one parked too far ahead was parked by another clock."""
    return sa.or_(_ROW.not_before <= now, _ROW.not_before > now + MAX_DELAY)


def newest(connection: sa.Connection, subjects: Iterable[str]) -> dict[str, Delivery]:
    """Return the newest delivery of each subject, by `Delivery.age`, without its payload."""
    order = (_ROW.happened.desc(), _ROW.ends.desc(), _ROW.sequence.desc())
    place = sa.func.row_number().over(partition_by=_ROW.subject, order_by=order).label("place")
    found = {}
    for some in chunks(subjects):
        ranked = sa.select(DELIVERIES, place).where(_ROW.subject.in_(some)).subquery()
        for row in connection.execute(sa.select(ranked).where(ranked.c.place == 1)):
            found[row.subject] = delivery_of(row)
    return found


def waiting(connection: sa.Connection, ids: Iterable[str], *, lock: bool = False) -> dict[str, tuple[str, int]]:
    """Return, of those of the deliveries that wait, by id: their subject, and how often they were tried.

    Args:
        connection: The database.
        ids: The deliveries.
        lock: Whether nobody else may change them until the transaction ends.
    """
    found: dict[str, tuple[str, int]] = {}
    # In one order everywhere: two who lock the same rows in different orders wait for each other.
    for some in chunks(sorted(set(ids))):
        query = sa.select(_ROW.id, _ROW.subject, _ROW.attempts).where(IS_WAITING, _ROW.id.in_(some)).order_by(_ROW.id)
        rows = connection.execute(query.with_for_update() if lock else query)
        found.update({row.id: (row.subject, row.attempts) for row in rows})
    return found


def update(connection: sa.Connection, changes: Sequence[dict[str, Any]]) -> None:
    """Change rows by the id in each change; all of them have the same columns."""
    if changes:
        by_id = [{**change, "changed": change["id"]} for change in changes]
        connection.execute(DELIVERIES.update().where(_ROW.id == sa.bindparam("changed")), by_id)


def add_effects(connection: sa.Connection, effects: Iterable[tuple[str, str]]) -> None:
    """Keep what was brought where: subjects and places."""
    rows = [{"subject": subject, "place": storable(place)} for subject, place in sorted(set(effects)) if subject]
    if rows:
        connection.execute(insert_into(connection, EFFECTS).on_conflict_do_nothing(), rows)


def delete_ended(connection: sa.Connection, before: float) -> int:
    """Delete deliveries that ended before a time, 500 at most, and return how many."""
    ended = sa.select(_ROW.sequence).where(_ROW.state != "waiting", _ROW.finished_at < before)
    found = connection.scalars(ended.order_by(_ROW.sequence).limit(_CHUNK).with_for_update(skip_locked=True)).all()
    for table in (PAYLOADS, DELIVERIES):
        connection.execute(table.delete().where(table.c.sequence.in_(found)))
    return len(found)


def chunks(values: Iterable[_T]) -> Iterator[Sequence[_T]]:
    """Yield the values in lists that one statement can take."""
    every = list(values)
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))


def storable(text: str, limit: int = _TEXT_LIMIT) -> str:
    """Return a text without what PostgreSQL or UTF-8 cannot keep, bounded."""
    return text[:limit].encode(errors="replace").decode().replace("\0", "�")
