"""What GitHub is told of a set of reports: deployments, comments on pull requests, statuses of commits. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from generator.core import preview_comment
from generator.core.deployment_states import Report, State, described

Kind = Literal["deployment", "comment", "status", "request"]

CONTEXT = "gitopsmith/preview"
"""The name under which the previews of a commit are shown beside the checks of its pull request."""

_WORST: tuple[State, ...] = ("error", "failure", "in_progress", "queued", "success", "inactive")
_COMMIT_STATES: Mapping[State, str] = {
    "queued": "pending",
    "in_progress": "pending",
    "success": "success",
    "failure": "failure",
    "error": "error",
    # A preview that is gone is no reason to keep anybody from merging.
    "inactive": "success",
}


@dataclass(frozen=True)
class Item:
    """One thing that GitHub should be told.

    Attributes:
        kind: What it becomes there.
        key: What tells it from the others of its kind.
        state: How far the deployment is; of anything else, `inactive` once nothing more will be said.
        content: All of it, as JSON can keep it.
        fingerprint: Differs where GitHub would be told something else.
    """

    kind: Kind
    key: str
    state: str
    content: Mapping[str, Any]
    fingerprint: str


def items_of(reports: Sequence[Report]) -> list[Item]:
    """Return what GitHub should be told of reports: all there are, for what is said of one depends on the others."""
    previews = [report for report in reports if report.number]
    return [*map(_deployment, reports), *_comments(previews), *_statuses(previews)]


def report_of(content: Mapping[str, Any]) -> Report:
    """Return the report that the content of a deployment keeps."""
    return Report(**content)


def _deployment(report: Report) -> Item:
    url = report.url if report.state == "success" else ""
    told = [report.state, report.description, report.log_url, url]
    return Item("deployment", report.key, report.state, asdict(report), fingerprint(told))


def _comments(previews: Iterable[Report]) -> list[Item]:
    series: dict[tuple[str, ...], list[Report]] = defaultdict(list)
    for report in previews:
        series[report.series].append(report)
    items = []
    for key, reports in series.items():
        one = reports[0]
        content = {
            "repository": one.repository,
            "number": one.number,
            "marker": preview_comment.marker(one.app, one.number),
            "body": preview_comment.comment(reports),
        }
        state = "open" if any(report.state != "inactive" for report in reports) else "inactive"
        items.append(Item("comment", " ".join(key), state, content, fingerprint([content["body"]])))
    return items


def _statuses(previews: Iterable[Report]) -> list[Item]:
    commits: dict[tuple[str, str], list[Report]] = defaultdict(list)
    for report in previews:
        commits[(report.repository.casefold(), report.ref)].append(report)
    items = []
    for key, reports in commits.items():
        # Of several apps in one repository the one that is worst off speaks for all.
        worst = min(reports, key=lambda report: (_WORST.index(report.state), report.app))
        told = worst.description if len(reports) == 1 else f"{worst.app}: {worst.description}"
        content = {
            "repository": worst.repository,
            "sha": worst.ref,
            "context": CONTEXT,
            "state": _COMMIT_STATES[worst.state],
            "description": described(told),
            "target_url": worst.url if worst.state == "success" and worst.url else worst.log_url,
        }
        state = "inactive" if worst.state == "inactive" else "open"
        items.append(Item("status", " ".join(key), state, content, fingerprint(content)))
    return items


def fingerprint(told: Any) -> str:
    """Return what differs where something else is told: of anything that JSON can keep."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
