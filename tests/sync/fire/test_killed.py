"""The server is killed at random moments, or ended: what was acknowledged has its effect, once."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generator.sync.news.delivery import Delivery
from tests.sync.fire.effects import (
    ACCEPTED,
    assert_each_has_one_effect,
    endless_news,
    ids_of,
    inbox_of,
    news,
    settled,
)
from tests.sync.served import Server, eventually, serving

SENDERS = 2


@dataclass
class Load:
    """Deliveries without end, from several senders at once.

    Attributes:
        server: Who is delivered to.
        chance: What is delivered, and when.
        accepted: What was acknowledged.
    """

    server: Server
    chance: random.Random
    accepted: list[Delivery] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _senders: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        stream, turn = endless_news(self.chance), threading.Lock()

        def send() -> None:
            while not self._over.wait(self.chance.random() * 0.1):
                with turn:
                    one = next(stream)
                # GitHub's users redeliver what failed: the same delivery again, until it is acknowledged.
                while self.server.deliver(one, timeout=5.0) != ACCEPTED:
                    self._over.wait(0.02)
                self.accepted.append(one)

        self._senders = [threading.Thread(target=send) for _ in range(SENDERS)]
        for sender in self._senders:
            sender.start()

    def end(self) -> None:
        self._over.set()
        for sender in self._senders:
            sender.join(60)
            assert not sender.is_alive()


def kill_under_load(server: Server, place: Path | str, remote: Path, *, kills: int, seed: int) -> None:
    """Deliver while the server is killed at random moments, and assert that nothing is lost or done twice."""
    chance, caught = random.Random(seed), 0
    load = Load(server, chance)
    load.begin()
    for _ in range(kills):
        threading.Event().wait(0.2 + chance.random() * 1.8)
        server.kill()
        caught += any(one.state == "waiting" for one in inbox_of(place).values())
        server.start()
    load.end()
    eventually(settled(place, ids_of(load.accepted)), "every delivery has its end", within=120)
    assert server.stop() == 0
    assert_each_has_one_effect(remote, place, load.accepted)
    assert caught > kills / 2, "it was killed at work"


def test_law_6_a_server_that_is_killed_at_random_moments_loses_nothing_and_repeats_nothing(
    server: Server, workspace: Path, remote: Path
) -> None:
    kill_under_load(server, workspace, remote, kills=4, seed=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_law_6_killed_fifty_times(workspace: Path, remote: Path, tmp_path: Path, database_url: str, seed: int) -> None:
    arguments = ["--workspace", str(workspace), "--push", "--database-url", database_url, "--takeover-after", "3s"]
    with serving([*arguments, "--name", "the-one"], tmp_path / "serve.log") as server:
        kill_under_load(server, database_url, remote, kills=10, seed=10 + seed)


def test_it_ends_cleanly_and_what_still_waits_is_taken_up_by_the_next(
    server: Server, workspace: Path, remote: Path
) -> None:
    burst = news(20, random.Random(5))
    for one in burst:
        assert server.deliver(one) == ACCEPTED
    assert server.stop() == 0
    server.start()
    eventually(settled(workspace, ids_of(burst)), "every delivery has its end")
    assert_each_has_one_effect(remote, workspace, burst)
