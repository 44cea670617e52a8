"""The life of a preview and of an environment on GitHub: each state said once, whatever fails in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.core.deployment_states import Arrival, Situation, Waiting
from generator.core.errors import TemporaryError
from generator.core.preview_comment import marker
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Fault, Slow, Unheard
from tests.github_double.fixtures import github
from tests.github_double.model import Comment
from tests.sync.reporting_world import ONE, PAGE, TWO, World, preview, tree, world

__all__ = ["github"]

WAITS = Situation(
    waiting=[Waiting("acme/podinfo", "podinfo", "preview", ONE, "queued", "Waits for ghcr.io/acme/podinfo:1", 1)]
)
CLOSED = Situation()
LIFE = [
    (ONE, ["queued", "in_progress", "success", "inactive"]),
    (TWO, ["in_progress", "success", "inactive"]),
]


@pytest.fixture
def hub(github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    with world(github, tmp_path) as made:
        yield made


def live(hub: World, after: Callable[[], None] = lambda: None) -> None:
    """Let a preview live: it waits, is committed, answers, is superseded, and is closed."""
    for situation in (WAITS, tree(preview(ONE), commits=["c1"])):
        hub.at(situation)
        after()
    hub.evidence.shown = {ONE}
    hub.settle()
    after()
    hub.at(tree(preview(TWO), commits=["c2"]))
    after()
    hub.evidence.shown = {TWO}
    hub.settle()
    after()
    hub.at(CLOSED)
    after()


# --- a preview


def test_a_preview_lives_from_the_wait_for_its_image_to_its_end(hub: World) -> None:
    live(hub)
    assert hub.life == LIFE
    # The second `success` of each says that its preview is gone.
    assert [state for sha, state in hub.checks if sha == ONE] == ["pending", "pending", "success", "success"]
    assert [state for sha, state in hub.checks if sha == TWO] == ["pending", "success", "success"]


def test_a_deployment_is_of_the_sources_commit_in_the_shared_environment_and_transient(hub: World) -> None:
    hub.at(tree(preview(ONE), commits=["c1"]))
    (made,) = hub.repository.deployments
    assert (made.ref, made.sha, made.task, made.environment) == (ONE, ONE, "preview-pr-1", "preview")
    assert (made.transient, made.production) == (True, False)
    assert made.payload == {"by": "gitopsmith", "app": "podinfo", "environment": "preview-pr-1", "pull_request": 1}
    (status,) = made.statuses
    assert (status.state, status.log_url, status.environment_url) == ("in_progress", f"{PAGE}c1", "")


def test_a_deployment_that_waited_is_described_as_one_that_did_not(hub: World) -> None:
    hub.at(WAITS)
    hub.at(tree(preview(ONE), commits=["c1"]))
    hub.at(tree(preview(TWO), commits=["c2"]))
    waited, other = hub.repository.deployments
    assert waited.payload == other.payload


def test_a_deployment_that_waits_says_for_what(hub: World) -> None:
    hub.at(WAITS)
    ((status,),) = [one.statuses for one in hub.repository.deployments]
    assert (status.state, status.description) == ("queued", "Waits for ghcr.io/acme/podinfo:1")


def test_success_and_the_address_come_with_evidence_alone(hub: World) -> None:
    hub.at(tree(preview(ONE)))
    hub.settle()
    assert hub.life == [(ONE, ["in_progress"])]
    hub.evidence.shown = {ONE}
    hub.settle()
    status = hub.repository.deployments[0].statuses[-1]
    assert (status.state, status.environment_url) == ("success", "https://podinfo-pr.acme.example")
    assert "<https://podinfo-pr.acme.example>" in hub.comments[0]


def test_what_failed_says_why(hub: World) -> None:
    hub.at(
        Situation(
            waiting=[Waiting("acme/podinfo", "podinfo", "preview", ONE, "failure", "It did not come. " + "n" * 200, 1)]
        )
    )
    (status,) = hub.repository.deployments[0].statuses
    assert (status.state, status.description[-2:], len(status.description) <= 140) == ("failure", "n…", True)
    assert hub.checks == [(ONE, "failure")]


def test_there_is_one_comment_that_is_edited_in_place(hub: World) -> None:
    seen = []
    live(hub, lambda: seen.append(list(hub.comments)))
    assert {len(comments) for comments in seen} == {1}
    told = [comments[0].splitlines()[1] for comments in seen]
    words = ["Waiting", "Being deployed", "Ready", "Being deployed", "Ready", "Closed"]
    assert told == [f"**Preview of `podinfo`: {word}**" for word in words]
    assert "Stays until: `2027-01-18T08:00:00Z`" in seen[2][0]


def test_what_is_told_already_costs_no_call(hub: World) -> None:
    calls = []

    def again() -> None:
        before = len(hub.github.calls())
        hub.settle(seconds=0.001)
        calls.append(len(hub.github.calls()) - before)

    live(hub, again)
    hub.at(CLOSED)
    again()
    assert calls == [0] * 7


def test_two_apps_of_one_repository_end_nothing_of_each_other(hub: World) -> None:
    hub.evidence.shown = {ONE}
    hub.at(tree(preview(ONE), preview(ONE, app="sidecar")))
    hub.settle()
    hub.at(tree(preview(ONE), preview(TWO, app="sidecar")))
    assert [one.payload["app"] for one in hub.repository.deployments] == ["podinfo", "sidecar", "sidecar"]
    assert [states[-1] for _, states in hub.life] == ["success", "inactive", "in_progress"]
    assert len(hub.comments) == 2


def test_the_worst_of_several_apps_speaks_for_their_commit(hub: World) -> None:
    hub.evidence.shown = {ONE}
    failed = Waiting("acme/podinfo", "sidecar", "preview", ONE, "failure", "No image", 1)
    hub.at(Situation([preview(ONE)], waiting=[failed]))
    hub.settle()
    assert hub.checks[-1] == (ONE, "failure")
    assert hub.repository.statuses[-1].description == "sidecar: No image"
    hub.at(tree(preview(ONE)))
    assert hub.checks[-1] == (ONE, "success")


def test_a_commit_that_comes_back_goes_on_with_its_deployment(hub: World) -> None:
    for sha in (ONE, TWO, ONE):
        hub.at(tree(preview(sha)))
    assert hub.life == [(ONE, ["in_progress", "inactive", "in_progress"]), (TWO, ["in_progress", "inactive"])]


def test_deployments_are_deleted_where_that_is_asked_for(github: GitHubDouble, tmp_path: Path) -> None:
    with world(github, tmp_path, delete=True) as hub:
        live(hub)
        assert hub.life == []


def test_names_from_outside_mention_nobody_and_break_nothing(hub: World) -> None:
    branch = "@everyone`Fixes #1`" + "ü漢" * 120
    hub.at(tree(preview(ONE, branch=branch[:255])))
    (body,) = hub.comments
    line = next(line for line in body.splitlines() if line.startswith("- Branch: "))
    assert line.startswith("- Branch: ``@everyone`Fixes #1`ü漢")
    assert line.endswith("``")


def test_the_operator_may_say_that_it_runs(hub: World) -> None:
    hub.at(tree(preview(ONE, url="")))
    hub.evidence.shown = {ONE}
    hub.settle()
    status = hub.repository.deployments[0].statuses[-1]
    assert (status.state, status.environment_url) == ("success", "")


# --- an environment


def arrived(version: str, *standing: str) -> Situation:
    arrival = Arrival("acme/podinfo", "podinfo", "production", f"v{version}", version)
    versions = {("podinfo", "production"): frozenset(standing or (version,))}
    commits = {("podinfo", "production"): f"c{version}"}
    return Situation(arrivals=[arrival], commits=commits, versions=versions, commit_page=PAGE, production="production")


def test_a_release_is_deployed_to_an_environment_by_the_commit_of_its_tag(hub: World) -> None:
    for tag in ("v1", "v2"):
        hub.github.by().create_release(hub.repository, tag)
        hub.at(arrived(tag.removeprefix("v")))
    first, second = hub.repository.deployments
    assert (first.sha, first.task, first.environment) == (hub.github.state.sha("v1"), "deploy", "production")
    assert (second.ref, second.production, second.transient) == (hub.github.state.sha("v2"), True, False)
    assert [hub.states(one) for one in (first, second)] == [["in_progress", "inactive"], ["in_progress"]]
    assert (hub.comments, hub.checks) == ([], [])


@pytest.mark.parametrize("is_told_between", [True, False])
def test_a_commit_that_gets_another_tag_goes_on_to_run(hub: World, is_told_between: bool) -> None:
    for tag in ("v1-rc", "v1"):
        hub.github.by().create_release(hub.repository, tag, target=ONE)
        hub.want(arrived(tag.removeprefix("v")))
        if is_told_between:
            hub.settle()
    hub.settle()
    (deployment,) = hub.repository.deployments
    assert (deployment.sha, hub.states(deployment)[-1]) == (ONE, "in_progress")
    hub.github.by().create_release(hub.repository, "v2")
    hub.at(arrived("2"))
    assert hub.states(deployment)[-1] == "inactive"


def test_an_environment_that_runs_something_else_has_the_deployment_no_more(hub: World) -> None:
    hub.github.by().create_release(hub.repository, "v1")
    hub.at(arrived("1"))
    hub.at(Situation())
    assert hub.states(hub.repository.deployments[0]) == ["in_progress"]
    hub.at(Situation(versions={("podinfo", "production"): frozenset({"0.9"})}))
    assert hub.states(hub.repository.deployments[0]) == ["in_progress", "inactive"]


# --- crashes and faults


@pytest.mark.parametrize("at", ["note_id", "told deployment", "told comment", "told status"])
def test_whoever_is_killed_between_a_call_and_the_table_makes_nothing_twice(hub: World, at: str) -> None:
    hub.reports.crash_at = at
    hub.want(tree(preview(ONE)))
    with pytest.raises(TemporaryError, match="the disk is full"):
        hub.settle()
    made = hub.written()
    hub.reporter = hub.another()
    hub.settle()
    assert hub.life == [(ONE, ["in_progress"])]
    assert (len(hub.comments), hub.checks) == (1, [(ONE, "pending")])
    assert len(set(hub.written()) - set(made)) + len(made) == len(hub.written())


def test_what_another_process_tells_nobody_else_tells(hub: World) -> None:
    hub.want(tree(preview(ONE)))
    taken = [hub.reports.take(name, hub.now) for name in ("one", "two", "one", "two")]
    assert [one.item.kind if one else None for one in taken] == ["deployment", "status", "comment", None]


def test_a_table_that_is_lost_is_found_again_on_github(github: GitHubDouble, tmp_path: Path) -> None:
    for number, sha in enumerate((ONE, TWO)):
        folder = tmp_path / str(number)
        folder.mkdir()
        with world(github, folder) as hub:
            hub.at(tree(preview(sha)))
            hub.at(tree(preview(sha)))
    assert hub.life == [(ONE, ["in_progress", "inactive"]), (TWO, ["in_progress"])]
    assert len(hub.comments) == 1


FAULTS: dict[str, Fault] = {
    "unwell": Answer(502, "Bad Gateway"),
    "limited": Answer(403, SECONDARY_LIMIT, {"Retry-After": "30"}),
    "no answer": CutOff(None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_fails_at_whatever_call_it_ends_the_same(name: str, github: GitHubDouble, tmp_path: Path) -> None:
    with world(github, tmp_path) as hub:
        live(hub)
        calls, without = len(github.calls()), (hub.life, hub.comments, hub.checks)
    assert without[0] == LIFE
    for skip in range(calls):
        folder = tmp_path / str(skip)
        folder.mkdir()
        with GitHubDouble(folder) as double, world(double, folder) as hub:
            fault = double.fault(FAULTS[name], skip=skip)
            live(hub)
            double.assert_sound()
            assert fault.seen > skip
            assert (hub.life, hub.comments, hub.checks) == without, f"{name} at call {skip}"


@pytest.mark.parametrize("fault", [Unheard(), CutOff(), Answer(403, "Resource not accessible by integration")])
def test_what_fails_several_times_is_told_in_the_end(hub: World, fault: Fault) -> None:
    hub.github.fault(fault, times=7)
    hub.at(tree(preview(ONE)))
    assert (hub.life, len(hub.comments), hub.checks) == ([(ONE, ["in_progress"])], 1, [(ONE, "pending")])


def test_what_github_does_though_its_answer_is_late_is_found_and_not_done_again(
    github: GitHubDouble, tmp_path: Path
) -> None:
    with world(github, tmp_path, timeout=0.2) as hub:
        github.fault(Slow(0.5), "POST /repos/acme/podinfo/deployments$")
        hub.want(tree(preview(ONE)))
        assert hub.reporter.once() == 0.0
        ((what, why),) = hub.reports.problems.items()
        assert (what.partition(" ")[0], why.rpartition(", ")[2]) == ("deployment", "gave no answer in time.")
        until = time.monotonic() + 10
        while not github.calls("POST /repos/{owner}/{repo}/deployments") and time.monotonic() < until:
            time.sleep(0.01)
        hub.settle()
        assert len(github.calls("POST /repos/{owner}/{repo}/deployments")) == 1
        assert hub.life == [(ONE, ["in_progress"])]


def test_what_github_refuses_is_kept_and_told_to_who_asks(hub: World) -> None:
    hub.github.fault(Answer(403, "Resource not accessible by integration"), "POST .*/deployments", times=None)
    hub.want(tree(preview(ONE)))
    for _ in range(5):
        hub.reporter.once()
    ((what, why),) = hub.reports.problems.items()
    assert what == f"deployment acme/podinfo podinfo preview-pr-1 {ONE}"
    assert "Resource not accessible by integration" in why
    assert len(hub.comments) == 1


def test_a_comment_with_our_marker_that_somebody_else_wrote_is_left_alone(hub: World) -> None:
    now = hub.github.state.now()
    author = hub.github.state.account("mallory")
    theirs = Comment(1, 1, marker("podinfo", 1), author, now, now)
    hub.repository.comments.append(theirs)
    hub.at(tree(preview(ONE)))
    assert theirs.body == marker("podinfo", 1)
    assert len(hub.comments) == 2
