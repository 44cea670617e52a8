"""How long something took is measured by a clock that nobody sets."""

from __future__ import annotations

import itertools

from prometheus_client.parser import text_string_to_metric_families

from tests.sync.memory_sync import MemorySync
from tests.sync.told import START, delivery, release

DAY = 86_400


def measured(sync: MemorySync, name: str) -> float:
    families = text_string_to_metric_families(sync.metrics.exposition()[0].decode())
    return next(sample.value for family in families for sample in family.samples if sample.name == f"gitopsmith_{name}")


def test_a_clock_that_jumps_makes_no_push_and_no_pass_seem_long(sync: MemorySync) -> None:
    sync.drain.clock = sync.reconciliation.clock = itertools.count(START, DAY).__next__
    (done,) = sync.take(delivery("release", release("v6.7.1")))
    assert done.result == "committed"
    assert measured(sync, "push_duration_seconds_count") == 1
    assert measured(sync, "push_duration_seconds_sum") < DAY
    sync.reconciliation.once()
    assert measured(sync, "reconciliation_duration_seconds_count") == 1
    assert measured(sync, "reconciliation_duration_seconds_sum") < DAY
