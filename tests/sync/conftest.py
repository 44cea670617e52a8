"""Databases of each test's own: a file, and one on a PostgreSQL server that runs as long as the tests do."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.core.documents import Organization
from generator.core.tree import MemoryTree, as_memory
from generator.sync.store.database import Database, open_database
from generator.sync.store.inbox import Inbox
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import find_workspace
from tests.sync.memory_gitops import MemoryGitops, memory_gitops
from tests.sync.memory_sync import MemorySync
from tests.sync.postgres_server import PostgresServer, find_binaries, running_server

_numbers = itertools.count()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/sync.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server; as with `needs`, a test is skipped where it is not installed, and fails in CI."""
    binaries = find_binaries()
    if binaries is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs postgres, which is not installed")
    with running_server(binaries) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database on a PostgreSQL server."""
    name = f"test-{next(_numbers)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: the test runs once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database: the test runs once for each kind."""
    with open_database(database_url) as database:
        yield database


@pytest.fixture
def inbox(database: Database) -> Inbox:
    """An empty inbox: the test runs once for each kind of database."""
    return Inbox(database)


@pytest.fixture(scope="session")
def podinfo_trees(tmp_path_factory: pytest.TempPathFactory) -> tuple[Organization, MemoryTree, MemoryTree, MemoryTree]:
    """Organization `acme` with the app `podinfo` in staging and production, and previews, as the product makes it."""
    out = tmp_path_factory.mktemp("podinfo") / "out"
    commit(propose_organization(out, {"org": "acme", "app_org": "acme-apps"}))
    commit(
        add_cluster(find_workspace(out), "prod-eu", "physical", {"cloud": "aws", "region": "eu-west-1"}, force=False)
    )
    for environment in ("staging", "production", "preview"):
        commit(add_environment(find_workspace(out), environment, "prod-eu", before=None, force=False))
    app = NewApp(name="podinfo", repository="acme/podinfo", image="ghcr.io/acme/podinfo", version="6.7.0", template="")
    commit(add_app(find_workspace(out), app, ["staging", "production"], None, force=False))
    workspace = find_workspace(out)
    repository = workspace.repositories["application"]
    trees = (workspace.tree("platform"), workspace.tree("application"), repository.at(repository.pristine_head()))
    platform, main, pristine = (as_memory(tree) for tree in trees)
    return workspace.organization, platform, main, pristine


def commit(proposal: Proposal) -> None:
    """Commit a proposal as the command line does."""
    with proposal.reserved():
        for repository in proposal.repositories:
            repository.commit()


@pytest.fixture
def gitops(podinfo_trees: tuple[Organization, MemoryTree, MemoryTree, MemoryTree]) -> MemoryGitops:
    """The organization `acme` with `podinfo`, in memory, this test's own."""
    return memory_gitops(*podinfo_trees)


@pytest.fixture
def sync(gitops: MemoryGitops, sqlite_url: str) -> Iterator[MemorySync]:
    """The sync over the organization `acme` in memory."""
    with open_database(sqlite_url) as database:
        yield MemorySync(gitops, Inbox(database))
