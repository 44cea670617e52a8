"""`gitopsmith deployments`: what GitHub is told is listed, and a person takes one for running, beside what serves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.sync.state_folder import database_in, make_folder
from generator.sync.store.database import open_database
from tests.cli.conftest import Run
from tests.cli.test_deliveries import LOOK
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.sync.reporting_world import ONE, World, preview, tree, world

__all__ = ["github"]

CONFIRM = ("deployments", "confirm", "podinfo", "preview-pr-1")
SLOW = {"generator.sync.service", "dbos", "git", "github", "requests", "starlette"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/reports.db"


@pytest.fixture
def serving(github: GitHubDouble, tmp_path: Path, url: str) -> Iterator[World]:
    """What reports, with a preview that is committed and shows nothing."""
    with open_database(url, create=True):
        pass
    with world(github, tmp_path) as made:
        made.at(tree(preview(ONE), commits=["c1"]))
        yield made


def test_a_deployment_is_listed_and_confirmed_and_github_is_told(
    serving: World, tmp_path: Path, url: str, run: Run
) -> None:
    listed = run(tmp_path, "deployments", "list", "--database-url", url, "--format", "json")
    (row,) = json.loads(listed.out)
    assert row == {
        "app": "podinfo",
        "where": "preview-pr-1",
        "version": ONE,
        "ref": ONE,
        "state": "in_progress",
        "url": "https://podinfo-pr.acme.example",
        "repository": "acme/podinfo",
        "description": "Committed; Argo CD applies it.",
        "commit": "c1",
    }
    done = run(tmp_path, *CONFIRM, "--reason", "Seen in the cluster.", "--database-url", url)
    assert (done.code, done.err) == (
        0,
        f"podinfo {ONE} in preview-pr-1 is taken for running; `serve` tells GitHub.\n",
    )
    serving.settle()
    assert serving.life == [(ONE, ["in_progress", "success"])]
    again = run(tmp_path, *CONFIRM, "--database-url", url)
    assert (again.code, again.err) == (0, f"podinfo {ONE} in preview-pr-1 runs already: Seen in the cluster.\n")
    table = run(tmp_path, "deployments", "list", "--database-url", url).out
    assert ONE[:7] in table
    assert "success" in table


def test_what_is_not_there_is_the_users_mistake(serving: World, tmp_path: Path, url: str, run: Run) -> None:
    done = run(tmp_path, "deployments", "confirm", "podinfo", "staging", "--database-url", url)
    assert done.code == 1
    assert "Nothing of `podinfo` is deployed to `staging`." in done.err
    assert "It is known in preview-pr-1." in done.err
    assert serving.life == [(ONE, ["in_progress"])]


def test_the_database_is_that_of_the_folder_for_state(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "state"
    missing = run(tmp_path, "deployments", "list", "--state", str(folder))
    assert (missing.code, "nothing was delivered here yet" in missing.err) == (1, True)
    make_folder(folder)
    with open_database(f"sqlite:///{database_in(folder)}", create=True):
        pass
    assert run(tmp_path, "deployments", "list", "--state", str(folder)).err == "No deployments.\n"


@pytest.mark.parametrize("verb", ["list", "confirm podinfo staging"])
def test_it_is_opened_without_the_rest_of_the_sync(tmp_path: Path, url: str, verb: str) -> None:
    with open_database(url, create=True):
        pass
    command = [sys.executable, "-c", LOOK, "deployments", *verb.split(), "--database-url", url]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert "generator.sync.reports.reports_table" in ran.stderr.split()
    assert not SLOW & set(ran.stderr.split())
