"""What a scrape tells of webhooks and reports: as long as it is news, and asked for without a long wait."""

from __future__ import annotations

import threading

import pytest

from generator.core.errors import TemporaryError
from generator.sync.monitoring.metrics import Metrics
from generator.sync.store.counts import Counts, ReportCounts
from tests.sync.monitoring.scraped import Clock, families, value


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def metrics(clock: Clock) -> Metrics:
    return Metrics("1", period=600, monotonic=clock)


def test_webhooks_are_told_until_that_is_old(metrics: Metrics, clock: Clock) -> None:
    assert value(metrics, "webhooks_kept") is None
    metrics.webhooks_kept(7, {"create": 2, "adopt": 1}, {"keep": 3}, held_back=4)
    metrics.webhooks_kept(8, {"create": 1}, {"look": 1}, held_back=0)
    assert value(metrics, "webhooks_kept") == 8
    assert value(metrics, "webhook_problems", task="keep") == 0
    assert value(metrics, "webhook_problems", task="look") == 1
    assert value(metrics, "webhooks_held_back") == 0
    assert value(metrics, "webhook_changes_total", change="create") == 3
    assert value(metrics, "webhook_changes_total", change="remove") == 0
    clock.now += 1201
    assert value(metrics, "webhooks_kept") is None
    assert value(metrics, "webhook_changes_total", change="create") == 3


def test_reports_are_counted_by_kind_and_result(metrics: Metrics) -> None:
    metrics.reported("deployment", "told")
    metrics.reported("something new", "refused")
    assert value(metrics, "reports_total", kind="deployment", result="told") == 1
    assert value(metrics, "reports_total", kind="other", result="refused") == 1
    assert value(metrics, "reports_total", kind="comment", result="failed") == 0


def test_what_is_still_to_be_told_is_asked_for_at_each_scrape(metrics: Metrics) -> None:
    assert value(metrics, "reports_pending", state="waiting") is None
    metrics.watch_reports(lambda: ReportCounts(5, 2, {}))
    assert value(metrics, "reports_pending", state="waiting") == 3
    assert value(metrics, "reports_pending", state="failing") == 2


def test_a_wait_that_is_told_again_is_one(metrics: Metrics, clock: Clock) -> None:
    for _ in range(3):
        metrics.report_waits(60.0)
        clock.now += 10
    assert value(metrics, "report_waits_total") == 1
    assert value(metrics, "report_wait_seconds") == 50
    clock.now += 60
    assert value(metrics, "report_wait_seconds") == 0
    metrics.report_waits(5.0)
    assert value(metrics, "report_waits_total") == 2


def test_a_table_that_cannot_be_read_leaves_out_that_alone(metrics: Metrics) -> None:
    def fail() -> ReportCounts:
        raise TemporaryError("locked")

    metrics.watch_reports(fail)
    assert value(metrics, "reports_pending", state="waiting") is None
    assert value(metrics, "report_waits_total") == 0


def test_the_table_and_the_queue_are_asked_at_once_so_that_both_are_waited_for_once(metrics: Metrics) -> None:
    both = threading.Barrier(2, timeout=30)

    def reports() -> ReportCounts:
        both.wait()
        return ReportCounts(1, 0, {})

    def queue() -> Counts:
        both.wait()
        return Counts({}, 0.0)

    metrics.watch_reports(reports)
    metrics.watch_queue(queue)
    found = families(metrics)
    assert {"gitopsmith_reports_pending", "gitopsmith_queue_deliveries"} <= set(found)
