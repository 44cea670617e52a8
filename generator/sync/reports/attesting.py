"""A person's word that a deployment runs, where nothing else is evidence of it: kept as what GitHub should be told."""

from __future__ import annotations

from collections.abc import Sequence

from generator.core.deployment_states import Report, with_evidence
from generator.core.errors import UserError
from generator.core.names import closest
from generator.sync.reports.reports_table import Reports

BY_HAND = "A person takes it for running."
"""What is said of a deployment without another reason."""

_LIST = "`gitopsmith deployments list` shows what is known."


def kept_deployments(reports: Reports) -> list[Report]:
    """Return what is known of deployments, by app and by where they are, the previews by their numbers.

    Raises:
        TemporaryError: The database is away.
    """
    return sorted(reports.kept(), key=lambda one: (one.app, one.environment, one.number, one.state, one.ref))


def attest(reports: Reports, app: str, where: str, reason: str, now: float) -> tuple[Report, bool]:
    """Take the committed deployment of an app for running; whoever reports tells GitHub within 30 seconds.

    Args:
        reports: What GitHub should be told.
        app: The app.
        where: The environment, or `preview-pr-7`.
        reason: Why it is known to run, in a sentence; empty for `BY_HAND`.
        now: The time, in seconds since 1970.

    Returns:
        The deployment, and whether this is new; what runs already keeps its first reason.

    Raises:
        UserError: There is no such deployment, or it is not committed.
        TemporaryError: The database is away.
    """
    found: list[Report] = []

    def decide(kept: Sequence[Report]) -> list[Report]:
        meant = {report.key for report in _committed(kept, app, where)}
        decided = [with_evidence(one, reason.strip() or BY_HAND) if one.key in meant else one for one in kept]
        found[:] = [one for one in decided if one.key in meant]
        return decided

    is_new = bool(reports.update(decide, now))
    return found[0], is_new


def _committed(kept: Sequence[Report], app: str, where: str) -> list[Report]:
    """Return the deployments that are committed at a place: one, but while another takes its place.

    Raises:
        UserError: There is none.
    """
    places = {one.where for one in kept if one.app == app}
    there = [one for one in kept if (one.app, one.where) == (app, where)]
    if found := [one for one in there if one.is_there]:
        return found
    if not places:
        guess = closest(app, {one.app for one in kept})
        raise UserError(
            f"Nothing is known of a deployment of `{app}`.",
            hint=f"Did you mean `{guess}`? {_LIST}" if guess else _LIST,
        )
    if not there:
        guess = closest(where, places)
        known = f"It is known in {', '.join(sorted(places))}."
        raise UserError(
            f"Nothing of `{app}` is deployed to `{where}`.",
            hint=f"Did you mean `{guess}`? {known}" if guess else known,
        )
    waiting = [one for one in there if one.state != "inactive"]
    if not waiting:
        raise UserError(f"`{app}` in {where} is not deployed any more: {there[0].description}", hint=_LIST)
    raise UserError(
        f"`{app}` in {where} is not committed: {waiting[0].state}. {waiting[0].description}",
        hint="It can be confirmed once it is committed.",
    )
