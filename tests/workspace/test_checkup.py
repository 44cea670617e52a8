"""The check of what lies on disk: a workspace, one repository, a folder in it, or any folder of manifests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.checkup import check_folder
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]


def rules(path: Path) -> list[tuple[str, str, str]]:
    return [(found.severity, found.rule, found.path) for found in check_folder(path)]


def test_what_the_templates_render_has_no_findings(bootstrapped: Path) -> None:
    assert rules(bootstrapped) == []


def test_a_hand_edit_is_told_as_information(out: Path) -> None:
    path = out / "acme/acme-gitops/registry/clusters/prod-eu/README.md"
    path.write_text("mine")
    (path.parent / "registry.yaml").unlink()
    assert ("info", "template-drift", "registry/clusters/prod-eu/README.md") in rules(out)
    messages = {found.path: found.message for found in check_folder(out)}
    assert "was edited" in messages["registry/clusters/prod-eu/README.md"]
    assert "was removed" in messages["registry/clusters/prod-eu/registry.yaml"]


def test_a_broken_document_is_an_error_with_its_line(out: Path) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(path.read_text().replace("cloud: aws", "cloud: mars", 1))
    line = path.read_text().splitlines().index("      cloud: mars") + 1
    found = [one for one in check_folder(out) if one.path == "organization.yaml"]
    assert [(one.severity, one.key, one.line) for one in found] == [("error", "spec.clusters.0.cloud", line)]
    assert "mars" in found[0].message


def test_a_document_that_is_no_yaml_is_told_at_the_line_of_the_break(out: Path) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(path.read_text().replace("cloud: aws", "cloud: [aws", 1))
    found = [one for one in check_folder(out) if one.path.endswith("organization.yaml")]
    assert [(one.severity, one.rule) for one in found] == [("error", "yaml-syntax")]
    assert found[0].line > 1
    assert "flow sequence" in found[0].message
    assert "\n" not in found[0].message


def test_a_value_that_kubernetes_reads_and_we_cannot_is_told_at_its_line(out: Path) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(path.read_text().replace("cloud: aws", "cloud: !!int aws", 1))
    line = path.read_text().splitlines().index("      cloud: !!int aws") + 1
    found = [(one.rule, one.line, one.message) for one in check_folder(out) if one.path.endswith("organization.yaml")]
    assert ("yaml-syntax", line) in [one[:2] for one in found]
    assert any("does not fit its tag !!int" in one[2] for one in found)


def test_of_a_document_with_endless_problems_the_first_are_told(out: Path) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(path.read_text() + "".join(f"wrong{number}: 1\n" for number in range(1000)))
    found = [one.message for one in check_folder(out) if one.path == "organization.yaml"]
    assert len(found) < 100
    assert "There are 950 more problems in this file." in found


def test_what_was_rendered_for_another_server_than_the_document_names_is_told(out: Path, git: Git) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    path.write_text(path.read_text().replace("\nspec:\n", "\nspec:\n  gitUrl: https://github.acme.example\n"))
    git(path.parent, "commit", "--quiet", "--all", "--message", "Move")
    found = [one for one in check_folder(out) if one.rule == "application-repository"]
    assert {(one.repository, one.severity) for one in found} == {("acme/acme-gitops", "warning")}
    assert all("on github.acme.example (gitUrl" in one.message and "this is github.com" in one.message for one in found)
    assert all(one.line > 1 and one.key.endswith("repoURL") for one in found)


def test_an_app_without_its_document_is_told_once(acme: Open, out: Path, commit: Commit) -> None:
    commit(add_environment(acme(), "staging", "management", before=None, force=False))
    app = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")
    commit(add_app(acme(), app, ["staging"], None, force=False))
    (out / "acme-apps/acme-gitops/apps/podinfo.yaml").unlink()
    (told,) = check_folder(out)
    assert (told.severity, told.rule) == ("warning", "app-document")
    assert told.path == "registry/environments/staging/management/podinfo.yaml"
    assert "apps/podinfo.yaml is not there" in told.message
    assert "gitopsmith app remove podinfo" in told.hint


def test_a_repository_alone_is_checked_as_its_ci_does(out: Path, tmp_path: Path) -> None:
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        alone = tmp_path / "ci" / name.replace("/", "-")
        shutil.copytree(out / name, alone)
        assert rules(alone) == []


def test_a_repository_alone_knows_its_own_folders(tmp_path: Path, commit: Commit) -> None:
    told = {"org": "acme", "apps_path": "services"}
    commit(propose_organization(tmp_path, told))
    alone = tmp_path / "acme/acme-apps-gitops"
    shutil.rmtree(tmp_path / "acme/acme-gitops")
    (alone / "services/web.yaml").write_text("apiVersion: gitopsmith.dev/v1alpha1\nkind: Nothing\n")
    assert ("error", "schema", "services/web.yaml") in rules(alone)


def test_a_folder_of_a_repository_shows_its_own_findings_only(out: Path) -> None:
    clusters = out / "acme/acme-gitops/registry/clusters"
    for name in ("prod-eu", "management"):
        (clusters / name / "registry.yaml").write_text("a: [")
    assert {path for _, _, path in rules(clusters / "prod-eu")} == {"registry/clusters/prod-eu/registry.yaml"}
    assert {path for _, _, path in rules(out / "acme-apps/acme-gitops")} == set()


def test_any_folder_of_manifests_is_checked(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_Legal}\n")
    assert [(severity, path) for severity, _, path in rules(tmp_path)] == [("error", "bad.yaml")]


def test_what_git_ignores_is_not_checked(out: Path) -> None:
    platform = out / "acme/acme-gitops"
    with (platform / ".gitignore").open("a") as ignored:
        ignored.write("/scratch/\n")
    (platform / "scratch").mkdir()
    (platform / "scratch/bad.yaml").write_text("a: [")
    assert not [path for _, _, path in rules(out) if path.startswith("scratch/")]


@pytest.mark.parametrize("name", ["missing", "file"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="no such folder"):
        check_folder(tmp_path / name)


def test_a_file_is_no_folder_and_says_which_to_check(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").touch()
    with pytest.raises(UserError, match=r"secret\.yaml: no such folder: it is a file") as refused:
        check_folder(tmp_path / "secret.yaml")
    assert str(tmp_path) in refused.value.hint
