"""What tells a GitHub on loopback, over a table on disk, with a clock and evidence that tests set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event

from generator.core.deployment_states import Report, Situation, wanted_reports
from generator.core.errors import TemporaryError
from generator.core.layout import Layout
from generator.core.previews import ENVIRONMENT, OpenPreview
from generator.hub.budget import Budget, Shares
from generator.hub.comments import Comments
from generator.hub.commit_statuses import CommitStatuses
from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.deployments import Deployments
from generator.hub.pull_requests import Requests
from generator.sync.monitoring.metrics import Metrics
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.reporter import Reporter
from generator.sync.reports.reports_table import Reports, Taken
from generator.sync.store.counts import count_reports
from generator.sync.store.database import open_database
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Deployment, Repository

ONE, TWO = "1" * 40, "2" * 40
PAGE = "https://github.com/acme-apps/acme-gitops/commit/"


@dataclass
class Known:
    """Evidence that a test sets, by commit or tag."""

    shown: set[str] = field(default_factory=set)

    def of(self, report: Report) -> str:
        return "Its address answers with 200." if report.ref in self.shown else ""


class CrashingReports(Reports):
    """A table that cannot be written after the next call that made something."""

    crash_at: str = ""

    @property
    def problems(self) -> Mapping[str, str]:
        """What could not be told, `kind key`, and why."""
        return self._database.read(count_reports).problems

    def note_id(self, taken: Taken, remote_id: int) -> None:
        self._crash("note_id")
        super().note_id(taken, remote_id)

    def told(self, taken: Taken, remote_id: int | None, now: float) -> None:
        self._crash(f"told {taken.item.kind}")
        super().told(taken, remote_id, now)

    def _crash(self, at: str) -> None:
        if self.crash_at == at:
            self.crash_at = ""
            raise TemporaryError("the disk is full")


@dataclass
class World:
    """A repository on GitHub, and who reports to it.

    Attributes:
        github: The GitHub.
        repository: The app's source there.
        reports: The table.
        connection: Who calls.
        evidence: What is known to run.
        now: The time.
    """

    github: GitHubDouble
    repository: Repository
    reports: CrashingReports
    connection: Connection
    evidence: Known = field(default_factory=Known)
    now: float = 1_800_000_000.0
    delete: bool = False

    def __post_init__(self) -> None:
        self.reporter = self.another()

    def another(self, executor: str = "one") -> Reporter:
        """Return a reporter as a process has it that was just started."""
        made = Reporter(
            self.reports,
            Deployments(self.connection),
            Comments(self.connection),
            CommitStatuses(self.connection),
            Budget(lambda: self.now, shares=Shares(a_minute=10**6, an_hour=10**6)),
            self.evidence,
            lambda: self.now,
            lambda: 1.0,
            executor,
            Promotions(self.reports, Requests(self.connection), self.connection.url, lambda: self.now),
            Metrics("0"),
            delete=self.delete,
        )
        made.begin()
        return made

    def want(self, situation: Situation) -> None:
        self.reports.update(lambda kept: wanted_reports(situation, kept), self.now)

    def settle(self, seconds: float = 3600.0) -> None:
        """Tell until there is nothing to tell but what awaits evidence; the time that passes is not waited."""
        until = self.now + seconds
        while self.now < until:
            wait = self.reporter.once()
            if wait is None:
                return
            self.now += wait
        pending = self.reports.problems
        assert not pending, pending

    def at(self, situation: Situation) -> None:
        self.want(situation)
        self.settle()

    def states(self, deployment: Deployment) -> list[str]:
        return [status.state for status in deployment.statuses]

    @property
    def life(self) -> list[tuple[str, list[str]]]:
        """Every Deployment that GitHub has, the oldest first: its commit, and its states in order."""
        return [(one.sha, self.states(one)) for one in self.repository.deployments]

    @property
    def comments(self) -> list[str]:
        return [comment.body for comment in self.repository.comments]

    @property
    def checks(self) -> list[tuple[str, str]]:
        """What was said of each commit, in order; which commit comes first makes no difference to anybody."""
        return sorted(((one.sha, one.state) for one in self.repository.statuses), key=lambda check: check[0])

    def written(self) -> list[str]:
        """Return the calls that changed something."""
        return [seen.line for seen in self.github.calls() if not seen.line.startswith("GET ")]


def preview(
    sha: str, number: int = 1, *, app: str = "podinfo", url: str = "https://podinfo-pr.acme.example", branch: str = "x"
) -> OpenPreview:
    """Return a preview that the tree holds."""
    place = Layout().app_place(ENVIRONMENT, "prod-eu", f"{app}-pr-{number}")
    return OpenPreview(
        app, number, "prod-eu", place, "acme/podinfo", sha, branch, 0, 1_800_259_200, version=sha, url=url
    )


def tree(*previews: OpenPreview, commits: Sequence[str] = ()) -> Situation:
    """Return that the tree holds previews, brought by commits."""
    known = {(one.app, f"preview-pr-{one.number}"): commit for one, commit in zip(previews, commits, strict=False)}
    return Situation(previews, commits=known, commit_page=PAGE)


@contextmanager
def world(github: GitHubDouble, folder: Path, *, delete: bool = False, timeout: float = 10.0) -> Iterator[World]:
    """Yield a repository `acme/podinfo` with one pull request, and who reports to it."""
    repository = github.state.repository("acme/podinfo") or github.repository("acme/podinfo")
    if not repository.pull_requests:
        github.by().open_pull_request(repository, "feature")
    conduct = Conduct(Patience(timeout=timeout, attempts=1), sleep=lambda _seconds: None, luck=lambda: 1.0)
    with (
        open_database(f"sqlite:///{folder}/reports.db") as database,
        Connection(Token(github.token("gitopsmith-bot")), github.url, conduct) as connection,
    ):
        # What a crash of the machine would lose is not what these tests are about, and they write a lot.
        event.listen(database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous = OFF"))
        database.engine.dispose()
        yield World(github, repository, CrashingReports(database), connection, delete=delete)
