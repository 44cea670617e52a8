"""Reads what a scrape tells as Prometheus does, and a clock for it."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from generator.sync.monitoring.metrics import Metrics

NOW = 1_700_000_000


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


def families(metrics: Metrics) -> dict[str, Metric]:
    body, kind = metrics.exposition()
    assert kind.startswith("text/plain; version=")
    return {family.name: family for family in text_string_to_metric_families(body.decode())}


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of a sample by its name without the prefix; None where there is none."""
    for family in families(metrics).values():
        for sample in family.samples:
            if sample.name == f"gitopsmith_{name}" and sample.labels == labels:
                return sample.value
    return None
