"""A new organization: the trees of the design in every topology, its first commits, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.lock import locked
from generator.templating.library import builtin_names
from generator.workspace.bootstrap import propose_organization
from generator.workspace.checkup import check_folder
from generator.workspace.clusters import add_cluster
from generator.workspace.proposal import Proposal
from generator.workspace.workspace import find_workspace

Commit = Callable[[Proposal], list[str | None]]
Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

CLUSTER = {"00-projects.yaml", "30-components.yaml", "35-secret-store.yaml", "README.md", "registry.yaml"}


def files(repository: Path) -> set[str]:
    """What a repository's work tree holds."""
    paths = (path.relative_to(repository) for path in repository.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if path.parts[0] != ".git"}


def errors(folder: Path) -> list[str]:
    return [f"{found.path}: {found.message}" for found in check_folder(folder) if found.severity == "error"]


def test_two_repositories_hold_the_trees_of_the_design(tmp_path: Path, commit: Commit) -> None:
    commit(propose_organization(tmp_path, {"org": "acme", "app_org": "acme-apps"}))
    platform, application = files(tmp_path / "acme/acme-gitops"), files(tmp_path / "acme-apps/acme-gitops")

    assert {"README.md", "organization.yaml", "catalog/README.md", ".github/workflows/check.yaml"} <= platform
    assert {f"catalog/{item}/copier.yml" for item in builtin_names("catalog")} <= platform
    assert {f"registry/clusters/management/{name}" for name in CLUSTER} <= platform
    assert "registry/clusters/management/components/cert-manager/application.yaml" in platform
    assert "registry/clusters/management/infrastructure/cluster.tf" in platform
    assert ".gitopsmith/registry/clusters/management/components/cert-manager.yaml" in platform
    assert not {path for path in platform if path.startswith(("apps/", "registry/environments/"))}
    assert {"README.md", "apps/README.md", "registry/environments/README.md"} <= application
    assert not {path for path in application if path.startswith(("catalog/", "registry/clusters/"))}
    assert errors(tmp_path) == []


def test_a_single_repository_holds_both_trees(tmp_path: Path, commit: Commit) -> None:
    assert len(commit(propose_organization(tmp_path, {"org": "acme", "topology": "single"}))) == 1
    assert [path.name for path in tmp_path.glob("*/*")] == ["acme-gitops"]
    found = files(tmp_path / "acme/acme-gitops")
    assert {"organization.yaml", "catalog/README.md", "apps/README.md", "registry/environments/README.md"} <= found
    assert find_workspace(tmp_path).organization.single
    assert errors(tmp_path) == []


def test_under_one_owner_the_second_repository_has_another_name(tmp_path: Path, commit: Commit) -> None:
    commit(propose_organization(tmp_path, {"org": "acme"}))
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == ["acme-apps-gitops", "acme-gitops"]
    assert errors(tmp_path) == []


def test_names_branch_and_folders_are_options(tmp_path: Path, commit: Commit, git: Git) -> None:
    told = {
        "org": "acme",
        "platform_repo": "Platform",
        "application_repo": "Apps.Repo",
        "branch": "trunk",
        "clusters_path": "fleet",
        "environments_path": "stages/all",
        "catalog_path": "items",
        "apps_path": "services",
        "management_cluster": "hub",
        "environments": ["one"],
    }
    commit(propose_organization(tmp_path, told))
    platform = tmp_path / "acme/Platform"
    assert git(platform, "branch", "--format=%(refname:short)").splitlines() == ["gitopsmith/pristine", "trunk"]
    assert {"fleet/hub/registry.yaml", "items/loki/copier.yml", ".gitopsmith/fleet/hub.yaml"} <= files(platform)
    assert {"services/README.md", "stages/all/README.md"} <= files(tmp_path / "acme/Apps.Repo")
    assert find_workspace(platform).environments() == ["one"]
    assert errors(tmp_path) == []


