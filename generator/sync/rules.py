"""The delivery rules: what should be true after a piece of news, as the documents of the apps say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from generator.core.documents import Delivery as Rule
from generator.core.documents import Level
from generator.core.errors import UserError
from generator.core.intents import EnsurePreview, RemovePreview, SetVersion
from generator.core.preview_names import preview_tag
from generator.core.provenance import Provenance
from generator.core.pull_requests import PullRequest, admits, clean
from generator.core.releases import Release
from generator.core.versions import TagPattern, is_in_range, is_older
from generator.sync.following import FollowedApp
from generator.sync.news.events import (
    Event,
    IgnoredEvent,
    InstallationEvent,
    PackageEvent,
    PullRequestEvent,
    ReleaseEvent,
)

_WITHDRAWING = frozenset({"unpublished", "deleted"})
_COMMIT = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class Step:
    """One thing that should be true.

    Attributes:
        intent: What.
        image: The image or chart that must be there first, with its tag; empty where nothing is waited for.
        mode: Whether it is committed to the branch that is deployed, or proposed as a pull request.
    """

    intent: SetVersion | EnsurePreview | RemovePreview
    image: str = ""
    mode: Literal["commit", "pull-request"] = "commit"


@dataclass(frozen=True)
class Reaction:
    """What follows from one piece of news.

    Attributes:
        steps: What should be true.
        reasons: Why nothing more follows, for whoever looks at the delivery.
    """

    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()


def react(event: Event, apps: Sequence[FollowedApp], *, now: str, delivery: str, git_url: str) -> Reaction:
    """Return what follows from an event.

    Args:
        event: What GitHub told.
        apps: The apps that follow the event's repository.
        now: The time, in ISO 8601.
        delivery: The id of the delivery, for the commits' trailers.
        git_url: Where the repositories are: `https://github.com`.
    """
    match event:
        case IgnoredEvent(reason):
            return Reaction(reasons=(reason,))
        case ReleaseEvent():
            return _release(event, apps, delivery, git_url)
        case PullRequestEvent():
            return _pull_request(event, apps, now, delivery, git_url)
        case PackageEvent(name=name, tags=tags):
            return Reaction(reasons=(f"{name} has {', '.join(tags) or 'a new digest'}",))
        case InstallationEvent(account=account, action=action):
            return Reaction(reasons=(f"the installation of {account}: {action}",))


def newest_versions(app: FollowedApp, releases: Iterable[Release], *, git_url: str) -> list[tuple[Step, Release]]:
    """Return, for each rule of an app, the newest version that a list of releases has for it; it names no delivery.

    Args:
        app: The app.
        releases: All releases of its repository.
        git_url: Where the repositories are.
    """
    releases = [release for release in releases if not release.draft]
    found = []
    for rule in app.service.spec.delivery:
        best: tuple[str, Release] | None = None
        for release in releases:
            version = _version(app, rule, release)
            if isinstance(version, str) and (best is None or is_older(best[0], version)):
                best = version, release
        if best is not None:
            found.append((_step(app, rule, *best, "", git_url), best[1]))
    return found


def preview_step(app: FollowedApp, pull_request: PullRequest, *, now: str, delivery: str, git_url: str) -> Step:
    """Return what should be true of an app's preview of a pull request.

    Args:
        app: The app.
        pull_request: The pull request as it is now.
        now: The time, in ISO 8601.
        delivery: What the commits' trailers name.
        git_url: Where the repositories are.

    Raises:
        UserError: The tag that the app declares for its previews is none for this pull request.
    """
    policy = app.service.spec.preview
    provenance = Provenance(
        author=clean(pull_request.author),
        sha=pull_request.sha,
        repository=f"{git_url.rstrip('/')}/{app.slug}",
        delivery=delivery,
    )
    if refusal := admits(policy, pull_request):
        reason = f"Pull request {pull_request.number} is not let in: {refusal}"
        if pull_request.state == "closed":
            reason = f"Pull request {pull_request.number} is closed"
        return Step(RemovePreview(app.name, pull_request.number, reason, provenance))
    spec = app.service.spec
    image = ""
    if policy.wait_for_image:
        image = _image(app, preview_tag(spec, pull_request))
    return Step(EnsurePreview(app.name, pull_request, now, provenance), image)


@dataclass(frozen=True)
class _Refused:
    reason: str


def _release(event: ReleaseEvent, apps: Sequence[FollowedApp], delivery: str, git_url: str) -> Reaction:
    release = event.release
    if event.action in _WITHDRAWING:
        # A withdrawn release is no order to go back: nothing is downgraded unasked.
        return Reaction(reasons=(f"{clean(release.tag)} was {event.action}: what runs stays",))
    if release.draft:
        return Reaction(reasons=("a draft is nobody's release yet",))
    steps, reasons = [], []
    for app in apps:
        if not app.service.spec.delivery:
            reasons.append(f"{app.name} has no delivery rules")
        for rule in app.service.spec.delivery:
            version = _version(app, rule, release)
            if isinstance(version, _Refused):
                reasons.append(f"{app.name} in {rule.environment}: {version.reason}")
            else:
                steps.append(_step(app, rule, version, release, delivery, git_url))
    return Reaction(tuple(steps), tuple(reasons))


def _version(app: FollowedApp, rule: Rule, release: Release) -> str | _Refused:
    """Return the version that a release brings by a rule, or why it brings none."""
    level: Level = "candidate" if release.prerelease else "release"
    # A candidate's environment takes the release that it leads to as well: else it would stay behind.
    if level != rule.level and not (rule.level == "candidate" and level == "release"):
        return _Refused(f"{clean(release.tag)} is a {level}, and the rule wants a {rule.level}")
    pattern = app.service.spec.match.tag
    version = TagPattern(pattern).version_of(release.tag)
    if version is None:
        return _Refused(f"the tag {clean(release.tag)} is none of `{pattern}`")
    try:
        admitted = is_in_range(version, rule.range, prereleases=rule.level == "candidate")
    except UserError as error:
        return _Refused(f"spec.delivery: range: {error.message}")
    if not admitted:
        return _Refused(f"{version} is not in the range `{rule.range}`")
    return version


def _step(app: FollowedApp, rule: Rule, version: str, release: Release, delivery: str, git_url: str) -> Step:
    sha = release.target if len(release.target) == 40 and set(release.target) <= _COMMIT else ""  # noqa: PLR2004
    provenance = Provenance(
        author=clean(release.author),
        sha=sha,
        subject=f"Release {clean(release.tag)}",
        repository=f"{git_url.rstrip('/')}/{app.slug}",
        date=clean(release.published_at),
        delivery=delivery,
    )
    image = _image(app, version) if rule.wait_for_image else ""
    return Step(SetVersion(app.name, rule.environment, version, provenance=provenance), image, rule.mode)


def _image(app: FollowedApp, tag: str) -> str:
    spec = app.service.spec
    return f"{(spec.image or spec.chart or '').removeprefix('oci://')}:{tag}"


def _pull_request(
    event: PullRequestEvent, apps: Sequence[FollowedApp], now: str, delivery: str, git_url: str
) -> Reaction:
    # Every action comes with the whole pull request as it is: that counts, not what happened to it last.
    steps, reasons = [], []
    for app in apps:
        try:
            step = preview_step(app, event.pull_request, now=now, delivery=delivery, git_url=git_url)
        except UserError as error:
            reasons.append(f"{app.name}: {error.message}")
            continue
        steps.append(step)
        if isinstance(step.intent, RemovePreview):
            reasons.append(f"{app.name}: {step.intent.reason}")
    return Reaction(tuple(steps), tuple(reasons))
