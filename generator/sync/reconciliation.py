"""One pass of reconciliation: lists what GitHub has, finds what is not so, and puts it into the inbox like any news."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from generator.core.errors import UserError
from generator.core.instants import show_instant
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.sync.each_repository import each_repository
from generator.sync.findings import Finding, Findings, Known, Listed, find
from generator.sync.following import DocumentReader
from generator.sync.gitops import Gitops
from generator.sync.hooks.upkeep import Upkeep
from generator.sync.images import Registry, presence_of
from generator.sync.knowledge import Knowledge
from generator.sync.monitoring.metric_families import Pass
from generator.sync.news.delivery import Delivery
from generator.sync.planning import source_of
from generator.sync.reports.reporting import Reporting
from generator.sync.sparing_registry import SparingRegistry
from generator.sync.store.inbox import Inbox
from generator.sync.stored_steps import EVENT, dump_steps
from generator.workspace.previews import with_pristine

_log = structlog.get_logger(__name__)


class Listings(Protocol):
    """Whoever lists what GitHub has, to the end or not at all."""

    def releases(self, repository: str) -> Sequence[Release]:
        """Return every release of a repository, `owner/name`.

        Raises:
            UserError: GitHub does not let us in, or there is no such repository.
            TemporaryError: GitHub is away, or the listing is not whole.
        """
        ...

    def open_pull_requests(self, repository: str) -> Sequence[PullRequest]:
        """Return every open pull request of a repository, likewise."""
        ...


class Observer(Protocol):
    """Whoever counts what a pass finds."""

    def reconciled(self, result: Pass, seconds: float, recovered: Mapping[str, int], held_back: int) -> None:
        """Take note of a pass: how it ended, what it took, what it found by kind, and how many removals wait."""
        ...


@dataclass(frozen=True)
class Report:
    """What became of a pass.

    Attributes:
        findings: What was not as it should be.
        unlisted: Why repositories could not be listed, by repository: of these nothing is decided.
        waiting: What was found and waits for its image.
    """

    findings: Findings
    unlisted: Mapping[str, str]
    waiting: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether everything was seen."""
        return not self.unlisted


@dataclass
class Reconciliation:
    """What reconciles one organization.

    Attributes:
        gitops: Where its repositories are.
        inbox: Where what is found goes.
        listings: Who lists what GitHub has; None where GitHub is not asked: then previews go by age and app alone.
        registry: Who is asked for images.
        knowledge: What is known of the organization, renewed with every pass.
        observer: Who counts.
        clock: The time, in seconds since 1970.
        upkeep: Looks after webhooks; None where GitHub is not asked.
        reporting: What decides what GitHub should be told; None where it is told nothing.
    """

    gitops: Gitops
    inbox: Inbox
    listings: Listings | None
    registry: Registry
    knowledge: Knowledge
    observer: Observer
    clock: Callable[[], float]
    upkeep: Upkeep | None = None
    reporting: Reporting | None = None
    _reader: DocumentReader = field(default_factory=DocumentReader)
    _sparing: SparingRegistry = field(init=False)

    def __post_init__(self) -> None:
        self._sparing = SparingRegistry(self.registry)

    def once(self, *, dry_run: bool = False) -> Report:
        """Make one pass.

        Args:
            dry_run: Find only; put nothing into the inbox.

        Raises:
            UserError: A repository does not let us in, or is none of an organization.
            TemporaryError: A remote or the inbox is away.
        """
        began = time.monotonic()
        with self.gitops.view() as view:
            following = self._reader.read(view.main, view.layout)
            self.knowledge.learn(following, view)
            listed, unlisted = self._listed(following.repositories())
            source, _ = with_pristine(source_of(view.organization, view.platform, view.main, view.pristine))
            missed = self.upkeep.once(following) if self.upkeep and not dry_run else 0
            found = find(source, following, listed, self._known(), show_instant(int(self.clock())))
            if self.reporting and not dry_run:
                self.reporting.look(view, following, whole=True)
        ready, waiting = self._with_images(found.found)
        report = Report(Findings(tuple(ready), found.notes, found.held_back), unlisted, tuple(waiting))
        if not dry_run:
            self.inbox.add_many([self._delivery(finding) for finding in ready])
            recovered = Counter({"delivery": missed, **Counter[str](finding.kind for finding in ready)})
            result: Pass = "complete" if report.is_whole else "incomplete"
            self.observer.reconciled(result, time.monotonic() - began, recovered, found.held_back)
            _tell(report)
        return report

    def _listed(self, repositories: Sequence[str]) -> tuple[dict[str, Listed], dict[str, str]]:
        """Return what GitHub lists of each repository, and why it does not of others."""
        listings = self.listings
        if listings is None:
            return {}, {}

        def listing(repository: str) -> Listed:
            return Listed(listings.releases(repository), listings.open_pull_requests(repository))

        listed, unlisted = each_repository(repositories, listing)
        return {name.casefold(): found for name, found in listed.items()}, unlisted

    def _known(self) -> Known:
        return Known(self.inbox.waiting_subjects(), self.inbox.effects())

    def _with_images(self, found: Sequence[Finding]) -> tuple[list[Finding], list[str]]:
        """Return what can be made true now, and what waits for images: the next pass asks for these again."""
        ready, waiting = [], []
        for finding in found:
            try:
                missing = [
                    f"{step.image}: {presence.reason}"
                    for step in finding.steps
                    if step.image and not (presence := presence_of(self._sparing, step.image)).found
                ]
            except UserError as error:
                missing = [str(error)]
            if missing:
                waiting.append(f"{finding.told}: waits for {'; '.join(missing)}")
            else:
                ready.append(finding)
        return ready, waiting

    def _delivery(self, finding: Finding) -> Delivery:
        now = self.clock()
        # Two processes that find the same at the same time put it in once.
        seed = f"{finding.kind} {finding.subject} {finding.told} {int(now) // 60}"
        mark = hashlib.sha256(seed.encode()).hexdigest()[:16]
        return Delivery(
            f"reconciliation-{mark}",
            EVENT,
            finding.kind,
            finding.repository,
            finding.subject,
            finding.occurred_at,
            now,
            dump_steps(finding.steps),
            reason=finding.told,
        )


def _tell(report: Report) -> None:
    for finding in report.findings.found:
        _log.info("reconciliation found", kind=finding.kind, repository=finding.repository, told=finding.told)
    for note in (*report.findings.notes, *report.waiting):
        _log.info("reconciliation left alone", reason=note)
    for repository, reason in report.unlisted.items():
        _log.warning("could not be listed: nothing is decided", repository=repository, reason=reason)
