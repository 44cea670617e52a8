"""What goes out to GitHub, put together: webhooks, missed deliveries, reports."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from generator.hub.budget import Budget
from generator.hub.comments import Comments
from generator.hub.commit_statuses import CommitStatuses
from generator.hub.connection import Connection
from generator.hub.deployments import Deployments
from generator.hub.hooks import Hooks
from generator.hub.listings import Listings
from generator.hub.missed import Deliveries
from generator.hub.pages import Pages
from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.hook_notes import HookNotes
from generator.sync.hooks.missed_deliveries import MissedDeliveries
from generator.sync.hooks.secret_file import SecretFile
from generator.sync.hooks.upkeep import Upkeep
from generator.sync.knowledge import Knowledge
from generator.sync.reports.evidence import Evidence
from generator.sync.reports.report_thread import ReportThread
from generator.sync.reports.reporter import Reporter
from generator.sync.reports.reporting import Reporting
from generator.sync.store.database import Database
from generator.sync.store.inbox import Inbox
from generator.sync.store.reports_table import Reports


@dataclass(frozen=True)
class Outward:
    """How GitHub is spoken to.

    Attributes:
        connection: Who calls.
        budget: How much GitHub may be told.
        state: The folder in which is kept what GitHub answered.
        address: The address at which GitHub reaches this server; empty where people look after webhooks themselves.
        shared_secret: What webhooks are signed with that have no secret of their own; empty where there is none.
        secret_file: The secrets of single repositories; None where all have the shared one.
        evidence: Knows what runs; None where GitHub is told nothing of deployments.
    """

    connection: Connection
    budget: Budget
    state: Path
    address: str = ""
    shared_secret: str = field(default="", repr=False)
    secret_file: Path | None = None
    evidence: Evidence | None = None

    def listings(self) -> Listings:
        """Return who lists what GitHub has."""
        return Listings(self.connection, self._pages())

    def hooks(self, notes: HookNotes) -> HookKeeping:
        """Return what keeps webhooks."""
        file = SecretFile(self.secret_file) if self.secret_file else None
        return HookKeeping(Hooks(self.connection, self._pages()), self.address, file, self.shared_secret, notes)

    def upkeep(self, inbox: Inbox, knowledge: Knowledge) -> Upkeep:
        """Return what looks after webhooks with every pass."""
        notes = HookNotes(self.state / "hooks.db")
        deliveries = Deliveries(self.connection, self._pages())
        missed = MissedDeliveries(deliveries, inbox, notes, knowledge.knows)
        return Upkeep(self.hooks(notes) if self.address else None, missed)

    def reporting(self, database: Database, inbox: Inbox, executor: str) -> tuple[Reporting, ReportThread] | None:
        """Return what decides what GitHub is told, and the thread that tells it; None where it is told nothing."""
        if self.evidence is None:
            return None
        reports = Reports(database)
        reporter = Reporter(
            reports,
            Deployments(self.connection),
            Comments(self.connection),
            CommitStatuses(self.connection),
            self.budget,
            self.evidence,
            time.time,
            random.random,
            executor,
        )
        thread = ReportThread(reporter)
        return Reporting(inbox, reports, time.time, thread.nudge), thread

    def _pages(self) -> Pages:
        return Pages(self.state / "github.db")
