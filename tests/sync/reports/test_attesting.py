"""A person says that a deployment runs: GitHub is told, once, and of nothing that is not committed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.core.deployment_states import DESCRIPTION_LIMIT, Report, Situation, Waiting
from generator.core.errors import UserError
from generator.sync.reports.attesting import BY_HAND, attest, kept_deployments
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.sync.reporting_world import ONE, TWO, World, preview, tree, world

__all__ = ["github"]

WHERE = "preview-pr-1"


@pytest.fixture
def hub(github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    with world(github, tmp_path) as made:
        yield made


def confirm(hub: World, where: str = WHERE, reason: str = "") -> tuple[Report, bool]:
    return attest(hub.reports, "podinfo", where, reason, hub.now)


def test_what_is_committed_runs_as_the_person_says_and_again_changes_nothing(hub: World) -> None:
    hub.at(tree(preview(ONE), commits=["c1"]))
    report, is_new = confirm(hub, reason="Seen in the cluster.")
    assert (report.ref, report.state, report.description, is_new) == (ONE, "success", "Seen in the cluster.", True)
    hub.settle()
    assert hub.life == [(ONE, ["in_progress", "success"])]
    assert hub.repository.deployments[0].statuses[-1].description == "Seen in the cluster."
    written = hub.written()
    assert confirm(hub, reason="Another reason.") == (report, False)
    hub.settle()
    hub.at(tree(preview(ONE), commits=["c1"]))
    assert (hub.written(), hub.life) == (written, [(ONE, ["in_progress", "success"])])


def test_without_a_reason_it_is_said_that_a_person_did_and_a_long_one_is_cut(hub: World) -> None:
    hub.at(tree(preview(ONE)))
    assert confirm(hub)[0].description == BY_HAND
    hub.at(tree(preview(TWO)))
    assert len(confirm(hub, reason="long " * 100)[0].description) == DESCRIPTION_LIMIT


def test_it_is_the_newest_commit_that_is_meant(hub: World) -> None:
    for sha in (ONE, TWO):
        hub.at(tree(preview(sha)))
    assert confirm(hub)[0].ref == TWO
    hub.settle()
    assert [states[-1] for _, states in hub.life] == ["inactive", "success"]


def test_what_runs_while_something_newer_waits_goes_on_to_run(hub: World) -> None:
    waits = Waiting("acme/podinfo", "podinfo", "preview", TWO, "queued", "Waits for its image.", 1)
    hub.at(Situation([preview(ONE)], waiting=[waits]))
    assert (confirm(hub)[0].ref, confirm(hub)[1]) == (ONE, False)


@pytest.mark.parametrize(
    ("where", "said", "hint"),
    [
        ("production", "Nothing of `podinfo` is deployed to `production`", f"It is known in {WHERE}."),
        ("preview-pr-2", "Nothing of `podinfo` is deployed to `preview-pr-2`", f"Did you mean `{WHERE}`?"),
    ],
)
def test_what_is_not_there_cannot_be_confirmed(hub: World, where: str, said: str, hint: str) -> None:
    hub.at(tree(preview(ONE)))
    with pytest.raises(UserError, match=said) as refused:
        confirm(hub, where)
    assert hint in refused.value.hint


def test_nor_can_an_app_that_nothing_is_known_of(hub: World) -> None:
    hub.at(tree(preview(ONE)))
    with pytest.raises(UserError, match="Nothing is known of a deployment of `podinf`") as refused:
        attest(hub.reports, "podinf", WHERE, "", hub.now)
    assert "Did you mean `podinfo`?" in refused.value.hint
    assert "gitopsmith deployments list" in refused.value.hint


def test_nor_what_waits_or_is_gone(hub: World) -> None:
    waiting = Waiting("acme/podinfo", "podinfo", "preview", ONE, "queued", "Waits for its image.", 1)
    hub.at(Situation(waiting=[waiting]))
    with pytest.raises(UserError, match=r"is not committed: queued\. Waits for its image\.") as refused:
        confirm(hub)
    assert "once it is committed" in refused.value.hint
    hub.at(tree(preview(ONE)))
    hub.at(Situation())
    with pytest.raises(UserError, match=r"is not deployed any more: Closed\."):
        confirm(hub)


def test_all_that_is_kept_is_listed_by_app_and_place(hub: World) -> None:
    hub.want(tree(preview(ONE, 2), preview(TWO, 10), preview(ONE, 1, app="backend")))
    assert [(one.app, one.where) for one in kept_deployments(hub.reports)] == [
        ("backend", "preview-pr-1"),
        ("podinfo", "preview-pr-2"),
        ("podinfo", "preview-pr-10"),
    ]
