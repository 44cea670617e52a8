"""What is in the inbox stays there until something became of it, and comes out in the order in which it came."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from generator.core.errors import UserError
from generator.sync.news.delivery import MAX_DELAY, Delivery
from generator.sync.settlement import Settlement
from generator.sync.store import inbox as inbox_module
from generator.sync.store.inbox import KEEP, Inbox

NOW = 1_770_000_000.0
HOUR = 3600.0
NOON, LATER = "2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z"


def news(
    id_: str,
    action: str = "opened",
    at: str = "",
    *,
    subject: str = "pull_request:acme/podinfo#7",
    received: float = NOW,
) -> Delivery:
    return Delivery(id_, "pull_request", action, "acme/podinfo", subject, at, received, b'{"id": "%s"}' % id_.encode())


def parked(id_: str, seconds: float, image: str = "", reason: str = "later") -> Settlement:
    return Settlement(id_, "waiting", reason=reason, attempts=1, not_before=NOW + seconds, waiting_for=image)


def done(id_: str) -> Settlement:
    return Settlement(id_, "done", "committed", commit="c0ffee")


def failed(id_: str) -> Settlement:
    return Settlement(id_, "failed", "refused", "the branch is protected", attempts=3)


def ids(deliveries: Iterable[Delivery]) -> list[str]:
    return [delivery.id for delivery in deliveries]


def test_a_delivery_is_kept_as_it_came(inbox: Inbox) -> None:
    delivery = replace(news("a", "opened", NOON), payload=bytes(range(256)) * 4000, reason="who found it")
    assert inbox.add(delivery)
    assert inbox.get("a") == replace(delivery, sequence=1)
    assert inbox.due(NOW) == [replace(delivery, sequence=1)]


def test_a_known_delivery_changes_nothing_whatever_became_of_it(inbox: Inbox) -> None:
    assert inbox.add(news("a"))
    assert not inbox.add(replace(news("a"), payload=b"other"))
    inbox.settle([done("a")], NOW)
    before = inbox.get("a")
    assert not inbox.add(news("a"))
    assert inbox.get("a") == before
    assert inbox.due(NOW) == []


def test_of_many_each_is_told_whether_it_is_new(inbox: Inbox) -> None:
    inbox.add(news("b"))
    assert inbox.add_many([news("c"), news("b"), replace(news("c"), payload=b"again"), news("a")]) == [
        True,
        False,
        False,
        True,
    ]
    assert ids(inbox.due(NOW)) == ["b", "c", "a"]
    assert inbox.get("c").payload == news("c").payload
    assert inbox.add_many([]) == []


@pytest.mark.parametrize("id_", ["", "x" * 256, "a\0b", "\ud800"])
def test_what_cannot_be_an_id_is_refused_and_nothing_of_its_batch_is_kept(inbox: Inbox, id_: str) -> None:
    with pytest.raises(UserError, match="cannot be the id of a delivery"):
        inbox.add_many([news("a"), replace(news("a"), id=id_)])
    assert inbox.listing() == []


def test_texts_that_a_database_cannot_keep_are_made_fit(inbox: Inbox) -> None:
    hostile = "\0 \ud800 'ü𝄞\n" + "x" * 5000
    inbox.add(Delivery("ü'", hostile, hostile, hostile, hostile, hostile, NOW))
    inbox.settle([Settlement("ü'", "done", "ignored", hostile, hostile)], NOW)
    kept = inbox.get("ü'")
    assert kept.event.startswith("� ? 'ü𝄞\nxxx")
    assert len(kept.event) == len(kept.action) == len(kept.subject) == len(kept.commit) == 500
    assert len(kept.reason) == 2000


def test_what_waits_comes_out_in_the_order_of_its_receipt_whatever_the_clock_said(inbox: Inbox) -> None:
    inbox.add_many([news("c", received=NOW), news("a", received=NOW - HOUR), news("b", received=NOW + HOUR)])
    assert ids(inbox.due(NOW)) == ["c", "a", "b"]
    assert ids(inbox.due(NOW, limit=2)) == ["c", "a"]


def test_as_many_are_taken_as_there_is_room_for_but_one_at_least(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "PAYLOADS_AT_ONCE", 100)
    inbox.add_many(
        [replace(news(id_), payload=b"x" * size) for id_, size in [("a", 101), ("b", 60), ("c", 40), ("d", 1)]]
    )
    for taken in (["a"], ["b", "c"], ["d"]):
        assert ids(inbox.due(NOW)) == taken
        inbox.settle([done(id_) for id_ in taken], NOW)


def test_a_parked_delivery_waits_for_its_time(inbox: Inbox) -> None:
    inbox.add_many([news("a"), news("b")])
    assert inbox.next_due(NOW) == 0.0
    inbox.settle([parked("a", 60.0), parked("b", 20.0)], NOW)
    assert inbox.due(NOW + 19.0) == []
    assert inbox.next_due(NOW) == 20.0
    assert ids(inbox.due(NOW + 20.0)) == ["b"]
    assert ids(inbox.due(NOW + 60.0)) == ["a", "b"]
    assert inbox.next_due(NOW + HOUR) == 0.0
    kept = inbox.get("a")
    assert (kept.state, kept.reason, kept.attempts, kept.not_before) == ("waiting", "later", 1, NOW + 60.0)


def test_where_nothing_waits_nothing_will_be_due(inbox: Inbox) -> None:
    assert inbox.next_due(NOW) is None
    inbox.add_many([news("a"), news("b")])
    inbox.settle([done("a"), failed("b")], NOW)
    assert inbox.next_due(NOW) is None


def test_a_clock_that_is_set_back_strands_nothing(inbox: Inbox) -> None:
    inbox.add(news("a"))
    inbox.settle([parked("a", 60.0)], NOW)
    assert ids(inbox.due(NOW - 2 * HOUR)) == ["a"]
    assert inbox.next_due(NOW - 2 * HOUR) == 0.0


def test_nothing_is_parked_for_longer_than_the_longest_delay(inbox: Inbox) -> None:
    inbox.add(news("a"))
    inbox.settle([parked("a", 2 * HOUR)], NOW)
    assert inbox.due(NOW) == []
    assert inbox.next_due(NOW) == MAX_DELAY
    assert ids(inbox.due(NOW + MAX_DELAY)) == ["a"]


@pytest.mark.parametrize(
    ("stale", "newer"),
    [
        (news("a", "opened", NOON), news("b", "closed", LATER)),
        (news("a", "opened", "2026-01-31T14:00:00+02:00"), news("b", "synchronize", LATER)),
        (news("a", "opened", LATER), news("b", "closed", LATER)),
        (news("a", "published", NOON), news("b", "deleted", NOON)),
        (news("a", "opened", "", received=NOW), news("b", "closed", "", received=NOW + 1)),
    ],
    ids=["later", "in another time zone", "the end at the same time", "deleted", "no times: as received"],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_later_news_of_the_same_subject_makes_a_delivery_stale_in_whatever_order_they_come(
    inbox: Inbox, stale: Delivery, newer: Delivery, swapped: bool
) -> None:
    inbox.add_many([newer, stale] if swapped else [stale, newer])
    found = inbox.newer_than(inbox.due(NOW))
    assert {id_: by.id for id_, by in found.items()} == {"a": "b"}
    assert found["a"].payload == b""


def test_of_two_at_the_same_time_the_one_that_came_later_is_newer(inbox: Inbox) -> None:
    inbox.add_many([news("b", "edited", NOON), news("a", "labeled", NOON)])
    assert ids(inbox.newer_than(inbox.due(NOW)).values()) == ["a"]


@pytest.mark.parametrize("became", [done, failed, lambda id_: parked(id_, 60.0)], ids=["done", "failed", "parked"])
def test_a_late_opening_is_stale_whatever_became_of_the_closing(
    inbox: Inbox, became: Callable[[str], Settlement]
) -> None:
    inbox.add(news("closed", "closed", LATER))
    inbox.settle([became("closed")], NOW)
    inbox.add(news("opened", "opened", NOON))
    assert {id_: by.id for id_, by in inbox.newer_than(inbox.due(NOW)).items()} == {"opened": "closed"}


def test_nothing_is_newer_than_news_of_another_subject_or_of_none(inbox: Inbox) -> None:
    inbox.add_many(
        [
            news("a", at=NOON, subject=""),
            news("b", at=LATER, subject=""),
            news("c", at=NOON, subject="release:acme/podinfo@v1"),
            news("d", at=LATER, subject="release:acme/podinfo@v2"),
        ]
    )
    assert inbox.newer_than(inbox.due(NOW)) == {}
    assert inbox.newer_than([]) == {}


def test_the_newest_of_many_subjects_are_told_at_once(inbox: Inbox) -> None:
    inbox.add_many(
        [
            news(f"{number}-{age}", at=f"2026-01-31T12:00:0{age}Z", subject=f"{number}")
            for number in range(600)
            for age in (2, 0, 1)
        ]
    )
    found = inbox.newer_than(inbox.due(NOW, limit=1800))
    assert {id_: by.id for id_, by in found.items()} == {
        f"{number}-{age}": f"{number}-2" for number in range(600) for age in (0, 1)
    }


def test_what_became_of_deliveries_is_written_down(inbox: Inbox) -> None:
    inbox.add_many([news("a"), news("b"), news("c")])
    committed = Settlement("a", "done", "committed", "why", "c0ffee")
    assert inbox.settle([committed, failed("b")], NOW + 5) == {"a", "b"}
    a, b = inbox.get("a"), inbox.get("b")
    assert (a.state, a.result, a.reason, a.commit, a.finished_at) == ("done", "committed", "why", "c0ffee", NOW + 5)
    assert (b.state, b.result, b.reason, b.attempts) == ("failed", "refused", "the branch is protected", 3)
    assert ids(inbox.due(NOW)) == ["c"]
    assert inbox.settle([], NOW) == set()


def test_where_something_was_brought_is_never_forgotten(inbox: Inbox) -> None:
    v1, v2 = "release:acme/podinfo@v1", "release:acme/podinfo@v2"
    inbox.add_many([news("a", subject=v1), news("b", subject=v2), news("c", subject=v1), news("d", subject="")])
    inbox.settle([replace(done("a"), effects=("podinfo/prod", "podinfo/staging"))], NOW)
    inbox.settle([replace(done("c"), effects=("podinfo/prod",)), replace(done("d"), effects=("podinfo/prod",))], NOW)
    inbox.settle([replace(done("a"), effects=("it is settled already",))], NOW)
    expected = {v1: {"podinfo/prod", "podinfo/staging"}}
    assert inbox.effects() == expected
    inbox.retry("c")
    inbox.prune(NOW + 100 * KEEP)
    assert inbox.effects() == expected


def test_of_each_subject_that_waits_the_newest_time_is_told(inbox: Inbox) -> None:
    subjects = {"a": "one", "b": "one", "c": "one", "d": "two", "e": "", "f": "three"}
    times = {"a": NOON, "b": LATER, "c": NOON, "d": "", "e": LATER, "f": LATER}
    inbox.add_many([news(id_, at=times[id_], subject=subject) for id_, subject in subjects.items()])
    inbox.settle([done("f"), parked("b", 60.0)], NOW)
    assert inbox.waiting_subjects() == {"one": LATER, "two": ""}


def test_what_somebody_else_settled_is_left_alone(inbox: Inbox) -> None:
    inbox.add_many([news("a"), news("b")])
    inbox.settle([done("a")], NOW)
    assert inbox.still_waiting(["a", "b", "unknown"]) == {"b"}
    assert inbox.settle([parked("a", 1.0), failed("b"), done("unknown")], NOW) == {"b"}
    assert inbox.get("a").result == "committed"


def test_how_often_a_delivery_was_tried_is_not_forgotten_at_its_end(inbox: Inbox) -> None:
    inbox.add(news("a"))
    inbox.settle([replace(parked("a", 0.0), attempts=4)], NOW)
    inbox.settle([done("a")], NOW)
    assert inbox.get("a").attempts == 4


def test_an_image_that_came_wakes_what_waits_for_it(inbox: Inbox) -> None:
    inbox.add_many([news(id_) for id_ in "abcd"])
    inbox.settle(
        [
            parked("a", 60.0, "ghcr.io/acme/podinfo:1"),
            parked("b", 60.0, "ghcr.io/acme/podinfo:2"),
            parked("c", 60.0, "ghcr.io/acme/other:1"),
            replace(failed("d"), waiting_for="ghcr.io/acme/podinfo:1"),
        ],
        NOW,
    )
    assert inbox.wake("ghcr.io/acme/podinfo", ["latest", "1"]) == 1
    assert inbox.wake("ghcr.io/acme/podinfo", []) == 0
    assert ids(inbox.due(NOW)) == ["a"]
    assert inbox.get("a").waiting_for == "ghcr.io/acme/podinfo:1"


def test_a_listing_shows_the_newest_first_without_payloads(inbox: Inbox) -> None:
    inbox.add_many([news("a"), replace(news("b"), repository="acme/Other"), news("c"), news("d")])
    inbox.settle([done("a"), failed("c")], NOW)
    assert ids(inbox.listing()) == ["d", "c", "b", "a"]
    assert {delivery.payload for delivery in inbox.listing()} == {b""}
    assert ids(inbox.listing(state="waiting")) == ["d", "b"]
    assert ids(inbox.listing(repository="ACME/other")) == ["b"]
    assert ids(inbox.listing(state="failed", repository="acme/podinfo")) == ["c"]
    assert ids(inbox.listing(limit=3)) == ["d", "c", "b"]


@pytest.mark.parametrize("became", [done, failed, lambda id_: parked(id_, 60.0, "image:1")])
def test_a_delivery_is_tried_again_from_the_beginning(inbox: Inbox, became: Callable[[str], Settlement]) -> None:
    inbox.add_many([news("a"), news("b")])
    fresh = inbox.get("a")
    inbox.settle([replace(became("a"), waited=30.0)], NOW)
    inbox.retry("a")
    assert inbox.get("a") == fresh
    assert ids(inbox.due(NOW)) == ["a", "b"]


def test_an_unknown_delivery_is_an_error(inbox: Inbox) -> None:
    for ask in (inbox.get, inbox.retry):
        with pytest.raises(UserError, match="There is no delivery `unknown`"):
            ask("unknown")


def test_deliveries_are_counted(inbox: Inbox) -> None:
    assert inbox.counts(NOW).deliveries == {}
    assert inbox.counts(NOW).oldest_waiting == 0.0
    received = {"a": 0, "b": 50, "c": 20, "d": 30, "e": 40}
    inbox.add_many([news(id_, received=NOW - age) for id_, age in received.items()])
    inbox.add(Delivery("f", "release", received_at=NOW + HOUR))
    inbox.settle([done("a"), parked("b", 60.0, "image:1"), failed("c")], NOW)
    counts = inbox.counts(NOW)
    assert counts.deliveries == {
        ("pull_request", "committed"): 1,
        ("pull_request", "refused"): 1,
        ("pull_request", "waiting"): 2,
        ("pull_request", "waiting-for-image"): 1,
        ("release", "waiting"): 1,
    }
    assert (counts.waiting, counts.waiting_for_image, counts.failed) == (3, 1, 1)
    assert counts.oldest_waiting == 40.0
    inbox.settle([done("d"), done("e")], NOW)
    assert inbox.counts(NOW).oldest_waiting == 0.0


def test_what_ended_long_ago_is_forgotten_and_what_waits_never(inbox: Inbox) -> None:
    inbox.add_many([news("waits", received=0.0), news("parked"), news("recent")])
    old = [news(f"old {number}") for number in range(1100)]
    inbox.add_many(old)
    inbox.settle([done(delivery.id) for delivery in old], NOW)
    inbox.settle([parked("parked", 60.0), failed("recent")], NOW + 10)
    assert inbox.prune(NOW + KEEP) == 0
    assert inbox.prune(NOW + KEEP + 5) == 1100
    assert ids(inbox.listing()) == ["recent", "parked", "waits"]
    assert inbox.prune(NOW + 100 * KEEP) == 1
    assert ids(inbox.listing()) == ["parked", "waits"]
    assert inbox.add(news("recent"))
    assert inbox.get("recent").sequence == 1104
