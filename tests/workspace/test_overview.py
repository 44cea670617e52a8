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
Open = Callable[[], Workspace]

PODINFO = "ghcr.io/stefanprodan/podinfo"


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
