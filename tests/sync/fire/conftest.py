"""An organization, its remotes, and a server that works on them: each test's own, all real."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.workspace import find_workspace
from tests.sync.conftest import commit
from tests.sync.fire.effects import APPS, git
from tests.sync.fire.fake_clock import FakeClock
from tests.sync.fire.git_host import GitHost, git_host
from tests.sync.fire.small_disk import NoSmallDiskError, SmallDisk, small_disk
from tests.sync.served import Server, serving


@pytest.fixture(scope="session")
def organization(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with some apps in staging, each from a repository of its own, and previews that wait for no image."""
    out = tmp_path_factory.mktemp("fire") / "out"
    commit(propose_organization(out, {"org": "acme", "app_org": "acme-apps"}))
    commit(
        add_cluster(find_workspace(out), "prod-eu", "physical", {"cloud": "aws", "region": "eu-west-1"}, force=False)
    )
    for environment in ("staging", "preview"):
        commit(add_environment(find_workspace(out), environment, "prod-eu", before=None, force=False))
    for number in range(APPS):
        app = NewApp(
            name=f"app-{number}",
            repository=f"acme/app-{number}",
            image=f"ghcr.io/acme/app-{number}",
            version="1.0.0",
            template="",
        )
        commit(add_app(find_workspace(out), app, ["staging"], None, force=False))
    apps = out / "acme-apps/acme-gitops"
    for document in (apps / "apps").glob("*.yaml"):
        text = document.read_text().replace(
            "  template: service\n", "  template: service\n  preview:\n    max: 1000\n    waitForImage: false\n"
        )
        document.write_text(text.replace("  repo: app-", "  maxAvailable: 1000\n  repo: app-"))
    git(apps, "commit", "--all", "--quiet", "--message", "Do not wait for images")
    return out


@pytest.fixture
def workspace(organization: Path, tmp_path: Path) -> Path:
    """The workspace, this test's own, with bare remotes that it pushes to."""
    out = Path(shutil.copytree(organization, tmp_path / "out", symlinks=True))
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        bare = tmp_path / "remotes" / f"{name}.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", str(out / name), str(bare)], check=True)
        git(out / name, "remote", "set-url", "origin", str(bare))
    return out


@pytest.fixture
def remote(workspace: Path) -> Path:
    """The bare application repository."""
    return workspace.parent / "remotes/acme-apps/acme-gitops.git"


@pytest.fixture
def server(workspace: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that pushes to the remotes and keeps its deliveries in SQLite."""
    # Without a name it is called by its port, which is another one at first.
    arguments = ["--workspace", str(workspace), "--push", "--name", "one", "--takeover-after", "3s"]
    with serving(arguments, tmp_path / "serve.log") as server:
        yield server


@pytest.fixture
def servers(workspace: Path, tmp_path: Path, postgres_url: str) -> Iterator[tuple[Server, Server]]:
    """Two of them, on one PostgreSQL database and with a folder of their own each."""

    def arguments(name: str) -> list[str]:
        shared = ["--workspace", str(workspace), "--push", "--database-url", postgres_url, "--takeover-after", "3s"]
        return [*shared, "--name", name, "--state", str(tmp_path / name)]

    with (
        serving(arguments("one"), tmp_path / "one.log") as one,
        serving(arguments("two"), tmp_path / "two.log") as two,
    ):
        yield one, two


@pytest.fixture
def host(workspace: Path) -> Iterator[GitHost]:
    """What serves the remotes, in place of their folders."""
    with git_host(workspace.parent / "remotes") as host:
        for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
            git(workspace / name, "remote", "set-url", "origin", f"{host.url}/{name}.git")
        yield host


@pytest.fixture
def clock(tmp_path: Path) -> FakeClock:
    """A clock that is right so far."""
    clock = FakeClock(tmp_path / "clock")
    clock.folder.mkdir()
    clock.jump("+0")
    return clock


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small file system."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        with small_disk(folder) as disk:
            yield disk
    except NoSmallDiskError as error:
        pytest.skip(str(error))
