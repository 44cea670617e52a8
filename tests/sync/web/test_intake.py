"""Deliveries go to the storage together, and each sender hears what became of its own."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from generator.sync.web.intake import BATCH_LIMIT, Intake
from tests.sync.http_calls import PATIENCE, Store, until


def delivery(number: int) -> Delivery:
    return Delivery(f"d-{number}", "release")


@contextmanager
def opened(store: Store, on_accepted: Callable[[], None] = lambda: None) -> Iterator[Intake]:
    intake = Intake(store, on_accepted)
    try:
        yield intake
    finally:
        store.free.set()
        intake.close()


async def while_one_is_stored(
    intake: Intake, store: Store, numbers: range, meanwhile: Callable[[list[asyncio.Task[bool]]], Awaitable[None]]
) -> list[bool | BaseException]:
    """Add number 0 and hold it up, add the others, do something, and let all go on; return what each was told."""
    store.free.clear()
    store.entered.clear()
    first = asyncio.create_task(intake.add(delivery(0)))
    assert await asyncio.to_thread(store.entered.wait, PATIENCE)
    others = [asyncio.create_task(intake.add(delivery(number))) for number in numbers]
    await asyncio.sleep(0)
    await meanwhile(others)
    store.free.set()
    return await asyncio.wait_for(asyncio.gather(first, *others, return_exceptions=True), PATIENCE)


async def nothing(_: list[asyncio.Task[bool]]) -> None:
    pass


def test_what_comes_while_a_transaction_is_under_way_makes_up_the_next_one() -> None:
    store = Store()
    accepted: list[int] = []
    with opened(store, lambda: accepted.append(len(store.deliveries))) as intake:
        told = asyncio.run(while_one_is_stored(intake, store, range(1, 20), nothing))
        assert told == [True] * 20
        assert store.batches == [["d-0"], [f"d-{number}" for number in range(1, 20)]]
        until(lambda: accepted == [1, 20])


def test_one_that_is_alone_is_stored_at_once() -> None:
    store = Store()
    with opened(store) as intake:
        assert [asyncio.run(intake.add(delivery(number))) for number in (1, 2, 1)] == [True, True, False]
    assert store.batches == [["d-1"], ["d-2"], ["d-1"]]


def test_a_transaction_is_bounded() -> None:
    store = Store()
    with opened(store) as intake:
        asyncio.run(while_one_is_stored(intake, store, range(1, BATCH_LIMIT + 2), nothing))
    assert [len(batch) for batch in store.batches] == [1, BATCH_LIMIT, 1]


@pytest.mark.parametrize("error", [TemporaryError("away"), UserError("damaged")])
def test_when_the_storage_is_not_available_all_senders_of_the_transaction_hear_it(error: GitopsmithError) -> None:
    store = Store()
    accepted: list[None] = []
    with opened(store, lambda: accepted.append(None)) as intake:

        async def fail(_: list[asyncio.Task[bool]]) -> None:
            store.failures = [error, error]

        told = asyncio.run(while_one_is_stored(intake, store, range(1, 4), fail))
        assert told == [error] * 4
        assert len(store.batches) == 2
        assert asyncio.run(intake.add(delivery(0)))
        until(lambda: len(accepted) == 1)


def test_one_that_cannot_be_stored_takes_no_other_with_it() -> None:
    store = Store()
    store.poison = "d-2"
    with opened(store) as intake:
        told = asyncio.run(while_one_is_stored(intake, store, range(1, 4), nothing))
    assert [told[0], told[1], told[3]] == [True] * 3
    assert isinstance(told[2], RuntimeError)
    assert sorted(store.deliveries) == ["d-0", "d-1", "d-3"]


def test_who_went_away_before_its_transaction_began_is_not_stored_and_breaks_no_other() -> None:
    store = Store()

    async def cancel(others: list[asyncio.Task[bool]]) -> None:
        others[0].cancel()
        await asyncio.wait(others[:1])

    with opened(store) as intake:
        told = asyncio.run(while_one_is_stored(intake, store, range(1, 4), cancel))
    assert [told[0], told[2], told[3]] == [True] * 3
    assert isinstance(told[1], asyncio.CancelledError)
    assert store.batches == [["d-0"], ["d-2", "d-3"]]


def test_who_went_away_leaves_nothing_in_memory_while_the_storage_hangs() -> None:
    store = Store()
    given = delivery(1)
    watched = weakref.ref(given)

    async def give_up(intake: Intake, given: Delivery) -> None:
        await asyncio.wait_for(intake.add(given), 0.05)

    with opened(store) as intake:
        store.free.clear()
        with pytest.raises(TimeoutError):
            asyncio.run(give_up(intake, delivery(0)))
        with pytest.raises(TimeoutError):
            asyncio.run(give_up(intake, given))
        del given
        gc.collect()
        assert watched() is None


def test_who_went_away_afterwards_is_stored_and_breaks_no_other() -> None:
    store = Store()

    async def given_up(intake: Intake) -> None:
        store.free.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(intake.add(delivery(1)), 0.05)

    with opened(store) as intake:
        asyncio.run(given_up(intake))
        store.free.set()
        assert asyncio.run(intake.add(delivery(1))) is False


def test_whoever_cannot_be_told_of_new_deliveries_makes_none_of_them_fail() -> None:
    def broken() -> None:
        raise RuntimeError("a bug")

    store = Store()
    with capture_logs() as logs, opened(store, broken) as intake:
        assert asyncio.run(intake.add(delivery(1)))
        assert asyncio.run(intake.add(delivery(2)))
    assert {(entry["log_level"], entry["event"]) for entry in logs} == {("error", "could not tell of new deliveries")}


def test_after_the_end_nothing_is_taken_and_what_waits_is_stored_before_it() -> None:
    store = Store()
    intake = Intake(store, lambda: None)

    async def close(_: list[asyncio.Task[bool]]) -> None:
        intake.close(seconds=0)

    assert asyncio.run(while_one_is_stored(intake, store, range(1, 3), close)) == [True] * 3
    with pytest.raises(TemporaryError):
        asyncio.run(intake.add(delivery(9)))
    until(lambda: "intake" not in {thread.name for thread in threading.enumerate()})


def test_the_inbox_keeps_what_the_intake_takes(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path / 'inbox.db'}") as database:
        intake = Intake(Inbox(database), lambda: None)

        async def all_at_once() -> list[bool]:
            return await asyncio.gather(*(intake.add(delivery(number % 50)) for number in range(100)))

        told = asyncio.run(all_at_once())
        intake.close()
        assert sorted(told) == [False] * 50 + [True] * 50
        assert len(Inbox(database).listing(limit=1000)) == 50
