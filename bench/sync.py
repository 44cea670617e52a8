"""The sync, as processes over HTTP: 200 deliveries a second on SQLite and PostgreSQL, and single ones when idle."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg

from bench.load import ACCEPTED, Answer, deliver
from bench.measuring import others
from bench.remotes import News, application_remote, make_workspace
from bench.result import Result, shown
from generator.sync.news.delivery import Delivery
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.sync.postgres_server import find_binaries, running_server
from tests.sync.served import SECRET, Server, eventually, serving

APPS = 200
RATE = 200
SECONDS, SHORT = 60, 10
AFTERWARDS = 10
"""The seconds after the last delivery within which everything is to be committed."""
ANSWER, IDLE = 0.1, 0.3
"""The seconds that an answer, and one delivery on an idle system may take."""
MEGABYTES = 400
SINGLE = 20
_ROWS = 300
_REST = 0.3
"""The seconds after which a server that has nothing to do is taken to be idle."""
_PATIENCE = 300.0


@dataclass(frozen=True)
class Load:
    """What became of many deliveries.

    Attributes:
        answers: How they were answered.
        committed: The seconds from the first one to the end of all.
        megabytes: The most memory that a serving process held.
        pushes: How many pushes there were, of all processes.
        batch: How many deliveries went together in one, on average.
        results: How many deliveries ended how.
        before: What else the machine did before.
    """

    answers: Sequence[Answer]
    committed: float
    megabytes: float
    pushes: int
    batch: float
    results: Counter[str]
    before: str

    def answer(self, share: float) -> float:
        """Return the seconds within which so great a share of the deliveries was answered."""
        return quantile([answer.seconds for answer in self.answers], share)

    def __str__(self) -> str:
        ends = ", ".join(f"{number} {result}" for result, number in self.results.most_common())
        late = quantile([answer.late for answer in self.answers], 0.99)
        return (
            f"p50 {shown(self.answer(0.5))}, p99 {shown(self.answer(0.99))}, max {shown(self.answer(1))}, none of "
            f"{len(self.answers)} refused (of the p99 of the load generator's own: {shown(late)}); {ends}; "
            f"{self.pushes} pushes of {self.batch:.0f} on average; "
            f"a process held {self.megabytes:.0f} MB at most (bar: {MEGABYTES} MB); {self.before}"
        )


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so great a share of the values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def under_load(workspace: Path, seconds: int, *, processes: int = 1, database_url: str = "") -> Load:
    """Return what becomes of so many seconds of news.

    Args:
        workspace: The organization, with remotes of its own.
        seconds: How long news comes.
        processes: How many serve.
        database_url: What they share; SQLite in the workspace where it is empty.
    """
    before = others()
    # GitHub's times are told as if all had happened just before: a preview that was idle for long does not open.
    news = News(APPS, int(time.time()) - seconds, random.Random(seconds)).mixed(seconds * RATE, RATE)  # noqa: S311
    with ExitStack() as stack:
        servers = [stack.enter_context(server(workspace, f"process-{n}", database_url)) for n in range(processes)]
        answers = deliver(news, [one.port for one in servers], rate=RATE, secret=SECRET)
        refused = Counter(answer.status for answer in answers if answer.status != ACCEPTED)
        assert not refused, f"refused: {dict(refused)}"
        ended = settled(database_url or sqlite_url(workspace), len(news))
        assert not any(one.state == "failed" for one in ended)
        figures = [one.get("/metrics").text for one in servers]
        held = max(megabytes(one) for one in servers)
        assert [one.stop() for one in servers] == [0] * processes
    first, last = min(one.received_at for one in ended), max(one.finished_at or 0.0 for one in ended)
    pushes = sum(figure(text, 'pushes_total{result="pushed"}') for text in figures)
    pushed = sum(figure(text, "batch_deliveries_sum") for text in figures)
    results = Counter(str(one.result) for one in ended)
    return Load(answers, last - first, held, int(pushes), pushed / pushes, results, before)


@contextmanager
def server(workspace: Path, name: str, database_url: str = "") -> Iterator[Server]:
    """Yield a process that serves a workspace and pushes to its remotes."""
    arguments = ["--workspace", str(workspace), "--push", "--name", name, "--reconciliation-period", "1h"]
    if database_url:
        arguments += ["--database-url", database_url, "--state", str(workspace.parent / name)]
    with serving(arguments, workspace.parent / f"{name}.log") as process:
        yield process


def sqlite_url(workspace: Path) -> str:
    """Return the URL of the database that a workspace keeps by itself."""
    return f"sqlite:///{workspace}/.gitopsmith/sync.db"


def settled(database_url: str, number: int) -> list[Delivery]:
    """Return the deliveries of a database once there are so many, and each has its end."""
    with open_database(database_url) as database:
        inbox = Inbox(database)
        eventually(lambda: not inbox.counts(time.time()).waiting, "every delivery has its end", within=_PATIENCE)
        found = inbox.listing(limit=2 * number)
    assert len(found) == number
    return found


def megabytes(server: Server) -> float:
    """Return the most memory that a server held so far."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) / 1024


def figure(exposition: str, name: str) -> float:
    """Return what a server's metrics say."""
    return next(float(line.split()[-1]) for line in exposition.splitlines() if line.startswith(f"gitopsmith_{name} "))


