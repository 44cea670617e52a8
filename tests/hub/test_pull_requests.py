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
from generator.hub.pull_requests import Requests
from tests.github_double.changes import NOTHING
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Fault, Meanwhile, Unheard
from tests.github_double.model import Repository
from tests.hub.conftest import Recorder

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


@pytest.fixture
def head(github: GitHubDouble) -> str:
    """The commit that the branch has."""
    return github.state.sha(BRANCH)


def again(call: Callable[[], T]) -> T:
    """Return what a call returns, made once more where it fails by what may pass."""
    try:
        return call()
    except UnavailableError:
        return call()


def pushed(github: GitHubDouble, repository: Repository, head: str) -> None:
    """Let the branch be pushed to a GitHub that knows of it two answers later."""
    github.state.lag = 2
    github.by().moved_branch(repository, f"refs/heads/{BRANCH}", NOTHING, head)


def writes(github: GitHubDouble) -> int:
    return sum(not seen.line.startswith("GET ") for seen in github.calls())


def test_a_request_is_opened_once_and_brought_up_to_date_in_place(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    opened = requests.ensure(NAME, WANTED, head)
    assert requests.ensure(NAME, WANTED, head) == opened == requests.find(NAME, BRANCH)
    assert (opened.state, opened.sha) == ("open", head)
    assert writes(github) == 1
    newer = replace(WANTED, title="podinfo 6.7.0 → 6.9.0 in production", body="Newer.")
    assert requests.ensure(NAME, newer, "a newer commit").number == opened.number
    (made,) = repository.pull_requests
    assert (made.title, made.body, made.base, made.branch) == (newer.title, "Newer.", "main", BRANCH)
    assert writes(github) == 2


def test_each_branch_has_its_own(requests: Requests, head: str) -> None:
    other = replace(WANTED, branch="gitopsmith/podinfo/staging")
    assert requests.ensure(NAME, WANTED, head).number != requests.ensure(NAME, other, head).number


def test_a_title_mentions_nobody_and_closes_nothing(requests: Requests, repository: Repository, head: str) -> None:
    requests.ensure(NAME, replace(WANTED, title="@octocat Fixes #1, GH-2, https://github.com/a/b/issues/3"), head)
    title = repository.pull_requests[0].title
    assert title.replace("\u200b", "") == "@octocat Fixes #1, GH-2, https://github.com/a/b/issues/3"
    assert not {"@o", "#1", "GH-2", "/3"} & {title[start:end] for start in range(len(title)) for end in range(start)}
    assert not any(text in title for text in ("@octocat", "#1", "GH-2", "issues/3"))


def test_a_branch_that_github_has_not_seen_yet_has_its_request_a_moment_later(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str, recorder: Recorder
) -> None:
    pushed(github, repository, head)
    opened = requests.ensure(NAME, WANTED, head)
    assert (opened.state, opened.sha, len(repository.pull_requests)) == ("open", head, 1)
    assert recorder.waits == [1.0, 1.0]


# --- closed


def test_a_request_is_closed_once_with_the_reason_and_opened_anew_afterwards(
    requests: Requests, repository: Repository, head: str
) -> None:
    first = requests.ensure(NAME, WANTED, head)
    assert requests.close(NAME, BRANCH, head, "It is deployed.")
    assert not requests.close(NAME, BRANCH, head, "It is deployed.")
    assert requests.find(NAME, BRANCH) is None
    assert requests.ended(NAME, BRANCH, head) is None
    assert "It is deployed.\n\nA newer version comes in place." in (repository.pull_requests[0].body or "")
    assert requests.ensure(NAME, WANTED, head).number == first.number + 1
    assert [one.state for one in repository.pull_requests] == ["closed", "open"]


def test_a_request_whose_branch_moved_is_not_closed(requests: Requests, repository: Repository, head: str) -> None:
    requests.ensure(NAME, WANTED, head)
    assert not requests.close(NAME, BRANCH, "an older commit", "It is deployed.")
    assert repository.pull_requests[0].state == "open"


def test_one_that_a_person_closed_is_opened_again_for_another_commit_alone(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    first = requests.ensure(NAME, WANTED, head)
    github.by("ada").close(repository, repository.pull_requests[0])
    said = requests.ensure(NAME, WANTED, head)
    assert (said.number, said.state) == (first.number, "closed")
    assert requests.ended(NAME, BRANCH, head) == said
    assert requests.ensure(NAME, WANTED, "a newer commit").number == first.number + 1


def test_one_that_was_merged_is_not_opened_again(requests: Requests, repository: Repository, head: str) -> None:
    requests.merge(NAME, requests.ensure(NAME, WANTED, head))
    assert requests.ensure(NAME, WANTED, head).state == "merged"
    assert len(repository.pull_requests) == 1


def test_one_that_somebody_opens_at_the_same_time_is_taken(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    github.fault(
        Meanwhile(lambda: github.by("ada").open_pull_request(repository, BRANCH, sha=head)), f"POST /repos/{NAME}/pulls"
    )
    assert requests.ensure(NAME, WANTED, head).state == "open"
    (made,) = repository.pull_requests
    assert (made.title, made.body) == (WANTED.title, WANTED.body)


# --- merged


def test_a_request_is_merged_as_it_was_seen_and_once(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    opened = requests.ensure(NAME, WANTED, head)
    with pytest.raises(RefusedError, match=r"#1 is not merged.*Head branch was modified") as caught:
        requests.merge(NAME, replace(opened, sha="0" * 40))
    assert "run the same again" in caught.value.hint
    assert [requests.merge(NAME, opened) for _ in range(2)] == [True, True]
    assert repository.pull_requests[0].merged_at
    assert sum("/merge" in seen.line for seen in github.calls() if seen.line.startswith("PUT")) == 2


def test_a_repository_that_wants_no_merge_commits_is_merged_in_its_own_way(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    opened = requests.ensure(NAME, WANTED, head)
    for way in ("Merge commits", "Squash merges"):
        github.fault(Answer(405, f"{way} are not allowed on this repository."), "PUT .*/merge")
    requests.merge(NAME, opened)
    assert repository.pull_requests[0].merged_at
    refused = requests.ensure(NAME, replace(WANTED, branch="gitopsmith/podinfo/staging"), head)
    github.fault(Answer(405, "Merge commits are not allowed on this repository."), "PUT .*/merge", times=None)
    with pytest.raises(RefusedError, match="are not allowed"):
        requests.merge(NAME, refused)


def test_while_github_finds_out_and_while_the_base_moves_it_is_waited(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str, recorder: Recorder
) -> None:
    opened = requests.ensure(NAME, WANTED, head)
    moved = repository.pull_requests[0]
    moved.sha = "0" * 40
    github.fault(Meanwhile(lambda: setattr(moved, "sha", head)), r"GET .*/pulls/1$", skip=1)
    github.fault(Answer(405, "Base branch was modified. Review and try the merge again."), "PUT .*/merge", times=2)
    requests.merge(NAME, opened)
    assert moved.merged_at
    assert recorder.waits == [1.0, 1.0, 1.0]


def test_what_was_just_pushed_is_merged_once_github_has_seen_it(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str, recorder: Recorder
) -> None:
    opened = requests.ensure(NAME, WANTED, "an older commit")
    newer = github.state.sha("newer")
    pushed(github, repository, newer)
    assert requests.merge(NAME, replace(opened, sha=newer))
    assert (repository.pull_requests[0].sha, recorder.waits) == (newer, [1.0, 1.0])
    assert sum(seen.line.startswith("PUT") for seen in github.calls()) == 1


@pytest.mark.parametrize(
    "said",
    [
        "At least 1 approving review is required by reviewers with write access.",
        'Required status check "check" is expected.',
        "Pull Request has merge conflicts",
    ],
)
def test_what_keeps_a_request_from_being_merged_is_told(
    requests: Requests, repository: Repository, github: GitHubDouble, head: str, said: str
) -> None:
    opened = requests.ensure(NAME, WANTED, head)
    github.fault(Answer(405, said), "PUT .*/merge")
    with pytest.raises(RefusedError) as caught:
        requests.merge(NAME, opened)
    assert said in caught.value.message
    assert opened.url in caught.value.hint
    assert not repository.pull_requests[0].merged_at


# --- refused, and cut off


def test_a_branch_that_holds_nothing_new_is_told(
    requests: Requests, github: GitHubDouble, head: str, recorder: Recorder
) -> None:
    github.fault(Answer(422, f"No commits between main and {BRANCH}"), "POST", times=None)
    with pytest.raises(RefusedError, match="No commits between main"):
        requests.ensure(NAME, WANTED, head)
    assert (writes(github), recorder.waits) == (5, [1.0] * 4)


def test_what_github_says_of_anything_else_than_the_branch_is_told_at_once(
    requests: Requests, github: GitHubDouble, head: str, recorder: Recorder
) -> None:
    github.fault(Answer(422, "Validation Failed"), "POST", times=None)
    with pytest.raises(RefusedError, match="Validation Failed"):
        requests.ensure(NAME, WANTED, head)
    assert (writes(github), recorder.waits) == (1, [])


@pytest.mark.parametrize(
    "fault", [Answer(502), Answer(403, SECONDARY_LIMIT, {"Retry-After": "30"}), Unheard(), CutOff(), CutOff(None)]
)
def test_whatever_fails_at_whatever_call_there_is_one_request_in_the_end(
    fault: Fault, requests: Requests, repository: Repository, github: GitHubDouble, head: str
) -> None:
    for skip in range(9):
        repository.pull_requests.clear()
        github.api.faults.clear()
        github.fault(fault, skip=skip)
        for wanted in (WANTED, replace(WANTED, body="Newer.")):
            opened = again(partial(requests.ensure, NAME, wanted, head))
        again(partial(requests.merge, NAME, opened))
        (made,) = repository.pull_requests
        assert (made.body, bool(made.merged_at)) == ("Newer.", True), skip
