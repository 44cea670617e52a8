"""What a monitoring system reads of the sync: whether news becomes commits, how fast, and what is in the way.

Labels hold words of ours or of GitHub's, never what somebody sends: no stranger can make the number of series grow.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from generator.core.errors import UserError
from generator.core.previews import OpenPreview
from generator.gitrepo.branch import LostRaceError
from generator.sync.monitoring.gauges import Gauges
from generator.sync.monitoring.metric_families import UNSIGNED, GitOperation, GitResult, MetricFamilies, Pass
from generator.sync.news.delivery import Delivery

if TYPE_CHECKING:
    from generator.sync.settlement import Settlement
    from generator.sync.store.counts import Counts, ReportCounts

_HTTP = range(100, 600)
_WITHOUT_A_LOOK = frozenset({"superseded", "ignored", "refused"})
"""Results that a delivery may have before the registry is asked: they do not say whether its image came."""


class Metrics:
    """The metrics of one sync; several in one process know nothing of each other. Any thread may call it.

    Args:
        version: The version of gitopsmith that runs.
        period: The seconds between two reconciliations; None where nothing is reconciled.
        clock: The seconds since 1970.
        monotonic: Seconds that no change of the clock makes jump.
    """

    def __init__(
        self,
        version: str,
        *,
        period: float | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = _WithoutCreated()
        self._monotonic = monotonic
        self._families = MetricFamilies(self._registry)
        build = {"version": version, "python_version": platform.python_version()}
        self._gauges = Gauges(build, period=period, clock=clock, monotonic=monotonic)
        self._registry.register(self._gauges)
        ProcessCollector(registry=self._registry)

    def exposition(self) -> tuple[bytes, str]:
        """Return everything as text for Prometheus, and the type of that text; the queue is counted meanwhile."""
        # Without a wish it is the form that every version of Prometheus reads.
        encode, kind = choose_encoder("")
        return encode(self._registry), kind

    def answered(self, status: int, seconds: float, event: str) -> None:
        """Count the answer to a delivery.

        Args:
            status: The HTTP status.
            seconds: What it took since the request began.
            event: GitHub's name for the event; empty where no right signature vouches for it.
        """
        self._families.count("answers", event or UNSIGNED, str(status))
        self._families.observe("answer_duration_seconds", seconds, str(status))

    def settled(self, delivery: Delivery, settlement: Settlement, now: float) -> None:
        """Count what became of a delivery that was tried.

        Args:
            delivery: The delivery as it was.
            settlement: What became of it.
            now: When, in seconds since 1970.
        """
        result = settlement.result
        if result is None:
            self._families.count("deliveries_put_off", "image" if settlement.waiting_for else "failure")
        else:
            self._families.count("deliveries", delivery.event, result)
        if result == "committed":
            self._families.observe("delivery_to_push_seconds", now - delivery.received_at)
        if result == "gave-up" and settlement.waiting_for:
            self._families.observe("image_wait_seconds", settlement.waited, "gave-up")
        elif delivery.waiting_for and not settlement.waiting_for and result not in _WITHOUT_A_LOOK:
            self._families.observe("image_wait_seconds", delivery.waited, "arrived")

    def pushed(self, size: int, seconds: float, result: str) -> None:
        """Count a batch that was pushed, or was to be.

        Args:
            size: How many deliveries went together.
            seconds: What it took to plan, commit and push it.
            result: `pushed` or `failed`.
        """
        self._families.count("pushes", result)
        self._families.observe("push_duration_seconds", seconds)
        self._families.observe("batch_deliveries", size)

    @contextmanager
    def git_operation(self, operation: GitOperation) -> Iterator[None]:
        """Count and time what the block has git do; by its error, what became of it."""
        began = self._monotonic()
        result: GitResult = "failed"
        try:
            yield
            result = "done"
        except LostRaceError:
            result = "lost-race"
            raise
        except UserError:
            result = "refused"
            raise
        finally:
            self._families.count("git_operations", operation, result)
            self._families.observe("git_operation_duration_seconds", self._monotonic() - began, operation)

    def called(self, api: str, status: int, seconds: float) -> None:
        """Count a call of GitHub.

        Args:
            api: Which part of its API, in a word that names no repository.
            status: The HTTP status; 0 where no answer came.
            seconds: What it took.
        """
        self._families.count("github_calls", api, str(status) if status in _HTTP else "none")
        self._families.observe("github_call_duration_seconds", seconds, api)

    def limit(self, remaining: int, limit: int, reset: float) -> None:
        """Show what GitHub said of its limit.

        Args:
            remaining: The calls that are left.
            limit: The calls that there are from one reset to the next.
            reset: When they are there again, in seconds since 1970.
        """
        self._gauges.limit(remaining, limit, reset)

    def limited(self, seconds: float) -> None:
        """Take note that GitHub wants to be left alone: calls show it by their status, and reports by their waits."""

    def reconciled(self, result: Pass, seconds: float, recovered: Mapping[str, int], held_back: int = 0) -> None:
        """Count a reconciliation that ended.

        Args:
            result: How it ended.
            seconds: What it took.
            recovered: What it found that no delivery had brought, by kind, see `metric_families.RECOVERED`.
            held_back: Removals that were too many at once, so that none was made.
        """
        self._families.count("reconciliations", result)
        self._families.observe("reconciliation_duration_seconds", seconds)
        for kind, number in recovered.items():
            self._families.count("reconciliation_recovered", kind, number=number)
        self._gauges.reconciled(complete=result == "complete", held_back=held_back)

    def webhooks_kept(self, kept: int, changes: Mapping[str, int], problems: Mapping[str, int], held_back: int) -> None:
        """Count what became of the webhooks in a pass.

        Args:
            kept: How many are as they should be.
            changes: How many were changed for that, by what was done, see `metric_families.CHANGES`.
            problems: How many repositories there are problems with, by task, see `github_gauges.Task`.
            held_back: How many were not removed, on doubt.
        """
        for change, number in changes.items():
            self._families.count("webhook_changes", change, number=number)
        self._gauges.github.webhooks_kept(kept, problems, held_back)

    def reported(self, kind: str, result: str) -> None:
        """Count an attempt to tell GitHub of a deployment.

        Args:
            kind: What was told, see `metric_families.REPORTS`.
            result: `told`, `failed` or `refused`.
        """
        self._families.count("reports", kind, result)

    def report_waits(self, seconds: float) -> None:
        """Show that reports have to wait so many seconds, to leave GitHub's limit to everything else."""
        self._gauges.github.report_waits(seconds)

    def watch_reports(self, counts: Callable[[], ReportCounts]) -> None:
        """Ask `counts` at each scrape how much GitHub is still to be told; while it fails, the rest is told without."""
        self._gauges.watch_reports(counts)

    def watch_queue(self, counts: Callable[[], Counts]) -> None:
        """Ask `counts` at each scrape how many deliveries are kept; while it fails, the rest is told without it."""
        self._gauges.watch_queue(counts)

    def show_previews(self, repository: str, previews: Iterable[OpenPreview]) -> None:
        """Show the previews that a gitops repository holds, in place of those that it held before.

        It is told again with each change and each reconciliation; after two periods without, nothing is shown.
        """
        self._gauges.show_previews(repository, previews)


class _WithoutCreated(CollectorRegistry):
    """A registry that does not tell when each series began: that would be as many series again."""

    def collect(self) -> Iterator[Metric]:
        for family in super().collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family
