"""The sync over an organization in memory, with a clock, a registry and a GitHub that tests set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from generator.core.errors import GitopsmithError
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.registries.reference import ImageReference
from generator.registries.registry import Presence
from generator.sync.drain import Drain
from generator.sync.knowledge import Knowledge
from generator.sync.monitoring.metrics import Metrics
from generator.sync.news.delivery import Delivery
from generator.sync.reconciliation import Reconciliation, Report
from generator.sync.store.inbox import Inbox
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.told import START


@dataclass
class MemoryRegistry:
    """A registry that has every image but those that are missing.

    Attributes:
        missing: The tags that it does not have.
        asked: What it was asked for.
        fault: What it answers with in place of that.
    """

    missing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    fault: GitopsmithError | None = None

    def presence(self, reference: ImageReference) -> Presence:
        if self.fault:
            raise self.fault
        self.asked.append(str(reference))
        found = reference.version not in self.missing
        return Presence(found, "" if found else "the registry does not have it")


@dataclass
class MemoryListings:
    """What GitHub lists.

    Attributes:
        listed_releases: The releases of every repository.
        listed_pull_requests: The open pull requests of every repository.
        fault: What it answers with in place of that.
    """

    listed_releases: list[Release] = field(default_factory=list)
    listed_pull_requests: list[PullRequest] = field(default_factory=list)
    fault: GitopsmithError | None = None

    def releases(self, repository: str) -> Sequence[Release]:  # noqa: ARG002 - all have the same
        if self.fault:
            raise self.fault
        return self.listed_releases

    def open_pull_requests(self, repository: str) -> Sequence[PullRequest]:  # noqa: ARG002 - as above
        if self.fault:
            raise self.fault
        return self.listed_pull_requests


@dataclass
class MemorySync:
    """A drain and a reconciliation over an organization in memory.

    Attributes:
        gitops: The organization's repositories.
        inbox: What is drained.
        registry: Who is asked for images.
        github: Who is asked for releases and pull requests.
        now: The time.
    """

    gitops: MemoryGitops
    inbox: Inbox
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    github: MemoryListings = field(default_factory=MemoryListings)
    now: float = float(START)

    def __post_init__(self) -> None:
        self.metrics = Metrics("0", period=600.0)
        self.knowledge = Knowledge(self.metrics)
        shared = self.knowledge, self.metrics, lambda: self.now
        self.drain = Drain(self.gitops, self.inbox, self.registry, *shared, luck=lambda: 1.0)
        self.reconciliation = Reconciliation(self.gitops, self.inbox, self.github, self.registry, *shared)

    def take(self, *deliveries: Delivery) -> list[Delivery]:
        """Deliver, drain until nothing is due, and return what became of the deliveries."""
        self.inbox.add_many(deliveries)
        self.settle()
        return [self.inbox.get(one.id) for one in deliveries]

    def reconcile(self) -> Report:
        """Make one pass, and drain what it found."""
        report = self.reconciliation.once()
        self.settle()
        return report

    def settle(self) -> None:
        """Drain until nothing is due."""
        while self.drain.once():
            pass

    @property
    def subjects(self) -> list[str]:
        """The subjects of all commits, the oldest first."""
        return self.gitops.branch.subjects()

    def version(self, environment: str = "staging") -> str:
        """Return the version of podinfo in an environment."""
        path = f"registry/environments/{environment}/prod-eu/podinfo/kustomization.yaml"
        return self.gitops.branch.files()[path].decode().partition("newTag: ")[2].split()[0].strip("\"'")

    def previews(self) -> set[str]:
        """Return the names of the previews that are there."""
        start = "registry/environments/preview/prod-eu/"
        files = [path.removeprefix(start) for path in self.gitops.branch.files() if path.startswith(start)]
        return {path.removesuffix(".yaml") for path in files if "/" not in path and path.startswith("podinfo-pr-")}
