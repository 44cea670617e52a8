"""Whatever is done to the inbox in whatever order, it holds what a dictionary would."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from generator.sync.news.delivery import MAX_DELAY, Delivery
from generator.sync.settlement import Settlement
from generator.sync.store.database import Database, open_database
from generator.sync.store.inbox import KEEP, Inbox
from generator.sync.store.schema import DELIVERIES, EFFECTS, PAYLOADS

IDS = st.sampled_from("abcdef")
IMAGES = st.sampled_from(["", "image:1", "image:2"])
DELAYS = st.sampled_from([-5.0, 0.0, 10.0, 60.0, 5000.0])

NEWS = st.builds(
    Delivery,
    id=IDS,
    event=st.sampled_from(["pull_request", "release"]),
    action=st.sampled_from(["opened", "closed"]),
    subject=st.sampled_from(["", "one", "two"]),
    occurred_at=st.sampled_from(["", "1970-01-12T00:00:00Z", "1970-01-12T13:46:40Z"]),
    received_at=st.sampled_from([0.0, 1_000_000.0]),
    payload=st.binary(max_size=8),
)
ENDS = st.builds(
    Settlement,
    id=IDS,
    state=st.sampled_from(["done", "failed"]),
    result=st.sampled_from(["committed", "refused"]),
    effects=st.sampled_from([(), ("podinfo/prod",)]),
    attempts=st.integers(0, 2),
)
PARKS = st.builds(
    Settlement,
    id=IDS,
    state=st.just("waiting"),
    reason=st.just("later"),
    attempts=st.integers(0, 2),
    not_before=DELAYS,  # from now
    waiting_for=IMAGES,
    waited=st.just(7.0),
)


class InboxMachine(RuleBasedStateMachine):
    """An inbox beside a dictionary of what it should hold, in the order of receipt."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        for table in (DELIVERIES, PAYLOADS, EFFECTS):
            database.write(partial(_empty, table=table))
        self.inbox = Inbox(database)
        self.kept: dict[str, Delivery] = {}
        self.effects: set[tuple[str, str]] = set()
        self.now = 1_000_000.0

    @rule(deliveries=st.lists(NEWS, max_size=3))
    def add(self, deliveries: list[Delivery]) -> None:
        expected = []
        for delivery in deliveries:
            expected.append(delivery.id not in self.kept)
            self.kept.setdefault(delivery.id, delivery)
        assert self.inbox.add_many(deliveries) == expected

    @rule(settlements=st.lists(ENDS | PARKS, max_size=3, unique_by=lambda settlement: settlement.id))
    def settle(self, settlements: list[Settlement]) -> None:
        given = [replace(one, not_before=self.now + one.not_before) for one in settlements]
        waited = {one.id for one in given if self._waits(one.id)}
        for one in given:
            if one.id in waited:
                self.effects |= {(self.kept[one.id].subject, effect) for effect in one.effects}
                self.kept[one.id] = self._settled(self.kept[one.id], one)
        assert self.inbox.settle(given, self.now) == waited

    @rule(seconds=st.sampled_from([1.0, 60.0, 1000.0, -30.0, -5000.0]))
    def let_the_clock_go(self, seconds: float) -> None:
        self.now += seconds

    @rule(tags=st.lists(st.sampled_from("12"), unique=True))
    def wake(self, tags: list[str]) -> None:
        woken = [
            id_
            for id_, one in self.kept.items()
            if self._waits(id_) and one.waiting_for in {f"image:{tag}" for tag in tags}
        ]
        for id_ in woken:
            self.kept[id_] = replace(self.kept[id_], not_before=0.0)
        assert self.inbox.wake("image", tags) == len(woken)

    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        if self.kept:
            one = self.kept[data.draw(st.sampled_from(sorted(self.kept)))]
            fresh = Delivery(one.id, one.event, one.action, one.repository, one.subject, one.occurred_at)
            self.kept[one.id] = replace(fresh, received_at=one.received_at, payload=one.payload)
            self.inbox.retry(one.id)

    @rule(ago=st.sampled_from([0.0, 100.0]))
    def prune(self, ago: float) -> None:
        old = [
            id_ for id_, one in self.kept.items() if one.finished_at is not None and one.finished_at < self.now - ago
        ]
        for id_ in old:
            del self.kept[id_]
        assert self.inbox.prune(self.now - ago + KEEP) == len(old)

    @invariant()
    def all_is_kept(self) -> None:
        listed = [replace(one, sequence=0) for one in reversed(self.inbox.listing())]
        assert listed == [replace(one, payload=b"") for one in self.kept.values()]
        counts = self.inbox.counts(self.now)
        assert sum(counts.deliveries.values()) == len(self.kept)
        brought = {(subject, place) for subject, places in self.inbox.effects().items() for place in places}
        assert brought == {(subject, place) for subject, place in self.effects if subject}
        assert counts.waiting + counts.waiting_for_image == sum(map(self._waits, self.kept))

    @invariant()
    def all_that_is_due_comes_out(self) -> None:
        due = [self.kept[id_] for id_ in self.kept if self._waits(id_) and self._seconds(id_) == 0]
        assert [replace(one, sequence=0) for one in self.inbox.due(self.now)] == due
        waiting = [self._seconds(id_) for id_ in self.kept if self._waits(id_)]
        assert self.inbox.next_due(self.now) == min(waiting, default=None)
        assert self.inbox.still_waiting("abcdef") == {id_ for id_ in self.kept if self._waits(id_)}

    @invariant()
    def what_is_stale_is_known(self) -> None:
        listed = self.inbox.listing()[::-1]
        expected = {}
        for one in listed:
            newest = max((other for other in listed if other.subject == one.subject), key=_age)
            if one.subject and newest.id != one.id:
                expected[one.id] = newest.id
        assert {id_: newer.id for id_, newer in self.inbox.newer_than(listed).items()} == expected

    def _waits(self, id_: str) -> bool:
        return id_ in self.kept and self.kept[id_].state == "waiting"

    def _seconds(self, id_: str) -> float:
        seconds = self.kept[id_].not_before - self.now
        return seconds if 0 < seconds <= MAX_DELAY else 0.0

    def _settled(self, kept: Delivery, settlement: Settlement) -> Delivery:
        waits = settlement.state == "waiting"
        return replace(
            kept,
            state=settlement.state,
            result=settlement.result,
            reason=settlement.reason,
            attempts=settlement.attempts or (0 if waits else kept.attempts),
            not_before=min(settlement.not_before, self.now + MAX_DELAY) if waits else 0.0,
            waiting_for=settlement.waiting_for,
            waited=settlement.waited,
            finished_at=None if waits else self.now,
        )


def _empty(connection: sa.Connection, table: sa.Table) -> None:
    connection.execute(table.delete())


def _age(delivery: Delivery) -> tuple[float, bool, int]:
    happened = {"": delivery.received_at, "1970-01-12T00:00:00Z": 950_400.0, "1970-01-12T13:46:40Z": 1_000_000.0}
    return happened[delivery.occurred_at], delivery.action == "closed", delivery.sequence


def test_the_inbox_holds_what_a_dictionary_would(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path}/sync.db") as database:

        class Machine(InboxMachine):
            def __init__(self) -> None:
                super().__init__(database)

        run_state_machine_as_test(Machine, settings=settings(max_examples=25, stateful_step_count=30))
