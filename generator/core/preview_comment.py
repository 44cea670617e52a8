"""What a comment on a pull request says of its preview, as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from generator.core.deployment_states import Report, State, shown_ref
from generator.core.instants import show_instant
from generator.core.markdown import code, link

_TOLD: dict[State, str] = {
    "queued": "Waiting",
    "in_progress": "Being deployed",
    "success": "Ready",
    "failure": "Failed",
    "error": "Failed",
    "inactive": "Closed",
}
_ORDER: tuple[State, ...] = ("success", "in_progress", "error", "failure", "queued")


def marker(app: str, number: int) -> str:
    """Return the first line of the comment on a preview, which nobody sees and by which it is found again."""
    return f"<!-- gitopsmith preview {app} {number} -->"


def comment(reports: Sequence[Report]) -> str:
    """Return the comment on a preview.

    Args:
        reports: How far its deployments are, of one app and one pull request; at least one.
    """
    alive = sorted((one for one in reports if one.state != "inactive"), key=lambda one: _ORDER.index(one.state))
    shown = alive[0] if alive else max(reports, key=lambda one: one.key)
    lines = [marker(shown.app, shown.number), f"**Preview of {code(shown.app)}: {_TOLD[shown.state]}**", ""]
    if alive:
        lines += _details(shown)
        lines += [f"- Next: {code(shown_ref(one.ref))}: {code(one.description)}" for one in alive[1:]]
    return "\n".join(lines).rstrip() + "\n"


def _details(report: Report) -> list[str]:
    facts = {
        "URL": link(report.url) if report.url else "",
        "Version": code(report.version) if report.version else "",
        "Commit": code(shown_ref(report.ref)),
        "Branch": code(report.branch) if report.branch else "",
        "State": code(report.description) if report.description else "",
        "Stays until": code(show_instant(report.expires)) if report.expires is not None else "",
    }
    return [f"- {name}: {value}" for name, value in facts.items() if value]
