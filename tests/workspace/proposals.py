"""A repository in which an app's versions are proposed, deployed and merged, by us and by others, through real git."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from generator.core.intents import SetVersion
from generator.core.promotion_request import request_branch
from generator.core.provenance import UNKNOWN, Provenance
from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.pull_requests import Requests
from generator.workspace.remotes import Remote
from generator.workspace.version_pushing import Pushed, push_version
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Repository

DOCUMENT = """\
apiVersion: gitopsmith.dev/v1alpha1
kind: Microservice
metadata: {{name: {app}}}
spec:
  repository: {{name: {app}}}
  image: ghcr.io/acme/{app}
  template: service
  versionFields:
  - {{file: "{{environment}}/{{cluster}}/{app}.yaml", path: version}}
"""
ENVIRONMENTS, CLUSTERS = ("staging", "production"), ("eu", "us")
BRANCH = request_branch("web", "production")
SLUG = "acme-apps/acme-gitops"


@dataclass
class Proposals:
    """An application repository with the apps `web` and `api` in 1.0.0, everywhere.

    Attributes:
        path: Where it is, bare.
        remote: The same as we see it.
    """

    path: Path
    remote: Remote
    _moments: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000)))

    def __post_init__(self) -> None:
        files = {f"apps/{app}.yaml": DOCUMENT.format(app=app) for app in ("web", "api")}
        for app in ("web", "api"):
            places = [(environment, cluster) for environment in ENVIRONMENTS for cluster in CLUSTERS]
            files |= {file_of(*place, app): "version: 1.0.0\n" for place in places}
        git_store.commit(self.path, "main", files, "Begin")

    def propose(self, version: str, *, app: str = "web", told: Provenance = UNKNOWN, downgrade: bool = False) -> Pushed:
        intent = SetVersion(app, "production", version, provenance=told, allow_downgrade=downgrade)
        return push_version(self.remote, intent, by_request=True)

    def deploy(self, version: str, *, app: str = "web") -> str:
        """Commit a version to what is deployed, as anybody may."""
        files = {file_of("production", cluster, app): f"version: {version}\n" for cluster in CLUSTERS}
        return git_store.commit(self.path, "main", files, f"{app} {version}")

    def by_hand(self, branch: str = BRANCH, name: str = "README.md", text: str = "mine") -> str:
        """Commit a file to a branch, and return the commit."""
        return git_store.commit(self.path, branch, {name: f"{text} {next(self._moments)}\n"}, "by hand")

    def rebase(self, branch: str = BRANCH) -> str:
        """Move our commit to what is deployed now, with its words, as GitHub's button does; return the commit."""
        tree = git_store.run(self.path, "merge-tree", "--write-tree", "main", branch)
        message = git_store.run(self.path, "log", "-1", "--format=%B", branch)
        made = git_store.run(self.path, *_GITHUB, "commit-tree", tree, "-p", "main", "-m", message)
        self.begin(branch, made)
        return made

    def merge(self, method: str = "merge", branch: str = BRANCH) -> str:
        """Merge a branch as GitHub does, and return the commit."""
        made = git_store.merge(self.path, "main", self.head(branch), f"Merge {branch}", method)
        assert made
        return made

    def head(self, branch: str = BRANCH) -> str:
        return git_store.branches(self.path)[branch]

    def remove(self, branch: str = BRANCH) -> None:
        git_store.run(self.path, "update-ref", "-d", f"refs/heads/{branch}")

    def begin(self, branch: str, commit: str) -> None:
        git_store.run(self.path, "update-ref", f"refs/heads/{branch}", commit)

    @property
    def branches(self) -> list[str]:
        """The branches of requests that stand."""
        return [branch for branch in git_store.branches(self.path) if branch != "main"]

    def elsewhere(self, cache: Path) -> Remote:
        """Return the remote as another machine sees it, which has no clone yet."""
        return replace(self.remote, cache=cache)


def file_of(environment: str, cluster: str, app: str = "web") -> str:
    return f"{environment}/{cluster}/{app}.yaml"


_GITHUB = ("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com")


@dataclass
class OnGitHub(Proposals):
    """The same on a GitHub.

    Attributes:
        github: The GitHub.
        repository: The repository there.
        requests: Its pull requests, as we reach them.
        connection: How.
    """

    github: GitHubDouble = field(kw_only=True)
    repository: Repository = field(kw_only=True)
    requests: Requests = field(kw_only=True)
    connection: Connection = field(kw_only=True)

    @property
    def calls(self) -> list[str]:
        """What was asked about pull requests so far."""
        return [seen.line for seen in self.github.calls() if f"/repos/{SLUG}/pulls" in seen.line]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The title and the state of every pull request that was ever opened, the oldest first."""
        return [(one.title, "merged" if one.merged_at else one.state) for one in self.repository.pull_requests]

    def merge_by_hand(self, method: str = "merge") -> bool:
        """Merge the oldest open pull request, as a person does whose button is not grey; return whether one was."""
        waiting = [one for one in self.repository.pull_requests if one.state == "open"]
        made = git_store.merge(self.path, "main", waiting[0].sha, "Merged", method) if waiting else None
        if made:
            self.github.by("ada").close(self.repository, waiting[0], made)
        return made is not None

    def close_by_hand(self) -> None:
        """Close the newest pull request, as a person does who wants none of it."""
        self.github.by("ada").close(self.repository, self.repository.pull_requests[-1])


@contextmanager
def on_github(github: GitHubDouble, folder: Path) -> Iterator[OnGitHub]:
    """Yield a repository on a GitHub, in which nothing is proposed yet."""
    github.organization("acme-apps")
    repository = github.repository(SLUG, git=True)
    token = github.token("gitopsmith-bot")
    conduct = Conduct(Patience(timeout=10, attempts=1), sleep=lambda _seconds: None, luck=lambda: 1.0)
    remote = Remote(f"{github.web}/{SLUG}.git", "main", token, folder / "clones")
    assert repository.path
    with Connection(Token(token), github.url, conduct) as connection:
        requests = Requests(connection)
        yield OnGitHub(
            repository.path, remote, github=github, repository=repository, requests=requests, connection=connection
        )
