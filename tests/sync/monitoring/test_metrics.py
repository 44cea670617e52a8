"""What a scrape tells, read as Prometheus reads it: true, bounded, and there when something is wrong."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.core.layout import Place
from generator.core.previews import OpenPreview
from generator.gitrepo.branch import LostRaceError
from generator.sync.monitoring import gauges
from generator.sync.monitoring.metrics import Metrics
from generator.sync.news.delivery import Delivery
from generator.sync.settlement import Settlement
from generator.sync.store.counts import Counts
from tests.sync.monitoring.scraped import NOW, Clock, families, value

DELIVERY = Delivery("d-1", "release", received_at=NOW - 2)


def series(metrics: Metrics, prefix: str) -> int:
    return sum(sample.name.startswith(prefix) for family in families(metrics).values() for sample in family.samples)


def preview(app: str, number: int, *, expires: int | None = None, pinned: bool = False) -> OpenPreview:
    return OpenPreview(app, number, "dev", Place("a", "b", ("a",)), expires=expires, pinned=pinned)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1.2.3", period=600)


# What it looks like


def test_it_says_what_runs(metrics: Metrics) -> None:
    (sample,) = families(metrics)["gitopsmith_build_info"].samples
    assert sample.labels["version"] == "1.2.3"
    assert re.fullmatch(r"3\.\d+\.\d+", sample.labels["python_version"])
    assert sample.value == 1


def test_names_have_one_prefix_and_their_unit_and_say_what_they_are(metrics: Metrics) -> None:
    found = families(metrics)
    assert found
    for name, family in found.items():
        assert name.startswith(("gitopsmith_", "process_"))
        assert family.documentation
        if family.type == "histogram":
            assert name.endswith(("_seconds", "_deliveries"))


def test_when_a_series_began_is_not_told(metrics: Metrics) -> None:
    metrics.called("pulls", 200, 0.1)
    assert b"_created" not in metrics.exposition()[0]


def test_two_syncs_in_one_process_know_nothing_of_each_other() -> None:
    one, other = Metrics("1"), Metrics("2")
    one.pushed(1, 0.1, "pushed")
    assert value(one, "pushes_total", result="pushed") == 1
    assert value(other, "pushes_total", result="pushed") == 0


def test_threads_lose_no_count(metrics: Metrics) -> None:
    def work() -> None:
        for _ in range(200):
            metrics.answered(202, 0.01, "release")
            metrics.show_previews("acme/gitops", [preview("podinfo", 1)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        metrics.exposition()
    for thread in threads:
        thread.join()
    assert value(metrics, "answers_total", event="release", status="202") == 1600


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("answers_total", {"event": "none", "status": "503"}),
        ("deliveries_total", {"event": "pull_request", "result": "gave-up"}),
        ("deliveries_put_off_total", {"reason": "failure"}),
        ("pushes_total", {"result": "failed"}),
        ("git_operations_total", {"operation": "push", "result": "lost-race"}),
        ("reconciliations_total", {"result": "incomplete"}),
        ("webhook_changes_total", {"change": "remove"}),
        ("reports_total", {"kind": "comment", "result": "refused"}),
        ("reconciliation_recovered_total", {"kind": "preview-removed"}),
    ],
)
def test_what_never_happened_is_zero_so_that_its_first_time_is_an_increase(
    metrics: Metrics, name: str, labels: dict[str, str]
) -> None:
    assert value(metrics, name, **labels) == 0


# Deliveries


def test_answers_are_counted_and_timed(metrics: Metrics) -> None:
    metrics.answered(202, 0.02, "release")
    metrics.answered(401, 0.001, "")
    assert value(metrics, "answers_total", event="release", status="202") == 1
    assert value(metrics, "answers_total", event="none", status="401") == 1
    assert value(metrics, "answer_duration_seconds_bucket", status="202", le="0.01") == 0
    assert value(metrics, "answer_duration_seconds_bucket", status="202", le="0.025") == 1


def test_a_delivery_is_counted_by_its_end_and_timed_to_its_push(metrics: Metrics) -> None:
    metrics.settled(DELIVERY, Settlement("d-1", "done", "committed", commit="c"), NOW)
    metrics.settled(DELIVERY, Settlement("d-1", "done", "unchanged"), NOW)
    assert value(metrics, "deliveries_total", event="release", result="committed") == 1
    assert value(metrics, "deliveries_total", event="release", result="unchanged") == 1
    assert value(metrics, "delivery_to_push_seconds_count") == 1
    assert value(metrics, "delivery_to_push_seconds_sum") == 2
    assert value(metrics, "delivery_to_push_seconds_bucket", le="300.0") == 1


def test_a_delivery_that_is_put_off_has_no_end(metrics: Metrics) -> None:
    metrics.settled(DELIVERY, Settlement("d-1", "waiting", reason="the remote is away"), NOW)
    metrics.settled(DELIVERY, Settlement("d-1", "waiting", waiting_for="ghcr.io/acme/podinfo:1", waited=5), NOW)
    assert value(metrics, "deliveries_put_off_total", reason="failure") == 1
    assert value(metrics, "deliveries_put_off_total", reason="image") == 1
    samples = families(metrics)["gitopsmith_deliveries"].samples
    assert sum(sample.value for sample in samples) == 0
    assert value(metrics, "image_wait_seconds_count", result="arrived") is None


@pytest.mark.parametrize(
    ("settlement", "arrived", "gave_up"),
    [
        (Settlement("d", "done", "committed"), 40, None),
        (Settlement("d", "done", "unchanged"), 40, None),
        (Settlement("d", "waiting", reason="the remote is away"), 40, None),
        (Settlement("d", "waiting", waiting_for="image:1", waited=60), None, None),
        (Settlement("d", "failed", "gave-up", waiting_for="image:1", waited=1800), None, 1800),
        (Settlement("d", "done", "superseded"), None, None),
    ],
)
def test_a_wait_for_an_image_is_timed_when_it_is_over(
    metrics: Metrics, settlement: Settlement, arrived: float | None, gave_up: float | None
) -> None:
    waiting = Delivery("d", "pull_request", received_at=NOW, waiting_for="image:1", waited=40)
    metrics.settled(waiting, settlement, NOW)
    assert value(metrics, "image_wait_seconds_sum", result="arrived") == arrived
    assert value(metrics, "image_wait_seconds_sum", result="gave-up") == gave_up


def test_the_queue_is_counted_when_somebody_asks(metrics: Metrics) -> None:
    counts = Counts(
        {("release", "waiting"): 3, ("pull_request", "waiting-for-image"): 2, ("release", "refused"): 1}, 7.5
    )
    metrics.watch_queue(lambda: counts)
    assert value(metrics, "queue_deliveries", state="waiting") == 3
    assert value(metrics, "queue_deliveries", state="waiting-for-image") == 2
    assert value(metrics, "queue_deliveries", state="failed") == 1
    assert value(metrics, "queue_oldest_waiting_seconds") == 7.5
    counts = Counts({}, 0.0)
    assert value(metrics, "queue_deliveries", state="waiting") == 0
    assert value(metrics, "queue_oldest_waiting_seconds") == 0


def test_without_its_database_everything_else_is_told(metrics: Metrics) -> None:
    def fail() -> Counts:
        raise TemporaryError("the database is locked")

    metrics.watch_queue(fail)
    metrics.pushed(3, 0.2, "pushed")
    assert value(metrics, "queue_deliveries", state="waiting") is None
    assert value(metrics, "pushes_total", result="pushed") == 1
    assert value(metrics, "queue_read_failures_total") == 3


def test_a_database_that_hangs_holds_up_no_scrape_and_is_asked_once(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "_PATIENCE", 0.05)
    asked, released = [], threading.Event()

    def hang() -> Counts:
        asked.append(threading.current_thread())
        assert released.wait(30)
        return Counts({("release", "waiting"): 1}, 0.0)

    metrics.watch_queue(hang)
    assert [value(metrics, "queue_deliveries", state="waiting") for _ in range(3)] == [None] * 3
    assert len(asked) == 1
    released.set()
    asked[0].join(30)
    monkeypatch.setattr(gauges, "_PATIENCE", 30)
    assert value(metrics, "queue_deliveries", state="waiting") == 1
    assert value(metrics, "queue_read_failures_total") == 3


# Commits


def test_pushes_are_counted_with_their_size_and_time(metrics: Metrics) -> None:
    metrics.pushed(7, 0.3, "pushed")
    metrics.pushed(1, 60, "failed")
    assert value(metrics, "pushes_total", result="pushed") == 1
    assert value(metrics, "pushes_total", result="failed") == 1
    assert value(metrics, "batch_deliveries_bucket", le="5.0") == 1
    assert value(metrics, "batch_deliveries_sum") == 8
    assert value(metrics, "push_duration_seconds_sum") == 60.3


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "done"),
        (LostRaceError("somebody else"), "lost-race"),
        (UserError("protected"), "refused"),
        (TemporaryError("away"), "failed"),
        (ValueError("a bug"), "failed"),
    ],
)
def test_operations_of_git_are_counted_by_how_they_end(error: Exception | None, result: str) -> None:
    clock = Clock()
    metrics = Metrics("1", monotonic=clock)

    def work() -> None:
        with metrics.git_operation("push"):
            clock.now += 3
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            work()
    else:
        work()
    assert value(metrics, "git_operations_total", operation="push", result=result) == 1
    assert value(metrics, "git_operation_duration_seconds_sum", operation="push") == 3


# GitHub


def test_calls_of_github_are_counted_and_timed(metrics: Metrics) -> None:
    metrics.called("releases", 304, 0.1)
    metrics.called("releases", 0, 10)
    assert value(metrics, "github_calls_total", api="releases", status="304") == 1
    assert value(metrics, "github_calls_total", api="releases", status="none") == 1
    assert value(metrics, "github_call_duration_seconds_sum", api="releases") == 10.1


def test_the_limit_is_told_once_it_is_known(metrics: Metrics) -> None:
    assert value(metrics, "github_limit_remaining_calls") is None
    metrics.limit(4990, 5000, NOW + 60)
    metrics.limit(4989, 5000, NOW + 60)
    assert value(metrics, "github_limit_remaining_calls") == 4989
    assert value(metrics, "github_limit_calls") == 5000
    assert value(metrics, "github_limit_reset_timestamp_seconds") == NOW + 60


# Reconciliation


def test_the_age_is_that_of_the_last_complete_reconciliation() -> None:
    clock = Clock(0)
    metrics = Metrics("1", period=600, monotonic=clock)
    clock.now = 50
    assert value(metrics, "reconciliation_age_seconds") == 50
    metrics.reconciled("complete", 4, {"release": 2, "preview-removed": 1})
    clock.now = 700
    metrics.reconciled("incomplete", 1, {})
    assert value(metrics, "reconciliation_age_seconds") == 650
    assert value(metrics, "reconciliation_period_seconds") == 600
    assert value(metrics, "reconciliations_total", result="complete") == 1
    assert value(metrics, "reconciliations_total", result="incomplete") == 1
    assert value(metrics, "reconciliation_recovered_total", kind="release") == 2
    assert value(metrics, "reconciliation_recovered_total", kind="preview-removed") == 1
    assert value(metrics, "reconciliation_duration_seconds_sum") == 5


def test_what_the_brake_held_back_is_told_until_it_is_old() -> None:
    clock = Clock(0)
    metrics = Metrics("1", period=600, monotonic=clock)
    assert value(metrics, "reconciliation_held_back_removals") is None
    metrics.reconciled("complete", 1, {}, held_back=12)
    clock.now = 1200
    assert value(metrics, "reconciliation_held_back_removals") == 12
    clock.now = 1201
    assert value(metrics, "reconciliation_held_back_removals") is None
    metrics.reconciled("complete", 1, {})
    assert value(metrics, "reconciliation_held_back_removals") == 0


def test_without_reconciliation_there_is_no_age() -> None:
    metrics = Metrics("1")
    metrics.show_previews("acme/gitops", [preview("podinfo", 1)])
    assert series(metrics, "gitopsmith_reconciliation_age") == 0
    assert value(metrics, "previews", app="podinfo", state="open") == 1


# Previews


def test_previews_are_counted_by_app_and_state_of_this_moment() -> None:
    wall = Clock()
    metrics = Metrics("1", clock=wall)
    metrics.show_previews(
        "acme/gitops",
        [
            preview("podinfo", 1, expires=NOW + 60),
            preview("podinfo", 2, expires=NOW - 60),
            preview("podinfo", 3, expires=NOW - 60, pinned=True),
            preview("podinfo", 4),
        ],
    )
    metrics.show_previews("beta/gitops", [preview("podinfo", 1), preview("web", 1)])
    assert value(metrics, "previews", app="podinfo", state="open") == 3
    assert value(metrics, "previews", app="podinfo", state="expired") == 1
    assert value(metrics, "previews", app="podinfo", state="pinned") == 1
    wall.now += 60
    assert value(metrics, "previews", app="podinfo", state="expired") == 2
    metrics.show_previews("acme/gitops", [])
    assert value(metrics, "previews", app="podinfo", state="open") == 1
    assert value(metrics, "previews", app="podinfo", state="expired") is None


def test_previews_that_nobody_told_of_for_long_are_not_shown() -> None:
    clock = Clock(0)
    metrics = Metrics("1", period=600, monotonic=clock)
    metrics.show_previews("acme/gitops", [preview("podinfo", 1)])
    clock.now = 1201
    assert value(metrics, "previews", app="podinfo", state="open") is None


# What must not happen


STRANGE: dict[str, Callable[[Metrics, int], None]] = {
    "answers": lambda metrics, number: metrics.answered(number, 0.1, f"x{number}"),
    "deliveries": lambda metrics, number: metrics.settled(
        Delivery("d", f"x{number}"), Settlement("d", "done", "ignored"), NOW
    ),
    "calls": lambda metrics, number: metrics.called(f"x{number}", number, 0.1),
    "recovered": lambda metrics, number: metrics.reconciled("complete", 1, {f"x{number}": 1}),
    "pushes": lambda metrics, number: metrics.pushed(1, 0.1, f"x{number}"),
    "reports": lambda metrics, number: metrics.reported(f"x{number}", f"x{number}"),
}


@pytest.mark.parametrize("send", STRANGE.values(), ids=STRANGE)
def test_no_stranger_makes_the_number_of_series_grow(metrics: Metrics, send: Callable[[Metrics, int], None]) -> None:
    for number in range(601):
        send(metrics, number)
    before = series(metrics, "gitopsmith_")
    for number in range(601, 2000):
        send(metrics, number)
    assert series(metrics, "gitopsmith_") == before
    assert b'="other"' in metrics.exposition()[0]


def test_apps_beyond_a_thousand_share_a_series(metrics: Metrics) -> None:
    metrics.show_previews("acme/gitops", [preview(f"app-{number:04}", 1) for number in range(1500)])
    assert series(metrics, "gitopsmith_previews") == 1001
    assert value(metrics, "previews", app="app-0999", state="open") == 1
    assert value(metrics, "previews", app="other", state="open") == 500


def test_a_clock_that_is_set_back_makes_no_time_negative(metrics: Metrics) -> None:
    metrics.settled(DELIVERY, Settlement("d-1", "done", "committed"), NOW - 3600)
    metrics.watch_queue(lambda: Counts({}, -5.0))
    assert value(metrics, "delivery_to_push_seconds_sum") == 0
    assert value(metrics, "queue_oldest_waiting_seconds") == 0
