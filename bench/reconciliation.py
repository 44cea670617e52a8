"""Reconciliation of 500 repositories in which nothing is to do, beside the same calls of GitHub alone.

GitHub is the tests' double, in a process of its own: what it takes to answer is in both figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import local
from time import perf_counter

import requests

from bench.measuring import others
from bench.remotes import FIRST, OWNER, app_name, make_workspace
from bench.result import Result
from tests.github_double.double import GitHubDouble

REPOSITORIES = 500
RELEASES = ("0.8.0", "0.9.0", FIRST)
AT_ONCE = 8
"""How many calls reconciliation makes at once."""
COMMAND = str(Path(sys.executable).with_name("gitopsmith"))
_LISTS = ("releases?per_page=100", "pulls?state=open&sort=created&direction=asc&per_page=100")
_PATIENCE = 600.0
_ENOUGH = 1_000_000


@dataclass(frozen=True)
class GitHub:
    """A GitHub in another process.

    Attributes:
        url: Where its API is.
        token: What opens it.
    """

    url: str
    token: str
    _told: Connection

    def calls(self) -> Counter[int]:
        """Return how many calls it answered since it was asked last, by status."""
        self._told.send(True)
        found: Counter[int] = self._told.recv()
        return found


@contextmanager
def github(folder: Path) -> Iterator[GitHub]:
    """Yield a GitHub with all repositories; in each are some releases and an open pull request."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_be_github, args=(folder, theirs))
    process.start()
    try:
        assert ours.poll(_PATIENCE)
        url, token = ours.recv()
        yield GitHub(url, token, ours)
        ours.send(False)
    finally:
        process.join(10)
        process.kill()
        process.join()


def _be_github(folder: Path, told: Connection) -> None:
    with GitHubDouble(folder) as double:
        double.limits.an_hour = _ENOUGH
        people = double.by("ada")
        for number in range(REPOSITORIES):
            repository = double.repository(f"{OWNER}/{app_name(number)}")
            for version in RELEASES:
                people.create_release(repository, f"v{version}")
            people.open_pull_request(repository, "feat/colour")
        told.send((double.url, double.token("ada")))
        seen = 0
        while told.recv():
            calls = double.calls()
            told.send(Counter(call.status for call in calls[seen:]))
            seen = len(calls)
        double.assert_sound()


def reconcile(workspace: Path, state: Path, github: GitHub) -> tuple[float, str]:
    """Return the seconds of `gitopsmith reconcile`, with what it says."""
    command = [COMMAND, "reconcile", "--workspace", str(workspace), "--push", "--github-url", github.url]
    started = perf_counter()
    done = subprocess.run(
        [*command, "--state", str(state)],
        env={**os.environ, "GITOPSMITH_TOKEN": github.token},
        capture_output=True,
        text=True,
        check=True,
        timeout=_PATIENCE,
    )
    return perf_counter() - started, done.stdout + done.stderr


def bare_calls(github: GitHub, etags: dict[str, str]) -> float:
    """Return the seconds that the same calls take by themselves; the first time they learn the ETags."""
    mine = local()

    def call(url: str) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.headers["Authorization"] = f"token {github.token}"
        answer = mine.session.get(url, headers={"If-None-Match": etags.get(url)}, timeout=60)
        assert answer.status_code in (200, 304), answer.text
        etags[url] = answer.headers["ETag"]

    urls = [f"{github.url}/repos/{OWNER}/{app_name(n)}/{list_}" for n in range(REPOSITORIES) for list_ in _LISTS]
    started = perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(call, urls))
    return perf_counter() - started


def main() -> Sequence[Result]:
    """Return what a first pass costs, and a second one, to which GitHub answers that nothing has changed."""
    results = []
    with TemporaryDirectory() as temporary, github(Path(temporary) / "github") as double:
        folder, before = Path(temporary), others()
        workspace = make_workspace(folder, REPOSITORIES)
        reconcile(workspace, folder / "earlier", double)
        double.calls()
        etags: dict[str, str] = {}
        for which in ("first", "second"):
            ours, said = reconcile(workspace, folder / "state", double)
            assert "Nothing to change." in said, said[-2000:]
            calls = double.calls()
            theirs = bare_calls(double, etags)
            assert double.calls() == calls
            told = ", ".join(f"{number} answered {status}" for status, number in sorted(calls.items()))
            results.append(
                Result(
                    what=f"reconcile {REPOSITORIES} repositories, nothing to do, {which} pass",
                    ours=ours,
                    theirs=theirs,
                    beside=f"the same {calls.total()} calls alone, {AT_ONCE} at once",
                    bar=None,
                    note=f"calls of GitHub: {told}; {before}",
                )
            )
    return results


if __name__ == "__main__":
    for result in main():
        print(result)
