"""A repository that was just created is not there at once, neither for the API nor for git: that is waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.credentials import Token
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer, Unheard
from tests.github_double.fixtures import github
from tests.workspace.connected import Run, here, run
from tests.workspace.on_github import BRANCHES, SLUGS, app_in, branches

__all__ = ["github", "here", "run"]


@pytest.mark.parametrize("as_app", [False, True])
def test_what_is_not_there_yet_is_waited_for(github: GitHubDouble, here: Path, run: Run, as_app: bool) -> None:
    github.state.lag = 3
    waits: list[float] = []
    told = run(here, app_in(github) if as_app else None, sleep=waits.append, protect=True)
    assert not [line for line in told if "left to you" in line]
    for slug in SLUGS:
        found = github.state.repository(slug)
        assert found
        assert sorted(branches(github, slug)) == BRANCHES
        assert set(found.topics) == {"gitops", "gitopsmith"}
        assert list(found.protections) == ["main"]
    assert 0 < sum(waits) <= 60


def test_each_call_may_reach_a_part_of_github_that_does_not_know_it(github: GitHubDouble, here: Path, run: Run) -> None:
    # The first look at what is there finds nothing, and so does not count.
    github.fault(Answer(404, "Not Found"), f"GET /repos/{SLUGS[0]}$", skip=1, times=2)
    github.fault(Answer(404, "Not Found"), "PUT .*/topics", times=2)
    github.fault(Answer(404, "Branch not found"), "GET .*/branches/main/protection", times=2)
    github.fault(Answer(404, "Branch not found"), "PUT .*/branches/main/protection", times=2)
    github.fault(Answer(404, "Repository not found"), r"acme-gitops\.git/info/refs", times=2)
    told = run(here, protect=True)
    assert not [line for line in told if "left to you" in line]
    found = github.state.repository(SLUGS[0])
    assert found
    assert set(found.topics) == {"gitops", "gitopsmith"}
    assert list(found.protections) == ["main"]


def test_a_run_that_was_stopped_meanwhile_goes_on_waiting_the_next_time(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    github.fault(Unheard(), r"/acme/acme-gitops\.git/info/refs", times=None)
    with pytest.raises(TemporaryError):
        run(here)
    github.api.faults.clear()
    github.fault(Answer(404, "Repository not found"), r"/acme/acme-gitops\.git/info/refs", times=2)
    waits: list[float] = []
    run(here, sleep=waits.append)
    assert sum(waits) == 4
    assert all(sorted(branches(github, slug)) == BRANCHES for slug in SLUGS)


def test_what_does_not_come_within_a_minute_is_told(github: GitHubDouble, here: Path, run: Run) -> None:
    github.state.lag = 1000
    waits: list[float] = []
    with pytest.raises(TemporaryError, match="acme/acme-gitops was created, and after 60 s"):
        run(here, sleep=waits.append)
    assert sum(waits) == 60


def test_what_was_there_before_is_not_waited_for(github: GitHubDouble, here: Path, run: Run) -> None:
    for slug in SLUGS:
        there = github.repository(slug)
        there.path, there.created_at = github._git.create(slug), "2020-01-01T00:00:00Z"
    github.fault(Answer(404, "Not Found"), "PUT .*/topics", times=None)
    waits: list[float] = []
    told = run(here, Token(github.fine_grained_token(PERMISSIONS)), sleep=waits.append)
    assert sum("left to you" in line for line in told) == 2
    github.fault(Answer(404, "Repository not found"), r"acme-gitops\.git/info/refs", times=None)
    with pytest.raises(UserError, match="no such repository"):
        run(here, sleep=waits.append)
    assert waits == []
