"""A proposal: shown as a diff that git applies, committed to all repositories or to none."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.lock import locked
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.components import add_item
from generator.workspace.environments import add_environment, remove_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace, find_workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

PODINFO = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")


def test_the_diff_is_what_is_committed(acme: Open, out: Path, commit: Commit, git: Git, tmp_path: Path) -> None:
    for proposal, concerned in (
        (add_environment(acme(), "qa", "prod-eu", before=None, force=False), 2),
        (remove_environment(acme(), "staging", None, force=False), 2),
        (add_item(acme(), "loki", "prod-eu", {}, force=False), 1),
        (add_app(acme(), PODINFO, ["staging"], None, force=False), 1),
    ):
        assert len(proposal.repositories) == concerned
        for repository in proposal.repositories:
            assert repository.diff()
            work = tmp_path / "applied"
            git(repository.path, "worktree", "add", "--quiet", "--detach", str(work), "main")
            git(work, "apply", "--index", stdin=repository.diff())
            applied = git(work, "write-tree")
            git(repository.path, "worktree", "remove", "--force", str(work))
            before = git(repository.path, "rev-parse", "main")
            repository.commit()
            assert git(repository.path, "rev-parse", "main^{tree}") == applied
            git(repository.path, "reset", "--quiet", "--hard", before)


def test_the_diff_of_a_new_repository_is_its_first_commit(tmp_path: Path, git: Git) -> None:
    proposal = propose_organization(tmp_path / "out", {"org": "acme"})
    assert list(tmp_path.iterdir()) == []
    assert len(proposal.repositories) == 2
    for number, repository in enumerate(proposal.repositories):
        work = tmp_path / str(number)
        work.mkdir()
        git(work, "init", "--quiet")
        git(work, "apply", "--index", stdin=repository.diff())
        repository.commit()
        assert git(work, "write-tree") == git(repository.path, "rev-parse", "main^{tree}")


def test_a_commit_names_the_pristine_commit_that_it_took(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    application = out / "acme-apps/acme-gitops"
    trailer = git(application, "log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)", "main").strip()
    assert trailer == git(application, "rev-parse", "gitopsmith/pristine")
    assert git(application, "log", "-1", "--format=%s") == "Add podinfo 6.7.0 to staging"
    difference = git(application, "diff", "--name-only", "gitopsmith/pristine", "main")
    assert difference.splitlines() == ["apps/podinfo.yaml"]


@pytest.mark.parametrize("dirty", ["acme/acme-gitops", "acme-apps/acme-gitops"])
def test_uncommitted_work_in_one_repository_stops_both(
    acme: Open, out: Path, commit: Commit, state: State, dirty: str
) -> None:
    if dirty == "acme/acme-gitops":
        path = out / dirty / "organization.yaml"
        path.write_text(path.read_text() + "# mine\n")
    else:
        path = out / dirty / "registry/environments/qa/prod-eu/README.md"
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    before = state(out)
    with pytest.raises(UserError, match="uncommitted work is in the way") as refused:
        commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False))
    assert path.relative_to(out / dirty).as_posix() in refused.value.message
    assert state(out) == before


def test_uncommitted_work_elsewhere_is_left_alone(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    platform = out / "acme/acme-gitops"
    (platform / "README.md").write_text("mine")
    (platform / "new").write_text("mine")
    commit(add_item(acme(), "loki", "prod-eu", {}, force=False))
    assert git(platform, "status", "--porcelain").splitlines() == [" M README.md", "?? new"]


def test_another_branch_that_is_checked_out_is_left_alone(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    platform = out / "acme/acme-gitops"
    git(platform, "switch", "--quiet", "--create", "mine")
    commit(add_item(acme(), "loki", "prod-eu", {}, force=False))
    assert git(platform, "status", "--porcelain") == ""
    assert not (platform / "registry/clusters/prod-eu/components/loki").exists()
    assert "components/loki/application.yaml" in git(platform, "ls-tree", "-r", "--name-only", "main")


def test_a_proposal_that_somebody_overtook_is_not_committed(acme: Open, commit: Commit) -> None:
    late = add_environment(acme(), "qa", "prod-eu", before=None, force=False)
    commit(add_environment(acme(), "uat", "prod-eu", before=None, force=False))
    with pytest.raises(TemporaryError, match="in the meantime"):
        commit(late)
    assert acme().environments()[-1] == "uat"
    commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False))
    assert acme().environments()[-2:] == ["uat", "qa"]


def test_what_was_read_at_first_is_what_is_planned_on(acme: Open, commit: Commit) -> None:
    opened = acme()
    commit(add_environment(acme(), "uat", "prod-eu", before=None, force=False))
    with pytest.raises(TemporaryError, match="in the meantime"):
        commit(add_environment(opened, "qa", "prod-eu", before=None, force=False))
    assert acme().environments()[-1] == "uat"


def test_only_one_of_our_processes_works_in_a_repository(acme: Open, out: Path, commit: Commit, state: State) -> None:
    before = state(out)
    with locked(out / "acme/acme-gitops/.git"), pytest.raises(TemporaryError, match="another gitopsmith"):
        commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False))
    assert state(out) == before


def test_without_an_identity_nothing_is_changed(
    acme: Open, out: Path, commit: Commit, state: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        for what in ("NAME", "EMAIL"):
            monkeypatch.delenv(f"GIT_{role}_{what}", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))
    before = state(out)
    with pytest.raises(UserError, match="git does not know who you are"):
        commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False))
    assert state(out) == before


@pytest.fixture
def clones(out: Path, tmp_path: Path) -> Path:
    """Clones of both repositories, as a colleague has them."""
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        folder = tmp_path / "clones" / name
        folder.parent.mkdir(parents=True)
        subprocess.run(["git", "clone", "--quiet", str(out / name), str(folder)], check=True)
    return tmp_path / "clones"


def test_a_clone_goes_on_from_the_pristine_branch_of_its_origin(clones: Path, commit: Commit, git: Git) -> None:
    commit(add_app(find_workspace(clones), PODINFO, ["staging"], None, force=False))
    cloned = clones / "acme-apps/acme-gitops"
    assert git(cloned, "diff", "--name-only", "gitopsmith/pristine", "main") == "apps/podinfo.yaml"
    assert git(cloned, "rev-parse", "gitopsmith/pristine^") == git(cloned, "rev-parse", "origin/gitopsmith/pristine")


def test_a_pulled_clone_takes_the_newer_pristine_branch(acme: Open, clones: Path, commit: Commit, git: Git) -> None:
    cloned = clones / "acme-apps/acme-gitops"
    git(cloned, "branch", "--quiet", "gitopsmith/pristine", "origin/gitopsmith/pristine")
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    git(cloned, "pull", "--quiet", "--ff-only")
    changed = NewApp("podinfo", "acme/podinfo", version="6.8.0")
    commit(add_app(find_workspace(clones), changed, ["staging"], None, force=False))
    assert git(cloned, "diff", "--name-only", "gitopsmith/pristine", "main") == "apps/podinfo.yaml"
