"""What broke in Heighliner's Deployments and must not here; the numbers are those of the list of its defects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.sync.reporting_world import ONE, World, preview, tree, world


@pytest.fixture
def hub(github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    with world(github, tmp_path) as made:
        yield made


def test_1_news_and_reconciliations_of_the_same_make_no_second_deployment(hub: World) -> None:
    for _ in range(10):
        hub.at(tree(preview(ONE)))
        hub.now += 600
    assert hub.life == [(ONE, ["in_progress"])]


def test_1_nor_does_a_process_that_knows_nothing_of_the_first(hub: World, github: GitHubDouble, tmp_path: Path) -> None:
    hub.at(tree(preview(ONE)))
    (tmp_path / "other").mkdir()
    with world(github, tmp_path / "other") as other:
        other.at(tree(preview(ONE)))
    assert hub.life == [(ONE, ["in_progress"])]


def test_2_closing_a_pull_request_ends_its_deployment(hub: World) -> None:
    hub.at(tree(preview(ONE)))
    hub.at(tree())
    assert hub.life == [(ONE, ["in_progress", "inactive"])]


def test_4_a_deployment_that_could_not_be_made_is_no_success_and_is_made_later(hub: World) -> None:
    hub.evidence.shown = {ONE}
    hub.github.fault(Answer(500), "POST .*/deployments$", times=3)
    hub.want(tree(preview(ONE)))
    hub.reporter.once()
    assert hub.life == []
    assert [report.state for report in hub.reports.kept()] == ["in_progress"]
    hub.settle()
    assert hub.life == [(ONE, ["in_progress", "success"])]
