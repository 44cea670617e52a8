"""Versions pushed with their provenance, and proposed on a branch for each app and environment."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.core.intents import Promote, SetVersion
from generator.core.provenance import UNKNOWN, Provenance
from generator.gitrepo.remote_branch import RemoteBranch
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.environments import add_environment
from generator.workspace.remotes import Remote
from generator.workspace.version_pushing import Pushed, preview_version, push_version
from generator.workspace.workspace import find_workspace
from tests.gitrepo.writing.conftest import TOKEN, serving
from tests.workspace.conftest import commit_proposal

Git = Callable[..., str]

NAME = "gitopsmith/podinfo/production"
PODINFO = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")
FILE = "registry/environments/{}/prod-eu/podinfo/kustomization.yaml"
PROMOTE = Promote("podinfo", "staging", "production")
TOLD = Provenance(
    author="Ada <ada@example.com>", sha="abc", repository="https://github.com/acme/podinfo", delivery="42"
)


@pytest.fixture(scope="session")
def application(bootstrapped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare application repository with podinfo 6.7.0 in staging and production, which all tests copy."""
    out = Path(shutil.copytree(bootstrapped, tmp_path_factory.mktemp("application") / "out", symlinks=True))
    commit_proposal(add_environment(find_workspace(out), "production", "prod-eu", before=None, force=False))
    commit_proposal(add_app(find_workspace(out), PODINFO, ["staging", "production"], None, force=False))
    bare = out.parent / "application.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", out / "acme-apps/acme-gitops", bare], check=True)
    return bare


@pytest.fixture
def bare(application: Path, tmp_path: Path) -> Path:
    """The application repository, this test's own."""
    return Path(shutil.copytree(application, tmp_path / "acme-gitops.git"))


@pytest.fixture
def remote(bare: Path, tmp_path: Path) -> Remote:
    """It as a remote on disk."""
    return Remote(str(bare), "main", cache=tmp_path / "cache")


@pytest.fixture
def by_hand(tmp_path: Path, bare: Path, git: Git) -> Callable[..., str]:
    """Change a file on a branch as a person does, and push it."""

    def change(branch: str, path: str, old: str, new: str) -> str:
        work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
        git(tmp_path, "clone", "--quiet", "--branch", branch, str(bare), str(work))
        text = (work / path).read_text()
        assert old in text
        (work / path).write_text(text.replace(old, new))
        git(work, "commit", "--quiet", "--all", "--message", "by hand")
        git(work, "push", "--quiet")
        return git(work, "rev-parse", "HEAD")

    return change


def wanted(version: str, environment: str = "production", *, told: Provenance = UNKNOWN) -> SetVersion:
    return SetVersion("podinfo", environment, version, provenance=told)


def propose(remote: Remote, version: str) -> Pushed:
    return push_version(remote, wanted(version), by_request=True)


def subjects(git: Git, bare: Path, branch: str) -> list[str]:
    return git(bare, "log", "--format=%s", f"main..{branch}").splitlines()


# ---- By request -----------------------------------------------------------------------------------------------


def test_a_request_is_a_branch_with_one_commit_beside_what_is_deployed(remote: Remote, bare: Path, git: Git) -> None:
    before = git(bare, "rev-parse", "main", "gitopsmith/pristine")
    pushed = propose(remote, "6.7.1")
    assert subjects(git, bare, NAME) == ["podinfo 6.7.0 → 6.7.1 in production"]
    assert git(bare, "rev-parse", "main", "gitopsmith/pristine") == before
    assert (pushed.branch, pushed.stands, pushed.outcome.commit) == (NAME, True, git(bare, "rev-parse", NAME))
    assert pushed.address is None


def test_a_newer_version_comes_in_place_and_an_older_one_changes_nothing(remote: Remote, bare: Path, git: Git) -> None:
    for version in ("6.7.1", "6.8.0"):
        propose(remote, version)
    head = git(bare, "rev-parse", NAME)
    assert subjects(git, bare, NAME) == ["podinfo 6.7.0 → 6.8.0 in production"]
    late, again = propose(remote, "6.7.9"), propose(remote, "6.8.0")
    assert (late.stands, late.outcome.commit) == (True, None)
    assert late.outcome.change
    assert "newer than 6.7.9" in late.outcome.change.notes[0]
    assert (again.stands, again.outcome.commit) == (True, None)
    assert git(bare, "rev-parse", NAME) == head


def test_what_was_deployed_meanwhile_is_what_it_is_made_on(
    remote: Remote, bare: Path, git: Git, by_hand: Callable[..., str]
) -> None:
    propose(remote, "6.7.1")
    push_version(remote, wanted("6.7.5"))
    propose(remote, "6.8.0")
    assert subjects(git, bare, NAME) == ["podinfo 6.7.5 → 6.8.0 in production"]
    by_hand("main", FILE.format("production"), "apiVersion:", "# mine\napiVersion:")
    propose(remote, "6.8.0")
    assert git(bare, "rev-parse", f"{NAME}~1") == git(bare, "rev-parse", "main")
    assert git(bare, "show", f"{NAME}:{FILE.format('production')}").startswith("# mine\n")


def test_what_a_person_committed_on_it_stays(remote: Remote, bare: Path, git: Git, by_hand: Callable[..., str]) -> None:
    propose(remote, "6.7.1")
    mine = by_hand(NAME, "README.md", "#", "# mine")
    push_version(remote, wanted("6.9.0", "staging"))
    pushed = propose(remote, "6.8.0")
    assert subjects(git, bare, NAME)[:2] == ["podinfo 6.7.1 → 6.8.0 in production", "by hand"]
    assert git(bare, "merge-base", mine, NAME) == mine
    assert pushed.stands


