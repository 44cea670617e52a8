"""What is looked up when a monitoring system asks: the queue, GitHub's side, the last reconciliation, the previews.

What is not known is left out: a limit of zero calls, or a queue of zero deliveries, would be a statement.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from generator.core.previews import OpenPreview
from generator.sync.asked import Asked
from generator.sync.monitoring.github_gauges import GitHubGauges
from generator.sync.monitoring.label_values import LabelValues

if TYPE_CHECKING:
    from generator.sync.store.counts import Counts, ReportCounts

_APPS = 1000
"""How many apps have series of their own; the others share theirs."""

_TURNS = 2
"""After how many periods of reconciliation a process takes for old what it saw itself."""

_PATIENCE = 1.5
"""How many seconds the database may take to count: the rest must be told even where it hangs."""


@dataclass(frozen=True)
class _Limit:
    remaining: int
    calls: int
    reset: float


class Gauges:
    """The state of the sync, as a collector of prometheus_client.

    Args:
        build: What runs: version of gitopsmith and of Python, by label.
        period: The seconds between two reconciliations; None where nothing is reconciled.
        clock: The seconds since 1970.
        monotonic: Seconds that no change of the clock makes jump.

    Attributes:
        github: What is known of webhooks and reports.
    """

    def __init__(
        self,
        build: Mapping[str, str],
        *,
        period: float | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._build = dict(build)
        self._period = period
        self._clock, self._monotonic = clock, monotonic
        self._queue: Asked[Counts] | None = None
        self._reports: Asked[ReportCounts] | None = None
        self.github = GitHubGauges(self._is_news, monotonic)
        self._limit: _Limit | None = None
        # A process that never reconciled is as late as if it had when it was started.
        self._complete_at = monotonic()
        self._held_back: tuple[float, int] | None = None
        self._previews: dict[str, tuple[float, tuple[OpenPreview, ...]]] = {}
        self._apps = LabelValues(limit=_APPS)

    def watch_queue(self, counts: Callable[[], Counts]) -> None:
        """Ask `counts` at each scrape; while it fails, nothing is said about the queue but that."""
        self._queue = Asked("queue", counts)

    def watch_reports(self, counts: Callable[[], ReportCounts]) -> None:
        """Ask `counts` at each scrape, likewise."""
        self._reports = Asked("reports", counts)

    def limit(self, remaining: int, calls: int, reset: float) -> None:
        """Keep what GitHub said of the limit: calls that are left, of how many, until when (seconds since 1970)."""
        self._limit = _Limit(remaining, calls, reset)

    def reconciled(self, *, complete: bool, held_back: int) -> None:
        """Keep when a reconciliation ended that saw everything, and how many removals it held back."""
        now = self._monotonic()
        if complete:
            self._complete_at = now
        self._held_back = now, held_back

    def show_previews(self, repository: str, previews: Iterable[OpenPreview]) -> None:
        """Keep the previews that a gitops repository holds, in place of those that were known of it."""
        self._previews[repository] = self._monotonic(), tuple(previews)

    def collect(self) -> Iterator[Metric]:
        """Yield the state as it is now."""
        build = InfoMetricFamily("gitopsmith_build", "What runs.")
        build.add_metric([], self._build)
        yield build
        counts, reports = self._answers()
        yield from self._collect_queue(counts)
        yield from self.github.collect(reports)
        yield from self._collect_limit()
        yield from self._collect_reconciliation()
        yield self._collect_previews()

    def _answers(self) -> tuple[Counts | None, ReportCounts | None]:
        """Return what the database says; both are asked at once, for where it hangs neither has an answer."""
        until = time.monotonic() + _PATIENCE
        queue, reports = self._queue, self._reports
        of_queue, of_reports = queue and queue.begin(), reports and reports.begin()
        return (
            queue.answer(of_queue, until) if queue and of_queue else None,
            reports.answer(of_reports, until) if reports and of_reports else None,
        )

    def _collect_queue(self, counts: Counts | None) -> Iterator[Metric]:
        if self._queue is None:
            return
        if counts is not None:
            deliveries = GaugeMetricFamily(
                "gitopsmith_queue_deliveries", "Deliveries that had no effect yet, by state.", labels=["state"]
            )
            deliveries.add_metric(["waiting"], counts.waiting)
            deliveries.add_metric(["waiting-for-image"], counts.waiting_for_image)
            deliveries.add_metric(["failed"], counts.failed)
            yield deliveries
            yield GaugeMetricFamily(
                "gitopsmith_queue_oldest_waiting_seconds",
                "How long ago the oldest delivery came that waits, and not for an image.",
                value=max(0.0, counts.oldest_waiting),
            )
        yield CounterMetricFamily(
            "gitopsmith_queue_read_failures",
            "How often the queue could not be counted when somebody asked.",
            value=self._queue.failures,
        )

    def _collect_limit(self) -> Iterator[Metric]:
        if self._limit is None:
            return
        told = (
            ("limit_calls", "Calls that GitHub allows from one reset of its limit to the next.", self._limit.calls),
            ("limit_remaining_calls", "Calls that are left until the limit is reset.", self._limit.remaining),
            ("limit_reset_timestamp_seconds", "When the limit is reset, since 1970.", self._limit.reset),
        )
        for name, documentation, value in told:
            yield GaugeMetricFamily(f"gitopsmith_github_{name}", documentation, value=value)

    def _collect_reconciliation(self) -> Iterator[Metric]:
        if self._period is None:
            return
        now = self._monotonic()
        yield GaugeMetricFamily(
            "gitopsmith_reconciliation_period_seconds", "The time between two reconciliations.", value=self._period
        )
        yield GaugeMetricFamily(
            "gitopsmith_reconciliation_age_seconds",
            "How long ago this process completed a reconciliation, or was started where it completed none.",
            value=now - self._complete_at,
        )
        if self._held_back and self._is_news(self._held_back[0]):
            yield GaugeMetricFamily(
                "gitopsmith_reconciliation_held_back_removals",
                "Removals that were too many at once in the last reconciliation, so that none was made.",
                value=self._held_back[1],
            )

    def _collect_previews(self) -> Metric:
        now = self._clock()
        counted: Counter[tuple[str, str]] = Counter()
        for told, previews in list(self._previews.values()):
            if self._is_news(told):
                counted.update((self._apps(preview.app), _state(preview, now)) for preview in previews)
        family = GaugeMetricFamily("gitopsmith_previews", "Previews by app and state.", labels=["app", "state"])
        for labels, number in sorted(counted.items()):
            family.add_metric(labels, number)
        return family

    def _is_news(self, told: float) -> bool:
        """Return whether what was told then still counts: where processes take turns, another one knows better."""
        return self._period is None or self._monotonic() - told <= _TURNS * self._period


def _state(preview: OpenPreview, now: float) -> str:
    if preview.pinned:
        return "pinned"
    return "expired" if preview.expires is not None and preview.expires <= now else "open"