@pytest.mark.parametrize("cloud", ["aws", "google", "civo", "existing"])
def test_every_cloud_and_type_of_cluster(tmp_path: Path, commit: Commit, cloud: str) -> None:
    told = {"org": "acme", "topology": "single", "cloud": cloud}
    commit(propose_organization(tmp_path, told))
    for name, role, data in (("work", "physical", {"cloud": cloud}), ("guest", "virtual", {"host_cluster": "work"})):
        commit(add_cluster(find_workspace(tmp_path), name, role, data, force=False))  # type: ignore[arg-type]
    clusters = tmp_path / "acme/acme-gitops/registry/clusters"
    for name in ("management", "work", "guest"):
        assert files(clusters / name) >= CLUSTER
    has_terraform = {name for name in ("management", "work", "guest") if (clusters / name / "infrastructure").exists()}
    assert has_terraform == (set() if cloud == "existing" else {"management", "work"})
    assert (clusters / "guest/10-vcluster.yaml").exists()
    assert errors(tmp_path) == []


@pytest.mark.parametrize("org", ["Acme-Corp", "a" * 39, "A-" + "b" * 37, "1e3", "007", "no", "9to5"])
def test_an_owner_as_github_allows_it_gives_legal_names(tmp_path: Path, commit: Commit, org: str) -> None:
    commit(propose_organization(tmp_path, {"org": org, "topology": "single"}))
    assert (tmp_path / org / f"{org.lower()}-gitops").is_dir()
    assert errors(tmp_path) == []
    registry = tmp_path / org / f"{org.lower()}-gitops/registry"
    for path in registry.rglob("*.yaml"):
        for found in yaml.safe_load_all(path.read_text()):
            if isinstance(found, dict) and "metadata" in found:
                name = found["metadata"]["name"]
                assert isinstance(name, str)
                assert name == name.lower()
                assert len(name) <= 63


def test_what_the_templates_alone_produce_is_on_the_pristine_branch(bootstrapped: Path, git: Git) -> None:
    for repository, shared in (("acme/acme-gitops", {"organization.yaml"}), ("acme-apps/acme-gitops", set())):
        path = bootstrapped / repository
        first = git(path, "rev-list", "--max-parents=0", "main")
        pristine = git(path, "log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)", first).strip()
        assert pristine == git(path, "rev-list", "--max-parents=0", "gitopsmith/pristine")
        both = git(path, "diff", "--name-only", "gitopsmith/pristine", "main").splitlines()
        # Nothing but the documents that people edit differs: they are nobody's template.
        assert set(both) == shared


def test_the_origin_is_github_and_the_work_tree_is_clean(bootstrapped: Path, git: Git) -> None:
    path = bootstrapped / "acme-apps/acme-gitops"
    assert git(path, "remote", "get-url", "origin") == "https://github.com/acme-apps/acme-gitops.git"
    assert git(path, "status", "--porcelain") == ""
    assert git(path, "symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_second_run_proposes_nothing_and_says_why(bootstrapped: Path) -> None:
    again = propose_organization(bootstrapped, {"org": "acme", "app_org": "acme-apps"})
    assert again.repositories == ()
    assert len(again.notes) == 2
    assert "is there already" in again.notes[0]


@pytest.mark.parametrize("topology", ["two", "single"])
def test_a_second_run_need_not_say_again_what_the_first_was_told(tmp_path: Path, commit: Commit, topology: str) -> None:
    told = {"org": "acme", "domain": "acme.example", "topology": topology, "branch": "trunk"}
    if topology == "two":
        told |= {"app_org": "acme-apps", "application_repo": "deployments"}
    commit(propose_organization(tmp_path, told))
    assert propose_organization(tmp_path, {"org": "acme"}).repositories == ()
    assert propose_organization(tmp_path, told).repositories == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"domain": "other.example"}, "domain acme.example.com → other.example."),
        ({"app_org": "others"}, "app_org acme-apps → others."),
        ({"topology": "single"}, "topology two → single"),
        ({"branch": "trunk"}, "branch main → trunk."),
    ],
)
def test_a_second_run_names_what_it_would_change(bootstrapped: Path, changed: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match="would change it: ") as refused:
        propose_organization(bootstrapped, {"org": "acme", **changed})
    assert said in refused.value.message


