"""The sync as a process: whatever dies, hangs or goes away, what was acknowledged has its effect, once."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.workspace import find_workspace
from tests.sync.conftest import commit
from tests.sync.served import Server, eventually, serving
from tests.sync.told import REPOSITORY, START, delivery, pull_request, release

ACCEPTED = 202
APPS = 8
NOW = 4_070_908_800
"""In 2099: a preview that is active then is not idle."""


@pytest.fixture(scope="session")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with some apps in staging, each from a repository of its own, and previews that wait for no image."""
    out = tmp_path_factory.mktemp("fire") / "out"
    commit(propose_organization(out, {"org": "acme", "app_org": "acme-apps"}))
    commit(
        add_cluster(find_workspace(out), "prod-eu", "physical", {"cloud": "aws", "region": "eu-west-1"}, force=False)
    )
    for environment in ("staging", "preview"):
        commit(add_environment(find_workspace(out), environment, "prod-eu", before=None, force=False))
    for number in range(APPS):
        app = NewApp(
            name=f"app-{number}",
            repository=f"acme/app-{number}",
            image=f"ghcr.io/acme/app-{number}",
            version="1.0.0",
            template="",
        )
        commit(add_app(find_workspace(out), app, ["staging"], None, force=False))
    apps = out / "acme-apps/acme-gitops"
    for document in (apps / "apps").glob("*.yaml"):
        text = document.read_text().replace(
            "  template: service\n", "  template: service\n  preview:\n    max: 1000\n    waitForImage: false\n"
        )
        document.write_text(text.replace("  repo: app-", "  maxAvailable: 1000\n  repo: app-"))
    git(apps, "commit", "--all", "--quiet", "--message", "Do not wait for images")
    return out


@pytest.fixture
def workspace(organization: Path, tmp_path: Path) -> Path:
    """The workspace, this test's own, with bare remotes that it pushes to."""
    out = Path(shutil.copytree(organization, tmp_path / "out", symlinks=True))
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        bare = tmp_path / "remotes" / f"{name}.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", str(out / name), str(bare)], check=True)
        git(out / name, "remote", "set-url", "origin", str(bare))
    return out


@pytest.fixture
def remote(workspace: Path) -> Path:
    """The bare application repository."""
    return workspace.parent / "remotes/acme-apps/acme-gitops.git"


