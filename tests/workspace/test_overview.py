"""The listings: what an organization has, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import UserError
from generator.templating.library import builtin_names
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.environments import add_environment
from generator.workspace.overview import apps, catalog, catalog_item, clusters, environments
from generator.workspace.proposal import Proposal
from generator.workspace.status import status
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]

PODINFO = "ghcr.io/stefanprodan/podinfo"
OF_ANOTHER_LAYOUT = """\
apiVersion: gitopsmith.dev/v1alpha1
kind: Microservice
metadata: {name: podinfo}
spec:
  repository: {name: podinfo}
  image: ghcr.io/stefanprodan/podinfo
  template: service
  versionFields:
  - {file: "{environment}.yaml", path: version}
"""


def by_name(rows: tuple[Mapping[str, Any], ...]) -> dict[str, Mapping[str, Any]]:
    return {row["name"]: row for row in rows}


def test_clusters_with_what_is_on_them(shared: Open) -> None:
    row = by_name(clusters(shared()).rows)["prod-eu"]
    assert (row["type"], row["cloud"], row["region"], row["environments"]) == (
        "physical",
        "aws",
        "eu-west-1",
        ["staging"],
    )
    assert "cert-manager" in row["components"]


def test_versions_by_environment_and_by_cluster_where_they_differ(acme: Open, commit: Commit) -> None:
    commit(add_environment(acme(), "staging", "management", before=None, force=False))
    commit(
        add_app(
            acme(), NewApp("podinfo", "acme/podinfo", image=PODINFO, version="6.7.0"), ["staging"], None, force=False
        )
    )
    (row,) = apps(acme()).rows
    assert (row["name"], row["staging"], row["production"]) == ("podinfo", "6.7.0", "")
    newer = NewApp("podinfo", "acme/podinfo", version="6.8.0")
    commit(add_app(acme(), newer, ["staging"], "management", force=False))
    (row,) = apps(acme()).rows
    assert row["staging"] == {"management": "6.8.0", "prod-eu": "6.7.0"}
    assert by_name(environments(acme()).rows)["staging"]["apps"] == ["podinfo"]


def committed(git: Git, out: Path, path: str, text: str) -> None:
    """Commit a file to the application repository of `acme`, as anybody may."""
    repository = out / "acme-apps/acme-gitops"
    (repository / path).write_text(text)
    git(repository, "add", "--all")
    git(repository, "-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "commit", "-qm", "by hand")


@pytest.fixture
def podinfo(acme: Open, commit: Commit) -> Open:
    """Open the workspace of `acme` with `podinfo` in staging alone."""
    new = NewApp("podinfo", "acme/podinfo", image=PODINFO, version="6.7.0")
    commit(add_app(acme(), new, ["staging"], None, force=False))
    return acme


def in_staging_and_production(workspace: Workspace) -> tuple[Any, Any]:
    """Return what is listed as the versions of `podinfo`; the status says the same."""
    (row,) = apps(workspace).rows
    assert status(workspace)["apps"] == [row]
    return row["staging"], row["production"]


@pytest.mark.parametrize("record", ["template: [closed", "{}"], ids=["YAML", "keys"])
def test_an_app_whose_record_is_broken_is_not_shown_as_absent(podinfo: Open, out: Path, git: Git, record: str) -> None:
    committed(git, out, ".gitopsmith/registry/environments/staging/prod-eu/podinfo.yaml", record)
    assert in_staging_and_production(podinfo()) == ("unreadable", "")


def test_an_app_whose_version_is_gone_from_its_manifest_is_not_shown_as_absent(
    podinfo: Open, out: Path, git: Git
) -> None:
    committed(git, out, "registry/environments/staging/prod-eu/podinfo/kustomization.yaml", "kind: Kustomization\n")
    assert in_staging_and_production(podinfo()) == ("unreadable", "")


def test_an_app_whose_documents_are_broken_may_be_anywhere(podinfo: Open, out: Path, git: Git) -> None:
    committed(git, out, "apps/podinfo.yaml", "kind: [Microservice\n")
    assert in_staging_and_production(podinfo()) == ("unreadable", "unreadable")


def test_an_app_whose_declared_places_hold_no_version_is_not_shown_as_absent(acme: Open, out: Path, git: Git) -> None:
    committed(git, out, "staging.yaml", "version: 6.7.0\n")
    committed(git, out, "production.yaml", "tag: 6.7.0\n")
    committed(git, out, "apps/podinfo.yaml", OF_ANOTHER_LAYOUT)
    assert in_staging_and_production(acme()) == ("6.7.0", "unreadable")


def test_an_app_without_any_of_its_declared_files_is_not_there(acme: Open, out: Path, git: Git) -> None:
    committed(git, out, "staging.yaml", "version: 6.7.0\n")
    committed(git, out, "apps/podinfo.yaml", OF_ANOTHER_LAYOUT)
    assert in_staging_and_production(acme()) == ("6.7.0", "")


def test_an_app_whose_document_is_gone_is_listed_with_what_it_runs(podinfo: Open, out: Path, git: Git) -> None:
    document = out / "acme-apps/acme-gitops/apps/podinfo.yaml"
    document.unlink()
    git(document.parent, "-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "commit", "-qam", "by hand")
    assert in_staging_and_production(podinfo()) == ("6.7.0", "")


def test_a_preview_is_no_app(podinfo: Open, commit: Commit, out: Path, git: Git) -> None:
    commit(add_environment(podinfo(), "preview", "prod-eu", before=None, force=False))
    record = ".gitopsmith/registry/environments/preview/prod-eu/podinfo-pr-7.yaml"
    (out / "acme-apps/acme-gitops" / record).parent.mkdir(parents=True, exist_ok=True)
    committed(git, out, record, "template: builtin:service\ndigest: x\nanswers: {}\n")
    assert [row["name"] for row in apps(podinfo()).rows] == ["podinfo"]


def test_without_rows_there_is_a_way_on(shared: Open) -> None:
    assert apps(shared()).rows == ()
    assert "gitopsmith app add" in apps(shared()).empty


def test_the_catalog_of_an_organization_and_that_which_ships(shared: Open) -> None:
    assert set(by_name(catalog(None, None).rows)) == set(builtin_names("catalog"))
    rows = by_name(catalog(shared(), None).rows)
    assert (rows["loki"]["in_catalog"], rows["loki"]["clusters"]) == (True, [])
    assert rows["cert-manager"]["clusters"] == ["management", "prod-eu"]
    assert all(row["summary"] and row["category"] for row in rows.values())
    with pytest.raises(UserError, match="no cluster `prod-ue`"):
        catalog(shared(), "prod-ue")


def test_a_cluster_outside_of_a_workspace_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="prod-eu"):
        catalog(None, "prod-eu")


def test_an_item_tells_what_it_asks(shared: Open) -> None:
    item = catalog_item(shared(), "cert-manager")
    asked = {question["name"]: question for question in item["questions"]}
    assert (asked["replicas"]["type"], asked["replicas"]["required"], asked["replicas"]["secret"]) == (
        "int",
        False,
        False,
    )
    assert item["clusters"] == ["management", "prod-eu"]
    with pytest.raises(UserError, match="no catalog item"):
        catalog_item(shared(), "cert")


def test_the_status_gathers_everything(acme: Open, out: Path) -> None:
    (out / "acme-apps/acme-gitops/new").touch()
    found = status(acme())
    assert (found["organization"], found["workspace"]) == ("acme", str(out))
    assert [(one["name"], one["role"], one["uncommitted"]) for one in found["repositories"]] == [
        ("acme/acme-gitops", "platform", []),
        ("acme-apps/acme-gitops", "application", ["new"]),
    ]
    assert [row["name"] for row in found["environments"]] == ["development", "staging", "production"]
