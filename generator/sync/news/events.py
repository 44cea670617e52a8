"""What GitHub tells, as values: typed and bounded, but not yet measured against what anybody wants."""

from __future__ import annotations

from dataclasses import dataclass

from generator.core.pull_requests import PullRequest
from generator.core.releases import Release


@dataclass(frozen=True)
class ReleaseEvent:
    """Something happened to a release.

    Attributes:
        repository: The source repository, `owner/name`.
        action: GitHub's word for it: published, released, prereleased, created, edited, unpublished, deleted.
        release: The release as it is now.
    """

    repository: str
    action: str
    release: Release


@dataclass(frozen=True)
class PullRequestEvent:
    """Something happened to a pull request.

    Attributes:
        repository: The repository that it is for, `owner/name`.
        action: GitHub's word for it: opened, synchronize, closed and so on.
        pull_request: The pull request as it is now.
    """

    repository: str
    action: str
    pull_request: PullRequest


@dataclass(frozen=True)
class PackageEvent:
    """An image or a chart was published.

    Attributes:
        repository: The repository that it belongs to, `owner/name`; empty where it belongs to none.
        name: The image or chart without its tag, as it is pulled: `ghcr.io/acme/podinfo`.
        tags: Its tags; none where only a digest was pushed.
    """

    repository: str
    name: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class InstallationEvent:
    """The repositories changed that our GitHub App may see, or whether it may see any.

    Attributes:
        account: The owner.
        action: GitHub's word for it: created, deleted, suspend, unsuspend, added, removed and so on.
    """

    account: str
    action: str


@dataclass(frozen=True)
class IgnoredEvent:
    """Something that nothing follows from.

    Attributes:
        reason: Why, for whoever looks at the delivery.
    """

    reason: str


Event = ReleaseEvent | PullRequestEvent | PackageEvent | InstallationEvent | IgnoredEvent


def repository_key(repository: str) -> str:
    """Return `owner/name` as it is compared: to GitHub `Acme/Podinfo` and `acme/podinfo` are one repository."""
    return repository.lower()