def sqlite_commits(folder: Path) -> list[float]:
    """Return the seconds that commits of single rows take, one after the other, each on disk before the next."""
    with sqlite3.connect(folder / "bare.db", isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (payload BLOB)")
        found = timed(lambda: connection.execute("INSERT INTO rows VALUES (?)", [os.urandom(4096)]))
    connection.close()
    return found


def postgres_commits(url: str) -> list[float]:
    """Return the seconds that commits of single rows take, likewise."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE rows (payload BYTEA)")
        return timed(lambda: connection.execute("INSERT INTO rows VALUES (%s)", [os.urandom(4096)]))


def timed(work: Callable[[], object]) -> list[float]:
    """Return the seconds that some work took, each time that it was done."""
    found = []
    for _ in range(_ROWS):
        started = perf_counter()
        work()
        found.append(perf_counter() - started)
    return found


def results_of(load: Load, where: str, commits: Sequence[float]) -> list[Result]:
    """Return how a load compares with the disk alone, and with the time that the news itself took to come."""
    seconds = len(load.answers) // RATE
    what, each = f"{RATE} deliveries/s for {seconds} s, {where}", median(commits)
    return [
        Result(
            what=f"{what}: p99 of the answer",
            ours=load.answer(0.99),
            theirs=quantile(commits, 0.99),
            beside=f"commits of single rows one by one, p99 (p50 {shown(each)}, {1 / each:.0f}/s)",
            bar=None,
            seconds=ANSWER,
            note=str(load),
        ),
        Result(
            what=f"{what}: first received to all committed",
            ours=load.committed,
            theirs=seconds,
            beside="first received to last",
            bar=None,
            seconds=seconds + AFTERWARDS,
        ),
    ]


def idle(workspace: Path, folder: Path) -> list[Result]:
    """Return how long single deliveries take to the remote on a system that does nothing else."""
    remote, before = application_remote(workspace), others()
    mirror = shutil.copytree(remote, folder / "mirror.git")
    now = int(time.time())
    news = News(APPS, now, random.Random(0))  # noqa: S311
    kinds = {
        "release": [news.release(app, now) for app in range(SINGLE)],
        "pull request": [news.pull_request(app, 1, "opened", now) for app in range(SINGLE)],
    }
    with server(workspace, "idle") as process:
        # A process that has just been started takes up to a second until it looks for the first time.
        singles(process, workspace, mirror, [news.release(SINGLE, now)])
        return [
            Result(
                what=f"a {kind} on an idle system, to pushed, p50 of {SINGLE}",
                ours=median(ours),
                theirs=median(theirs),
                beside="bare `git push` of the same commits",
                bar=None,
                seconds=IDLE,
                note=f"max {shown(max(ours))}; {before}",
            )
            for kind, deliveries in kinds.items()
            for ours, theirs in [singles(process, workspace, mirror, deliveries)]
        ]


def singles(server: Server, workspace: Path, mirror: Path, news: Sequence[Delivery]) -> tuple[list[float], list[float]]:
    """Return the seconds from each delivery to its push, and those of the bare push of the same commits elsewhere."""
    remote, ours, theirs = application_remote(workspace), [], []
    for one in news:
        known = heads(remote)
        started = perf_counter()
        assert server.deliver(one) == ACCEPTED
        while (found := heads(remote)) == known:
            assert perf_counter() - started < _PATIENCE
            time.sleep(0.001)
        ours.append(perf_counter() - started)
        eventually(lambda: not server.health()["queue"]["waiting"], "it has its end")
        started = perf_counter()
        git(remote, "push", "--quiet", "--atomic", str(mirror), *(f"{new}:{name}" for name, new in found.items()))
        theirs.append(perf_counter() - started)
        time.sleep(_REST)
    return ours, theirs


def heads(remote: Path) -> dict[str, str]:
    """Return where the branches of a bare repository are that were pushed to since it was made."""
    files = [path for path in (remote / "refs/heads").rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {str(path.relative_to(remote)): path.read_text(encoding="ascii").strip() for path in files}


def git(folder: Path, *command: str) -> None:
    subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)


def fresh(template: Path, folder: Path) -> Path:
    """Return a copy of a workspace with copies of its remotes, below a folder that is not there yet."""
    shutil.copytree(template.parent, folder, symlinks=True)
    out = folder / template.name
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        git(out / name, "remote", "set-url", "origin", str(folder / "remotes" / f"{name}.git"))
    return out


def main(*, short: bool = False) -> list[Result]:
    """Return what a load and single deliveries come to.

    Args:
        short: Whether the load lasts for seconds, and not for a minute each.
    """
    seconds = SHORT if short else SECONDS
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        template = make_workspace(folder / "template", APPS)
        found = idle(fresh(template, folder / "idle"), folder)
        load = under_load(fresh(template, folder / "sqlite"), seconds)
        found += results_of(load, "SQLite", sqlite_commits(folder))
        binaries = find_binaries()
        if binaries is None:
            return found
        with running_server(binaries, durable=True) as postgres:
            commits = postgres_commits(postgres.create_database("bare"))
            for processes, where in ((1, "PostgreSQL"), (2, "PostgreSQL, two processes")):
                url = postgres.create_database(f"sync-{processes}")
                load = under_load(
                    fresh(template, folder / f"postgres-{processes}"), seconds, processes=processes, database_url=url
                )
                found += results_of(load, where, commits)
    return found


if __name__ == "__main__":
    for result in main():
        print(result)
