"""The remote is away, hangs, or is written to by others: what was acknowledged waits, and goes there once."""

from __future__ import annotations

import random
import subprocess
import threading
from pathlib import Path

import pytest

from generator.sync.news.delivery import Delivery
from tests.sync.fire.effects import ACCEPTED, assert_each_has_one_effect, git, ids_of, news, settled
from tests.sync.fire.git_host import GitHost
from tests.sync.served import Server, eventually


@pytest.mark.parametrize("seconds", [1.0, pytest.param(60.0, marks=pytest.mark.soak)])
def test_while_the_remote_is_away_deliveries_are_kept_and_health_says_so(
    host: GitHost, server: Server, workspace: Path, remote: Path, seconds: float
) -> None:
    waiting, over = news(40, random.Random(3)), threading.Event()
    accepted: list[Delivery] = []
    host.go_away()
    threading.Timer(seconds, over.set).start()
    while not accepted or not over.is_set():
        accepted.append(waiting.pop(0))
        assert server.deliver(accepted[-1]) == ACCEPTED
        over.wait(seconds / 20)
    problem = eventually(lambda: server.health()["problem"], "the problem is told")
    assert "Connection refused" in problem
    assert server.unready() == [], "deliveries are still taken"
    assert server.health()["queue"]["waiting"] == len(accepted)
    assert server.counted("queue_deliveries", state="waiting") == len(accepted)
    assert server.counted("queue_oldest_waiting_seconds") > 0
    assert server.counted("deliveries_put_off_total", reason="failure") > 0
    host.come_back()
    eventually(settled(workspace, ids_of(accepted)), "every delivery has its end", within=120)
    assert_each_has_one_effect(remote, workspace, accepted)
    assert server.health()["problem"] == ""
    assert server.counted("queue_deliveries", state="waiting") == 0


def test_a_remote_that_says_nothing_keeps_no_delivery_from_being_answered(
    host: GitHost, server: Server, workspace: Path, remote: Path
) -> None:
    burst = news(10, random.Random(13))
    host.hang()
    for one in burst:
        assert server.deliver(one) == ACCEPTED
    assert server.unready() == []
    assert server.counted("queue_deliveries", state="waiting") == len(burst)
    host.come_back()
    eventually(settled(workspace, ids_of(burst)), "every delivery has its end")
    assert_each_has_one_effect(remote, workspace, burst)


def test_a_burst_goes_together_in_few_pushes(server: Server, workspace: Path, remote: Path) -> None:
    burst = news(40, random.Random(2))
    threads = [threading.Thread(target=server.deliver, args=(one,)) for one in burst]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(settled(workspace, ids_of(burst)), "every delivery has its end")
    assert_each_has_one_effect(remote, workspace, burst)
    assert server.counted("pushes_total", result="pushed") < len(burst) / 2


def test_a_competitor_who_pushes_too_keeps_his_commits(
    server: Server, workspace: Path, remote: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    subprocess.run(["git", "clone", "--quiet", str(remote), str(theirs)], check=True)
    over = threading.Event()
    pushed: list[str] = []

    def compete() -> None:
        while not over.wait(0.5):
            git(theirs, "fetch", "--quiet", "origin")
            git(theirs, "reset", "--quiet", "--hard", "origin/main")
            (theirs / "theirs.txt").write_text(f"{len(pushed)}\n")
            git(theirs, "add", "theirs.txt")
            git(theirs, "commit", "--quiet", "--message", f"theirs {len(pushed)}")
            done = subprocess.run(
                ["git", "-C", str(theirs), "push", "--quiet", "origin", "HEAD:main"], check=False, capture_output=True
            )
            if done.returncode == 0:
                pushed.append(f"theirs {len(pushed)}")

    rival = threading.Thread(target=compete)
    rival.start()
    try:
        burst = news(30, random.Random(6))
        for one in burst:
            assert server.deliver(one) == ACCEPTED
        eventually(settled(workspace, ids_of(burst)), "every delivery has its end")
    finally:
        over.set()
        rival.join(30)
    assert_each_has_one_effect(remote, workspace, burst)
    assert set(pushed) <= set(git(remote, "log", "main", "--format=%s").splitlines())
