"""How far each deployment is, as GitHub should be told: decided from what the tree holds and what waits. Pure.

A report is a state that is wanted, not an event: whoever computes it again after a crash comes to the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from generator.core.previews import ENVIRONMENT, OpenPreview
from generator.core.pull_requests import clean

State = Literal["queued", "in_progress", "success", "failure", "error", "inactive"]
"""GitHub's words. `queued`: it waits; `in_progress`: it is committed; `success`: there is evidence that it runs;
`failure` and `error`: it did not come, and why; `inactive`: it was superseded or closed."""

DESCRIPTION_LIMIT = 140
"""The most characters that GitHub takes as the description of a state."""

_COMMITTED = "Committed; Argo CD applies it."
_CLOSED = "Closed."


@dataclass(frozen=True)
class Report:
    """How far one deployment is: of an app in an environment, or in the preview of a pull request, at one commit.

    Attributes:
        repository: The app's source, `owner/name`.
        app: The app.
        environment: The environment; all previews share `preview`.
        ref: What of the source is deployed: a commit, or the tag of a release.
        state: How far it is.
        description: Why, in a sentence of at most 140 characters.
        number: The pull request's number; 0 for an environment.
        version: The image tag or chart version.
        url: Where it can be seen once it runs; may be empty.
        log_url: The page of the commit in the gitops repository; may be empty.
        commit: That commit; may be empty.
        branch: The branch of the pull request; may be empty.
        expires: When a preview goes, in seconds since 1970; None where it does not.
        production: Whether the environment is the last one in promotion order.
    """

    repository: str
    app: str
    environment: str
    ref: str
    state: State
    description: str = ""
    number: int = 0
    version: str = ""
    url: str = ""
    log_url: str = ""
    commit: str = ""
    branch: str = ""
    expires: int | None = None
    production: bool = False

    @property
    def where(self) -> str:
        """The environment, or `preview-pr-7`."""
        return f"{ENVIRONMENT}-pr-{self.number}" if self.number else self.environment

    @property
    def task(self) -> str:
        """The task that GitHub keeps the deployment under; all previews share an environment, each has its task."""
        return self.where if self.number else "deploy"

    @property
    def series(self) -> tuple[str, str, str]:
        """What it has in common with the deployments that it supersedes and is superseded by."""
        return self.repository.casefold(), self.app, self.where

    @property
    def is_there(self) -> bool:
        """Whether it is committed, and nothing took its place."""
        return self.state in {"in_progress", "success"}

    @property
    def key(self) -> str:
        """What tells it from every other one."""
        return " ".join((*self.series, self.ref))


@dataclass(frozen=True)
class Waiting:
    """Something that is not committed: it waits, or it failed.

    Attributes:
        repository: The app's source, `owner/name`.
        app: The app.
        environment: The environment.
        ref: The commit or the tag.
        state: `queued`, `failure` or `error`.
        reason: Why; any text.
        number: The pull request's number; 0 for an environment.
        version: The image tag or chart version.
        branch: The branch of the pull request.
    """

    repository: str
    app: str
    environment: str
    ref: str
    state: Literal["queued", "failure", "error"]
    reason: str
    number: int = 0
    version: str = ""
    branch: str = ""


@dataclass(frozen=True)
class Arrival:
    """A version that was just committed to an environment.

    Attributes:
        repository: The app's source, `owner/name`.
        app: The app.
        environment: The environment.
        ref: The commit or the tag that the version was made from.
        version: The version.
    """

    repository: str
    app: str
    environment: str
    ref: str
    version: str


@dataclass(frozen=True)
class Situation:
    """What is so now.

    Attributes:
        previews: Every preview that the tree holds.
        waiting: Everything that waits or failed, the newest news of each thing alone.
        arrivals: The versions that were just committed, in order.
        commits: The commits that brought them and the previews, by app and `Report.where`, as far as they are known.
        versions: The versions that stand in the tree, by app and environment; no such entry where that is not known.
        urls: The addresses of apps, by app and environment; no such entry where there is none.
        proposed: The apps and environments for which a version waits in a pull request; None where that is not known.
        commit_page: Where a commit is shown, without its id: `https://github.com/acme/gitops/commit/`; may be empty.
        production: The last environment in promotion order; may be empty.
    """

    previews: Sequence[OpenPreview] = ()
    waiting: Sequence[Waiting] = ()
    arrivals: Sequence[Arrival] = ()
    commits: Mapping[tuple[str, str], str] = field(default_factory=dict)
    versions: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    urls: Mapping[tuple[str, str], str] = field(default_factory=dict)
    proposed: Collection[tuple[str, str]] | None = None
    commit_page: str = ""
    production: str = ""


def wanted_reports(now: Situation, kept: Sequence[Report]) -> list[Report]:
    """Return how far each deployment should be said to be, sorted by key; what was ever wanted goes on to be listed.

    Args:
        now: What is so now.
        kept: What was wanted before.
    """
    before = {report.key: report for report in kept}
    wanted: dict[str, Report] = {}
    for report in (*_waiting(now), *_previews(now), *_arrivals(now)):
        # What is in the tree comes after what waits for the same: it waits no more.
        wanted[report.key] = _continued(report, before.get(report.key))
    standing = {report.series: report for report in wanted.values() if report.is_there}
    asked = {report.series: report for report in wanted.values()}
    left: dict[str, Report] = {}
    for report in kept:
        if report.key not in wanted:
            # What runs goes on to run while something newer waits; what waits itself does not.
            newer = (standing if report.is_there else asked).get(report.series)
            left[report.key] = _left(report, now, newer)
    return sorted((*wanted.values(), *left.values()), key=lambda report: report.key)


def with_evidence(report: Report, reason: str) -> Report:
    """Return a committed deployment of which it is known that it runs."""
    return replace(report, state="success", description=described(reason)) if report.state == "in_progress" else report


def described(text: str) -> str:
    """Return a text as GitHub takes it for a description."""
    line = clean(text)
    return line if len(line) <= DESCRIPTION_LIMIT else f"{line[: DESCRIPTION_LIMIT - 1].rstrip()}…"


def _waiting(now: Situation) -> list[Report]:
    return [
        Report(
            one.repository,
            one.app,
            one.environment,
            one.ref,
            one.state,
            described(one.reason.partition("\n")[0]),
            number=one.number,
            version=one.version,
            branch=one.branch,
            production=bool(now.production) and one.environment == now.production,
        )
        for one in now.waiting
    ]


def _previews(now: Situation) -> list[Report]:
    return [
        _committed(
            Report(
                preview.repository,
                preview.app,
                ENVIRONMENT,
                preview.sha,
                "in_progress",
                _COMMITTED,
                number=preview.number,
                version=preview.version,
                url=preview.url,
                branch=preview.branch,
                expires=None if preview.pinned else preview.expires,
            ),
            now,
        )
        for preview in now.previews
        if preview.sha and preview.repository  # one that a person wrote by hand may name neither
    ]


def _arrivals(now: Situation) -> list[Report]:
    newest = {(one.repository.casefold(), one.app, one.environment): one for one in now.arrivals}
    return [
        _committed(
            Report(
                one.repository,
                one.app,
                one.environment,
                one.ref,
                "in_progress",
                _COMMITTED,
                version=one.version,
                url=now.urls.get((one.app, one.environment), ""),
                production=bool(now.production) and one.environment == now.production,
            ),
            now,
        )
        for one in newest.values()
    ]


def _committed(report: Report, now: Situation) -> Report:
    commit = now.commits.get((report.app, report.where), "")
    return replace(report, commit=commit, log_url=f"{now.commit_page}{commit}" if commit and now.commit_page else "")


def _continued(report: Report, before: Report | None) -> Report:
    """Return a report that takes back nothing of what was said before it of the same commit."""
    if before is None or report.state != "in_progress":
        return report
    # The evidence is of an address: where that changed there is none yet.
    if before.state == "success" and before.url == report.url:
        report = replace(report, state="success", description=before.description)
    # The commit that brought it is the first one: later ones touch its expiry alone.
    return replace(report, commit=before.commit or report.commit, log_url=before.log_url or report.log_url)


def _left(report: Report, now: Situation, newer: Report | None) -> Report:
    """Return what is to be said of a deployment that nothing asks for any more."""
    if report.state == "inactive":
        return report
    if newer is not None:
        return _ended(report, f"Superseded by {shown_ref(newer.ref)}.")
    if report.number:
        return _ended(report, _CLOSED)
    versions = now.versions.get((report.app, report.environment))
    if versions is None:
        return report
    if report.version not in versions:
        waits = report.state == "queued" and _may_be_proposed(report, now)
        return report if waits else _ended(report, "No longer deployed.")
    # Whoever committed it had no time to say so.
    return report if report.is_there else replace(report, state="in_progress", description=_COMMITTED)


def _may_be_proposed(report: Report, now: Situation) -> bool:
    return now.proposed is None or (report.app, report.environment) in now.proposed


def _ended(report: Report, why: str) -> Report:
    return replace(report, state="inactive", description=described(why))


def shown_ref(ref: str) -> str:
    """Return a commit or a tag as people write it."""
    is_commit = len(ref) in {40, 64} and set(ref) <= set("0123456789abcdef")
    return ref[:7] if is_commit else clean(ref)
