"""The organization's repositories on a GitHub with rules for writes: the drain keeps them, and tells what is live."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from generator.core.document_text import dump_documents
from generator.core.documents import Organization
from generator.core.errors import UserError
from generator.core.layout import ORGANIZATION_FILE, PRISTINE_BRANCH
from generator.core.tree import MemoryTree
from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.sync.gitops import OnRemotes
from generator.sync.store.database import open_database
from generator.sync.store.inbox import Inbox
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.github_double.model import CommitStatus, Repository
from tests.sync.memory_gitops import MemoryGitops
from tests.sync.memory_sync import MemorySync
from tests.sync.told import delivery, pull_request, release
from tests.workspace.on_github import SLUGS, app_in

__all__ = ["github"]

Trees = tuple[Organization, MemoryTree, MemoryTree, MemoryTree]
SHA = "3f2c" + "0" * 36
VERSIONS = "podinfo 6.7.0 → 6.7.1 in staging, production"
CHANGES = "gitopsmith-changes/to/main"


@dataclass
class Ruled:
    """The organization `acme` on a GitHub, and its sync.

    Attributes:
        application: The application repository.
        gitops: Both repositories.
        sync: What drains.
    """

    github: GitHubDouble
    application: Repository
    gitops: OnRemotes
    sync: MemorySync

    @property
    def path(self) -> Path:
        assert self.application.path
        return self.application.path

    def subjects(self, branch: str = "main") -> list[str]:
        wanted = ["log", "--topo-order", "--no-merges", "--format=%s", branch, "--not", "first"]
        return git_store.run(self.path, *wanted).splitlines()

    def approve(self) -> None:
        """Let the check of what waits succeed."""
        (request,) = (one for one in self.application.pull_requests if one.state == "open")
        known, user = self.github.state, self.github.user("octocat")
        said = CommitStatus(known.new_id(), request.sha, "success", "ci", None, None, user, known.now())
        self.application.statuses.append(said)


def committed(double: GitHubDouble, slug: str, branch: str, tree: MemoryTree, more: dict[str, str]) -> Repository:
    repository = double.state.repository(slug) or double.repository(slug, git=True)
    assert repository.path
    files = {path: file.data.decode() for path in tree.under("") if (file := tree.get(path))}
    git_store.commit(repository.path, branch, {**files, **more}, "As it is")
    return repository


@pytest.fixture
def ruled(
    github: GitHubDouble, podinfo_trees: Trees, sqlite_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Ruled]:
    """The organization with rules for its application repository: a protected branch that a check must let in."""
    known, platform, main, pristine = podinfo_trees
    rules = getattr(request, "param", {"protected": True})
    repositories = known.spec.repositories
    application = repositories.application.model_copy(update=rules)
    spec = known.spec.model_copy(
        update={"git_url": github.web, "repositories": repositories.model_copy(update={"application": application})}
    )
    document = dump_documents([known.model_copy(update={"spec": spec})]).decode()
    committed(github, SLUGS[0], "main", platform, {ORGANIZATION_FILE: document})
    repository = committed(github, SLUGS[1], "main", main, {})
    committed(github, SLUGS[1], PRISTINE_BRANCH, pristine, {})
    assert repository.path
    git_store.run(repository.path, "tag", "first", "main")
    if application.protected:
        checks = {"required_status_checks": {"strict": False, "contexts": ["ci"]}}
        repository.protections["main"] = checks
        git_store.protect(repository.path, ["main"])
    conduct = Conduct(Patience(timeout=10, attempts=2), sleep=lambda _: None, luck=lambda: 0.0)
    with Connection(app_in(github), github.url, conduct) as connection, open_database(sqlite_url) as database:
        url = f"{github.web}/{SLUGS[0]}.git"

        def token(at: str) -> str:
            return connection.token(at.split("/")[-2])

        gitops = OnRemotes(url, "main", None, token, tmp_path / "clones", connection)
        yield Ruled(github, repository, gitops, MemorySync(cast(MemoryGitops, gitops), Inbox(database)))


def test_a_delivery_waits_with_its_request_and_is_settled_when_that_is_merged(ruled: Ruled) -> None:
    sync = ruled.sync
    news, other = delivery("release", release("v6.7.1")), delivery("pull_request", pull_request(7, SHA))
    (waiting,) = sync.take(news)
    assert waiting.state == "waiting"
    assert "/pull/1" in waiting.reason
    assert ruled.subjects() == []
    sync.take(other)
    assert len(ruled.subjects(CHANGES)) == 2
    head = git_store.branches(ruled.path)[CHANGES]
    for _ in range(3):
        sync.now += 60
        sync.settle()
    assert git_store.branches(ruled.path)[CHANGES] == head, "deliveries that take turns begin no check again"
    ruled.approve()
    sync.now += 60
    sync.settle()
    assert sorted(ruled.subjects()) == ["Open preview podinfo-pr-7 at 3f2c000", VERSIONS]
    assert {sync.inbox.get(one.id).state for one in (news, other)} == {"done"}
    assert sorted(git_store.branches(ruled.path)) == [PRISTINE_BRANCH, "main"]
    assert len(ruled.application.pull_requests) == 1


def test_what_waits_is_not_shown_as_deployed(ruled: Ruled) -> None:
    ruled.sync.take(delivery("pull_request", pull_request(7, SHA)))
    with ruled.gitops.view() as view:
        for tree in (view.main, view.pristine):
            assert tree.get("registry/environments/preview/prod-eu/podinfo-pr-7.yaml") is None
        assert view.branch.heads().deployed.main == git_store.branches(ruled.path)["main"]


@pytest.mark.parametrize("ruled", [{"commits": "api"}], indirect=True)
def test_commits_are_made_by_github_where_the_organization_wants_it(ruled: Ruled) -> None:
    git_store.demand_signatures(ruled.path)
    (done,) = ruled.sync.take(delivery("release", release("v6.7.1")))
    assert (done.result, done.commit) == ("committed", git_store.branches(ruled.path)["main"])
    assert "\ngpgsig " in git_store.run(ruled.path, "cat-file", "commit", "main")


def test_without_credentials_it_is_refused_at_once(ruled: Ruled, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITOPSMITH_TOKEN", "GITHUB_AUTH_TOKEN", "GITHUB_AUTH_TOKEN_FILE", "GITOPSMITH_APP_ID"):
        monkeypatch.delenv(name, raising=False)
    known: Any = ruled.gitops
    without = OnRemotes(known.platform, "main", None, known.token, known.cache)
    told = f"`protected: true` of {SLUGS[1]}, so GitHub is asked for each write. There are no credentials"
    with pytest.raises(UserError, match=told), without.view():
        pass