def test_what_is_deployed_already_is_not_proposed(remote: Remote, bare: Path, git: Git) -> None:
    pushed = propose(remote, "6.7.0")
    assert (pushed.stands, pushed.outcome.commit) == (False, None)
    assert git(bare, "for-each-ref", f"refs/heads/{NAME}") == ""


def test_a_promotion_by_request_brings_what_the_source_runs_now(remote: Remote, bare: Path, git: Git) -> None:
    for version in ("6.7.1", "6.8.0"):
        push_version(remote, wanted(version, "staging"))
        push_version(remote, PROMOTE, by_request=True)
        assert subjects(git, bare, NAME) == [f"podinfo 6.7.0 → {version} in production"]


def test_a_person_on_the_branch_does_not_keep_a_promotion_in_the_past(
    remote: Remote, bare: Path, git: Git, by_hand: Callable[..., str]
) -> None:
    push_version(remote, wanted("6.7.1", "staging"))
    push_version(remote, PROMOTE, by_request=True)
    by_hand(NAME, "README.md", "#", "# mine")
    push_version(remote, wanted("6.8.0", "staging"))
    push_version(remote, PROMOTE, by_request=True)
    assert subjects(git, bare, NAME)[0] == "podinfo 6.7.1 → 6.8.0 in production"


def test_every_environment_has_a_branch_of_its_own(remote: Remote, bare: Path, git: Git) -> None:
    propose(remote, "6.7.1")
    push_version(remote, wanted("6.8.0", "staging"), by_request=True)
    assert subjects(git, bare, NAME) == ["podinfo 6.7.0 → 6.7.1 in production"]
    assert subjects(git, bare, "gitopsmith/podinfo/staging") == ["podinfo 6.7.0 → 6.8.0 in staging"]


def test_a_preview_of_a_request_says_its_branch_and_writes_nothing(remote: Remote, bare: Path, git: Git) -> None:
    branch, change, text = preview_version(remote, wanted("6.7.1"), by_request=True)
    assert (branch, change.subject) == (NAME, "podinfo 6.7.0 → 6.7.1 in production")
    assert '+    newTag: "6.7.1"' in text
    assert git(bare, "for-each-ref", f"refs/heads/{NAME}") == ""


# ---- Where a version comes from -------------------------------------------------------------------------------


def told(git: Git, bare: Path, branch: str = "main") -> str:
    form = "--format=%(trailers:key=Argocd-reference-commit-sha,key=Gitopsmith-Delivery,valueonly,separator=%x2C)"
    return git(bare, "log", "-1", form, branch)


@pytest.mark.parametrize("by_request", [False, True])
def test_a_promotion_takes_along_where_its_version_comes_from(
    remote: Remote, bare: Path, git: Git, by_hand: Callable[..., str], tmp_path: Path, by_request: bool
) -> None:
    push_version(remote, wanted("6.7.1", "staging", told=TOLD))
    by_hand("main", "README.md", "#", "# mine")
    without_history = replace(remote, cache=tmp_path / "another")
    push_version(without_history, PROMOTE, by_request=by_request)
    assert told(git, bare, NAME if by_request else "main") == "abc,42"


def test_it_takes_along_nothing_where_nobody_told_or_it_is_too_long_ago(remote: Remote, bare: Path, git: Git) -> None:
    push_version(remote, wanted("6.7.1", "staging"))
    push_version(remote, PROMOTE)
    assert told(git, bare) == ""
    push_version(remote, wanted("6.8.0", "staging", told=TOLD))
    commit = "commit refs/heads/main\ncommitter O <o@example.com> now\ndata 1\nx\n"
    rest = "".join(commit + f"M 100644 inline later\ndata 4\n{number:04}\n" for number in range(1, 1100))
    first = f"{commit}from refs/heads/main^0\nM 100644 inline later\ndata 4\n0000\n"
    git(bare, "fast-import", "--quiet", "--date-format=now", stdin=first + rest)
    push_version(replace(remote, cache=remote.cache / "another"), PROMOTE)
    assert told(git, bare) == ""


def test_a_lost_race_tells_where_the_version_comes_from_that_is_brought_in_the_end(
    remote: Remote, bare: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_version(remote, wanted("6.7.1", "staging", told=TOLD))
    raced: list[object] = []
    publish = RemoteBranch.publish

    def late(self: RemoteBranch, *arguments: Any) -> None:
        if not raced:
            raced.append(1)
            later = replace(TOLD, sha="def", delivery="43")
            push_version(replace(remote, cache=remote.cache / "another"), wanted("6.8.0", "staging", told=later))
        publish(self, *arguments)

    monkeypatch.setattr(RemoteBranch, "publish", late)
    push_version(remote, PROMOTE)
    assert git(bare, "log", "-1", "--format=%s") == "podinfo 6.7.0 → 6.8.0 in production"
    assert told(git, bare) == "def,43"


def test_all_this_goes_over_http_with_a_password(remote: Remote, bare: Path, git: Git, tmp_path: Path) -> None:
    git(bare, "config", "http.receivepack", "true")
    with serving(tmp_path) as web:
        page = f"{web.url}/acme-gitops"
        there = replace(remote, url=f"{page}.git", token=TOKEN)
        push_version(there, wanted("6.7.1", "staging", told=TOLD))
        pushed = push_version(replace(there, cache=tmp_path / "another"), PROMOTE, by_request=True)
    assert pushed.address == f"{page}/compare/main...{NAME}?expand=1"
    assert told(git, bare, NAME) == "abc,42"
