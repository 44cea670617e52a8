"""The disk is full: what cannot be kept is not acknowledged, what was waits, and all is made up for with the room."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from tests.sync.fire.effects import (
    ACCEPTED,
    UNAVAILABLE,
    assert_each_has_one_effect,
    endless_news,
    ids_of,
    news,
    settled,
)
from tests.sync.fire.git_host import GitHost
from tests.sync.fire.small_disk import SmallDisk
from tests.sync.served import PATIENCE, Server, eventually, serving

REFUSED = 5

pytestmark = [pytest.mark.needs("unshare"), pytest.mark.needs("nsenter")]


@pytest.mark.parametrize("what", ["database", "database and clones"])
def test_without_room_for_deliveries_none_is_acknowledged_until_there_is_room(
    host: GitHost, workspace: Path, remote: Path, disk: SmallDisk, tmp_path: Path, what: str
) -> None:
    clones = disk.folder if "clones" in what else tmp_path / "state"
    arguments = ["--workspace", str(workspace), "--push", "--state", str(clones), "--takeover-after", "3s"]
    database = ["--database-url", f"sqlite:///{disk.folder}/sync.db"]
    with serving([*arguments, *database], tmp_path / "serve.log", enter=disk.enter) as server:
        stream = endless_news(random.Random(11))
        accepted: list[Delivery] = [next(stream)]
        refused: list[Delivery] = []
        host.hang()
        assert server.deliver(accepted[0]) == ACCEPTED
        assert host.asked.wait(PATIENCE), "it is at work on it"
        disk.fill()
        host.come_back()
        while len(refused) < REFUSED:
            # What SQLite's journal has room for is kept, and rightly acknowledged.
            status = server.deliver(one := next(stream))
            assert status in (ACCEPTED, UNAVAILABLE)
            (accepted if status == ACCEPTED else refused).append(one)
        eventually(lambda: server.log.read_text().count("the database cannot be used") > 2, "each part of it noticed")
        _assert_that_it_says_so(server)
        disk.make_room()
        for one in [*accepted, *refused]:
            assert server.deliver(one) == ACCEPTED, "GitHub's users redeliver what failed, and more"
        eventually(lambda: server.health()["queue"]["waiting"] == 0, "every delivery has its end")
        assert server.unready() == []
        assert server.stop() == 0
    for file in disk.seen.glob("sync.db*"):
        shutil.copy(file, tmp_path)
    assert_each_has_one_effect(remote, f"sqlite:///{tmp_path}/sync.db", [*accepted, *refused])


def _assert_that_it_says_so(server: Server) -> None:
    (reason,) = server.unready()
    assert reason.endswith("database or disk is full")
    assert server.get("/healthz").status_code == UNAVAILABLE
    assert server.get("/healthz").json()["reasons"] == [reason]
    assert server.counted("answers_total", status=str(UNAVAILABLE)) == REFUSED
    assert server.counted("queue_deliveries", state="waiting") > 0
    assert server.get("/livez").ok, "to start it anew would help nobody"


def test_without_room_for_the_clones_deliveries_wait_and_say_why(
    workspace: Path, remote: Path, disk: SmallDisk, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/sync.db"
    arguments = ["--workspace", str(workspace), "--push", "--state", str(disk.folder), "--database-url", url]
    with serving(arguments, tmp_path / "serve.log", enter=disk.enter) as server:
        disk.fill()
        burst = news(20, random.Random(12))
        for one in burst:
            assert server.deliver(one) == ACCEPTED
        problem = eventually(lambda: server.health()["problem"], "the problem is told")
        assert "The disk is full" in problem
        assert server.unready() == []
        assert server.health()["queue"]["waiting"] == len(burst)
        assert server.counted("deliveries_put_off_total", reason="failure") > 0
        assert server.counted("queue_oldest_waiting_seconds") > 0
        disk.make_room()
        eventually(settled(url, ids_of(burst)), "every delivery has its end")
        assert server.health()["problem"] == ""
        assert server.counted("queue_deliveries", state="waiting") == 0
    assert_each_has_one_effect(remote, url, burst)


def test_a_server_that_is_started_without_room_says_so_and_ends(
    workspace: Path, disk: SmallDisk, tmp_path: Path
) -> None:
    open_database(f"sqlite:///{tmp_path}/sync.db").close()
    shutil.copy(tmp_path / "sync.db", disk.seen)
    disk.fill(but=2**17)
    arguments = ["--workspace", str(workspace), "--state", str(disk.folder)]
    server = Server(arguments, tmp_path / "serve.log", enter=disk.enter)
    with pytest.raises(AssertionError, match=r"\nerror: DBOS: database or disk is full\n.*\n\Z"):
        server.start()
    assert server.process
    assert server.process.returncode == 1
