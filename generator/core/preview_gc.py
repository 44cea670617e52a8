"""Collects previews that nobody needs any more, and none on doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from generator.core.documents import Preview
from generator.core.instants import parse_instant, show_instant
from generator.core.preview_time import stay
from generator.core.previews import OpenPreview
from generator.core.pull_requests import PullRequest, admits, is_pinned

CAREFUL_ABOVE = 5
"""How many previews there may be before the removal of more than half of them at once is a surprise."""


@dataclass(frozen=True)
class Wanted:
    """What an app wants of its previews.

    Attributes:
        policy: What its documents say.
        limit: The most previews at once.
        pull_requests: All that are open, by number, or None where they could not be listed to the end.
    """

    policy: Preview
    limit: int
    pull_requests: Mapping[int, PullRequest] | None = None


@dataclass(frozen=True)
class Garbage:
    """What goes, and what was thought of and stays.

    Attributes:
        gone: The previews that go, each with the reason.
        notes: What stays although something speaks against it, for the user.
        held_back: How many would have gone, where that were too many at once.
    """

    gone: tuple[tuple[OpenPreview, str], ...] = ()
    notes: tuple[str, ...] = ()
    held_back: int = 0


def plan_gc(
    previews: Sequence[OpenPreview], apps: Mapping[str, Wanted], now: str, *, allow_many: bool = False
) -> Garbage:
    """Return which previews go and why.

    One that is pinned stays. Without the list of open pull requests a preview goes for its age, for the number of the
    others or with its app, never because its pull request was not seen.

    Args:
        previews: Those that the tree holds.
        apps: What each app wants; an app that is not named has no documents any more.
        now: The time, in ISO 8601.
        allow_many: Whether more than half of more than five may go at once.

    Raises:
        UserError: `now` is no time.
    """
    time = parse_instant(now)
    gone: list[tuple[OpenPreview, str]] = []
    notes: list[str] = []
    kept: dict[str, list[OpenPreview]] = {}
    for preview in sorted(previews, key=_order):
        wanted = apps.get(preview.app)
        reason = _reason(preview, wanted, time)
        if reason and _is_pinned(preview, wanted):
            notes.append(f"{preview.name} is pinned and stays: {reason}.")
        elif reason:
            gone.append((preview, reason))
        if not reason or _is_pinned(preview, wanted):
            kept.setdefault(preview.app, []).append(preview)
    for app, staying in kept.items():
        if app in apps:
            gone += _too_many(staying, apps[app])
    if len(previews) > CAREFUL_ABOVE and 2 * len(gone) > len(previews) and not allow_many:
        listed = "\n".join(f"  {preview.name}: {reason}" for preview, reason in gone)
        told = f"{len(gone)} of {len(previews)} previews would go at once; none was touched:\n{listed}"
        return Garbage((), (*notes, told), len(gone))
    return Garbage(tuple(sorted(gone, key=lambda item: _order(item[0]))), tuple(notes))


def _reason(preview: OpenPreview, wanted: Wanted | None, now: int) -> str | None:
    """Return why a preview goes by itself; None where it stays."""
    if wanted is None:
        return "its app has no documents any more"
    pull_request = _listed(preview, wanted)
    if wanted.pull_requests is not None:
        if pull_request is None:
            return f"pull request {preview.number} is not open"
        if refusal := admits(wanted.policy, pull_request):
            return f"pull request {preview.number} is not let in: {refusal}"
    expires = _expires(preview, wanted, pull_request)
    return None if expires is None or now < expires else f"idle, and expired {show_instant(expires)}"


def _expires(preview: OpenPreview, wanted: Wanted, pull_request: PullRequest | None) -> int | None:
    """Return when a preview goes: as recorded, or later where its pull request has been active since."""
    if preview.expires is None or pull_request is None or not pull_request.updated_at:
        return preview.expires
    return max(preview.expires, stay(wanted.policy, parse_instant(pull_request.updated_at)).expires)


def _too_many(staying: Iterable[OpenPreview], wanted: Wanted) -> list[tuple[OpenPreview, str]]:
    """Return those of an app's previews that are over its limit, the ones that are idle longest."""
    active = {preview: _active(preview, wanted) for preview in staying}
    # One of unknown age goes for nothing; nor is it counted against the others' age.
    idle = [preview for preview, updated in active.items() if updated is not None and not _is_pinned(preview, wanted)]
    idle.sort(key=lambda preview: (active[preview] or 0, *_order(preview)))
    over = max(0, len(active) - wanted.limit)
    return [(preview, f"idle longest of {len(active)}, and {wanted.limit} may be open") for preview in idle[:over]]


def _active(preview: OpenPreview, wanted: Wanted) -> int | None:
    """Return the last activity of a preview, the later of what was recorded and what its pull request tells."""
    pull_request = _listed(preview, wanted)
    if preview.updated is None or pull_request is None or not pull_request.updated_at:
        return preview.updated
    return max(preview.updated, stay(wanted.policy, parse_instant(pull_request.updated_at)).updated)


def _is_pinned(preview: OpenPreview, wanted: Wanted | None) -> bool:
    pull_request = _listed(preview, wanted) if wanted else None
    return preview.pinned or (
        wanted is not None and pull_request is not None and is_pinned(wanted.policy, pull_request)
    )


def _listed(preview: OpenPreview, wanted: Wanted) -> PullRequest | None:
    return None if wanted.pull_requests is None else wanted.pull_requests.get(preview.number)


def _order(preview: OpenPreview) -> tuple[str, int, str]:
    return preview.app, preview.number, preview.cluster
