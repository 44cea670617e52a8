"""A workspace is found from anywhere in it, and what is wrong with it is said with file and key."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.workspace.bootstrap import propose_organization
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import find_workspace, is_workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]


@pytest.mark.parametrize(
    "where",
    [
        ".",
        "acme",
        "acme-apps",
        "acme/acme-gitops",
        "acme/acme-gitops/registry/clusters/prod-eu",
        "acme-apps/acme-gitops",
        "acme-apps/acme-gitops/registry/environments",
    ],
)
def test_it_is_found_from_anywhere_in_it(bootstrapped: Path, where: str) -> None:
    found = find_workspace(bootstrapped / where)
    assert found.folder == bootstrapped
    assert found.organization.spec.owner == "acme"
    assert is_workspace(bootstrapped / where)


def test_elsewhere_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is in no workspace") as nowhere:
        find_workspace(tmp_path)
    assert "--workspace" in nowhere.value.hint
    with pytest.raises(UserError, match="no such folder"):
        find_workspace(tmp_path / "missing")
    assert not is_workspace(tmp_path)


def test_a_link_in_place_of_the_document_is_not_followed(out: Path, tmp_path: Path) -> None:
    secret, document = tmp_path / "secret", out / "acme/acme-gitops/organization.yaml"
    secret.write_text("hunter2")
    document.unlink()
    document.symlink_to(secret)
    with pytest.raises(UserError) as refused:
        find_workspace(out)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("repository", [True, False])
def test_a_neighbours_workspace_is_not_ours(out: Path, git: Git, repository: bool) -> None:
    mine = out / "mine"
    mine.mkdir()
    if repository:
        git(mine, "init", "--quiet", "project")
    where = mine / "project" if repository else mine
    assert not is_workspace(where)
    with pytest.raises(UserError, match="is in no workspace"):
        find_workspace(where)


def test_a_missing_repository_is_named(out: Path) -> None:
    shutil.rmtree(out / "acme-apps")
    with pytest.raises(UserError, match="acme-apps/acme-gitops is missing") as missing:
        find_workspace(out)
    assert "git clone https://github.com/acme-apps/acme-gitops.git" in missing.value.hint


def test_a_folder_that_is_no_repository_is_named(out: Path) -> None:
    shutil.rmtree(out / "acme-apps/acme-gitops/.git")
    with pytest.raises(UserError, match="acme-apps/acme-gitops: not a git repository"):
        find_workspace(out)


def test_several_organizations_must_be_told_apart(out: Path, commit: Commit) -> None:
    commit(propose_organization(out, {"org": "beta"}))
    with pytest.raises(UserError, match="several organizations: acme/acme-gitops, beta/beta-gitops"):
        find_workspace(out)
    for where, owner in (
        ("acme/acme-gitops", "acme"),
        ("acme-apps/acme-gitops", "acme"),
        ("acme", "acme"),
        ("beta/beta-gitops", "beta"),
        ("beta/beta-apps-gitops/apps", "beta"),
    ):
        assert find_workspace(out / where).organization.spec.owner == owner


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", ["not YAML"]),
        ("kind: Deployment\napiVersion: apps/v1\n", ["not a document of gitopsmith", "apps/v1/Deployment"]),
        ("- 1\n", ["not a document of gitopsmith"]),
        ("", ["no Organization in this file"]),
        (
            "apiVersion: gitopsmith.dev/v1alpha1\nkind: Organization\nmetadata: {name: acme}\n"
            "spec: {owner: -acme, domain: acme.com, colour: red, repositories: {platform: {owner: a, name: b}}}\n",
            ["spec.owner", "spec.colour", "red", "spec.repositories.application"],
        ),
    ],
)
def test_a_broken_document_is_named_with_file_key_and_what_was_found(out: Path, text: str, said: list[str]) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as broken:
        find_workspace(out)
    for words in (str(path), *said):
        assert words in str(broken.value)


def test_a_document_that_is_not_committed_is_named(out: Path, git: Git) -> None:
    git(out / "acme/acme-gitops", "rm", "--quiet", "--cached", "organization.yaml")
    git(out / "acme/acme-gitops", "commit", "--quiet", "--message", "oops")
    with pytest.raises(UserError, match="not committed on the branch `main`"):
        find_workspace(out)


def test_verbs_read_what_is_committed(out: Path) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(
        path.read_text().replace("name: staging", "name: uncommitted").replace("- staging", "- uncommitted")
    )
    assert "staging" in find_workspace(out).environments()
