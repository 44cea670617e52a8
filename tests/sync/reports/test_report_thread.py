"""The thread that tells GitHub: at work when nudged, and stopped when told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import cast

import pytest
from structlog.testing import capture_logs

from generator.core.errors import TemporaryError
from generator.sync.reports.report_thread import ReportThread
from generator.sync.reports.reporter import Reporter
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.sync.reporting_world import ONE, preview, tree, world

__all__ = ["github"]


def test_what_is_new_is_told_as_soon_as_it_is_nudged(
    github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(github, tmp_path) as hub:
        idle, once = Event(), hub.reporter.once

        def told() -> float | None:
            wait = once()
            if wait != 0:
                idle.set()
            return wait

        monkeypatch.setattr(hub.reporter, "once", told)
        thread = ReportThread(hub.reporter)
        thread.start()
        try:
            assert idle.wait(10)
            hub.want(tree(preview(ONE)))
            idle.clear()
            thread.nudge()
            assert idle.wait(10)
        finally:
            thread.stop()
        assert hub.life == [(ONE, ["in_progress"])]


def test_what_does_not_end_keeps_the_process_from_ending_only_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.sync.reports.report_thread._STOPPING", 0.1)
    reporter = Endless()
    thread = ReportThread(cast(Reporter, reporter))
    thread.start()
    assert reporter.begun.wait(10)
    try:
        with capture_logs() as logs:
            thread.stop()
    finally:
        reporter.go_on.set()
    assert [entry["log_level"] for entry in logs] == ["warning"]
    # The interpreter waits for no thread of this kind when it ends.
    assert thread._thread.daemon
    thread.stop()
    assert not thread._thread.is_alive()


@dataclass
class Endless:
    """Who tells something until the test lets it go on."""

    begun: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)

    def begin(self) -> None:
        pass

    def once(self) -> float | None:
        self.begun.set()
        self.go_on.wait(60)
        return None


def test_a_table_that_is_away_does_not_end_it(
    github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(github, tmp_path) as hub:
        failed = Event()
        calls: list[None] = []

        def fail() -> float | None:
            calls.append(None)
            failed.set()
            raise TemporaryError("the disk is full")

        monkeypatch.setattr(hub.reporter, "once", fail)
        thread = ReportThread(hub.reporter)
        thread.start()
        try:
            assert failed.wait(10)
            failed.clear()
            thread.nudge()
            assert failed.wait(10)
        finally:
            thread.stop()
        assert len(calls) >= 2
