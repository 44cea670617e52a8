"""Catalog items: copied into the organization's catalog with their first use, put on clusters from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from generator.core.errors import UserError, UserErrors
from generator.workspace.components import add_item, components_on, remove_item
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]


def on(workspace: Workspace, cluster: str) -> list[str]:
    return components_on(workspace.tree("platform"), workspace.layout, cluster)


def test_an_item_is_put_on_a_cluster_and_taken_off(acme: Open, out: Path, commit: Commit) -> None:
    commit(add_item(acme(), "loki", "prod-eu", {}, force=False))
    assert "loki" in on(acme(), "prod-eu")
    assert "loki" not in on(acme(), "management")
    folder = out / "acme/acme-gitops/registry/clusters/prod-eu/components/loki"
    assert (folder / "application.yaml").is_file()
    commit(remove_item(acme(), "loki", "prod-eu", force=False))
    assert "loki" not in on(acme(), "prod-eu")
    assert not folder.exists()


def test_a_second_add_keeps_earlier_answers(acme: Open, out: Path, commit: Commit) -> None:
    commit(add_item(acme(), "cert-manager", "prod-eu", {"replicas": "2"}, force=False))
    commit(add_item(acme(), "cert-manager", "prod-eu", {"webhook_replicas": "3"}, force=False))
    record = out / "acme/acme-gitops/.gitopsmith/registry/clusters/prod-eu/components/cert-manager.yaml"
    answers = yaml.safe_load(record.read_text())["answers"]
    assert (answers["replicas"], answers["webhook_replicas"]) == (2, 3)
    assert add_item(acme(), "cert-manager", "prod-eu", {"replicas": "2"}, force=False).repositories == ()


def test_an_item_that_was_taken_out_of_the_catalog_comes_back_with_its_use(
    acme: Open, out: Path, commit: Commit
) -> None:
    commit(remove_item(acme(), "loki", None, force=False))
    assert not (out / "acme/acme-gitops/catalog/loki").exists()
    commit(add_item(acme(), "loki", "prod-eu", {}, force=False))
    assert (out / "acme/acme-gitops/catalog/loki/copier.yml").is_file()


def test_what_an_item_needs_is_told_where_it_comes_and_where_that_goes(acme: Open, commit: Commit) -> None:
    if "external-secrets" not in on(acme(), "prod-eu"):
        commit(add_item(acme(), "external-secrets", "prod-eu", {}, force=False))
    proposal = add_item(acme(), "kube-prometheus-stack", "prod-eu", {}, force=False)
    assert not any("needs" in note for note in proposal.notes)
    commit(proposal)
    gone = remove_item(acme(), "external-secrets", "prod-eu", force=False)
    assert "kube-prometheus-stack on prod-eu needs external-secrets." in gone.notes
    commit(gone)
    again = add_item(acme(), "kube-prometheus-stack", "prod-eu", {}, force=False)
    assert again.notes == (
        "kube-prometheus-stack needs external-secrets, which is not on prod-eu: "
        "gitopsmith catalog add external-secrets --cluster prod-eu",
    )


def test_an_item_in_use_stays_in_the_catalog(shared: Open) -> None:
    with pytest.raises(UserError, match="is on management, prod-eu"):
        remove_item(shared(), "cert-manager", None, force=True)


def test_unknown_items_and_clusters_are_named_with_what_was_meant(shared: Open) -> None:
    with pytest.raises(UserError, match="no catalog item `certmanager`") as unknown:
        add_item(shared(), "certmanager", "prod-eu", {}, force=False)
    assert "`cert-manager`?" in unknown.value.hint
    with pytest.raises(UserError, match="no cluster `prod-ue`"):
        add_item(shared(), "loki", "prod-ue", {}, force=False)
    with pytest.raises(UserError, match="no cluster `prod-ue`"):
        remove_item(shared(), "loki", "prod-ue", force=False)


@pytest.mark.parametrize("name", ["", "..", "../..", "/etc", "a/b", "README.md"])
@pytest.mark.parametrize("cluster", [None, "prod-eu"])
def test_what_is_no_item_is_neither_added_nor_removed(shared: Open, name: str, cluster: str | None) -> None:
    with pytest.raises(UserError, match="no catalog item"):
        add_item(shared(), name, cluster, {}, force=False)
    proposal = remove_item(shared(), name, cluster, force=True)
    assert proposal.repositories == ()
    assert "no catalog item" in proposal.notes[0]


def test_all_refused_answers_are_named(shared: Open) -> None:
    with pytest.raises(UserErrors) as refused:
        add_item(shared(), "cert-manager", "prod-eu", {"replicas": "many", "replica": "2", "version": "?"}, force=False)
    assert {problem.message.partition(":")[0] for problem in refused.value.problems} == {
        "`replica`",
        "`replicas`",
        "`version`",
    }


def test_what_the_organization_knows_is_not_answered(shared: Open) -> None:
    with pytest.raises(UserErrors, match="`cluster`: is `prod-eu` here, found `management`"):
        add_item(shared(), "cert-manager", "prod-eu", {"cluster": "management"}, force=False)


def test_answers_for_no_cluster_are_refused(shared: Open) -> None:
    with pytest.raises(UserError, match="no cluster: replicas"):
        add_item(shared(), "cert-manager", None, {"replicas": "2"}, force=False)


def own_item(out: Path, git: Git, copier: str, **files: str) -> Path:
    """Write an item `gate` of the organization's own into its catalog, committed."""
    folder = out / "acme/acme-gitops/catalog/gate"
    for path, text in {"copier.yml": copier, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git(folder, "add", "--all", ".")
    git(folder, "commit", "--quiet", "--message", "An item of our own")
    return folder


def test_an_item_of_the_organizations_own_wins(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    own_item(out, git, "size: {type: int, default: 1}\n", **{"application.yaml.jinja": "size: {{ size }}\n"})
    commit(add_item(acme(), "gate", "prod-eu", {"size": "7"}, force=False))
    rendered = out / "acme/acme-gitops/registry/clusters/prod-eu/components/gate/application.yaml"
    assert rendered.read_text() == "size: 7\n"


def test_secret_answers_are_used_and_never_recorded(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    copier = "key: {type: str, secret: true, default: none}\nsize: {type: int, default: 1}\n"
    own_item(out, git, copier, **{"length.yaml.jinja": "length: {{ key | length }}\n"})
    commit(add_item(acme(), "gate", "prod-eu", {"key": "hunter2-hunter2"}, force=False))
    platform = out / "acme/acme-gitops"
    assert (platform / "registry/clusters/prod-eu/components/gate/length.yaml").read_text() == "length: 15\n"
    record = (platform / ".gitopsmith/registry/clusters/prod-eu/components/gate.yaml").read_text()
    assert "size: 1" in record
    assert "key" not in record
    for branch in ("main", "gitopsmith/pristine"):
        assert "hunter2" not in git(platform, "log", "--patch", branch)


def test_a_template_of_another_kind_is_no_item_for_clusters(acme: Open, out: Path, git: Git) -> None:
    own_item(out, git, "_gitopsmith: {kind: app}\n", **{"{{ name }}.yaml.jinja": "a: 1\n"})
    with pytest.raises(UserError, match="kind `app`"):
        add_item(acme(), "gate", "prod-eu", {}, force=False)


def test_an_item_cannot_write_outside_of_its_folder(acme: Open, out: Path, git: Git) -> None:
    copier = "where: {type: str, default: x}\n"
    own_item(out, git, copier, **{"{{ where }}.yaml.jinja": "a: 1\n"})
    with pytest.raises(UserError):
        add_item(acme(), "gate", "prod-eu", {"where": "../../../registry"}, force=False)
