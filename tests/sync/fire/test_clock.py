"""The clock jumps while the server runs, forward and back: nothing is lost, forgotten, repeated or put off for long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sync.fire.effects import (
    ACCEPTED,
    APPS,
    assert_each_has_one_effect,
    git,
    ids_of,
    inbox_of,
    news,
    opened,
    settled,
    trailers,
)
from tests.sync.fire.fake_clock import FakeClock
from tests.sync.fire.git_host import GitHost
from tests.sync.served import Server, eventually, serving

pytestmark = pytest.mark.needs("faketime")

SOON = 30.0


def arguments(workspace: Path) -> list[str]:
    often = ["--reconciliation-period", "10s", "--takeover-after", "3s"]
    return ["--workspace", str(workspace), "--push", "--name", "one", *often]


def passes(server: Server) -> float:
    return server.counted("reconciliations_total", result="complete")


def passed_since(server: Server, before: float) -> Callable[[], bool]:
    """Return what tells whether reconciliation went on."""
    return lambda: passes(server) > before


def test_what_waits_is_tried_soon_however_the_clock_jumps(
    host: GitHost, clock: FakeClock, workspace: Path, remote: Path, tmp_path: Path
) -> None:
    every = news(30, random.Random(31))
    with serving(arguments(workspace), tmp_path / "serve.log", clock.environment) as server:
        for number, off in enumerate(["+1d", "-1h", "-70m"]):
            batch = every[10 * number :][:10]
            host.go_away()
            for one in batch:
                assert server.deliver(one) == ACCEPTED
            eventually(lambda: server.health()["problem"], "it was tried in vain")
            done = passes(server)
            clock.jump(off)
            host.come_back()
            eventually(settled(workspace, ids_of(batch)), f"it is tried after {off}", within=SOON)
            eventually(passed_since(server, done), f"reconciliation goes on after {off}", within=SOON)
            assert server.unready() == []
            assert server.health()["problem"] == ""
            assert server.counted("queue_deliveries", state="waiting") == 0
            assert server.counted("reconciliation_age_seconds") < SOON
        assert ids_of(every) <= inbox_of(workspace).keys(), "nothing was forgotten"
        assert server.stop() == 0
    assert_each_has_one_effect(remote, workspace, every)


def test_previews_that_seem_to_have_expired_all_at_once_stay(
    clock: FakeClock, workspace: Path, remote: Path, tmp_path: Path
) -> None:
    apps = workspace / "acme-apps/acme-gitops"
    for document in (apps / "apps").glob("*.yaml"):
        document.write_text(document.read_text().replace("  preview:\n", "  preview:\n    ttl: 12h\n"))
    git(apps, "commit", "--all", "--quiet", "--message", "Keep previews for half a day")
    git(apps, "push", "--quiet", "origin", "main")
    every = [opened(number, number % APPS, at=int(time.time())) for number in range(1, 8)]
    with serving(arguments(workspace), tmp_path / "serve.log", clock.environment) as server:
        for one in every:
            assert server.deliver(one) == ACCEPTED
        eventually(settled(workspace, ids_of(every)), "every preview is there")
        head, done = git(remote, "rev-parse", "main"), passes(server)
        clock.jump("+1d")
        eventually(passed_since(server, done), "reconciliation goes on", within=SOON)
        eventually(
            lambda: server.counted("reconciliation_held_back_removals") == len(every),
            "a pass that began after the jump sees them expired, and removes none",
            within=SOON,
        )
        clock.jump("-1h")
        eventually(
            lambda: server.counted("reconciliation_held_back_removals") == 0,
            "the next pass finds all well",
            within=SOON,
        )
    assert git(remote, "rev-parse", "main") == head
    assert sorted(trailers(remote, "Gitopsmith-Delivery")) == sorted(ids_of(every))
