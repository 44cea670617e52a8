"""What reconciliation finds: the difference between what GitHub lists and what the tree holds, as steps. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from generator.core.errors import UserError
from generator.core.intents import RemovePreview, SetVersion
from generator.core.plan_version import plan_version
from generator.core.previews import previews_of
from generator.core.provenance import Provenance
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.sync.following import FollowedApp, Following
from generator.sync.news.events import PullRequestEvent, ReleaseEvent
from generator.sync.news.parsing import subject_of
from generator.sync.rules import Step, newest_versions, preview_step
from generator.workspace.preview_rendering import Source
from generator.workspace.previews import garbage_of, plan_open

Kind = Literal["release", "preview-opened", "preview-updated", "preview-removed"]


@dataclass(frozen=True)
class Listed:
    """All that GitHub lists of a repository.

    Attributes:
        releases: Every release.
        pull_requests: Every open pull request.
    """

    releases: Sequence[Release]
    pull_requests: Sequence[PullRequest]


@dataclass(frozen=True)
class Finding:
    """Something that should be true and is not.

    Attributes:
        kind: What is missing.
        repository: The source repository.
        subject: What it is about, as deliveries name it.
        occurred_at: When it happened, as far as it is known.
        steps: What makes it true.
        told: The change in a line, for a person.
    """

    kind: Kind
    repository: str
    subject: str
    occurred_at: str
    steps: tuple[Step, ...]
    told: str


@dataclass(frozen=True)
class Findings:
    """What one pass finds.

    Attributes:
        found: What is not as it should be.
        notes: What was left alone and why.
        held_back: How many removals were not made because they were too many at once.
    """

    found: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    held_back: int = 0


@dataclass(frozen=True)
class Known:
    """What the inbox knows beside the tree.

    Attributes:
        waiting: By subject, when the news happened that waits already.
        delivered: By subject of a release, where it was brought, `app/environment`: a person who took it back is not
            overruled.
    """

    waiting: Mapping[str, str] = field(default_factory=dict)
    delivered: Mapping[str, Collection[str]] = field(default_factory=dict)


def find(source: Source, following: Following, listed: Mapping[str, Listed], known: Known, now: str) -> Findings:
    """Return what is not as it should be.

    Args:
        source: The repositories.
        following: Which apps follow what.
        listed: What GitHub lists, by folded repository; without those whose listing is not whole: of them nothing is
            decided by what was not seen.
        known: What the inbox knows.
        now: The time, in ISO 8601.
    """
    found: list[Finding] = []
    notes = [str(error) for error in following.broken]
    for repository, apps in following.apps.items():
        if repository in listed:
            for app in apps:
                for one in (
                    *_releases(source, app, listed[repository].releases, known),
                    *_previews(source, app, listed[repository].pull_requests, known, now),
                ):
                    (found if isinstance(one, Finding) else notes).append(one)  # type: ignore[arg-type]
    removed, told, held_back = _garbage(source, following, listed, now)
    return Findings((*found, *removed), (*notes, *told), held_back)


def _releases(source: Source, app: FollowedApp, releases: Sequence[Release], known: Known) -> Iterator[Finding | str]:
    """Yield what an app should run and does not, one finding for each release."""
    steps: dict[Release, list[Step]] = {}
    for step, release in newest_versions(app, releases, git_url=source.organization.spec.git_url):
        steps.setdefault(release, []).append(step)
    for release, wanted in steps.items():
        subject = subject_of(ReleaseEvent(app.slug, "published", release))
        if subject in known.waiting:
            continue
        missing = []
        for step in wanted:
            assert isinstance(step.intent, SetVersion)  # noqa: S101 - a release sets versions
            where = f"{app.name}/{step.intent.environment}"
            try:
                change = plan_version(source.main, source.layout, step.intent)
            except UserError as error:
                yield str(error)
                continue
            if change.edits and where in known.delivered.get(subject, ()):
                yield _brought_before(where, release, step)
            elif change.edits:
                missing.append((step, change.subject))
        if missing:
            told = "; ".join(line for _, line in missing)
            yield Finding("release", app.slug, subject, release.published_at, tuple(step for step, _ in missing), told)


def _brought_before(where: str, release: Release, step: Step) -> str:
    if step.mode == "pull-request":
        return f"{release.tag} was proposed for {where}, and waits for people."
    return f"{where} had {release.tag} and was taken back: it stays as it is."


def _previews(
    source: Source, app: FollowedApp, pull_requests: Sequence[PullRequest], known: Known, now: str
) -> Iterator[Finding | str]:
    """Yield the previews that should be there, or show a newer commit; the longest idle first, as they came."""
    for pull_request in sorted(pull_requests, key=lambda one: (one.updated_at, one.number)):
        subject = subject_of(PullRequestEvent(app.slug, "reconciled", pull_request))
        if known.waiting.get(subject, "") >= pull_request.updated_at and subject in known.waiting:
            continue
        try:
            step = preview_step(app, pull_request, now=now, delivery="", git_url=source.organization.spec.git_url)
            if isinstance(step.intent, (RemovePreview, SetVersion)):
                continue  # What is not let in is collected with the rest, under the brake.
            shown = previews_of(source.main, source.layout, app.name, pull_request.number)
            change = plan_open(source, step.intent).main
        except UserError as error:
            yield f"{app.name}, pull request {pull_request.number}: {error}"
            continue
        if change.edits:
            kind: Kind = "preview-updated" if shown else "preview-opened"
            yield Finding(kind, app.slug, subject, pull_request.updated_at, (step,), change.subject)


def _garbage(
    source: Source, following: Following, listed: Mapping[str, Listed], now: str
) -> tuple[list[Finding], Sequence[str], int]:
    """Return the previews that nobody needs any more."""
    slugs = {app.name: app.slug for apps in following.apps.values() for app in apps}
    pull_requests = {
        app: {one.number: one for one in listed[slug.casefold()].pull_requests}
        for app, slug in slugs.items()
        if slug.casefold() in listed
    }
    garbage = garbage_of(source, now, None, pull_requests)
    found = []
    for preview, reason in garbage.gone:
        slug = slugs.get(preview.app, preview.repository)
        step = Step(RemovePreview(preview.app, preview.number, reason[:1].upper() + reason[1:], Provenance()))
        subject = f"pull_request:{slug.casefold()}#{preview.number}"
        # When it happened is not known: GitHub's own news of it, whenever it comes, is not older than this.
        found.append(Finding("preview-removed", slug, subject, "", (step,), f"Close preview {preview.name}: {reason}"))
    return found, garbage.notes, garbage.held_back