@pytest.fixture
def server(workspace: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that pushes to the remotes and keeps its deliveries in SQLite."""
    with serving(["--workspace", str(workspace), "--push"], tmp_path / "serve.log") as server:
        yield server


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def news(count: int, chance: random.Random) -> list[Delivery]:
    """Return deliveries with an effect each: versions of each app, rising, and previews of their own."""
    found = []
    for number in range(count):
        app = chance.randrange(APPS)
        repository = {**REPOSITORY, "name": f"app-{app}", "full_name": f"acme/app-{app}"}
        if chance.random() < 0.5:
            payload = release(f"v1.{number + 1}.0", at=START + number, repository=repository)
            found.append(delivery("release", payload))
        else:
            payload = pull_request(number + 1, f"{number + 1:040x}", at=NOW, repository=repository)
            found.append(delivery("pull_request", payload))
    return found


def trailers(remote: Path, name: str) -> list[str]:
    """Return the values of a trailer over the whole history."""
    text = git(remote, "log", "main", f"--format=%(trailers:key={name},valueonly)")
    return [line for line in text.splitlines() if line]


def inbox_of(place: Path | str) -> dict[str, Delivery]:
    """Return the deliveries of a workspace's own database, or of the one at a URL."""
    url = place if isinstance(place, str) else f"sqlite:///{place}/.gitopsmith/sync.db"
    with open_database(url) as database:
        return {one.id: one for one in Inbox(database).listing(limit=10_000)}


def settled(workspace: Path | str, ids: set[str]) -> Callable[[], bool]:
    """Return what tells whether everything that was acknowledged has its end."""

    def look() -> bool:
        kept = inbox_of(workspace)
        return ids <= kept.keys() and all(kept[name].state != "waiting" for name in ids)

    return look


def assert_each_has_one_effect(remote: Path, workspace: Path | str, accepted: list[Delivery]) -> None:
    """Assert that each delivery was committed once, or that another commit names it as superseded."""
    brought = Counter(trailers(remote, "Gitopsmith-Delivery"))
    stood_for = {line.split()[0] for line in trailers(remote, "Gitopsmith-Supersedes")}
    kept = inbox_of(workspace)
    assert max(brought.values(), default=1) == 1
    for one in accepted:
        assert kept[one.id].state == "done", kept[one.id]
        # A version may be behind what another delivery brought by the time it is looked at: it changes nothing then.
        late = one.event == "release" and kept[one.id].result == "unchanged"
        assert brought[one.id] or one.id in stood_for or late, kept[one.id]
    git(remote, "fsck", "--no-dangling", "--strict")
    assert git(remote, "rev-list", "--merges", "--count", "main").strip() == "0"


def kill_under_load(server: Server, workspace: Path, remote: Path, *, kills: int, seed: int) -> None:
    """Deliver while the server is killed at random moments, and assert that nothing is lost or done twice."""
    chance = random.Random(seed)
    waiting, accepted, over = news(12 * kills, chance), [], threading.Event()

    def deliver() -> None:
        for one in waiting:
            # GitHub's users redeliver what failed: the same delivery again, until it is acknowledged.
            while server.deliver(one, timeout=5.0) != ACCEPTED and not over.wait(0.02):
                pass
            accepted.append(one)
            over.wait(chance.random() * 0.1)

    sender = threading.Thread(target=deliver)
    sender.start()
    for _ in range(kills):
        over.wait(0.2 + chance.random() * 1.2)
        server.kill()
        server.start()
    sender.join(120)
    assert not sender.is_alive()
    eventually(settled(workspace, {one.id for one in accepted}), "every delivery has its end", within=120)
    assert server.stop() == 0
    assert_each_has_one_effect(remote, workspace, accepted)


def test_law_6_a_server_that_is_killed_at_random_moments_loses_nothing_and_repeats_nothing(
    server: Server, workspace: Path, remote: Path
) -> None:
    kill_under_load(server, workspace, remote, kills=4, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_law_6_killed_fifty_times(server: Server, workspace: Path, remote: Path, seed: int) -> None:
    kill_under_load(server, workspace, remote, kills=10, seed=10 + seed)


def test_a_burst_goes_together_in_few_pushes(server: Server, workspace: Path, remote: Path) -> None:
    burst = news(40, random.Random(2))
    threads = [threading.Thread(target=server.deliver, args=(one,)) for one in burst]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(settled(workspace, {one.id for one in burst}), "every delivery has its end")
    assert_each_has_one_effect(remote, workspace, burst)
    counted = server.get("/metrics").text
    pushes = next(
        line for line in counted.splitlines() if line.startswith("gitopsmith_pushes_total") and "pushed" in line
    )
    assert float(pushes.split()[-1]) < len(burst) / 2


def test_while_the_remote_is_away_deliveries_are_kept_and_health_says_so(
    server: Server, workspace: Path, remote: Path
) -> None:
    away = remote.with_name("away.git")
    remote.rename(away)
    (one,) = news(1, random.Random(3))
    assert server.deliver(one) == ACCEPTED
    eventually(lambda: server.health()["problem"], "the problem is told")
    assert server.get("/readyz").status_code == 200, "deliveries are still taken"
    assert server.health()["queue"]["waiting"] == 1
    away.rename(remote)
    eventually(settled(workspace, {one.id}), "the delivery has its end")
    assert_each_has_one_effect(remote, workspace, [one])
    assert server.health()["problem"] == ""


def test_a_process_that_was_paused_goes_on(server: Server, workspace: Path, remote: Path) -> None:
    first, second = news(2, random.Random(4))
    assert server.deliver(first) == ACCEPTED
    server.send(signal.SIGSTOP)
    assert server.deliver(second, timeout=0.5) == 0, "nobody answers, and GitHub counts it as failed"
    server.send(signal.SIGCONT)
    assert server.deliver(second) == ACCEPTED
    eventually(settled(workspace, {first.id, second.id}), "both have their end")
    assert_each_has_one_effect(remote, workspace, [first, second])


def test_it_ends_cleanly_and_what_still_waits_is_taken_up_by_the_next(
    server: Server, workspace: Path, remote: Path
) -> None:
    burst = news(20, random.Random(5))
    for one in burst:
        assert server.deliver(one) == ACCEPTED
    assert server.stop() == 0
    server.start()
    eventually(settled(workspace, {one.id for one in burst}), "every delivery has its end")
    assert_each_has_one_effect(remote, workspace, burst)


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
        eventually(settled(workspace, {one.id for one in burst}), "every delivery has its end")
    finally:
        over.set()
        rival.join(30)
    assert_each_has_one_effect(remote, workspace, burst)
    assert set(pushed) <= set(git(remote, "log", "main", "--format=%s").splitlines())


def test_of_two_servers_on_postgresql_one_finishes_what_the_other_left(
    workspace: Path, remote: Path, tmp_path: Path, postgres_url: str
) -> None:
    def arguments(name: str) -> list[str]:
        shared = ["--workspace", str(workspace), "--push", "--database-url", postgres_url, "--takeover-after", "3s"]
        return [*shared, "--name", name, "--state", str(tmp_path / name)]

    chance = random.Random(7)
    with (
        serving(arguments("one"), tmp_path / "one.log") as one,
        serving(arguments("two"), tmp_path / "two.log") as two,
    ):
        burst = news(60, chance)
        for number, item in enumerate(burst):
            assert chance.choice([one, two]).deliver(item) == ACCEPTED
            if number == 30:
                break
        one.kill()
        for item in burst[31:]:
            assert two.deliver(item) == ACCEPTED
        eventually(settled(postgres_url, {item.id for item in burst}), "the other one finishes", within=60)
        assert_each_has_one_effect(remote, postgres_url, burst)
        one.start()
        (late,) = news(1, random.Random(8))
        late = replace(late, id="late")
        assert one.deliver(late) == ACCEPTED
        eventually(settled(postgres_url, {"late"}), "it works again after its return")
        assert (one.stop(), two.stop()) == (0, 0)