def test_what_is_missing_is_completed_with_the_same_trees(tmp_path: Path, commit: Commit, git: Git) -> None:
    told = {"org": "acme", "app_org": "acme-apps"}
    commit(propose_organization(tmp_path / "whole", told))
    half = propose_organization(tmp_path / "half", told)
    half.repositories[0].commit()
    # What a killed run leaves beside the place of the next repository.
    (tmp_path / "half/acme/.gitopsmith-acme-gitops/.git").mkdir(parents=True)

    assert len(commit(propose_organization(tmp_path / "half", told))) == 1
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        for branch in ("main", "gitopsmith/pristine"):
            trees = {git(tmp_path / run / name, "rev-parse", f"{branch}^{{tree}}") for run in ("whole", "half")}
            assert len(trees) == 1
    assert not (tmp_path / "half/acme/.gitopsmith-acme-gitops").exists()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, ["`org`"]),
        ({"org": ""}, ["`org`"]),
        ({"org": ".."}, ["`org`"]),
        ({"org": "/etc"}, ["`org`"]),
        ({"org": "a" * 40}, ["`org`"]),
        ({"org": "acmé"}, ["`org`"]),
        ({"org": "acme", "domain": "X", "cloud": "mars", "branch": ".."}, ["`domain`", "`cloud`", "`branch`"]),
        ({"org": "acme", "environments": ["yes", "1e3"]}, ["`yes`", "`1e3`"]),
        ({"org": "acme", "environments": ["Dev", "a.b"]}, ["Dev", "a.b"]),
        ({"org": "acme", "environments": ["a", "a"]}, ["twice"]),
        ({"org": "acme", "management_cluster": "null"}, ["`null`"]),
        ({"org": "acme", "node_cont": 3}, ["did you mean `node_count`?"]),
        ({"org": "acme", "node_count": "many"}, ["`node_count`", "int"]),
        ({"org": "acme", "catalog_path": "../x"}, ["`catalog_path`"]),
        ({"org": "acme", "clusters_path": "/x"}, ["`clusters_path`"]),
        ({"org": "acme", "branch": "a.lock/b"}, ["branch: must be"]),
        ({"org": "acme", "cluster": "other"}, ["`cluster`: is `management` here"]),
    ],
)
def test_refused_answers_are_named_all_at_once(tmp_path: Path, told: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(UserError) as refused:
        propose_organization(tmp_path / "out", told)
    for words in said:
        assert words in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["note.txt", "other/repo/file", ".hidden", "acme/stray/file", "acme/acme-gitops"])
def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path, state: State, content: str) -> None:
    (tmp_path / content).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / content).write_text("mine")
    before = state(tmp_path)
    with pytest.raises(UserError, match="not empty, and not made by gitopsmith"):
        propose_organization(tmp_path, {"org": "acme"})
    assert state(tmp_path) == before


@pytest.mark.parametrize("output", ["file", "file/below"])
def test_an_output_that_is_a_file_is_refused(tmp_path: Path, output: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        propose_organization(tmp_path / output, {"org": "acme"})


def test_the_repository_of_another_organization_is_not_taken_for_ours(tmp_path: Path, commit: Commit) -> None:
    commit(propose_organization(tmp_path, {"org": "acme", "platform_repo": "gitops", "topology": "single"}))
    (tmp_path / "acme").rename(tmp_path / "other")
    with pytest.raises(UserError, match="is the repository of acme, not of other"):
        propose_organization(tmp_path, {"org": "other", "platform_repo": "gitops", "topology": "single"})


def test_a_second_organization_can_stand_beside_the_first(out: Path, commit: Commit) -> None:
    assert len(commit(propose_organization(out, {"org": "beta"}))) == 2
    assert errors(out / "beta/beta-gitops") == []


def test_two_runs_at_once_do_not_mix(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    late = propose_organization(tmp_path, {"org": "acme", "topology": "single"})
    with locked(tmp_path / "acme"), pytest.raises(TemporaryError, match="another gitopsmith"):
        late.repositories[0].commit()
    propose_organization(tmp_path, {"org": "acme", "topology": "single"}).repositories[0].commit()
    with pytest.raises(TemporaryError, match="in the meantime"):
        late.repositories[0].commit()
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["acme-gitops"]


def test_a_single_repository_has_no_second_owner(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no place for acme-apps"):
        propose_organization(tmp_path / "out", {"org": "acme", "app_org": "acme-apps", "topology": "single"})
