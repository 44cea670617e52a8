"""Which counters and histograms the sync has, and every word that their labels may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from generator.sync.monitoring.label_values import OTHER, LabelValues, one_of
from generator.sync.news.delivery import Result

Pass = Literal["complete", "incomplete", "failed"]
"""How a reconciliation ended. `incomplete`: not everything could be listed, and nothing was removed for that."""

GitOperation = Literal["fetch", "commit", "push"]
"""What git does for us."""

GitResult = Literal["done", "lost-race", "refused", "failed"]
"""What became of it. `refused`: a person must mend it; `failed`: it may pass."""

EVENTS = (
    "installation",
    "installation_repositories",
    "package",
    "ping",
    "pull_request",
    "reconciliation",
    "registry_package",
    "release",
)
"""GitHub's events that we follow, and our own for what reconciliation finds."""

UNSIGNED = "none"
"""What stands for the event of a request that no right signature vouches for."""

RECOVERED = ("delivery", "preview-opened", "preview-removed", "preview-updated", "release")
"""What reconciliation finds that no delivery brought."""

CHANGES = ("create", "adopt", "repair", "remove")
"""What may be done to a webhook."""

REPORTS = ("comment", "deployment", "request", "status")
"""What GitHub is told."""

TOLD = ("told", "failed", "refused")
"""What becomes of an attempt to tell it. `refused`: a person must mend it; `failed`: it may pass."""

_STATUSES = ("202", "400", "401", "404", "405", "408", "413", "415", "499", "500", "503")
_APIS = 100
"""How many parts of GitHub's API have series of their own: more than we call."""

_COUNTERS: Mapping[str, tuple[str, Mapping[str, Sequence[str]]]] = {
    "answers": ("Answers to deliveries.", {"event": (*EVENTS, UNSIGNED, OTHER), "status": (*_STATUSES, OTHER)}),
    "deliveries": ("Deliveries that ended.", {"event": (*EVENTS, OTHER), "result": get_args(Result)}),
    "deliveries_put_off": ("Deliveries that are tried again later.", {"reason": ("failure", "image")}),
    "pushes": ("Batches of deliveries that were pushed, or were to be.", {"result": ("pushed", "failed")}),
    "git_operations": ("Operations of git.", {"operation": get_args(GitOperation), "result": get_args(GitResult)}),
    "github_calls": ("Calls of GitHub; the status is none where no answer came.", {"api": (), "status": ()}),
    "webhook_changes": ("Webhooks that were made or changed.", {"change": CHANGES}),
    "reports": ("Attempts to tell GitHub of a deployment.", {"kind": (*REPORTS, OTHER), "result": (*TOLD, OTHER)}),
    "reconciliations": ("Reconciliations that ended.", {"result": get_args(Pass)}),
    "reconciliation_recovered": ("What reconciliation found that no delivery brought.", {"kind": (*RECOVERED, OTHER)}),
}
"""By name: what is counted, and the labels with the words that are known; whatever else comes is `other`."""

_HISTOGRAMS: Mapping[str, tuple[str, Mapping[str, Sequence[str]], tuple[float, ...]]] = {
    "answer_duration_seconds": (
        "Time to the answer to a delivery.",
        {"status": _STATUSES},
        (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    ),
    "delivery_to_push_seconds": (
        "Time from the receipt of a delivery to the push of its commit.",
        {},
        (0.1, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800),
    ),
    "push_duration_seconds": (
        "Time that batches took: planned, committed, and pushed until no race was lost.",
        {},
        (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    ),
    "batch_deliveries": ("Deliveries that were written together.", {}, (1, 2, 5, 10, 20, 50, 100, 200, 500)),
    "git_operation_duration_seconds": (
        "Time that operations of git took.",
        {"operation": get_args(GitOperation)},
        (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
    ),
    "github_call_duration_seconds": (
        "Time that calls of GitHub took.",
        {"api": ()},
        (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    ),
    "image_wait_seconds": (
        "Time that deliveries waited for an image.",
        {"result": ("arrived", "gave-up")},
        (5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600),
    ),
    "reconciliation_duration_seconds": (
        "Time that reconciliations took.",
        {},
        (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800),
    ),
}
"""By name: what is measured, the labels likewise, and the upper ends of the buckets."""


class MetricFamilies:
    """The counters and histograms of one sync.

    Args:
        registry: Where they are exposed.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counters = {name: _counter(name, registry) for name in _COUNTERS}
        self._histograms = {name: _histogram(name, registry) for name in _HISTOGRAMS}
        self._apis = LabelValues(_APIS)

    def count(self, name: str, *labels: str, number: float = 1) -> None:
        """Add to a counter.

        Args:
            name: Its name, without the prefix.
            labels: The values of its labels, in their order.
            number: How many.
        """
        self._counters[name].labels(*self._bounded(_COUNTERS[name][1], labels)).inc(number)

    def observe(self, name: str, amount: float, *labels: str) -> None:
        """Add a measurement to a histogram.

        Args:
            name: Its name, without the prefix.
            amount: What was measured.
            labels: The values of its labels, in their order.
        """
        histogram = self._histograms[name]
        if labels:
            histogram = histogram.labels(*self._bounded(_HISTOGRAMS[name][1], labels))
        # A clock that was set back makes times negative; a sum that shrinks would look like a restart.
        histogram.observe(max(0.0, amount))

    def _bounded(self, labels: Mapping[str, Sequence[str]], values: Sequence[str]) -> list[str]:
        bounded = []
        for (label, words), value in zip(labels.items(), values, strict=True):
            if words:
                bounded.append(one_of(value, words))
            else:
                bounded.append(self._apis(value) if label == "api" else value)
        return bounded


def _counter(name: str, registry: CollectorRegistry) -> Counter:
    """Return a counter that shows its zeros, as far as they are known: nobody sees an increase from nothing to one."""
    text, labels = _COUNTERS[name]
    counter = Counter(f"gitopsmith_{name}", text, tuple(labels), registry=registry)
    if all(labels.values()):
        for combination in product(*labels.values()):
            counter.labels(*combination)
    return counter


def _histogram(name: str, registry: CollectorRegistry) -> Histogram:
    text, labels, buckets = _HISTOGRAMS[name]
    return Histogram(f"gitopsmith_{name}", text, tuple(labels), buckets=buckets, registry=registry)
