"""What a GitHub knows: accounts, repositories and what is in them. State only: no HTTP, no git, no payloads."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(eq=False)
class Account:
    """A user or an organization."""

    id: int
    login: str
    kind: str = "User"
    plan: str = "team"
    """What is paid for: with `free`, branches of private repositories have no rules."""


@dataclass(eq=False)
class Release:
    """A release; `created_at` decides where it stands in a list."""

    id: int
    tag: str
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    target: str
    author: Account
    created_at: str
    published_at: str | None


@dataclass(eq=False)
class PullRequest:
    """A pull request; `head` is None where the fork that it came from was deleted."""

    id: int
    number: int
    title: str
    body: str | None
    user: Account | None
    head: Repository | None
    branch: str
    sha: str
    base: str
    base_sha: str
    created_at: str
    updated_at: str
    draft: bool = False
    labels: tuple[str, ...] = ()
    state: str = "open"
    merged_at: str | None = None
    closed_at: str | None = None
    merge_commit: str | None = None
    approvals: int = 0
    known: str = ""
    """The head that is shown as long as the newest one was not seen."""
    unseen: int = 0
    """How often it is still shown without what was pushed last."""


@dataclass(eq=False)
class Comment:
    """A comment on an issue or a pull request."""

    id: int
    number: int
    body: str
    user: Account
    created_at: str
    updated_at: str


@dataclass(eq=False)
class CommitStatus:
    """What somebody says of a commit."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: Account
    created_at: str


@dataclass(eq=False)
class DeploymentStatus:
    """How far a deployment is."""

    id: int
    state: str
    description: str
    environment: str
    environment_url: str
    log_url: str
    creator: Account
    created_at: str


@dataclass(eq=False)
class Deployment:
    """A deployment; its newest status stands last."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    transient: bool
    production: bool
    creator: Account
    created_at: str
    statuses: list[DeploymentStatus] = field(default_factory=list)


@dataclass(eq=False)
class Delivery:
    """One request to a hook's URL, as GitHub remembers it."""

    id: int
    guid: str
    event: str
    action: str | None
    repository_id: int | None
    installation_id: int | None
    payload: dict[str, Any]
    delivered_at: str
    redelivery: bool = False
    request_headers: dict[str, str] = field(default_factory=dict)
    status: str = "pending"
    status_code: int = 0
    duration: float = 0.0
    response_headers: dict[str, str] = field(default_factory=dict)
    response: str = ""


@dataclass(eq=False)
class Hook:
    """A webhook: of a repository, or of the App where `repository` is None."""

    id: int
    repository: Repository | None
    config: dict[str, Any]
    events: tuple[str, ...]
    active: bool
    created_at: str
    updated_at: str
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(eq=False)
class Repository:
    """A repository; `path` is None where a test needs no git."""

    id: int
    owner: Account
    name: str
    private: bool
    created_at: str
    description: str | None = None
    homepage: str | None = None
    default_branch: str = "main"
    topics: tuple[str, ...] = ()
    archived: bool = False
    fork: bool = False
    path: Path | None = None
    last_number: int = 0
    releases: list[Release] = field(default_factory=list)
    pull_requests: list[PullRequest] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    statuses: list[CommitStatus] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    protections: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What protects a branch, as it was asked for."""
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The rules that rulesets have for a branch: `type`, and `parameters` where it has some."""
    merge_methods: tuple[str, ...] = ("merge", "squash", "rebase")
    """The ways to merge that it allows."""
    merge_queues: dict[str, list[PullRequest]] = field(default_factory=dict)
    """What waits to be merged, by the branch, which takes nothing else."""
    unseen: dict[str, int] = field(default_factory=dict)
    """How many requests for a pull request are still refused, by the branch that was pushed."""
    hidden: dict[str, int] = field(default_factory=dict)
    """How many calls the API, and git, still answer as if it were not there."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def appears(self, surface: str) -> bool:
        """Return whether it is there for one more call of the API (`api`), or of git (`git`)."""
        left = self.hidden.get(surface, 0)
        self.hidden[surface] = max(0, left - 1)
        return left == 0


@dataclass(eq=False)
class App:
    """A GitHub App."""

    id: int
    slug: str
    owner: Account
    public_key: bytes
    private_key: str
    permissions: dict[str, str]
    events: tuple[str, ...]
    webhook_secret: str
    hook: Hook | None = None
    public: bool = True
    """Whether it can be installed on other accounts than its owner's."""


@dataclass(eq=False)
class Installation:
    """An App's place in an account; `repositories` is None where it may see all of them."""

    id: int
    app: App
    account: Account
    permissions: dict[str, str]
    created_at: str
    repositories: list[Repository] | None = None
    suspended_at: str | None = None

    def covers(self, repository: Repository) -> bool:
        if self.repositories is None:
            return repository.owner is self.account
        return repository in self.repositories


@dataclass(frozen=True, eq=False)
class News:
    """Something happened that hooks may tell of.

    Attributes:
        event: GitHub's word for what it is about.
        action: GitHub's word for what happened; empty where it has none.
        repository: Where; None for an installation.
        sender: Who did it.
        about: What it happened to.
        more: What the payload holds beside that.
    """

    event: str
    action: str
    repository: Repository | None
    sender: Account
    about: Release | PullRequest | Installation | None = None
    more: dict[str, Any] = field(default_factory=dict)


class State:
    """Everything at once; ids are given in order, so that a test sees the same ones in every run.

    Attributes:
        url: Where the API is, without a slash at its end.
        web: Where its pages and git are.
        clock: Seconds since 1970.
        announce: Takes what happened.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.url = ""
        self.web = ""
        self.clock = clock
        self.announce: Callable[[News], None] = _nobody_listens
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.moved: dict[str, Repository] = {}
        """Where a repository is now, by the name that it had, in small letters."""
        self.apps: dict[int, App] = {}
        self.manifests: dict[str, dict[str, Any]] = {}
        """Apps that a person has just agreed to, by the code that can be exchanged for them once."""
        self.installations: dict[int, Installation] = {}
        self.lag = 0
        """How many answers know nothing yet of a repository that was created, and those about pull requests of what was
        pushed."""
        self._last_id = 1000

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def now(self, later: float = 0.0) -> str:
        """Return the time, or one that many seconds later, as GitHub writes it."""
        return datetime.fromtimestamp(self.clock() + later, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def account(self, login: str, kind: str = "User") -> Account:
        """Return an account; the first to name it decides what it is."""
        if login.casefold() not in self.accounts:
            self.accounts[login.casefold()] = Account(self.new_id(), login, kind)
        return self.accounts[login.casefold()]

    def repository(self, full_name: str) -> Repository | None:
        wanted = full_name.casefold()
        return next((found for found in self.repositories.values() if found.full_name.casefold() == wanted), None)

    def installation(self, account: Account) -> Installation | None:
        return next((found for found in self.installations.values() if found.account is account), None)

    def sha(self, text: str) -> str:
        """Return what looks like a commit, for tests that need no git."""
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _nobody_listens(news: News) -> None:
    """Let news go where there are no hooks."""
