"""Deliveries that GitHub could not bring, taken from its own copy: each once, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from generator.core.errors import TemporaryError, UserError
from generator.hub import hook_deliveries
from generator.sync.hooks.hook_notes import APP
from generator.sync.hooks.missed_deliveries import Found
from generator.sync.news.delivery import Delivery
from tests.github_double.faults import Answer, CutOff, Meanwhile
from tests.github_double.model import Delivery as Remembered
from tests.sync.hooked import RELEASE, SLUG, Hooked, hooked_up

LIST = "GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries"
WHOLE = "GET /repos/{owner}/{repo}/hooks/{hook_id}/deliveries/{delivery_id}"


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Hooked]:
    with hooked_up(tmp_path) as found:
        found.keeping.keep(SLUG)
        found.github.courier.settle()
        yield found


def lose(hooked: Hooked, tag: str) -> None:
    """Publish a release of which no news arrives."""
    hooked.github.courier.lose(len(RELEASE))
    hooked.release(tag)


def test_what_was_missed_is_taken_as_if_it_had_come(hooked: Hooked) -> None:
    hooked.release("v1")
    (came, *_) = hooked.inbox.listing()
    lose(hooked, "v2")
    assert hooked.missed.take(SLUG) == Found(new=3)
    found = hooked.inbox.listing()
    assert [delivery.action for delivery in reversed(found)] == RELEASE * 2
    taken = hooked.inbox.get(found[0].id)
    assert taken.id == hooked.hook.deliveries[-1].guid
    assert (taken.event, taken.repository, taken.state) == (came.event, came.repository, "waiting")
    assert taken.subject == came.subject.replace("v1", "v2")
    assert b'"tag_name":"v2"' in taken.payload


def test_what_was_looked_through_is_not_asked_for_again(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.missed.take(SLUG)
    before = len(hooked.github.calls())
    assert hooked.missed.take(SLUG) == hooked.missed.take(SLUG) == Found()
    assert [(seen.operation, seen.charged) for seen in hooked.github.calls()[before:]] == [(LIST, False)] * 2
    assert hooked.taken() == RELEASE


def test_what_is_brought_again_meanwhile_is_there_once(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hook = hooked.hook
    first = hook.deliveries[-3]

    def bring() -> None:
        hooked.github.courier.repeat(hook, first)
        hooked.github.courier.settle()

    hooked.github.fault(Meanwhile(bring), f"deliveries/{first.id}")
    assert hooked.missed.take(SLUG) == Found(new=2)
    bring()
    assert sorted(hooked.taken()) == sorted(RELEASE)
    assert len({delivery.id for delivery in hooked.inbox.listing()}) == 3


def test_what_was_brought_again_before_is_not_asked_for(hooked: Hooked) -> None:
    lose(hooked, "v1")
    for delivery in hooked.hook.deliveries[-3:]:
        hooked.github.courier.repeat(hooked.hook, delivery)
    hooked.github.courier.settle()
    assert hooked.missed.take(SLUG) == Found()
    assert not hooked.github.calls(WHOLE)


def test_what_was_refused_for_its_signature_is_taken_for_github_vouches_for_it(hooked: Hooked) -> None:
    hooked.hook.config["secret"] = "somebody else's secret"
    hooked.release("v1")
    assert hooked.missed.take(SLUG) == Found(new=3)


@pytest.mark.parametrize("fault", [Answer(502), CutOff(0.5), Answer(429, headers={"Retry-After": "60"})])
@pytest.mark.parametrize("skip", range(4))
def test_an_api_that_fails_loses_nothing(hooked: Hooked, fault: Answer | CutOff, skip: int) -> None:
    lose(hooked, "v1")
    hooked.github.fault(fault, "/deliveries", skip=skip, times=4)
    with pytest.raises(TemporaryError):
        hooked.missed.take(SLUG)
    hooked.release("v2")
    hooked.github.api.faults.clear()
    asked = len(hooked.github.calls(WHOLE))
    left = 3 - max(0, skip - 1)
    assert hooked.missed.take(SLUG) == Found(new=left)
    assert len(hooked.github.calls(WHOLE)) == asked + left
    assert sorted(hooked.taken()) == sorted(RELEASE * 2)


def test_an_inbox_that_fails_loses_nothing(hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    lose(hooked, "v1")

    def away(_: Delivery) -> bool:
        raise TemporaryError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(hooked.inbox, "add", away)
        with pytest.raises(TemporaryError, match="disk"):
            hooked.missed.take(SLUG)
    assert hooked.missed.take(SLUG) == Found(new=3)


def test_without_any_notes_nothing_comes_twice(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.missed.take(SLUG)
    hooked.forget()
    hooked.keeping.keep(SLUG)
    assert hooked.missed.take(SLUG) == Found()
    assert len(hooked.github.calls(WHOLE)) == 6
    assert hooked.taken() == RELEASE


def test_what_is_older_than_github_keeps_it_is_left_alone(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.now += 4 * 86_400
    assert hooked.missed.take(SLUG) == Found()


def lose_many(hooked: Hooked, count: int) -> None:
    """Let GitHub remember a release of which no news arrived, and so many deliveries that nobody answered."""
    lose(hooked, "v1")
    one, hook = hooked.hook.deliveries[-1], hooked.hook
    small = {"action": "published", "repository": {"full_name": SLUG}, "release": {"tag_name": "v2"}}
    with hooked.github.api.lock:
        for number in range(count):
            hook.deliveries.append(
                Remembered(
                    hooked.github.state.new_id(),
                    f"guid-{number}",
                    one.event,
                    one.action,
                    one.repository_id,
                    None,
                    small,
                    one.delivered_at,
                    status="timed out",
                    status_code=504,
                )
            )


def test_all_of_250_are_taken_and_each_is_asked_for_once(hooked: Hooked) -> None:
    lose_many(hooked, 247)
    assert hooked.missed.take(SLUG) == Found(new=250)
    assert len(hooked.inbox.listing(limit=1000)) == len(hooked.github.calls(WHOLE)) == 250
    assert len(hooked.github.calls(LIST)) == 3


def test_too_many_that_failed_do_not_keep_the_newest_from_being_taken(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_deliveries, "_MOST_PAGES", 1)
    lose_many(hooked, 110)
    with capture_logs() as logs:
        assert hooked.missed.take(SLUG) == Found(new=100)
    assert [log["log_level"] for log in logs if "more deliveries failed" in log["event"]] == ["warning"]
    assert hooked.notes.get(SLUG).seen, "the next pass does not begin here again"
    assert hooked.missed.take(SLUG) == Found()


def test_what_nothing_follows_from_is_not_even_asked_for(hooked: Hooked) -> None:
    hooked.github.courier.lose(1)
    hooked.keeping.hooks.ping(SLUG, hooked.hook.id)
    hooked.github.courier.settle()
    assert hooked.missed.take(SLUG) == Found()
    assert hooked.github.calls(WHOLE) == []


def test_when_the_last_delivery_was_acknowledged_is_told(hooked: Hooked) -> None:
    hooked.release("v1")
    assert hooked.missed.take(SLUG).taken == pytest.approx(hooked.github.state.clock(), abs=30)
    hooked.hook.deliveries.clear()
    lose(hooked, "v2")
    assert hooked.missed.take(SLUG).taken == 0


def test_a_payload_that_github_has_no_more_is_ignored(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.github.fault(Answer(404), f"deliveries/{hooked.hook.deliveries[-1].id}", times=None)
    assert hooked.missed.take(SLUG) == Found(new=2)


def test_what_is_not_as_github_sends_it_stops_nothing(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.hook.deliveries[-1].payload = {"release": 5}
    assert hooked.missed.take(SLUG) == Found(new=2)


def test_of_a_webhook_that_is_not_known_nothing_is_asked(hooked: Hooked) -> None:
    before = len(hooked.github.calls())
    assert hooked.missed.take("acme/other") == Found()
    assert len(hooked.github.calls()) == before


def test_what_fails_for_one_repository_keeps_no_other(hooked: Hooked) -> None:
    lose(hooked, "v1")
    hooked.notes.put("acme/gone", hooked.notes.get(SLUG))
    report = hooked.missed.take_all(["acme/gone", SLUG])
    assert (report.new, set(report.problems)) == (3, {"acme/gone"})


def test_a_limit_is_not_tried_with_every_repository(hooked: Hooked) -> None:
    names = [f"acme/app-{number}" for number in range(100)]
    for name in names:
        hooked.notes.put(name, hooked.notes.get(SLUG))
    hooked.github.fault(Answer(403, "rate limit", {"Retry-After": "60"}), times=None)
    before = len(hooked.github.calls())
    report = hooked.missed.take_all(names)
    assert (report.new, list(report.problems)) == (0, names)
    assert len(hooked.github.calls()) < before + 20


def test_what_an_app_missed_is_taken_for_every_repository_that_is_followed(tmp_path: Path) -> None:
    with hooked_up(tmp_path, as_app=True) as hooked:
        hooked.keeping.keep_app()
        other = hooked.github.repository("acme/other")
        hooked.github.courier.lose(6)
        hooked.release("v1")
        hooked.github.by().create_release(other, "v9")
        hooked.github.courier.settle()
        assert hooked.missed.take_app() == Found(new=3)
        assert hooked.missed.take_app() == Found()
        assert {delivery.repository for delivery in hooked.inbox.listing()} == {SLUG}
        assert hooked.notes.get(APP).seen


def test_without_an_app_there_is_none_to_ask(hooked: Hooked) -> None:
    with pytest.raises(UserError, match="needs a GitHub App"):
        hooked.missed.take_app()
