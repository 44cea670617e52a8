"""What a branch stands for, as GitHub has it: opened, closed with the reason, merged, its branch removed after that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.pull_requests import Request
from generator.workspace.requesting import merge, settle
from generator.workspace.standing_requests import StandingRequest, StandingRequests, remove_branch
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import CutOff, Unheard
from tests.github_double.fixtures import github
from tests.workspace.proposals import BRANCH, SLUG, OnGitHub, on_github

__all__ = ["github"]


@pytest.fixture
def there(github: GitHubDouble, tmp_path: Path) -> Iterator[OnGitHub]:
    with on_github(github, tmp_path) as made:
        yield made


def seen(there: OnGitHub) -> StandingRequest:
    (standing,) = StandingRequests().look(there.remote)
    return standing


def settled(there: OnGitHub) -> Request | None:
    return settle(seen(there), SLUG, there.requests, partial(remove_branch, there.remote))


def test_a_proposed_version_is_opened_and_brought_up_to_date(there: OnGitHub) -> None:
    for version in ("2.0.0", "3.0.0"):
        there.propose(version)
        request = settled(there)
        assert request == settled(there)
        assert request
        assert (request.number, request.sha, request.state) == (1, there.head(), "open")
        assert there.shown == [(f"web 1.0.0 → {version} in production", "open")]


def test_one_that_is_over_is_closed_with_the_reason_and_its_branch_removed(there: OnGitHub) -> None:
    there.propose("2.0.0")
    settled(there)
    there.deploy("2.0.1")
    assert settled(there) is None
    assert there.shown == [("web 1.0.0 → 2.0.0 in production", "closed")]
    assert "What it proposes is deployed already, or something newer." in (there.repository.pull_requests[0].body or "")
    assert there.branches == []


def test_what_others_committed_to_stays_open_with_its_branch(there: OnGitHub) -> None:
    there.propose("2.0.0")
    settled(there)
    there.by_hand()
    there.deploy("2.0.1")
    assert settled(there) is None
    assert [state for _, state in there.shown] == ["open"]
    assert there.branches == [BRANCH]


@pytest.mark.parametrize("by_others", [False, True])
def test_the_branch_of_what_was_merged_is_removed_where_github_left_it(there: OnGitHub, by_others: bool) -> None:
    there.propose("2.0.0")
    settled(there)
    if by_others:
        there.by_hand()
        there.github.by("ada").push_to(there.repository, there.repository.pull_requests[0], there.head())
    assert there.merge_by_hand("squash")
    settled(there)
    assert there.branches == []
    assert [state for _, state in there.shown] == ["merged"]


def test_who_pushes_while_it_is_taken_away_keeps_all_of_it(there: OnGitHub) -> None:
    there.propose("2.0.0")
    settled(there)
    there.deploy("2.0.1")
    standing = seen(there)
    there.by_hand()
    settle(standing, SLUG, there.requests, partial(remove_branch, there.remote))
    assert there.branches == [BRANCH]


@pytest.mark.parametrize("fault", [Unheard(), CutOff(None)])
def test_cut_off_anywhere_the_next_time_does_the_rest(fault: Unheard | CutOff, there: OnGitHub) -> None:
    there.propose("2.0.0")
    for skip in range(4):
        there.github.fault(fault, skip=skip)
        again(there)
        there.github.api.faults.clear()
        again(there)
    assert there.shown == [("web 1.0.0 → 2.0.0 in production", "open")]
    there.deploy("2.0.1")
    for skip in range(4):
        there.github.fault(fault, skip=skip)
        if there.branches:
            again(there)
        there.github.api.faults.clear()
    assert (there.shown[0][1], there.branches) == ("closed", [])


def again(there: OnGitHub) -> None:
    try:
        settled(there)
    except TemporaryError:
        settled(there)


# ---- Merged on request ----------------------------------------------------------------------------------------


def test_it_is_merged_with_what_was_seen_and_its_branch_removed(there: OnGitHub) -> None:
    there.propose("2.0.0")
    assert merge(there.remote, SLUG, seen(there), settled(there), there.requests)
    assert there.shown == [("web 1.0.0 → 2.0.0 in production", "merged")]
    assert there.branches == []


def test_in_a_merge_queue_it_keeps_its_branch_until_it_is_merged(there: OnGitHub) -> None:
    there.repository.merge_queues["main"] = []
    there.propose("2.0.0")
    assert not merge(there.remote, SLUG, seen(there), settled(there), there.requests)
    assert there.repository.merge_queues["main"] == there.repository.pull_requests
    assert there.branches == [BRANCH]
    there.merge_by_hand("squash")
    settled(there)
    assert there.branches == []


def test_what_somebody_pushed_meanwhile_is_not_merged(there: OnGitHub) -> None:
    there.propose("2.0.0")
    standing, request = seen(there), settled(there)
    there.by_hand()
    there.github.by("ada").push_to(there.repository, there.repository.pull_requests[0], there.head())
    with pytest.raises(UserError, match="Head branch was modified"):
        merge(there.remote, SLUG, standing, request, there.requests)
    assert there.branches == [BRANCH]


def test_what_somebody_closed_or_never_was_is_not_merged(there: OnGitHub) -> None:
    there.propose("2.0.0")
    settled(there)
    there.close_by_hand()
    with pytest.raises(UserError, match="#1 is not merged, for somebody closed it"):
        merge(there.remote, SLUG, seen(there), settled(there), there.requests)
    with pytest.raises(UserError, match="has no pull request"):
        merge(there.remote, SLUG, seen(there), None, there.requests)
    assert there.branches == [BRANCH]
