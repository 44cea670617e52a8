"""The pull requests of promotions: one for each branch, whatever fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest

from generator.core.promotion_request import PromotionRequest
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError, UnavailableError
from generator.hub.requests import Requests
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Fault, Unheard
from tests.github_double.model import Repository

T = TypeVar("T")

NAME = "acme-apps/acme-gitops"
BRANCH = "gitopsmith/podinfo/production"
WANTED = PromotionRequest(BRANCH, "main", "podinfo 6.7.0 → 6.8.0 in production", "A newer version comes in place.\n")


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository(NAME)


@pytest.fixture
def requests(connection: Connection, repository: Repository) -> Requests:
    return Requests(connection)


def again(call: Callable[[], T]) -> T:
    """Return what a call returns, made once more where it fails by what may pass."""
    try:
        return call()
    except UnavailableError:
        return call()


def writes(github: GitHubDouble) -> int:
    return sum(not seen.line.startswith("GET ") for seen in github.calls())


def test_a_request_is_opened_once_and_brought_up_to_date_in_place(
    requests: Requests, repository: Repository, github: GitHubDouble
) -> None:
    opened = requests.ensure(NAME, WANTED)
    assert requests.ensure(NAME, WANTED) == opened
    assert writes(github) == 1
    newer = replace(WANTED, title="podinfo 6.7.0 → 6.9.0 in production", body="Newer.")
    assert requests.ensure(NAME, newer).number == opened.number
    (made,) = repository.pull_requests
    assert (made.title, made.body, made.base, made.branch) == (newer.title, "Newer.", "main", BRANCH)
    assert writes(github) == 2


def test_each_branch_has_its_own(requests: Requests) -> None:
    other = replace(WANTED, branch="gitopsmith/podinfo/staging")
    assert requests.ensure(NAME, WANTED).number != requests.ensure(NAME, other).number


def test_a_title_mentions_nobody_and_closes_nothing(requests: Requests, repository: Repository) -> None:
    requests.ensure(NAME, replace(WANTED, title="@octocat Fixes #1, GH-2, https://github.com/a/b/issues/3"))
    title = repository.pull_requests[0].title
    assert title.replace("\u200b", "") == "@octocat Fixes #1, GH-2, https://github.com/a/b/issues/3"
    assert not {"@o", "#1", "GH-2", "/3"} & {title[start:end] for start in range(len(title)) for end in range(start)}
    assert not any(text in title for text in ("@octocat", "#1", "GH-2", "issues/3"))


def test_a_request_is_closed_once_and_opened_anew_afterwards(requests: Requests, repository: Repository) -> None:
    first = requests.ensure(NAME, WANTED)
    assert requests.close(NAME, BRANCH)
    assert not requests.close(NAME, BRANCH)
    assert requests.find(NAME, BRANCH) is None
    assert requests.ensure(NAME, WANTED).number == first.number + 1
    assert [one.state for one in repository.pull_requests] == ["closed", "open"]


def test_a_request_is_merged_as_it_was_seen_and_once(requests: Requests, repository: Repository) -> None:
    opened = requests.ensure(NAME, WANTED)
    with pytest.raises(RefusedError, match="Head branch was modified"):
        requests.merge(NAME, replace(opened, sha="0" * 40))
    requests.merge(NAME, opened, "squash")
    requests.merge(NAME, opened, "squash")
    assert repository.pull_requests[0].merged_at


def test_a_branch_that_holds_nothing_new_is_told(requests: Requests, github: GitHubDouble) -> None:
    github.fault(Answer(422, f"No commits between main and {BRANCH}"), "POST")
    with pytest.raises(RefusedError, match="No commits between main"):
        requests.ensure(NAME, WANTED)


@pytest.mark.parametrize(
    "fault", [Answer(502), Answer(403, SECONDARY_LIMIT, {"Retry-After": "30"}), Unheard(), CutOff(), CutOff(None)]
)
def test_whatever_fails_at_whatever_call_there_is_one_request_in_the_end(
    fault: Fault, requests: Requests, repository: Repository, github: GitHubDouble
) -> None:
    for skip in range(6):
        repository.pull_requests.clear()
        github.api.faults.clear()
        github.fault(fault, skip=skip)
        for wanted in (WANTED, replace(WANTED, body="Newer.")):
            opened = again(partial(requests.ensure, NAME, wanted))
        again(partial(requests.merge, NAME, opened))
        (made,) = repository.pull_requests
        assert (made.body, bool(made.merged_at)) == ("Newer.", True), skip
