"""The table of what GitHub should be told and of what it was told: what is missing there is still to be said."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from generator.core.deployment_states import Report
from generator.core.errors import TemporaryError
from generator.sync.reports.report_items import Item, items_of, report_of
from generator.sync.store.database import Database
from generator.sync.store.delivery_rows import storable
from generator.sync.store.schema import REPORTS, insert_into

LEASE = 600.0
"""The seconds that whoever takes an item has for it: more than all of its calls take, with all their repetitions."""
KEEP = 7 * 86_400.0
"""The seconds that is remembered what was said last of a deployment that is no more."""

_TRIES = 10
_FIRST_LOOK, _LONGEST_LOOK, _SHARE = 5.0, 300.0, 0.25
_ROW = REPORTS.c
_CHANGED = _ROW.wanted != _ROW.reported
_AWAITS_EVIDENCE = sa.and_(_ROW.kind == "deployment", _ROW.state == "in_progress", _ROW.wanted == _ROW.reported)


@dataclass(frozen=True)
class Taken:
    """An item that somebody has taken to tell it.

    Attributes:
        item: What is to be told.
        remote_id: GitHub's number of the deployment, the comment or the pull request; None where it is not known.
        attempts: How often it was tried in vain.
        executor: Who took it.
    """

    item: Item
    remote_id: int | None
    attempts: int
    executor: str


class Reports:
    """What GitHub should be told. Any number of threads and processes may use it at once.

    Args:
        database: Where it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, decide: Callable[[Sequence[Report]], Sequence[Report]], now: float) -> int:
        """Bring what should be told up to date.

        Args:
            decide: Is given what was wanted so far, and returns what is wanted; it may be called again.
            now: The time.

        Returns:
            How many items changed.

        Raises:
            TemporaryError: The database is away, or others change the same faster than this can.
        """
        return self._update(lambda rows: items_of(decide(_reports(rows))), now)

    def update_requests(self, decide: Callable[[Sequence[Item]], Sequence[Item]], now: float) -> int:
        """Bring up to date which pull requests there should be; see `update`, and `request_items`.

        Raises:
            TemporaryError: As `update`.
        """
        return self._update(lambda rows: decide([_item(row) for row in rows if row.kind == "request"]), now)

    def kept(self) -> list[Report]:
        """Return how far each deployment should be said to be.

        Raises:
            TemporaryError: The database is away.
        """
        return _reports(self._rows())

    def take(self, executor: str, now: float) -> Taken | None:
        """Return something that is to be told now, and keep everybody else from it; None where there is nothing.

        Raises:
            TemporaryError: The database is away.
        """
        due = sa.select(REPORTS).where(_CHANGED, _ROW.not_before <= now, _ROW.leased_until <= now)
        # What people look at in the end is the deployment.
        query = due.order_by(_ROW.not_before, _ROW.changed_at, _ROW.kind != "deployment", _ROW.key).limit(1)

        def write(connection: sa.Connection) -> Taken | None:
            row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            lease = {"leased_by": executor, "leased_until": now + LEASE}
            connection.execute(_at(row.kind, row.key).values(lease))
            return Taken(_item(row), row.remote_id, row.attempts, executor)

        return self._database.write(write) if self._any(due) else None

    def note_id(self, taken: Taken, remote_id: int) -> None:
        """Keep GitHub's number of what was made there.

        Raises:
            TemporaryError: The database is away.
        """
        self._write(_of(taken).values(remote_id=remote_id))

    def told(self, taken: Taken, remote_id: int | None, now: float) -> None:
        """Take note that an item was told as it was taken. What changed meanwhile is still to be told.

        Raises:
            TemporaryError: The database is away.
        """
        values = {"reported": taken.item.fingerprint, "remote_id": remote_id, "attempts": 0, "problem": ""}
        self._write(_of(taken).values(**values, look_at=now + _FIRST_LOOK, **_FREE))

    def failed(self, taken: Taken, problem: str, not_before: float) -> None:
        """Take note that an item could not be told, and when it is tried again.

        Raises:
            TemporaryError: The database is away.
        """
        values = {"attempts": taken.attempts + 1, "problem": storable(problem), "not_before": not_before}
        self._write(_of(taken).values(**values, **_FREE))

    def give_back(self, executor: str) -> None:
        """Let others take what somebody took: it ended in the midst of it.

        Raises:
            TemporaryError: The database is away.
        """
        self._write(REPORTS.update().where(_ROW.leased_by == executor).values(_FREE))

    def without_evidence(self, now: float, limit: int) -> list[Report]:
        """Return committed deployments for whose evidence it is time to look, and put off their next look.

        Raises:
            TemporaryError: The database is away.
        """
        query = sa.select(REPORTS).where(_AWAITS_EVIDENCE, _ROW.look_at <= now).order_by(_ROW.look_at).limit(limit)

        def write(connection: sa.Connection) -> list[Report]:
            rows = connection.execute(query.with_for_update(skip_locked=True)).all()
            for row in rows:
                wait = min(_LONGEST_LOOK, max(_FIRST_LOOK, (now - row.changed_at) * _SHARE))
                connection.execute(_at(row.kind, row.key).values(look_at=now + wait))
            return _reports(rows)

        return self._database.write(write) if self._any(query) else []

    def next_due(self, now: float) -> float | None:
        """Return the seconds until there is something to tell or to look for; None where there is nothing.

        Raises:
            TemporaryError: The database is away.
        """
        later = sa.case((_ROW.leased_until > _ROW.not_before, _ROW.leased_until), else_=_ROW.not_before)
        queries = (
            sa.select(sa.func.min(later)).where(_CHANGED),
            sa.select(sa.func.min(_ROW.look_at)).where(_AWAITS_EVIDENCE),
        )
        found = self._database.read(lambda connection: [connection.scalar(query) for query in queries])
        times = [time for time in found if time is not None]
        return max(0.0, min(times) - now) if times else None

    def refs(self, series: Sequence[str]) -> set[str]:
        """Return the commits of which deployments in a series are known; see `Report.series`.

        Raises:
            TemporaryError: The database is away.
        """
        start = storable(" ".join((*series, "")))
        query = sa.select(_ROW.key).where(_ROW.kind == "deployment", _ROW.key.startswith(start, autoescape=True))
        return {key.removeprefix(start) for key in self._database.read(lambda found: found.scalars(query).all())}

    def runs(self, series: Sequence[str], remote_id: int) -> bool:
        """Return whether a deployment is meant to run by any report in a series: several tags may have one commit.

        Raises:
            TemporaryError: The database is away.
        """
        start = storable(" ".join((*series, "")))
        running = sa.select(_ROW.key).where(
            _ROW.kind == "deployment",
            _ROW.key.startswith(start, autoescape=True),
            _ROW.remote_id == remote_id,
            _ROW.state.in_(("in_progress", "success")),
        )
        return self._any(running)

    def prune(self, now: float) -> int:
        """Forget deployments that ended long ago, and return how many items that were.

        Raises:
            TemporaryError: The database is away.
        """
        ended = sa.and_(_ROW.state == "inactive", _ROW.changed_at < now - KEEP)
        # What never could be told will not be asked for again either.
        gone = REPORTS.delete().where(ended, sa.or_(~_CHANGED, _ROW.changed_at < now - 2 * KEEP))
        return self._database.write(lambda connection: connection.execute(gone).rowcount)

    def _update(self, decide: Callable[[Sequence[sa.Row[Any]]], Sequence[Item]], now: float) -> int:
        for _ in range(_TRIES):
            # Deciding takes its time: nobody is kept waiting for it, and who was faster is heard.
            rows = self._rows()
            kept = {(row.kind, row.key): row for row in rows}
            changes = [
                change
                for item in decide(rows)
                if (change := _change(item, kept.get((item.kind, storable(item.key))), now))
            ]
            if not changes or self._change_all(changes, kept):
                return len(changes)
        raise TemporaryError("What GitHub should be told changes faster than it can be written down.")

    def _rows(self) -> Sequence[sa.Row[Any]]:
        return self._database.read(lambda connection: connection.execute(sa.select(REPORTS)).all())

    def _change_all(self, changes: Sequence[Mapping[str, Any]], kept: Mapping[tuple[str, str], sa.Row[Any]]) -> bool:
        """Write rows if none of them was changed since they were read, and return whether that was so."""

        def write(connection: sa.Connection) -> None:
            for change in changes:
                before = kept.get((change["kind"], change["key"]))
                statement: sa.Insert | sa.Update
                if before is None:
                    statement = insert_into(connection, REPORTS).values(change).on_conflict_do_nothing()
                else:
                    same = _ROW.wanted == before.wanted, _ROW.content == before.content
                    statement = _at(change["kind"], change["key"]).where(*same).values(change)
                if not connection.execute(statement).rowcount:
                    raise _OvertakenError

        try:
            self._database.write(write)
        except _OvertakenError:
            return False
        return True

    def _any(self, query: sa.Select[Any]) -> bool:
        """Return whether a query finds anything: only who does needs to lock SQLite."""
        first = query.with_only_columns(_ROW.key).order_by(None).limit(1)
        return self._database.read(lambda connection: connection.execute(first).first()) is not None

    def _write(self, statement: sa.Update) -> None:
        self._database.write(lambda connection: connection.execute(statement).rowcount)


