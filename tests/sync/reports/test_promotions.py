"""The pull requests of versions, kept: found again on the branches whatever happens, and never two of one branch."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from sqlalchemy import event

from generator.core.errors import TemporaryError
from generator.hub.budget import Budget, Shares
from generator.hub.comments import Comments
from generator.hub.commit_statuses import CommitStatuses
from generator.hub.deployments import Deployments
from generator.sync.following import DocumentReader
from generator.sync.gitops import View
from generator.sync.monitoring.metrics import Metrics
from generator.sync.reports.evidence import Trusting
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.reporter import Reporter
from generator.sync.reports.reporting import Reporting
from generator.sync.reports.reports_table import KEEP, Reports
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from generator.workspace.remotes import Remote
from generator.workspace.standing_requests import StandingRequests
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Fault
from tests.github_double.fixtures import github
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.reporting_world import CrashingReports
from tests.workspace.proposals import BRANCH, SLUG, OnGitHub, on_github

__all__ = ["github"]

OPEN, CLOSED = ("web 1.0.0 → 2.0.0 in production", "open"), ("web 1.0.0 → 2.0.0 in production", "closed")


@dataclass
class Process:
    """A process that looks and tells.

    Attributes:
        promotions: What looks.
        reporter: What tells.
        view: What it looks at.
        now: The time; what is waited passes without being waited.
    """

    promotions: Promotions
    reporter: Reporter
    view: View
    now: list[float]

    def look(self) -> None:
        self.promotions.look(self.view)

    def tell(self, seconds: float = 3600.0) -> None:
        """Tell until there is nothing to tell."""
        until = self.now[0] + seconds
        while self.now[0] < until:
            wait = self.reporter.once()
            if wait is None:
                return
            self.now[0] += wait
        raise AssertionError("There is always something more to tell.")

    def keep(self) -> None:
        self.look()
        self.tell()


@dataclass
class World:
    """A repository on a GitHub, and processes that keep its requests, each with a clone of its own.

    Attributes:
        there: The repository.
        view: What the sync knows of it.
        folder: The clones and databases.
    """

    there: OnGitHub
    view: View
    folder: Path
    now: list[float] = field(default_factory=lambda: [1_800_000_000.0])

    def process(self, reports: Reports, name: str = "one") -> Process:
        """Return a process as it is when it was just started."""
        connection, number = self.there.connection, len(list(self.folder.iterdir()))
        promotions = Promotions(reports, self.there.requests, connection.url, lambda: self.now[0])
        reporter = Reporter(
            reports,
            Deployments(connection),
            Comments(connection),
            CommitStatuses(connection),
            Budget(lambda: self.now[0], shares=Shares(a_minute=10**6, an_hour=10**6)),
            Trusting(),
            lambda: self.now[0],
            lambda: 1.0,
            name,
            promotions,
            Metrics("0"),
        )
        reporter.begin()
        cache = self.folder / f"{name}-{number}"
        cache.mkdir()
        view = replace(self.view, remote=self.there.elsewhere(cache))
        return Process(promotions, reporter, view, self.now)

    @contextmanager
    def reports(self, name: str = "sync.db") -> Iterator[CrashingReports]:
        with open_database(f"sqlite:///{self.folder}/{name}") as database:
            event.listen(database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF"))
            database.engine.dispose()
            yield CrashingReports(database)


@pytest.fixture
def world(github: GitHubDouble, gitops: MemoryGitops, tmp_path: Path) -> Iterator[World]:
    with on_github(github, tmp_path) as there, gitops.view() as view:
        (tmp_path / "processes").mkdir()
        yield World(there, view, tmp_path / "processes")


@pytest.fixture
def there(world: World) -> OnGitHub:
    return world.there


@pytest.fixture
def reports(world: World) -> Iterator[CrashingReports]:
    with world.reports() as reports:
        yield reports


@pytest.fixture
def process(world: World, reports: Reports) -> Process:
    return world.process(reports)


# ---- The life of a request ------------------------------------------------------------------------------------


def test_a_version_that_is_proposed_has_a_request_that_follows_it_to_its_end(
    there: OnGitHub, process: Process, reports: Reports
) -> None:
    process.keep()
    assert there.calls == []
    for version in ("2.0.0", "3.0.0"):
        there.propose(version)
        process.keep()
        assert there.shown == [(f"web 1.0.0 → {version} in production", "open")]
    assert there.merge_by_hand()
    process.keep()
    assert there.shown == [("web 1.0.0 → 3.0.0 in production", "merged")]
    assert there.branches == []
    process.keep()
    assert reports.prune(process.now[0] + 2 * KEEP) == 1


def test_what_is_told_already_costs_no_call(there: OnGitHub, process: Process) -> None:
    there.propose("2.0.0")
    process.keep()
    before = there.calls
    for _ in range(3):
        process.keep()
    there.deploy("1.0.1", app="api")
    process.keep()
    assert there.calls == before


def test_what_is_superseded_is_closed_with_the_reason_and_its_branch_goes(there: OnGitHub, process: Process) -> None:
    there.propose("2.0.0")
    process.keep()
    there.deploy("2.0.1")
    process.keep()
    assert (there.shown, there.branches) == ([CLOSED], [])
    assert "or something newer" in (there.repository.pull_requests[0].body or "")
    there.deploy("1.0.0")
    there.propose("2.0.0")
    process.keep()
    assert there.shown == [CLOSED, OPEN]


def test_a_branch_that_others_committed_to_stays_and_that_is_noted(
    there: OnGitHub, process: Process, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    there.propose("2.0.0")
    process.keep()
    there.by_hand()
    there.deploy("2.0.1")
    process.keep()
    assert (there.shown, there.branches) == ([OPEN], [BRANCH])
    assert "Others committed to it" in capsys.readouterr().out + caplog.text


def test_a_branch_that_a_person_removed_is_not_opened_any_more(there: OnGitHub, process: Process) -> None:
    there.propose("2.0.0")
    process.look()
    there.remove()
    process.keep()
    assert there.shown == []


def test_one_that_a_person_closed_stays_closed_until_something_newer_is_proposed(
    there: OnGitHub, process: Process, world: World
) -> None:
    there.propose("2.0.0")
    process.keep()
    there.close_by_hand()
    process.keep()
    with world.reports("lost.db") as empty:
        world.process(empty).keep()
        assert there.shown == [CLOSED]
    there.propose("3.0.0")
    process.keep()
    assert there.shown == [CLOSED, ("web 1.0.0 → 3.0.0 in production", "open")]


def test_one_that_was_merged_and_taken_back_is_not_opened_again(
    there: OnGitHub, process: Process, world: World
) -> None:
    there.propose("2.0.0")
    process.keep()
    assert there.merge_by_hand("squash")
    there.deploy("1.0.0")
    process.keep()
    assert [state for _, state in there.shown] == ["merged"]
    with world.reports("lost.db") as empty:
        world.process(empty).keep()
    assert ([state for _, state in there.shown], there.branches) == (["merged"], [])


# ---- Crashes, faults, other processes -------------------------------------------------------------------------


def test_killed_after_it_was_opened_it_is_not_opened_again(
    there: OnGitHub, process: Process, reports: CrashingReports, world: World
) -> None:
    there.propose("2.0.0")
    process.look()
    reports.crash_at = "told request"
    with pytest.raises(TemporaryError, match="the disk is full"):
        process.tell()
    assert there.shown == [OPEN]
    world.process(reports).keep()
    assert there.shown == [OPEN]


def test_killed_between_the_push_and_the_look_it_is_found_by_the_next_look(there: OnGitHub, process: Process) -> None:
    there.propose("2.0.0")
    there.propose("2.0.0", app="api")
    process.keep()
    assert len(there.shown) == 2


def test_a_database_that_is_lost_is_made_again_from_the_branches(
    there: OnGitHub, process: Process, world: World
) -> None:
    there.propose("2.0.0")
    there.propose("2.0.0", app="api")
    process.keep()
    there.deploy("2.0.0", app="api")
    with world.reports("lost.db") as empty:
        world.process(empty).keep()
        assert sorted(there.shown) == [("api 1.0.0 → 2.0.0 in production", "closed"), OPEN]
        assert there.branches == [BRANCH]


def test_two_processes_open_one_and_remove_a_branch_once(there: OnGitHub, reports: Reports, world: World) -> None:
    one, two = world.process(reports, "one"), world.process(reports, "two")
    there.propose("2.0.0")
    for process in (one, two):
        process.look()
    for process in (one, two):
        process.tell()
    assert there.shown == [OPEN]
    there.deploy("2.0.0")
    for process in (two, one):
        process.look()
    for process in (two, one):
        process.tell()
    assert (there.shown, there.branches) == ([CLOSED], [])


def test_a_process_that_has_not_seen_the_remote_leaves_the_branch_to_one_that_has(
    there: OnGitHub, process: Process, reports: CrashingReports, world: World
) -> None:
    there.propose("2.0.0")
    process.keep()
    there.deploy("2.0.0")
    process.look()
    new = world.process(reports, "two")
    new.reporter.once()
    assert there.branches == [BRANCH]
    ((_, why),) = reports.problems.items()
    assert "was not read yet" in why
    new.promotions.learn(new.view)
    new.tell()
    assert there.branches == []


FAULTS: dict[str, Fault] = {
    "limited": Answer(403, SECONDARY_LIMIT, {"Retry-After": "30"}),
    "no answer": CutOff(None),
}


def live(there: OnGitHub, process: Process) -> list[tuple[str, str]]:
    """Let a request be opened, followed, and superseded."""
    there.propose("2.0.0")
    process.keep()
    there.propose("3.0.0")
    process.keep()
    there.deploy("3.0.1")
    process.keep()
    return there.shown


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_fails_at_whatever_call_it_ends_the_same(name: str, tmp_path: Path, gitops: MemoryGitops) -> None:
    lives = []
    for skip in range(-1, 7):
        folder = tmp_path / str(skip)
        folder.mkdir()
        with GitHubDouble(folder / "github") as double, on_github(double, folder) as there, gitops.view() as view:
            rule = double.fault(FAULTS[name], "/repos/.*/pulls", skip=skip, times=1 if skip >= 0 else 0)
            made = World(there, view, folder / "processes")
            made.folder.mkdir()
            with made.reports() as reports:
                lives.append((live(there, made.process(reports)), there.branches))
            assert rule.seen > skip
            assert skip >= 0 or len(there.calls) == 7
            double.assert_sound()
    assert lives == [([("web 1.0.0 → 3.0.0 in production", "closed")], [])] * 8


@pytest.mark.parametrize("seed", range(3))
def test_any_order_and_repetition_of_looks_gives_the_same_requests(seed: int, there: OnGitHub, world: World) -> None:
    """Versions come and go, people commit, merge and close, processes look and tell when they like, and die."""
    luck = random.Random(seed)
    with world.reports("one.db") as one, world.reports("two.db") as two:
        # Two databases stand for one that was lost at any time, too.
        processes = [world.process(one, "one"), world.process(one, "two"), world.process(two, "three")]
        versions = iter(f"2.{number}.0" for number in range(100))

        happenings: list[Callable[[], object]] = [
            lambda: there.propose(next(versions)),
            lambda: there.propose(next(versions), app="api"),
            lambda: there.deploy(next(versions), app=luck.choice(["web", "api"])),
            lambda: there.by_hand("main", "other.md"),
            lambda: there.by_hand(luck.choice(there.branches)) if there.branches else None,
            there.merge_by_hand,
            lambda: there.merge_by_hand("squash"),
            lambda: luck.choice(processes).look(),
            lambda: luck.choice(processes).look(),
            lambda: luck.choice(processes).tell(),
            lambda: luck.choice(processes).keep(),
        ]
        for _ in range(20):
            luck.choice(happenings)()
            opened = [one.branch for one in there.repository.pull_requests if one.state == "open"]
            assert len(opened) == len(set(opened))
        for process in processes:
            process.keep()
        before = there.shown
        for process in reversed(processes):
            process.keep()
    assert there.shown == before
    wanted = {one.branch: one.request.title for one in StandingRequests().look(there.remote) if one.request}
    alive = {one.branch: one.title for one in there.repository.pull_requests if one.state == "open"}
    # What others committed to may stay open, though nothing is left to do.
    assert wanted.items() <= alive.items()
    assert set(alive) <= set(there.branches)


# ---- Where there is nothing to keep ---------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/srv/git/acme-gitops.git", "https://elsewhere.example/acme-apps/acme-gitops.git"])
def test_a_repository_elsewhere_and_none_at_all_have_no_requests(process: Process, there: OnGitHub, url: str) -> None:
    there.propose("2.0.0")
    process.promotions.look(replace(process.view, remote=Remote(url, "main")))
    process.promotions.look(replace(process.view, remote=None))
    process.tell()
    assert there.calls == []


def test_who_reports_looks_where_versions_were_proposed_and_with_each_pass(
    there: OnGitHub, process: Process, reports: CrashingReports
) -> None:
    reporting = Reporting(Inbox(reports._database), reports, lambda: process.now[0], process.promotions)
    following = DocumentReader().read(process.view.main, process.view.layout)
    there.propose("2.0.0")
    reporting.look(process.view, following)
    process.tell()
    assert there.shown == []
    reporting.look(process.view, following, proposed=True)
    process.tell()
    assert there.shown == [OPEN]
    there.deploy("2.0.0")
    reporting.look(process.view, following, whole=True)
    process.tell()
    assert (there.shown, there.branches) == ([CLOSED], [])


def test_a_remote_that_is_away_keeps_nobody_from_committing(
    process: Process, reports: CrashingReports, there: OnGitHub
) -> None:
    there.propose("2.0.0")
    there.github.fault(Answer(502), f"/{SLUG}.git", times=None)
    reporting = Reporting(Inbox(reports._database), reports, lambda: process.now[0], process.promotions)
    following = DocumentReader().read(process.view.main, process.view.layout)
    reporting.look(process.view, following, whole=True)
    there.github.api.faults.clear()
    reporting.look(process.view, following, whole=True)
    process.tell()
    assert there.shown == [OPEN]
