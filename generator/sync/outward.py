"""What goes out to GitHub, put together: webhooks, missed deliveries, reports."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from generator.hub.budget import Budget
from generator.hub.comments import Comments
from generator.hub.commit_statuses import CommitStatuses
from generator.hub.connection import Connection
from generator.hub.deployments import Deployments
from generator.hub.hook_deliveries import Deliveries
from generator.hub.hooks import Hooks
from generator.hub.listings import Listings
from generator.hub.pages import Pages
from generator.hub.pull_requests import Requests
from generator.sync.hooks import upkeep
from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.hook_notes import HookNotes, notes_in
from generator.sync.hooks.hook_states import HookStates
from generator.sync.hooks.missed_deliveries import MissedDeliveries
from generator.sync.hooks.secret_file import SecretFile
from generator.sync.hooks.upkeep import Upkeep
from generator.sync.knowledge import Knowledge
from generator.sync.reports import reporter
from generator.sync.reports.evidence import Evidence
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.report_thread import ReportThread
from generator.sync.reports.reporter import Reporter
from generator.sync.reports.reporting import Reporting
from generator.sync.reports.reports_table import Reports
from generator.sync.state_folder import answers_in
from generator.sync.store.database import Database
from generator.sync.store.inbox import Inbox


class Observer(upkeep.Observer, reporter.Observer, Protocol):
    """Whoever counts what is told, and what becomes of webhooks."""


@dataclass(frozen=True)
class Outward:
    """How GitHub is spoken to.

    Attributes:
        connection: Who calls.
        budget: How much GitHub may be told.
        state: The folder in which is kept what GitHub answered.
        observer: Who counts what is told, and what becomes of webhooks.
        address: The address at which GitHub reaches this server; empty where people look after webhooks themselves.
        shared_secret: What webhooks are signed with that have no secret of their own; empty where there is none.
        secret_file: The secrets of single repositories; None where all have the shared one.
        evidence: Knows what runs; None where GitHub is told nothing of deployments.
        deletes_deployments: Whether a Deployment is deleted once it is inactive.
        at_app: Whether the webhook of our GitHub App brings everything, and not one of each repository.
        learn: Is told each webhook secret as soon as it is read.
    """

    connection: Connection
    budget: Budget
    state: Path
    observer: Observer
    address: str = ""
    shared_secret: str = field(default="", repr=False)
    secret_file: Path | None = None
    evidence: Evidence | None = None
    deletes_deployments: bool = False
    at_app: bool = False
    learn: Callable[[str], None] = lambda _: None

    def close(self) -> None:
        """Close the connections and the files; a later call opens them again."""
        for one in (self.connection, self._pages, self._notes):
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def listings(self) -> Listings:
        """Return who lists what GitHub has."""
        return Listings(self.connection, self._pages)

    def hooks(self, notes: HookNotes) -> HookKeeping:
        """Return what keeps webhooks."""
        file = SecretFile(self.secret_file, learn=self.learn) if self.secret_file else None
        return HookKeeping(Hooks(self.connection, self._pages), self.address, file, self.shared_secret, notes)

    def hook_states(self, notes: HookNotes) -> HookStates:
        """Return what looks at webhooks."""
        deliveries = Deliveries(self.connection, self._pages)
        return HookStates(Hooks(self.connection, self._pages), deliveries, notes, self.address)

    def upkeep(self, inbox: Inbox, knowledge: Knowledge) -> Upkeep:
        """Return what looks after webhooks with every pass."""
        deliveries = Deliveries(self.connection, self._pages)
        missed = MissedDeliveries(deliveries, inbox, self._notes, knowledge.knows)
        return Upkeep(
            self.hooks(self._notes) if self.address else None,
            missed,
            self._notes,
            self.observer,
            at_app=self.at_app,
            is_app=self.connection.is_app,
        )

    def reporting(self, database: Database, inbox: Inbox, executor: str) -> tuple[Reporting, ReportThread] | None:
        """Return what decides what GitHub is told, and the thread that tells it; None where it is told nothing."""
        if self.evidence is None:
            return None
        reports = Reports(database)
        promotions = Promotions(reports, Requests(self.connection), self.connection.url, time.time)
        telling = Reporter(
            reports,
            Deployments(self.connection),
            Comments(self.connection),
            CommitStatuses(self.connection),
            self.budget,
            self.evidence,
            time.time,
            random.random,
            executor,
            promotions,
            self.observer,
            delete=self.deletes_deployments,
        )
        thread = ReportThread(telling)
        promotions.changed = thread.nudge
        return Reporting(inbox, reports, time.time, promotions, thread.nudge), thread

    @cached_property
    def _pages(self) -> Pages:
        return Pages(answers_in(self.state))

    @cached_property
    def _notes(self) -> HookNotes:
        return notes_in(self.state)
