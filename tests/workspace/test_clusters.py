"""Clusters come with their folder and their catalog items, and go when nothing needs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError, UserErrors
from generator.workspace.clusters import add_cluster, remove_cluster
from generator.workspace.components import add_item
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Open = Callable[[], Workspace]
REFUSED = ["", "a" * 41, "Prod", "a.b", "prød", "..", "/etc", "yes", "null", "1e3", "-a", "a\n"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_kubernetes_or_yaml_cannot_take_is_refused(shared: Open, name: str) -> None:
    with pytest.raises(UserError, match="cluster"):
        add_cluster(shared(), name, None, {}, force=False)


def test_a_cluster_is_rendered_recorded_and_listed(acme: Open, out: Path, commit: Commit) -> None:
    commit(add_cluster(acme(), "edge", None, {"cloud": "civo"}, force=False))
    added = acme().cluster("edge")
    assert (added.role, added.cloud, added.region, added.domain) == (
        "physical",
        "civo",
        "LON1",
        "edge.acme.example.com",
    )
    platform = out / "acme/acme-gitops"
    assert (platform / "registry/clusters/edge/registry.yaml").is_file()
    assert (platform / "registry/clusters/edge/components/cert-manager/application.yaml").is_file()
    assert (platform / ".gitopsmith/registry/clusters/edge/components/cert-manager.yaml").is_file()


def test_a_second_add_changes_only_what_is_answered(acme: Open, out: Path, commit: Commit) -> None:
    assert add_cluster(acme(), "prod-eu", None, {}, force=False).repositories == ()
    commit(add_cluster(acme(), "prod-eu", None, {"node_count": 5}, force=False))
    commit(add_cluster(acme(), "prod-eu", None, {"node_type": "m7i.large"}, force=False))
    variables = (out / "acme/acme-gitops/registry/clusters/prod-eu/infrastructure/variables.tf").read_text()
    assert "m7i.large" in variables
    assert "default     = 5" in variables


def test_what_a_cluster_is_cannot_be_changed_by_adding_it_again(shared: Open) -> None:
    with pytest.raises(UserError, match="cloud aws → google"):
        add_cluster(shared(), "prod-eu", None, {"cloud": "google", "region": "europe-west1"}, force=False)
    with pytest.raises(UserError, match="is physical, not virtual"):
        add_cluster(shared(), "prod-eu", "virtual", {}, force=False)


@pytest.mark.parametrize("told", [{"cluster": "other"}, {"cluster_type": "virtual"}, {"org": "other"}])
def test_what_the_organization_knows_of_a_cluster_is_not_the_users_to_answer(
    shared: Open, told: dict[str, str]
) -> None:
    with pytest.raises(UserErrors, match="not yours to give"):
        add_cluster(shared(), "edge", None, {"cloud": "civo", **told}, force=False)


def test_there_is_one_management_cluster(shared: Open) -> None:
    with pytest.raises(UserError, match="has a management cluster already: management"):
        add_cluster(shared(), "second", "management", {}, force=False)


def test_a_virtual_cluster_runs_on_one_that_is_there(acme: Open, commit: Commit) -> None:
    with pytest.raises(UserError, match="no cluster `prod-ue`") as unknown:
        add_cluster(acme(), "guest", "virtual", {"host_cluster": "prod-ue"}, force=False)
    assert "Did you mean `prod-eu`?" in unknown.value.hint
    commit(add_cluster(acme(), "guest", "virtual", {"host_cluster": "prod-eu"}, force=False))
    assert acme().cluster("guest").host == "prod-eu"


def test_all_refused_answers_are_named(shared: Open) -> None:
    with pytest.raises(UserErrors) as refused:
        add_cluster(
            shared(), "edge", None, {"cloud": "aws", "node_count": "x", "acme_email": "y", "zz": 1}, force=False
        )
    assert [problem.message.partition(":")[0] for problem in refused.value.problems] == [
        "`zz`",
        "`node_count`",
        "`acme_email`",
    ]


def test_a_cluster_goes_with_its_items_and_leaves_nothing(acme: Open, out: Path, commit: Commit) -> None:
    before = {path for path in out.rglob("*") if ".git" not in path.parts}
    document = (out / "acme/acme-gitops/organization.yaml").read_bytes()
    commit(add_cluster(acme(), "edge", None, {}, force=False))
    commit(add_item(acme(), "loki", "edge", {}, force=False))
    commit(remove_cluster(acme(), "edge", force=False))
    assert {path for path in out.rglob("*") if ".git" not in path.parts} == before
    assert (out / "acme/acme-gitops/organization.yaml").read_bytes() == document


def test_a_cluster_that_is_needed_stays(acme: Open, commit: Commit) -> None:
    commit(add_cluster(acme(), "host", None, {}, force=False))
    commit(add_cluster(acme(), "guest", "virtual", {"host_cluster": "host"}, force=False))
    for name, why in (("prod-eu", "environments staging"), ("management", "provisions"), ("host", "host of guest")):
        with pytest.raises(UserError, match=why):
            remove_cluster(acme(), name, force=True)


def test_removing_what_is_not_there_changes_nothing_and_says_so(shared: Open) -> None:
    proposal = remove_cluster(shared(), "prod-ue", force=False)
    assert proposal.repositories == ()
    assert "Did you mean `prod-eu`?" in proposal.notes[0]
