"""An environment on a cluster: its Application in the platform repository, its folder in the application repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from generator.core.errors import UserErrors
from generator.core.names import is_label
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

TEMPLATES = Path(__file__).parents[2] / "templates"
LONGEST = "a-name-of-forty-characters-is-the-longes"


@cache
def template(name: str) -> Template:
    return Template.parse(read_folder(TEMPLATES / name), name=name)


def text_of(tree: MemoryTree) -> dict[str, str]:
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


def rendered(name: str, **answers: object) -> dict[str, str]:
    return text_of(render(template(name), resolve(template(name), answers)))


def application(**answers: object) -> dict[str, Any]:
    """The one manifest of an environment."""
    ((path, text),) = rendered("environment", **answers).items()
    manifest: dict[str, Any] = yaml.safe_load(text)
    assert path == f"45-{answers['environment']}.yaml"
    return manifest


def test_an_environment_points_at_its_folder_of_the_application_repository() -> None:
    manifest = application(
        cluster="prod-eu",
        environment="staging",
        application_repo_url="https://github.com/Acme-Apps/acme-gitops.git",
        branch="live",
        environments_path="envs",
    )
    assert manifest["metadata"]["name"] == "prod-eu-staging"
    assert manifest["metadata"]["namespace"] == "argocd"
    assert manifest["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "45"
    assert manifest["spec"]["project"] == "prod-eu-environment"
    assert manifest["spec"]["destination"] == {"name": "in-cluster", "namespace": "prod-eu-environment"}
    source = manifest["spec"]["source"]
    assert source["repoURL"] == "https://github.com/Acme-Apps/acme-gitops.git"
    assert (source["targetRevision"], source["path"]) == ("live", "envs/staging/prod-eu")
    assert source["directory"]["recurse"] is False


def test_the_removal_of_the_last_app_is_applied() -> None:
    policy = application(cluster="prod-eu", environment="staging")["spec"]["syncPolicy"]
    assert policy["automated"] == {"prune": True, "selfHeal": True, "allowEmpty": True}
    assert "CreateNamespace=true" in policy["syncOptions"]


def test_the_folder_of_an_environment_stays_in_git_and_says_what_belongs_there() -> None:
    files = rendered("environment-folder", cluster="prod-eu", environment="staging", clusters_path="deploy/all")
    assert list(files) == ["README.md"]
    assert files["README.md"].startswith("# staging on prod-eu\n")
    assert "deploy/all/prod-eu/45-staging.yaml" in files["README.md"]
    assert "{{" not in files["README.md"]


@pytest.mark.parametrize(
    ("cluster", "environment"), [("a", "on"), ("on-1", "no"), ("x", "1e3"), (LONGEST, "twenty-two-characters"[:22])]
)
def test_awkward_names_stay_legal_and_stay_text(cluster: str, environment: str) -> None:
    manifest = application(cluster=cluster, environment=environment, branch="1.10")
    assert is_label(manifest["metadata"]["name"])
    assert is_label(manifest["spec"]["destination"]["namespace"])
    assert manifest["spec"]["source"]["targetRevision"] == "1.10"
    assert manifest["spec"]["source"]["path"] == f"registry/environments/{environment}/{cluster}"


@pytest.mark.parametrize("name", ["environment", "environment-folder"])
@pytest.mark.parametrize(
    ("cluster", "environment", "key"),
    [
        ("prod-eu", "Staging", "environment"),
        ("prod-eu", "-staging", "environment"),
        ("prod-eu", "staging\n", "environment"),
        ("prod-eu", "../staging", "environment"),
        ("prod-eu", "components", "environment"),
        ("prod-eu", "clusters", "environment"),
        (LONGEST, "x" * 23, "environment"),
        ("Prod", "staging", "cluster"),
        (LONGEST + "x", "staging", "cluster"),
    ],
)
def test_wrong_names_are_refused(name: str, cluster: str, environment: str, key: str) -> None:
    with pytest.raises(UserErrors) as caught:
        rendered(name, cluster=cluster, environment=environment)
    assert any(problem.message.startswith(f"`{key}`") for problem in caught.value.problems)


def test_no_environment_takes_the_name_of_an_application_that_the_cluster_has() -> None:
    taken = set()
    for cluster_type in ("management", "physical", "virtual"):
        for text in rendered("cluster", cluster="c", cluster_type=cluster_type).values():
            taken |= {
                manifest["metadata"]["name"].removeprefix("c-")
                for manifest in (yaml.safe_load_all(text) if text.startswith("# ") and "\nkind: App" in text else [])
                if manifest and manifest["kind"] == "Application" and manifest["metadata"]["name"].startswith("c-")
            }
    assert {"argocd", "vcluster", "components", "clusters"} <= taken
    for environment in taken:
        with pytest.raises(UserErrors):
            rendered("environment", cluster="c", environment=environment)


@pytest.mark.parametrize("name", ["environment", "environment-folder"])
def test_copier_renders_the_same(name: str, tmp_path: Path) -> None:
    answers = {"cluster": "prod-eu", "environment": "on-1"}
    copier.run_copy(str(TEMPLATES / name), tmp_path, data=answers, defaults=True, quiet=True)
    assert text_of(read_folder(tmp_path)) == rendered(name, **answers)