class _OvertakenError(Exception):
    """Somebody else changed a row meanwhile: what was written of the others is undone."""


_FREE = {"leased_by": "", "leased_until": 0.0}


def _item(row: sa.Row[Any]) -> Item:
    return Item(row.kind, row.key, row.state, json.loads(row.content), row.wanted)


def _reports(rows: Sequence[sa.Row[Any]]) -> list[Report]:
    return [report_of(json.loads(row.content)) for row in rows if row.kind == "deployment"]


def _change(item: Item, row: sa.Row[Any] | None, now: float) -> Mapping[str, Any] | None:
    """Return the row of an item; None where it is kept so already."""
    content = json.dumps(item.content, sort_keys=True)
    if row is not None and (row.content, row.state, row.wanted) == (content, item.state, item.fingerprint):
        return None
    new = {"changed_at": now, "attempts": 0, "not_before": 0.0, "look_at": 0.0, "problem": ""}
    if row is not None and row.wanted == item.fingerprint:
        # GitHub is told the same: what was tried in vain is not tried sooner for it.
        new = {name: getattr(row, name) for name in new}
    key = storable(item.key)
    return {"kind": item.kind, "key": key, "content": content, "state": item.state, "wanted": item.fingerprint, **new}


def _at(kind: str, key: str) -> sa.Update:
    return REPORTS.update().where(_ROW.kind == kind, _ROW.key == key)


def _of(taken: Taken) -> sa.Update:
    """Return a change of an item that is still ours."""
    return _at(taken.item.kind, taken.item.key).where(_ROW.leased_by == taken.executor)
