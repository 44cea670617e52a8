"""What becomes of a delivery: its end, or when it is tried again."""

from __future__ import annotations

from typing import Any

import pytest

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.intents import SetVersion
from generator.gitrepo.writer import Outcome
from generator.sync.batch import Work
from generator.sync.news.delivery import Delivery
from generator.sync.rules import Step
from generator.sync.settlement import (
    Settlement,
    after_failure,
    after_writing,
    waiting_for_image,
    with_arrivals,
    with_winners,
)

DELIVERY = Delivery("d-1", "release")
WORK = Work(DELIVERY, (Step(SetVersion("podinfo", "staging", "6.7.1")),), notes=("production: out of range",))


def test_what_was_committed_is_done_and_says_where_it_was_brought() -> None:
    settled = after_writing(WORK, [Outcome(Change({}, "x"), "c0ffee")], 0.0, 1.0)
    assert (settled.state, settled.result, settled.commit) == ("done", "committed", "c0ffee")
    assert settled.effects == ("podinfo/staging",)
    assert settled.reason == "production: out of range"


def test_what_was_so_already_is_unchanged_and_the_notes_say_why() -> None:
    settled = after_writing(WORK, [Outcome(Change({}, "x", notes=("runs 7.0.0",)))], 0.0, 1.0)
    assert (settled.state, settled.result) == ("done", "unchanged")
    assert "runs 7.0.0" in settled.reason


def test_what_the_delivery_itself_brought_before_is_committed() -> None:
    asked: list[set[str]] = []

    def arrived(ids: Any) -> dict[str, str]:
        asked.append(set(ids))
        return {"one": "c0ffee"}

    settled = [Settlement(name, "done", "unchanged") for name in ("one", "two")]
    settled += [Settlement("three", "done", "committed", commit="abc"), Settlement("four", "waiting")]
    one, *others = with_arrivals(settled, arrived)
    assert (one.result, one.commit) == ("committed", "c0ffee")
    assert others == settled[1:]
    assert asked == [{"one", "two"}]
    with_arrivals(others[1:], arrived)
    assert len(asked) == 1, "where nothing was there already nobody is asked"


def test_of_what_is_merged_the_commit_is_told_that_arrived() -> None:
    made = [Settlement("one", "done", "committed", commit="made"), Settlement("two", "waiting")]
    one, two = with_arrivals(made, lambda ids: dict.fromkeys(ids, "merged"), merged=True)
    assert (one.result, one.commit) == ("committed", "merged")
    assert two == made[1]
    assert with_arrivals(made, lambda _: {}, merged=True) == made


def test_a_refused_change_fails_with_the_reason() -> None:
    settled = after_writing(WORK, [Outcome(error=UserError("edited by hand", hint="Mend it."))], 0.0, 1.0)
    assert (settled.state, settled.result) == ("failed", "refused")
    assert settled.reason.startswith("edited by hand\nMend it.")


def test_what_may_pass_is_tried_again_even_where_a_part_was_written() -> None:
    settled = after_writing(WORK, [Outcome(commit="c0ffee"), Outcome(error=TemporaryError("away"))], 100.0, 1.0)
    assert (settled.state, settled.not_before) == ("waiting", 101.0)


def test_work_that_newer_work_stands_for_is_superseded() -> None:
    settled = after_writing(Work(DELIVERY, (), superseded=("d-2",)), [], 0.0, 1.0)
    assert (settled.state, settled.result, settled.reason) == ("done", "superseded", "by d-2")


def test_what_is_wrong_with_the_branch_is_no_fault_of_the_delivery() -> None:
    settled = after_writing(WORK, [Outcome(error=UserError("protected"), is_branchs=True)], 0.0, 1.0)
    assert (settled.state, settled.reason) == ("waiting", "protected")


@pytest.mark.parametrize("winner", [("waiting", None), ("failed", "refused")])
def test_nothing_is_superseded_by_what_has_no_effect(winner: tuple[Any, Any]) -> None:
    works = [Work(DELIVERY, (), superseded=("d-2",)), Work(Delivery("d-2", "release"), WORK.steps)]
    settlements = [Settlement("d-1", "done", "superseded"), Settlement("d-2", *winner, reason="away", not_before=60.0)]
    loser, _ = with_winners(settlements, works, 0.0)
    assert (loser.state, loser.not_before) == ("waiting", 60.0)
    assert "d-2, which is newer, has no effect yet: away" in loser.reason


@pytest.mark.parametrize(("attempts", "delay"), [(0, 1.0), (1, 2.0), (5, 32.0), (6, 60.0), (1000, 60.0)])
def test_each_failure_doubles_the_wait_up_to_a_minute(attempts: int, delay: float) -> None:
    failed = Delivery("d-1", "release", attempts=attempts)
    settled = after_failure(failed, TemporaryError("away"), 100.0, 1.0)
    assert (settled.state, settled.attempts, settled.not_before) == ("waiting", attempts + 1, 100.0 + delay)


def test_luck_keeps_those_apart_that_failed_together() -> None:
    assert after_failure(DELIVERY, TemporaryError("away"), 0.0, 0.0).not_before == 0.5


def test_after_a_day_of_failures_a_delivery_is_given_up() -> None:
    settled = after_failure(Delivery("d-1", "release", attempts=1499), TemporaryError("away"), 0.0, 1.0)
    assert (settled.state, settled.result) == ("failed", "gave-up")
    assert "1500 attempts" in settled.reason


def test_an_image_is_asked_for_again_at_growing_distances_until_the_time_is_over() -> None:
    delivery, now, looks = DELIVERY, 0.0, []
    while True:
        settled = waiting_for_image(delivery, "ghcr.io/acme/podinfo:1", "not found", now, 600.0)
        if settled.state != "waiting":
            break
        looks.append(settled.not_before - now)
        # The clock may jump: what was waited is counted by the waits themselves.
        now = 5_000.0 - settled.not_before
        delivery = Delivery("d-1", "release", waiting_for=settled.waiting_for, waited=settled.waited)
    assert settled.result == "gave-up"
    assert sum(looks) == pytest.approx(600.0)
    assert looks[0] == 5.0
    assert max(looks) == 60.0


def test_another_image_is_waited_for_from_the_beginning() -> None:
    delivery = Delivery("d-1", "release", waiting_for="ghcr.io/acme/podinfo:1", waited=599.0)
    assert waiting_for_image(delivery, "ghcr.io/acme/podinfo:2", "", 0.0, 600.0).waited == 5.0
