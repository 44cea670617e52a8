"""Deliveries that nobody took, found in what GitHub lists."""

from __future__ import annotations

import json

import pytest

from generator.hub import hook_deliveries
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, UnavailableError
from generator.hub.hook_deliveries import Attempt, Deliveries, HookPlace, missed_of
from generator.hub.pages import Pages
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.model import Delivery, Hook

SLUG = "acme/podinfo"
NOW = 1_769_860_800


def attempt(number: int, guid: str, status: int) -> Attempt:
    return Attempt(number, guid, "release", NOW + number, status)


def test_what_was_taken_at_any_attempt_was_not_missed() -> None:
    attempts = [
        attempt(6, "a", 502),  # sent again by hand, though it was taken
        attempt(5, "b", 202),
        attempt(4, "c", 401),
        attempt(3, "c", 0),
        attempt(2, "b", 503),
        attempt(1, "a", 200),
    ]
    assert missed_of(attempts) == [attempts[2]]


def test_the_oldest_comes_first_and_each_once() -> None:
    attempts = [attempt(4, "a", 502), attempt(3, "c", 502), attempt(2, "b", 502), attempt(1, "a", 502)]
    assert [found.id for found in missed_of(attempts)] == [4, 2, 3]


@pytest.fixture
def hook(github: GitHubDouble) -> Hook:
    repository = github.repository(SLUG)
    hook = Hook(5, repository, {"url": "http://127.0.0.1:9/"}, ("release",), True, "", "")
    hook.created_at = hook.updated_at = github.state.now()
    repository.hooks.append(hook)
    return hook


@pytest.fixture
def deliveries(connection: Connection, pages: Pages) -> Deliveries:
    return Deliveries(connection, pages)


PLACE = HookPlace(SLUG, 5)


def tell(github: GitHubDouble, hook: Hook, number: int, *, status: int = 502, later: float = 0.0) -> None:
    """Let GitHub remember an attempt."""
    hook.deliveries.append(
        Delivery(
            number,
            f"guid-{number}",
            "release",
            "published",
            1,
            None,
            {"number": number},
            github.state.now(later),
            status="OK" if status == 202 else "Bad Gateway",
            status_code=status,
        )
    )


def test_all_pages_are_looked_through(github: GitHubDouble, hook: Hook, deliveries: Deliveries) -> None:
    for number in range(1, 251):
        tell(github, hook, number, status=502 if number % 2 else 202)
    found = deliveries.since(PLACE, 0.0)
    assert [attempt.id for attempt in found.missed] == list(range(1, 251, 2))
    assert len(github.calls()) == 3


def test_no_more_pages_are_asked_for_than_there_is_news(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    for number in range(1, 251):
        tell(github, hook, number, later=float(number - 250))
    since = github.state.clock() - 50
    assert len(deliveries.since(PLACE, since).missed) in {49, 50, 51}
    assert len(github.calls()) == 1
    deliveries.since(PLACE, since)
    assert github.calls()[-1].status == 304


def test_a_payload_is_as_github_keeps_it(github: GitHubDouble, hook: Hook, deliveries: Deliveries) -> None:
    tell(github, hook, 1)
    hook.deliveries[0].payload = {"text": "Grüße ☃", "number": 1}
    (missed,) = deliveries.since(PLACE, 0.0).missed
    assert json.loads(deliveries.payload(PLACE, missed) or b"") == {"text": "Grüße ☃", "number": 1}
    hook.deliveries.clear()
    assert deliveries.payload(PLACE, missed) is None


def test_a_list_that_breaks_off_is_none(github: GitHubDouble, hook: Hook, deliveries: Deliveries) -> None:
    for number in range(1, 251):
        tell(github, hook, number)
    github.fault(Answer(502), "cursor", skip=1, times=None)
    with pytest.raises(UnavailableError):
        deliveries.since(PLACE, 0.0)


def test_a_hook_that_is_gone_is_not_found(github: GitHubDouble, deliveries: Deliveries) -> None:
    github.repository(SLUG)
    with pytest.raises(NotFoundError):
        deliveries.since(PLACE, 0.0)


@pytest.mark.parametrize(
    "text", ["{}", '[{"id": 1}]', '[{"id":1,"guid":"g","event":"e","delivered_at":"x","status_code":1}]']
)
def test_what_is_no_list_of_deliveries_is_no_list(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries, text: str
) -> None:
    github.fault(Answer(200, text=text), "deliveries", times=None)
    with pytest.raises(UnavailableError, match=r"no list|something else than deliveries"):
        deliveries.since(PLACE, 0.0)


def test_the_last_attempt_costs_one_call_and_none_where_nothing_came_since(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    assert deliveries.last(PLACE) is None
    for number in range(1, 4):
        tell(github, hook, number, status=202 if number == 3 else 502)
    before = len(github.calls())
    for _ in range(2):
        last = deliveries.last(PLACE)
        assert last
        assert (last.guid, last.status, last.event) == ("guid-3", 202, "release")
    assert [seen.status for seen in github.calls()[before:]] == [200, 304]


def test_when_one_was_acknowledged_last_is_known_though_later_ones_were_not(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    tell(github, hook, 1, status=202, later=-60)
    tell(github, hook, 2)
    found = deliveries.since(PLACE, 0.0)
    assert found.newest - found.taken in {59, 60, 61}


def test_of_events_that_do_not_matter_none_was_missed(github: GitHubDouble, hook: Hook, deliveries: Deliveries) -> None:
    tell(github, hook, 1)
    assert deliveries.since(PLACE, 0.0, {"release"}).missed
    assert deliveries.since(PLACE, 0.0, {"pull_request"}).missed == ()


@pytest.fixture
def few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two pages be the most that are read of a list."""
    monkeypatch.setattr(hook_deliveries, "_MOST_PAGES", 2)


@pytest.mark.usefixtures("few_pages")
def test_of_too_many_deliveries_those_that_failed_are_looked_through_further(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    failed = {*range(2, 500, 50), 499}
    for number in range(1, 501):
        tell(github, hook, number, status=502 if number in failed else 202, later=number - 500)
    found = deliveries.since(PLACE, 0.0)
    assert {attempt.id for attempt in found.missed} == failed
    assert found.whole
    assert found.newest == found.taken
    assert len(github.calls()) == 3


@pytest.mark.usefixtures("few_pages")
def test_what_was_brought_again_was_not_missed_though_its_failure_is_on_another_list(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    for number in range(1, 301):
        tell(github, hook, number, status=502 if number in {1, 2} else 202)
    hook.deliveries[-1].guid = hook.deliveries[0].guid
    assert [attempt.id for attempt in deliveries.since(PLACE, 0.0).missed] == [2]


@pytest.mark.usefixtures("few_pages")
def test_of_too_many_that_failed_the_newest_are_told_and_that_there_are_more(
    github: GitHubDouble, hook: Hook, deliveries: Deliveries
) -> None:
    for number in range(1, 501):
        tell(github, hook, number, later=number - 500)
    found = deliveries.since(PLACE, 0.0)
    assert [attempt.id for attempt in found.missed] == list(range(301, 501))
    assert not found.whole
    assert found.newest
