"""The inbox: every delivery on disk before it is acknowledged, and what became of it. No decisions are made here."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa

from generator.core.errors import UserError
from generator.sync.news.delivery import Delivery, State
from generator.sync.store import delivery_rows, executors
from generator.sync.store.counts import Counts, count
from generator.sync.store.database import Database, open_database
from generator.sync.store.delivery_rows import chunks, delivery_of, is_due, settled_row, storable
from generator.sync.store.schema import DELIVERIES, EFFECTS, IS_WAITING

if TYPE_CHECKING:
    from generator.sync.settlement import Settlement

PAYLOADS_AT_ONCE = 64 * 1024 * 1024
"""The bytes of payloads that are taken at once, or a single one that is larger: they are held in memory."""

KEEP = 30 * 86_400.0
"""The seconds that a delivery is kept after its end. GitHub sends one again on demand for three days: so long must be
known at least what came already, and what is newer than it."""

_ROW = DELIVERIES.c
_ANEW = {
    "state": "waiting",
    "result": None,
    "reason": "",
    "commit_id": "",
    "attempts": 0,
    "not_before": 0.0,
    "waiting_for": "",
    "waited": 0.0,
    "finished_at": None,
}


class Inbox:
    """The deliveries in a database. Any number of threads and processes may use it at once.

    Every method raises `TemporaryError` where the database is away, locked or full, and `UserError` where it is damaged
    or does not let us in; what it should have written is not there then, unless the connection broke at the very end.

    Args:
        database: The database; whoever opened it closes it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def problem(self) -> str:
        """Why nothing could be written the last time; empty where it could. Whoever lives writes every few seconds."""
        return self._database.problem

    def add(self, delivery: Delivery) -> bool:
        """Keep a delivery that waits, see `add_many`; return whether it is new."""
        return self.add_many([delivery])[0]

    def add_many(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Keep deliveries that wait, all or none; they are on disk when this returns.

        Returns:
            For each of them whether it is new, in their order: of two with the same id only the first. Nothing changes
            about one whose id is known.

        Raises:
            UserError: An id is empty, over 255 characters, or no text that a database keeps.
        """
        rows = [delivery_rows.new_row(delivery) for delivery in deliveries]
        bodies = [zlib.compress(delivery.payload, 1) for delivery in deliveries]
        if not rows:
            return []
        new = self._database.write(lambda connection: delivery_rows.insert(connection, rows, bodies), at_once=True)
        first = {delivery.id: place for place, delivery in reversed(list(enumerate(deliveries)))}
        return [delivery.id in new and first[delivery.id] == place for place, delivery in enumerate(deliveries)]

    def due(self, now: float, limit: int = 500) -> list[Delivery]:
        """Return the deliveries that can be tried now, in the order of their receipt.

        Args:
            now: The time. What seems parked for longer than `MAX_DELAY` was parked by another clock: it is due.
            limit: The most to return; there may be fewer, so that their payloads stay under `PAYLOADS_AT_ONCE`.
        """
        query = sa.select(DELIVERIES).where(IS_WAITING, is_due(now)).order_by(_ROW.sequence).limit(limit)

        def read(connection: sa.Connection) -> list[Delivery]:
            rows = _that_fit(connection.execute(query).all())
            payloads = delivery_rows.payloads(connection, [row.sequence for row in rows])
            return [delivery_of(row, payloads[row.sequence]) for row in rows]

        return self._database.read(read)

    def next_due(self, now: float) -> float | None:
        """Return the seconds until a delivery can be tried: 0 where one is due; None where none waits."""
        query = sa.select(sa.func.min(sa.case((is_due(now), now), else_=_ROW.not_before))).where(IS_WAITING)
        earliest = self._database.read(lambda connection: connection.scalar(query))
        return None if earliest is None else max(0.0, earliest - now)

    def newer_than(self, deliveries: Iterable[Delivery]) -> dict[str, Delivery]:
        """Return, by the id of each delivery that is stale, the newest one about its subject, without its payload.

        What became of the newer one does not matter: that it waits, failed or changed nothing makes the other no less
        stale. What tells nothing about a subject has none, see `Delivery.subject`.
        """
        by_id = {delivery.id: delivery for delivery in deliveries}
        subjects = {delivery.subject for delivery in by_id.values()} - {""}
        newest = self._database.read(partial(delivery_rows.newest, subjects=subjects)) if subjects else {}
        return {
            id_: found
            for id_, delivery in by_id.items()
            if (found := newest.get(delivery.subject)) and found.id != id_ and found.age > delivery.age
        }

    def still_waiting(self, ids: Iterable[str]) -> set[str]:
        """Return those of the deliveries that wait: nobody else settled them meanwhile."""
        return set(self._database.read(partial(delivery_rows.waiting, ids=list(ids))))

    def settle(self, settlements: Iterable[Settlement], now: float) -> set[str]:
        """Write down what became of deliveries, all or none.

        Args:
            settlements: What became of them, one for each delivery. One that goes on waiting does so for `MAX_DELAY`
                at most.
            now: The time.

        Returns:
            The ids of those that waited. What somebody else settled meanwhile is left as it is.
        """
        by_id = {settlement.id: settlement for settlement in settlements}

        def write(connection: sa.Connection) -> set[str]:
            waiting = delivery_rows.waiting(connection, by_id, lock=True)
            changes = [settled_row(by_id[id_], tried, now) for id_, (_, tried) in waiting.items()]
            effects = [(subject, place) for id_, (subject, _) in waiting.items() for place in by_id[id_].effects]
            delivery_rows.update(connection, changes)
            delivery_rows.add_effects(connection, effects)
            return set(waiting)

        return self._database.write(write) if by_id else set()

    def waiting_subjects(self) -> dict[str, str]:
        """Return by subject when the newest news happened that waits, as it was told."""
        query = sa.select(_ROW.subject, _ROW.occurred_at).where(IS_WAITING, _ROW.subject != "")
        oldest_first = query.order_by(_ROW.happened, _ROW.sequence)
        rows = self._database.read(lambda connection: connection.execute(oldest_first).all())
        return {row.subject: row.occurred_at for row in rows}

    def effects(self) -> dict[str, frozenset[str]]:
        """Return by subject where it was ever brought, `app/environment`, whether or not its deliveries are kept."""
        rows = self._database.read(lambda connection: connection.execute(sa.select(EFFECTS)).all())
        places: dict[str, set[str]] = {}
        for row in rows:
            places.setdefault(row.subject, set()).add(row.place)
        return {subject: frozenset(found) for subject, found in places.items()}

    def wake(self, name: str, tags: Iterable[str]) -> int:
        """Make due whatever waits for an image, and return how many deliveries do.

        Args:
            name: The image without its tag, as it is pulled: `ghcr.io/acme/podinfo`.
            tags: The tags that it has now.
        """
        images = [storable(f"{name}:{tag}") for tag in tags]

        def write(connection: sa.Connection) -> int:
            waiting = [DELIVERIES.update().where(IS_WAITING, _ROW.waiting_for.in_(some)) for some in chunks(images)]
            return sum(connection.execute(some.values(not_before=0.0)).rowcount for some in waiting)

        return self._database.write(write) if images else 0

    def listing(
        self,
        state: State | None = None,
        repository: str | None = None,
        limit: int = 50,
    ) -> list[Delivery]:
        """Return deliveries without their payloads, the newest first.

        Args:
            state: Only those.
            repository: Only those of this repository, `owner/name` in whatever case.
            limit: The most to return.
        """
        query = sa.select(DELIVERIES).order_by(_ROW.sequence.desc()).limit(limit)
        if state is not None:
            query = query.where(_ROW.state == state)
        if repository is not None:
            query = query.where(sa.func.lower(_ROW.repository) == storable(repository.lower()))
        return self._database.read(lambda connection: [delivery_of(row) for row in connection.execute(query)])

    def get(self, id: str) -> Delivery:  # noqa: A002  (the field's own name)
        """Return a delivery with its payload.

        Raises:
            UserError: There is none with this id.
        """

        def read(connection: sa.Connection) -> Delivery | None:
            row = connection.execute(sa.select(DELIVERIES).where(_ROW.id == storable(id))).one_or_none()
            if row is None:
                return None
            return delivery_of(row, delivery_rows.payloads(connection, [row.sequence])[row.sequence])

        return self._database.read(read) or _unknown(id)

    def retry(self, id: str) -> None:  # noqa: A002  (the field's own name)
        """Have a delivery tried again from the beginning, whatever became of it.

        Raises:
            UserError: There is none with this id.
        """
        again = DELIVERIES.update().where(_ROW.id == storable(id)).values(_ANEW)
        if not self._database.write(lambda connection: connection.execute(again).rowcount):
            _unknown(id)

    def counts(self, now: float) -> Counts:
        """Return how many deliveries are kept, and how long the oldest has been waiting."""
        return self._database.read(partial(count, now=now))

    def prune(self, now: float) -> int:
        """Forget deliveries that ended long ago, and return how many; those that wait are kept, however old."""
        total = 0
        while number := self._database.write(partial(delivery_rows.delete_ended, before=now - KEEP)):
            total += number
        return total

    def beat(self, executor: str) -> None:
        """Say that a process lives; the database's clock tells when.

        Args:
            executor: The name of the process.
        """
        self._database.write(partial(executors.beat, executor=executor))

    def take_over(self, silent_for: float) -> list[str]:
        """Return the processes that have said nothing for so many seconds: the caller ends what they left.

        Each is returned to one caller, and again after as long, in case that caller dies over it; so say `leave` for it
        once its work is taken over.
        """
        return self._database.write(partial(executors.take_over, silent_for=silent_for))

    def leave(self, executor: str) -> None:
        """Forget a process: it ends, or what it left is taken over."""
        self._database.write(partial(executors.leave, executor=executor))


@contextmanager
def opened_inbox(database_url: str, *, create: bool = False) -> Iterator[Inbox]:
    """Yield the inbox of a database.

    Args:
        database_url: Where it is.
        create: Whether a file that is not there yet is made.

    Raises:
        UserError: The URL is not right, or the database does not let us in.
        TemporaryError: The database is away.
    """
    with open_database(database_url, create=create) as database:
        yield Inbox(database)


def _that_fit(rows: Sequence[sa.Row[Any]]) -> Sequence[sa.Row[Any]]:
    """Return the first rows, as many as their payloads leave room for, but one at least."""
    size = 0
    for place, row in enumerate(rows):
        size += row.size
        if place and size > PAYLOADS_AT_ONCE:
            return rows[:place]
    return rows


def _unknown(id_: str) -> NoReturn:
    raise UserError(
        f"There is no delivery `{id_[:60]}`.", hint="`gitopsmith deliveries list` shows those that are kept."
    )
