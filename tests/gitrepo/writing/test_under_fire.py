"""Others push to the same branch, and writers are killed: every change arrives exactly once, nobody's is lost.

`pytest -m soak` runs the same for longer.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from generator.core.errors import TemporaryError
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Patience, write
from tests.gitrepo.writing.conftest import Helper, OpenBranch, Remote, WriterProcess, app_path, set_version

LONG = pytest.mark.soak


def assert_each_once(remote: Remote, numbers: range, version: str) -> None:
    """Every change is one commit, and what it changed still stands."""
    counted = Counter(remote.subjects())
    assert {number: counted[f"app-{number} → {version}"] for number in numbers} == dict.fromkeys(numbers, 1)
    assert all(remote.text(app_path(number)).split("\n")[1] == f"version: {version}" for number in numbers)
    remote.assert_sound()


@pytest.mark.parametrize(("changes", "batch"), [(100, 10), (100, 100), pytest.param(500, 500, marks=LONG)])
def test_a_competitor_pushes_five_times_a_second(
    remote: Remote, branch: RemoteBranch, competitor: Callable[[float], Helper], changes: int, batch: int
) -> None:
    remote.commit("more apps", {app_path(number): f"name: {number}\nversion: 1\n" for number in range(200, changes)})
    other = competitor(0.2).begin()
    other.hear()
    for start in range(0, changes, batch):
        write(branch, [set_version(number, "2") for number in range(start, start + batch)])
    theirs = ["competitor 0", *other.stop()]
    assert [subject for subject in remote.subjects() if subject.startswith("competitor")] == theirs
    assert_each_once(remote, range(changes), "2")


@pytest.mark.parametrize("rounds", [10, pytest.param(50, marks=LONG)])
def test_a_writer_that_is_killed_and_run_again_loses_and_repeats_nothing(
    remote: Remote, writer_process: WriterProcess, branch: RemoteBranch, rounds: int
) -> None:
    moments = random.Random(7)
    killed = 0
    for number in range(rounds):
        version, apps = str(2 + number), range(20)
        process = writer_process(apps, version, batch=4).begin()
        killed += process.kill_after(moments.uniform(0.0, 0.25))
        write(branch, [set_version(app, version) for app in apps])
        assert_each_once(remote, apps, version)
    assert killed > rounds // 4, "hardly any writer was still at work when it was killed"


def test_a_git_that_outlives_its_writer_keeps_the_clone_locked(
    remote: Remote, branch_of: OpenBranch, writer_process: WriterProcess, tmp_path: Path
) -> None:
    """Its locks in the clone are alive: the next writer waits for it, rather than break them."""
    gate, arrived = tmp_path / "gate", tmp_path / "arrived"
    write(branch_of(remote.path), [set_version(0, "2")])
    remote.hook("pre-receive", f"#!/bin/sh\n: > {arrived}\nwhile [ ! -e {gate} ]; do sleep 0.01; done\n")
    process = writer_process(range(1, 3), "2").begin()
    try:
        deadline = monotonic() + 20
        while not arrived.exists():
            assert monotonic() < deadline
        assert process.kill_after(0)
        with pytest.raises(TemporaryError, match="another gitopsmith"):
            write(branch_of(remote.path, lock_timeout=0.0), [set_version(1, "2")])
    finally:
        gate.touch()
    write(branch_of(remote.path), [set_version(number, "2") for number in range(4)])
    assert_each_once(remote, range(4), "2")


@pytest.mark.parametrize("cache", ["cache", "another-cache"])
def test_two_writers_write_the_same_and_each_their_own(
    remote: Remote, writer_process: WriterProcess, cache: str
) -> None:
    """With one clone they take turns; with a clone each they race."""
    writers = [
        writer_process(range(60), "2", batch=5),
        writer_process(range(30, 90), "2", batch=5, cache=cache),
    ]
    for writer in [writer.begin() for writer in writers]:
        writer.finish()
    assert_each_once(remote, range(90), "2")


def test_threads_take_turns_with_one_clone(remote: Remote, branch: RemoteBranch) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda number: write(branch, [set_version(number, "2")]), range(12)))
    assert all(outcome.commit for (outcome,) in outcomes)
    assert_each_once(remote, range(12), "2")


def test_many_writers_that_race_all_get_through(remote: Remote, branch_of: OpenBranch, tmp_path: Path) -> None:
    branches = []
    for number in range(4):
        address = tmp_path / f"way-{number}"
        address.symlink_to(remote.path)
        branches.append(branch_of(address))
    with ThreadPoolExecutor(4) as pool:
        patience = Patience(attempts=50)
        work = [
            pool.submit(write, branch, [set_version(app, "2") for app in range(n * 10, n * 10 + 10)], patience=patience)
            for n, branch in enumerate(branches)
        ]
        assert all(outcome.commit for future in work for outcome in future.result())
    assert_each_once(remote, range(40), "2")
