"""Without the pristine branch, or with one that is behind, nobody's work is taken for a hand edit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app, remove_app
from generator.workspace.components import add_item
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace, find_workspace

Open = Callable[[], Workspace]
Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]

PODINFO = NewApp(
    name="podinfo", repository="acme/podinfo", template="service", image="ghcr.io/acme/podinfo", version="1.0.0"
)
APPLICATION = "acme-apps/acme-gitops"


def without_pristine(out: Path, git: Git) -> None:
    for repository in ("acme/acme-gitops", APPLICATION):
        git(out / repository, "update-ref", "-d", f"refs/heads/{PRISTINE_BRANCH}")


def test_a_clone_without_the_pristine_branch_can_change_what_is_there(
    acme: Open, out: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    without_pristine(out, git)
    commit(add_app(acme(), replace(PODINFO, data={"replicas": 3}), ["staging"], None, force=False))
    commit(add_item(acme(), "cert-manager", "prod-eu", {"replicas": 2}, force=False))
    deployment = out / APPLICATION / "registry/environments/staging/prod-eu/podinfo/deployment.yaml"
    assert "replicas: 3" in deployment.read_text()
    commit(remove_app(acme(), "podinfo", [], None, force=False))
    assert not deployment.exists()


def test_a_pristine_branch_that_is_behind_catches_up(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    repository = out / APPLICATION
    before = git(repository, "rev-parse", PRISTINE_BRANCH)
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    # A colleague's request was merged without the pristine branch.
    git(repository, "update-ref", f"refs/heads/{PRISTINE_BRANCH}", before)
    commit(add_app(acme(), replace(PODINFO, data={"replicas": 3}), ["staging"], None, force=False))
    folder = "registry/environments/staging/prod-eu/podinfo"
    for path in (f"{folder}/deployment.yaml", f"{folder}/service.yaml", f".gitopsmith/{folder}.yaml"):
        assert git(repository, "show", f"{PRISTINE_BRANCH}:{path}") == git(repository, "show", f"main:{path}")


def test_a_hand_edit_is_still_told_from_what_the_template_rendered(
    acme: Open, out: Path, commit: Commit, git: Git
) -> None:
    commit(add_app(acme(), PODINFO, ["staging"], None, force=False))
    without_pristine(out, git)
    folder = out / APPLICATION / "registry/environments/staging/prod-eu/podinfo"
    (folder / "deployment.yaml").write_text((folder / "deployment.yaml").read_text() + "# mine\n")
    git(folder, "commit", "--quiet", "--all", "--message", "by hand")
    with pytest.raises(UserError, match=r"podinfo/deployment\.yaml") as refused:
        add_app(find_workspace(out), replace(PODINFO, data={"replicas": 3}), ["staging"], None, force=False)
    assert "service.yaml" not in refused.value.message
