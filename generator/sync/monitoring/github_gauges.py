"""What is known of webhooks and reports when a monitoring system asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

if TYPE_CHECKING:
    from generator.sync.store.counts import ReportCounts

Task = Literal["keep", "look", "remove"]
"""What may fail for a webhook: to keep it, to look for what it missed, to remove it."""


@dataclass(frozen=True)
class _Webhooks:
    at: float
    kept: int
    problems: Mapping[str, int]
    held_back: int


class GitHubGauges:
    """What a process knows of its webhooks and of its reports.

    Args:
        is_news: Whether what was told then, by the monotonic clock, still counts.
        monotonic: Seconds that no change of the clock makes jump.
    """

    def __init__(self, is_news: Callable[[float], bool], monotonic: Callable[[], float]) -> None:
        self._is_news, self._monotonic = is_news, monotonic
        self._webhooks: _Webhooks | None = None
        self._waits = 0
        self._wait_until = monotonic()

    def webhooks_kept(self, kept: int, problems: Mapping[str, int], held_back: int) -> None:
        """Keep what became of the webhooks in a pass."""
        self._webhooks = _Webhooks(self._monotonic(), kept, dict(problems), held_back)

    def report_waits(self, seconds: float) -> None:
        """Keep that reports have to wait; told again while they do, it is the same wait."""
        now = self._monotonic()
        self._waits += now >= self._wait_until
        self._wait_until = max(self._wait_until, now + seconds)

    def collect(self, reports: ReportCounts | None) -> Iterator[Metric]:
        """Yield the state as it is now.

        Args:
            reports: How much is still to be told; None where that is not known.
        """
        yield from self._collect_webhooks()
        yield from self._collect_reports(reports)

    def _collect_webhooks(self) -> Iterator[Metric]:
        known = self._webhooks
        if known is None or not self._is_news(known.at):
            return
        yield GaugeMetricFamily("gitopsmith_webhooks_kept", "Webhooks that are as they should be.", value=known.kept)
        problems = GaugeMetricFamily(
            "gitopsmith_webhook_problems", "Repositories with a problem of their webhook, by task.", labels=["task"]
        )
        for task in get_args(Task):
            problems.add_metric([task], known.problems.get(task, 0))
        yield problems
        yield GaugeMetricFamily(
            "gitopsmith_webhooks_held_back",
            "Webhooks that no app needs any more, and that are not removed on doubt.",
            value=known.held_back,
        )

    def _collect_reports(self, reports: ReportCounts | None) -> Iterator[Metric]:
        if reports is not None:
            pending = GaugeMetricFamily(
                "gitopsmith_reports_pending", "What GitHub is still to be told, by state.", labels=["state"]
            )
            pending.add_metric(["waiting"], reports.waiting - reports.failing)
            pending.add_metric(["failing"], reports.failing)
            yield pending
        yield CounterMetricFamily(
            "gitopsmith_report_waits",
            "How often reports began to wait, to leave GitHub's limit to everything else.",
            value=self._waits,
        )
        yield GaugeMetricFamily(
            "gitopsmith_report_wait_seconds",
            "How long reports still wait for that.",
            value=max(0.0, self._wait_until - self._monotonic()),
        )
