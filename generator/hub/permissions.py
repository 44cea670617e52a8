"""What gitopsmith asks GitHub for, and the reason for each: the least that it needs. Pure.

The App's manifest, `doctor` and the tables in docs/github-app.md and docs/github-token.md are made of, or held against,
what stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class Permission:
    """A permission of a GitHub App, or of a fine-grained token.

    Attributes:
        name: GitHub's name for it.
        level: `read` or `write`.
        reason: What it is needed for, as a part of a sentence.
        optional: Whether everything else works without it.
    """

    name: str
    level: str
    reason: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.level}"

    def is_in(self, granted: Mapping[str, str]) -> bool:
        """Return whether it is granted, at its level or a higher one."""
        given = granted.get(self.name, "")
        return given in _LEVELS and _LEVELS.index(given) >= _LEVELS.index(self.level)


@dataclass(frozen=True)
class Event:
    """An event that an App is told of.

    Attributes:
        name: GitHub's name for it.
        permission: The permission without which GitHub does not tell of it.
        reason: What it is needed for, as a part of a sentence.
    """

    name: str
    permission: str
    reason: str


@dataclass(frozen=True)
class Scope:
    """A scope of a classic token.

    Attributes:
        name: GitHub's name for it.
        stands_for: Scopes that are as good.
        reason: What it is needed for, as a part of a sentence.
    """

    name: str
    stands_for: tuple[str, ...]
    reason: str

    def is_in(self, granted: Iterable[str]) -> bool:
        """Return whether it, or one as good, is granted."""
        return not {self.name, *self.stands_for}.isdisjoint(granted)


CONTENTS = Permission("contents", "write", "commits to the GitOps repositories; lists the releases of apps")
WORKFLOWS = Permission("workflows", "write", "pushes the GitOps repositories' own files below .github/workflows")
PULL_REQUESTS = Permission(
    "pull_requests", "write", "lists open pull requests, comments on previews, proposes promotions"
)
ADMINISTRATION = Permission(
    "administration",
    "write",
    "creates the GitOps repositories, sets their topics, protects their branch",
    optional=True,
)

PERMISSIONS = (
    Permission("metadata", "read", "sees that a repository is there; GitHub gives it with any other"),
    CONTENTS,
    WORKFLOWS,
    PULL_REQUESTS,
    Permission("deployments", "write", "shows previews and environments as Deployments of the app's repository"),
    Permission("statuses", "write", "sets the commit status of a preview"),
    Permission("repository_hooks", "write", "creates, repairs and removes the webhooks of app repositories"),
    Permission("packages", "read", "is told of images and charts that were published"),
    ADMINISTRATION,
)

EVENTS = (
    Event("release", "contents", "a release is delivered to its environments"),
    Event("pull_request", "pull_requests", "a preview follows its pull request"),
    Event("registry_package", "packages", "an image or chart that a version waits for is there"),
)

REPOSITORY = Scope("repo", (), "reads and writes private repositories, Deployments, statuses and pull requests")
WORKFLOW = Scope("workflow", (), "pushes the GitOps repositories' own files below .github/workflows")
SCOPES = (
    REPOSITORY,
    WORKFLOW,
    Scope(
        "admin:repo_hook",
        ("write:repo_hook", "repo"),
        "creates, repairs and removes the webhooks of app repositories",
    ),
)


def lacking(granted: Mapping[str, str], wanted: Iterable[Permission] = PERMISSIONS) -> tuple[Permission, ...]:
    """Return the permissions that are wanted and not granted."""
    return tuple(permission for permission in wanted if not permission.is_in(granted))


def lacking_events(subscribed: Iterable[str]) -> tuple[Event, ...]:
    """Return the events that an App is not told of and should be."""
    told = set(subscribed)
    return tuple(event for event in EVENTS if event.name not in told)


def lacking_scopes(granted: Iterable[str], wanted: Iterable[Scope] = SCOPES) -> tuple[Scope, ...]:
    """Return the scopes that a classic token should have and has not."""
    given = frozenset(granted)
    return tuple(scope for scope in wanted if not scope.is_in(given))
