"""Environments: in promotion order, each on its clusters, in both repositories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.environments import add_environment, remove_environment
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import Workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
Open = Callable[[], Workspace]
REFUSED = ["", "a" * 64, "Prod", "a.b", "prød", "..", "/etc", "yes", "null", "1e3"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_kubernetes_or_yaml_cannot_take_is_refused(shared: Open, name: str) -> None:
    with pytest.raises(UserError, match="environment"):
        add_environment(shared(), name, "prod-eu", before=None, force=False)


def test_a_name_that_the_cluster_uses_itself_is_refused(shared: Open) -> None:
    with pytest.raises(UserError, match="components"):
        add_environment(shared(), "components", "prod-eu", before=None, force=False)


def test_an_environment_stands_in_both_repositories(out: Path) -> None:
    platform, application = out / "acme/acme-gitops", out / "acme-apps/acme-gitops"
    assert (platform / "registry/clusters/prod-eu/45-staging.yaml").is_file()
    assert (platform / ".gitopsmith/registry/clusters/prod-eu/45-staging.yaml").is_file()
    assert (application / "registry/environments/staging/prod-eu").is_dir()
    assert (application / ".gitopsmith/registry/environments/staging/prod-eu.yaml").is_file()


def test_a_new_environment_is_last_or_before_another(acme: Open, commit: Commit) -> None:
    commit(add_environment(acme(), "later", None, before=None, force=False))
    commit(add_environment(acme(), "qa", "prod-eu", before="staging", force=False))
    assert acme().environments() == ["development", "qa", "staging", "production", "later"]


def test_before_names_an_environment_and_moves_none(shared: Open) -> None:
    with pytest.raises(UserError, match="no environment `stagin`"):
        add_environment(shared(), "qa", None, before="stagin", force=False)
    with pytest.raises(UserError, match="has its place in the promotion order already"):
        add_environment(shared(), "staging", None, before="development", force=False)


def test_an_environment_runs_on_several_clusters(acme: Open, commit: Commit) -> None:
    commit(add_environment(acme(), "staging", "management", before=None, force=False))
    assert [cluster.name for cluster in acme().organization.clusters_of("staging")] == ["management", "prod-eu"]
    commit(remove_environment(acme(), "staging", "management", force=False))
    assert [cluster.name for cluster in acme().organization.clusters_of("staging")] == ["prod-eu"]


def test_adding_again_proposes_nothing(shared: Open) -> None:
    assert add_environment(shared(), "staging", "prod-eu", before=None, force=False).repositories == ()


def test_an_unknown_cluster_is_refused(shared: Open) -> None:
    with pytest.raises(UserError, match="no cluster `prod-ue`"):
        add_environment(shared(), "qa", "prod-ue", before=None, force=False)
    with pytest.raises(UserError, match="no cluster `prod-ue`"):
        remove_environment(shared(), "staging", "prod-ue", force=False)


def test_add_and_remove_leave_the_trees_as_they_were(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    repositories = [out / "acme/acme-gitops", out / "acme-apps/acme-gitops"]
    before = [git(path, "rev-parse", "main^{tree}") for path in repositories]
    commit(add_environment(acme(), "qa", "prod-eu", before=None, force=False))
    assert [git(path, "rev-parse", "main^{tree}") for path in repositories] != before
    commit(remove_environment(acme(), "qa", None, force=False))
    assert [git(path, "rev-parse", "main^{tree}") for path in repositories] == before


def test_an_environment_with_apps_stays(acme: Open, commit: Commit) -> None:
    podinfo = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")
    commit(add_app(acme(), podinfo, ["staging"], None, force=False))
    for cluster in (None, "prod-eu"):
        with pytest.raises(UserError, match="runs podinfo"):
            remove_environment(acme(), "staging", cluster, force=True)


def test_removing_what_is_not_there_changes_nothing_and_says_so(shared: Open) -> None:
    proposal = remove_environment(shared(), "stagin", None, force=False)
    assert proposal.repositories == ()
    assert "Did you mean `staging`?" in proposal.notes[0]


def test_comments_and_formatting_by_hand_survive_every_verb(acme: Open, out: Path, commit: Commit, git: Git) -> None:
    path = out / "acme/acme-gitops/organization.yaml"
    mine = (
        path.read_bytes()
        .replace(b"  environments:\n", b"  # the way to the customer\n  environments:\n", 1)
        .replace(b"    - name: staging\n", b"    - name:   'staging'   # ours\n\n")
        .replace(b"owner: acme\n", b'owner:   "acme"\n', 1)
    )
    path.write_bytes(mine)
    git(path.parent, "commit", "--quiet", "--all", "--message", "by hand")
    commit(add_environment(acme(), "last", "prod-eu", before=None, force=False))
    added = path.read_bytes()
    for line in mine.splitlines(keepends=True):
        assert line in added
    assert added != mine
    commit(remove_environment(acme(), "last", None, force=False))
    assert path.read_bytes() == mine


def test_what_lies_beside_the_records_is_no_app(acme: Open, out: Path, git: Git, commit: Commit) -> None:
    application = out / "acme-apps/acme-gitops"
    for name in ("README.md", "notes/a.yaml"):
        path = application / ".gitopsmith/registry/environments/staging/prod-eu" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    git(application, "add", "--all")
    git(application, "commit", "--quiet", "--message=Notes")
    commit(remove_environment(acme(), "staging", None, force=False))
    assert "staging" not in acme().environments()
    assert (application / ".gitopsmith/registry/environments/staging/prod-eu/README.md").is_file()
