"""An organization on disk, made once by the product itself and copied for each test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace, find_workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]


def commit_proposal(proposal: Proposal) -> list[str | None]:
    with proposal.reserved():
        return [repository.commit() for repository in proposal.repositories]


@pytest.fixture
def commit() -> Commit:
    """Commit a proposal as the command line does and return the commits."""
    return commit_proposal


@pytest.fixture(scope="session")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Organization `acme`: a management cluster and `prod-eu`, with the environment `staging` on the latter."""
    out = tmp_path_factory.mktemp("acme") / "out"
    commit_proposal(propose_organization(out, {"org": "acme", "app_org": "acme-apps"}))
    data = {"cloud": "aws", "region": "eu-west-1"}
    commit_proposal(add_cluster(find_workspace(out), "prod-eu", "physical", data, force=False))
    commit_proposal(add_environment(find_workspace(out), "staging", "prod-eu", before=None, force=False))
    return out


@pytest.fixture
def out(bootstrapped: Path, tmp_path: Path) -> Path:
    """A folder with the organization `acme`, this test's own."""
    return Path(shutil.copytree(bootstrapped, tmp_path / "out", symlinks=True))


@pytest.fixture
def acme(out: Path) -> Callable[[], Workspace]:
    """Open the workspace of `acme` as it is at this moment."""
    return lambda: find_workspace(out)


@pytest.fixture
def shared(bootstrapped: Path) -> Callable[[], Workspace]:
    """Open the workspace of `acme` that all tests share, for those that only propose."""
    return lambda: find_workspace(bootstrapped)


@pytest.fixture
def git() -> Git:
    """Run git in a folder and return what it says."""

    def run(folder: Path, *arguments: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], input=stdin, check=True, capture_output=True, text=True
        )
        return done.stdout.removesuffix("\n")

    return run


@pytest.fixture
def state() -> State:
    """Return everything in a folder, git's own files included: what must be the same where nothing may change."""

    def read(folder: Path) -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted(folder.rglob("*"))
        }

    return read
