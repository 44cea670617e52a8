"""What is delivered under fire, and what became of it: in the inbox, and in the history of the remote."""

from __future__ import annotations

import itertools
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.sync.told import REPOSITORY, START, delivery, pull_request, release

ACCEPTED, UNAVAILABLE = 202, 503
APPS = 8
NOW = 4_070_908_800
"""In 2099: a preview that is active then is not idle."""


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def news(count: int, chance: random.Random) -> list[Delivery]:
    """Return deliveries with an effect each: versions of each app, rising, and previews of their own."""
    return list(itertools.islice(endless_news(chance), count))


def endless_news(chance: random.Random) -> Iterator[Delivery]:
    """Yield deliveries as `news` does, without end."""
    for number in itertools.count(1):
        app = chance.randrange(APPS)
        if chance.random() < 0.5:
            payload = release(f"v1.{number}.0", at=START + number, repository=source(app))
            yield delivery("release", payload)
        else:
            yield opened(number, app)


def opened(number: int, app: int, *, at: int = NOW) -> Delivery:
    """Return the delivery of a pull request that was opened."""
    return delivery("pull_request", pull_request(number, f"{number:040x}", at=at, repository=source(app)))


def source(app: int) -> dict[str, object]:
    """Return the repository of an app as payloads have it."""
    return {**REPOSITORY, "name": f"app-{app}", "full_name": f"acme/app-{app}"}


def trailers(remote: Path, name: str) -> list[str]:
    """Return the values of a trailer over the whole history."""
    text = git(remote, "log", "main", f"--format=%(trailers:key={name},valueonly)")
    return [line for line in text.splitlines() if line]


def inbox_of(place: Path | str) -> dict[str, Delivery]:
    """Return the deliveries of a workspace's own database, or of the one at a URL."""
    url = place if isinstance(place, str) else f"sqlite:///{place}/.gitopsmith/sync.db"
    with open_database(url) as database:
        return {one.id: one for one in Inbox(database).listing(limit=10_000)}


def settled(place: Path | str, ids: set[str]) -> Callable[[], bool]:
    """Return what tells whether everything that was acknowledged has its end."""

    def look() -> bool:
        kept = inbox_of(place)
        return ids <= kept.keys() and all(kept[name].state != "waiting" for name in ids)

    return look


def ids_of(deliveries: list[Delivery]) -> set[str]:
    return {one.id for one in deliveries}


def _came_late(kept: dict[str, Delivery], name: str) -> bool:
    """Return whether a version was behind what others had brought when it was looked at: it changes nothing then.

    The same goes for those that it stood for in its batch.
    """
    one = kept[name]
    if one.event == "release" and one.result == "superseded":
        return _came_late(kept, one.reason.removeprefix("by "))
    return one.event == "release" and one.result == "unchanged"


def assert_each_has_one_effect(remote: Path, place: Path | str, accepted: list[Delivery]) -> None:
    """Assert that each delivery was committed once, or that another commit names it as superseded."""
    brought = Counter(trailers(remote, "Gitopsmith-Delivery"))
    stood_for = {line.split()[0] for line in trailers(remote, "Gitopsmith-Supersedes")}
    kept = inbox_of(place)
    assert max(brought.values(), default=1) == 1
    for one in accepted:
        assert kept[one.id].state == "done", kept[one.id]
        assert brought[one.id] or one.id in stood_for or _came_late(kept, one.id), kept[one.id]
    git(remote, "fsck", "--no-dangling", "--strict")
    assert git(remote, "rev-list", "--merges", "--count", "main").strip() == "0"
