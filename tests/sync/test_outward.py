"""What goes out to GitHub, put together as a process has it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from generator.core.deployment_states import Report
from generator.hub.budget import Budget
from generator.sync.following import DocumentReader
from generator.sync.hooks.hook_notes import HookNotes
from generator.sync.knowledge import Knowledge
from generator.sync.monitoring.metrics import Metrics
from generator.sync.outward import Outward
from generator.sync.reports.evidence import Trusting
from generator.sync.reports.reports_table import Reports
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.sync.hooked import following
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.served import eventually
from tests.workspace.proposals import on_github

__all__ = ["github"]

OPEN = Path("/proc/self/fd")


def test_a_version_that_was_proposed_gets_its_request_by_the_thread_that_reports(
    github: GitHubDouble, gitops: MemoryGitops, sqlite_url: str, tmp_path: Path
) -> None:
    with on_github(github, tmp_path) as there, gitops.view() as view, open_database(sqlite_url) as database:
        outward = Outward(there.connection, Budget(lambda: 0.0), tmp_path, Metrics("0"), evidence=Trusting())
        found = outward.reporting(database, Inbox(database), "one")
        assert found
        reporting, thread = found
        thread.start()
        try:
            there.propose("2.0.0")
            following = DocumentReader().read(view.main, view.layout)
            reporting.look(replace(view, remote=there.remote), following, proposed=True)
            eventually(lambda: there.shown, "the request", within=20)
        finally:
            thread.stop()
        assert there.shown == [("web 1.0.0 → 2.0.0 in production", "open")]


@pytest.mark.parametrize(("deletes", "left"), [(False, ["inactive"]), (True, [])])
def test_deployments_that_ended_stay_or_go_as_the_operator_says(
    github: GitHubDouble, sqlite_url: str, tmp_path: Path, *, deletes: bool, left: list[str]
) -> None:
    source = github.repository("acme/web")
    report = Report("acme/web", "web", "preview", "1" * 40, "in_progress", number=7)
    with on_github(github, tmp_path) as there, open_database(sqlite_url) as database:
        known = there.connection, Budget(lambda: 0.0), tmp_path, Metrics("0")
        outward = Outward(*known, evidence=Trusting(), deletes_deployments=deletes)
        found = outward.reporting(database, Inbox(database), "one")
        assert found
        _, thread = found
        thread.start()
        try:
            Reports(database).update(lambda _: [report], 0.0)
            thread.nudge()
            eventually(lambda: any(one.statuses for one in source.deployments), "the deployment", within=20)
            Reports(database).update(lambda _: [replace(report, state="inactive")], 1.0)
            thread.nudge()
            eventually(lambda: [one.statuses[-1].state for one in source.deployments] == left, "its end", within=20)
        finally:
            thread.stop()


@pytest.mark.skipif(not OPEN.exists(), reason="lists open files as Linux does")
def test_what_is_kept_of_github_is_opened_once_and_closed(
    github: GitHubDouble, sqlite_url: str, tmp_path: Path
) -> None:
    github.repository("acme/web")
    with on_github(github, tmp_path) as there, open_database(sqlite_url) as database:
        metrics = Metrics("0")
        with Outward(there.connection, Budget(lambda: 0.0), tmp_path, metrics, "https://sync.example") as outward:
            outward.listings().releases("acme/web")
            outward.hook_states(HookNotes()).of(["acme/web"])
            outward.upkeep(Inbox(database), Knowledge(metrics)).once(following("acme/web"))
            assert opened(tmp_path) == ["github.db", "hooks.db"]
        assert opened(tmp_path) == []


def opened(folder: Path) -> list[str]:
    """Return the names of the files of a state folder that are open, as often as they are."""
    paths = (Path(os.readlink(one)) for one in OPEN.iterdir() if one.is_symlink())
    return sorted(path.name for path in paths if path.parent == folder and path.name in {"github.db", "hooks.db"})


def test_who_tells_nothing_keeps_no_requests(github: GitHubDouble, sqlite_url: str, tmp_path: Path) -> None:
    with on_github(github, tmp_path) as there, open_database(sqlite_url) as database:
        outward = Outward(there.connection, Budget(lambda: 0.0), tmp_path, Metrics("0"))
        assert outward.reporting(database, Inbox(database), "one") is None
