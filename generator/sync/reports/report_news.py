"""What deliveries say of deployments: what waits, what failed, what was just committed. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from generator.core.deployment_states import Arrival, Waiting
from generator.core.errors import UserError
from generator.core.instants import show_instant
from generator.core.intents import EnsurePreview, SetVersion
from generator.core.preview_names import preview_tag
from generator.core.previews import ENVIRONMENT
from generator.core.pull_requests import inert
from generator.sync.following import FollowedApp, Following
from generator.sync.news.delivery import Delivery
from generator.sync.news.parsing import parse
from generator.sync.rules import Step, react
from generator.sync.stored_steps import EVENT as RECONCILIATION
from generator.sync.stored_steps import load_steps


def steps_of(delivery: Delivery, following: Following, git_url: str) -> Sequence[Step]:
    """Return what a delivery asks for; nothing where it cannot be read."""
    try:
        if delivery.event == RECONCILIATION:
            return load_steps(delivery.payload)
        event = parse(delivery.event, delivery.payload)
    except UserError:
        return ()
    now = show_instant(int(delivery.received_at))
    return react(event, following.of(delivery.repository), now=now, delivery=delivery.id, git_url=git_url).steps


def waiting_of(delivery: Delivery, steps: Iterable[Step], following: Following) -> list[Waiting]:
    """Return what a delivery leaves to wait for, or fails with; nothing of one that is done."""
    if delivery.state == "done":
        return []
    state = "queued" if delivery.state == "waiting" else "failure" if delivery.result == "gave-up" else "error"
    reason = delivery.reason or "Received."
    reason = reason[:1].upper() + reason[1:]
    apps = {app.name: app for app in following.of(delivery.repository)}
    found = []
    for step in steps:
        intent = step.intent
        if isinstance(intent, EnsurePreview):
            pull_request = intent.pull_request
            found.append(
                Waiting(
                    delivery.repository,
                    intent.app,
                    ENVIRONMENT,
                    pull_request.sha,
                    state,  # type: ignore[arg-type]  # one of three words
                    reason,
                    number=pull_request.number,
                    version=_tag(apps.get(intent.app), intent),
                    branch=inert(pull_request.branch),
                )
            )
        elif isinstance(intent, SetVersion) and step.mode == "commit" and (ref := _ref(delivery, intent)):
            found.append(
                Waiting(
                    delivery.repository,
                    intent.app,
                    intent.environment,
                    ref,
                    state,  # type: ignore[arg-type]  # as above
                    reason,
                    version=intent.version,
                )
            )
    return found


def proposals_of(delivery: Delivery, steps: Iterable[Step]) -> list[Waiting]:
    """Return the versions that a delivery proposed, which wait for people."""
    return [
        Waiting(
            delivery.repository,
            intent.app,
            intent.environment,
            ref,
            "queued",
            "Proposed; waits for its pull request to be merged.",
            version=intent.version,
        )
        for intent, ref in _brought(delivery, steps, "pull-request")
    ]


def arrivals_of(delivery: Delivery, steps: Iterable[Step]) -> list[Arrival]:
    """Return the versions that a delivery brought, but for those that are only proposed."""
    return [
        Arrival(delivery.repository, intent.app, intent.environment, ref, intent.version)
        for intent, ref in _brought(delivery, steps, "commit")
    ]


def places_of(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """Return what a delivery's commits are about: apps, and `Report.where`."""
    places = []
    for step in steps:
        intent = step.intent
        if isinstance(intent, EnsurePreview):
            places.append((intent.app, f"{ENVIRONMENT}-pr-{intent.pull_request.number}"))
        elif isinstance(intent, SetVersion):
            places.append((intent.app, intent.environment))
    return places


def _brought(
    delivery: Delivery, steps: Iterable[Step], mode: Literal["commit", "pull-request"]
) -> Iterator[tuple[SetVersion, str]]:
    """Yield what a delivery that is done set in a mode, with what it was made from, where that is known."""
    if delivery.state != "done" or delivery.result not in {"committed", "unchanged"}:
        return
    for step in steps:
        intent = step.intent
        if isinstance(intent, SetVersion) and step.mode == mode and (ref := _ref(delivery, intent)):
            yield intent, ref


def _ref(delivery: Delivery, intent: SetVersion) -> str:
    """Return the commit that a version was made from, or its tag; empty where neither is known."""
    if intent.provenance.sha:
        return intent.provenance.sha
    kind, _, rest = delivery.subject.partition(":")
    if kind != "release":
        return ""
    try:
        # The subject holds the tag as JSON writes it, so that different tags stay different.
        tag = json.loads(f'"{rest.partition("@")[2]}"')
    except ValueError:
        return ""
    return tag if isinstance(tag, str) else ""


def _tag(app: FollowedApp | None, intent: EnsurePreview) -> str:
    try:
        return preview_tag(app.service.spec, intent.pull_request) if app else ""
    except UserError:
        return ""
