"""Reports wait where GitHub's limits draw near; whoever reads or commits does not ask."""

from __future__ import annotations

import pytest

from generator.core.deployment_states import Report
from generator.hub.budget import Budget, Shares
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.deployments import Deployments
from generator.hub.failures import LimitedError
from tests.clock import Clock
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer
from tests.hub.conftest import Recorder

POST = "POST /repos/{}/{}/deployments"
TOPICS = "/repos/acme/podinfo/topics"


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


def test_nothing_waits_where_nothing_was_asked(clock: Clock) -> None:
    assert Budget(clock).wait() == 0


def test_of_what_creates_something_reports_leave_others_their_share_of_the_minute(clock: Clock) -> None:
    budget = Budget(clock)
    for _ in range(60):
        assert budget.wait() == 0
        budget.called(POST, 201, 0.1)
        clock.now += 0.5
    assert budget.wait() == 30.0
    clock.now += 30.0
    assert budget.wait() == 0


def test_commits_may_have_nearly_all_of_the_minute(clock: Clock) -> None:
    budget = Budget(clock)
    for _ in range(75):
        assert budget.wait_to_commit() == 0
        budget.called(POST, 201, 0.1)
        clock.now += 0.5
    assert budget.wait_to_commit() == 60.0 - 37.5
    clock.now += 60.0 - 37.5
    assert budget.wait_to_commit() == 0


def test_commits_do_not_wait_because_reports_have_to(clock: Clock) -> None:
    budget = Budget(clock, shares=Shares(an_hour=1))
    budget.pause(3600.0)
    budget.limit(0, 5000, 4000.0)
    budget.called(POST, 201, 0.1)
    assert budget.wait() > 0
    assert budget.wait_to_commit() == 0


def test_and_of_the_hour(clock: Clock) -> None:
    budget = Budget(clock, shares=Shares(a_minute=1000))
    for _ in range(400):
        budget.called(POST, 201, 0.1)
    clock.now += 600.0
    assert budget.wait() == 3000.0


def test_reads_and_tokens_create_nothing(clock: Clock) -> None:
    budget = Budget(clock, shares=Shares(a_minute=1))
    for api in ("GET /repos/{}/{}/releases", "POST /app/installations/{}/access_tokens", "POST /graphql"):
        budget.called(api, 200, 0.1)
    assert budget.wait() == 0


def test_a_fifth_of_an_accounts_calls_is_left_to_reads_and_commits(clock: Clock) -> None:
    budget = Budget(clock)
    budget.limit(5000, 5000, 4000.0)
    assert budget.wait() == 0
    budget.limit(1000, 5000, 4000.0)
    assert budget.wait() == 3000.0
    clock.now = 4000.0
    assert budget.wait() == 0


def test_what_is_left_is_spread_over_the_time_until_there_is_more(clock: Clock) -> None:
    budget = Budget(clock)
    budget.limit(2000, 5000, 4000.0)
    budget.spend()
    assert budget.wait() == pytest.approx(9.0)  # 1,000 calls to spare, three for each report, 3,000 seconds
    clock.now += 9.0
    assert budget.wait() == pytest.approx(0.0, abs=1e-6)


def test_the_scarcest_account_counts(clock: Clock) -> None:
    budget = Budget(clock)
    budget.limit(0, 5000, 2000.0)
    budget.limit(5000, 5000, 4000.0)
    assert budget.wait() == 1000.0


def test_github_is_left_alone_for_as_long_as_it_says_and_the_wait_is_told(clock: Clock) -> None:
    waits: list[float] = []
    budget = Budget(clock, on_wait=waits.append)
    budget.pause(30.0)
    budget.pause(10.0)
    assert budget.wait() == 30.0
    budget.limited(60.0)
    assert budget.wait() == 60.0
    assert waits == [30.0, 60.0]


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        (Answer(403, SECONDARY_LIMIT, {"Retry-After": "90"}), 90.0),
        (Answer(429, SECONDARY_LIMIT, {"Retry-After": "7"}), 7.0),
        (Answer(403, SECONDARY_LIMIT), 60.0),
    ],
    ids=["403", "429", "no time"],
)
@pytest.mark.parametrize("verb", ["GET", "PUT"])
def test_reports_wait_as_long_as_github_said_to_any_other_call(
    github: GitHubDouble, recorder: Recorder, clock: Clock, limit: Answer, seconds: float, verb: str
) -> None:
    github.repository("acme/podinfo")
    github.fault(limit)
    budget = Budget(clock, recorder)
    with Connection(Token(github.token()), github.url, Conduct(observer=budget)) as connection:
        with pytest.raises(LimitedError):
            connection.caller("acme").ask(verb, TOPICS, body=None if verb == "GET" else {"names": []})
        assert (budget.wait(), budget.wait_to_commit()) == (seconds, 0)
        assert recorder.limited_for == [seconds]


def test_it_sees_every_call_of_a_connection_and_who_counted_before_goes_on(
    github: GitHubDouble, recorder: Recorder
) -> None:
    github.repository("acme/podinfo")
    github.limits.an_hour = 10
    budget = Budget(lambda: 0.0, recorder)
    with Connection(Token(github.token()), github.url, Conduct(observer=budget)) as connection:
        for number in range(4):
            Deployments(connection).ensure(Report("acme/podinfo", "a", "preview", f"{number:040}", "queued", number=1))
    assert [limit[0] for limit in recorder.limits] == [9, 8, 7, 6, 5, 4, 3, 2]
    assert recorder.calls[1] == (POST, 201)
    assert budget.wait() > 0
