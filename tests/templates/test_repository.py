"""The root of a repository: its files by role, its questions, its names whatever the organization is called."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from generator.core.errors import UserErrors
from generator.core.names import is_label, is_repository
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

ROOT = Path(__file__).parents[2]
PLATFORM = {".gitignore", "catalog/README.md", "registry/clusters/README.md"}
APPLICATION = {"apps/README.md", "registry/environments/README.md", ".github/workflows/update-environment.yaml"}
BOTH = {"README.md", ".github/workflows/check.yaml"}


@cache
def template() -> Template:
    return Template.parse(read_folder(ROOT / "templates/repository"), name="repository")


def text_of(tree: MemoryTree) -> dict[str, str]:
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


def values(**answers: object) -> dict[str, Any]:
    return dict(resolve(template(), {"org": "acme", **answers}).values)


def repository(role: str, **answers: object) -> dict[str, str]:
    return text_of(render(template(), resolve(template(), {"org": "acme", "role": role, **answers})))


@pytest.mark.parametrize(
    ("role", "topology", "paths"),
    [
        ("platform", "two", BOTH | PLATFORM),
        ("application", "two", BOTH | APPLICATION),
        ("single", "single", BOTH | PLATFORM | APPLICATION),
    ],
)
def test_a_repository_has_what_its_role_needs(role: str, topology: str, paths: set[str]) -> None:
    assert set(repository(role, topology=topology)) == paths


@pytest.mark.parametrize("role", ["platform", "application", "single"])
def test_folders_are_options(role: str) -> None:
    folders = {"clusters_path": "c/all", "environments_path": "e", "catalog_path": "items", "apps_path": "services"}
    topology = "single" if role == "single" else "two"
    files = repository(role, topology=topology, **folders)
    everything = "\n".join([*files, *files.values()])
    assert not re.search(r"registry/(clusters|environments)|(?<![\w-])apps/", everything)
    readmes = {"platform": {"c/all", "items"}, "application": {"e", "services"}}
    expected = readmes.get(role, readmes["platform"] | readmes["application"])
    assert {path.removesuffix("/README.md") for path in files if path.endswith("/README.md")} == expected


@pytest.mark.parametrize("role", ["platform", "application", "single"])
def test_links_of_the_readme_lead_somewhere(role: str) -> None:
    files = repository(role, topology="single" if role == "single" else "two", clusters_path="c/all")
    links = re.findall(r"\]\(([^)]+)\)", files["README.md"])
    assert links
    assert [link for link in links if "://" not in link and link not in files] == []


@pytest.mark.parametrize("role", ["platform", "application", "single"])
def test_nothing_is_left_unresolved(role: str) -> None:
    for path, text in repository(role, topology="single" if role == "single" else "two").items():
        assert not re.search(r"(?<!\$)\{\{|\{%|<[A-Z][A-Z0-9_]+>", text), path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\n\n\n" not in text, path


def test_ci_checks_with_the_version_that_rendered_and_may_only_read() -> None:
    workflow = yaml.safe_load(repository("platform", gitopsmith_version="1.2.3")[".github/workflows/check.yaml"])
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["check"]["steps"]
    assert 'pip install "gitopsmith==1.2.3"' in [step.get("run") for step in steps]
    assert steps[-1]["run"] == "gitopsmith check . --format github"
    assert workflow["concurrency"]["group"] == "check-${{ github.ref }}"


@pytest.mark.parametrize("role", ["platform", "application", "single"])
def test_ci_runs_actions_of_commits_that_nobody_can_move(role: str) -> None:
    files = repository(role, topology="single" if role == "single" else "two")
    workflows = [text for path, text in files.items() if "/workflows/" in path]
    used = [line.strip() for text in workflows for line in text.splitlines() if "uses:" in line]
    assert used
    assert all(re.fullmatch(r"- uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line) for line in used), used


def test_ci_of_apps_sets_versions_and_its_inputs_are_never_read_as_commands() -> None:
    text = repository("application", gitopsmith_version="1.2.3")[".github/workflows/update-environment.yaml"]
    workflow = yaml.safe_load(text)
    # YAML 1.1 reads the key `on` as true.
    inputs = workflow[True]["workflow_dispatch"]["inputs"]
    assert set(inputs) == {"environment", "app_name", "app_version", "triggered_by", "source_run_id"}
    assert workflow["permissions"] == {"contents": "write"}
    commands = [step["run"] for step in workflow["jobs"]["update"]["steps"] if "run" in step]
    assert not any("${{" in command for command in commands)
    (command,) = (command for command in commands if command.startswith("gitopsmith set-version "))
    # An input that begins with a hyphen is no option.
    assert command.startswith('gitopsmith set-version --env "$ENVIRONMENT" --remote ')
    assert command.endswith(' -- "$APP" "$VERSION"')
    assert 'pip install "gitopsmith==1.2.3"' in commands


def test_state_and_credentials_of_terraform_are_ignored() -> None:
    ignored = repository("platform")[".gitignore"].splitlines()
    assert {".terraform/", "*.tfstate", "*.tfstate.*"} <= set(ignored)
    assert ".terraform.lock.hcl" not in ignored


def test_environments_stand_in_the_order_of_promotion() -> None:
    readme = repository("application", environments=["zebra", "alpha"])["registry/environments/README.md"]
    assert "\n1. zebra\n2. alpha\n" in readme


@pytest.mark.parametrize(
    ("answers", "platform", "application"),
    [
        ({}, "acme/acme-gitops", "acme/acme-apps-gitops"),
        ({"app_org": "acme-apps"}, "acme/acme-gitops", "acme-apps/acme-gitops"),
        ({"app_org": "ACME"}, "acme/acme-gitops", "ACME/acme-apps-gitops"),
        ({"topology": "single"}, "acme/acme-gitops", "acme/acme-gitops"),
        ({"topology": "single", "app_org": "other"}, "acme/acme-gitops", "acme/acme-gitops"),
        ({"org": "Acme-Corp"}, "Acme-Corp/acme-corp-gitops", "Acme-Corp/acme-corp-apps-gitops"),
        ({"platform_repo": "infra", "application_repo": "apps"}, "acme/infra", "acme/apps"),
    ],
)
def test_addresses_of_the_repositories(answers: dict[str, str], platform: str, application: str) -> None:
    found = values(**answers)
    assert found["platform_repo_url"] == f"https://github.com/{platform}.git"
    assert found["application_repo_url"] == f"https://github.com/{application}.git"


def test_a_github_enterprise_server_has_its_own_address() -> None:
    found = values(git_url="https://git.acme.com:8443")
    assert found["platform_repo_url"] == "https://git.acme.com:8443/acme/acme-gitops.git"


@pytest.mark.parametrize("org", ["Acme-Corp", "1e3", "A" * 39, "0", "a-1-B"])
def test_every_name_of_github_becomes_a_legal_name(org: str) -> None:
    found = values(org=org)
    assert is_label(found["org_name"])
    assert is_repository(found["platform_repo"])
    assert is_repository(found["application_repo"])
    assert found["domain"] == f"{org.lower()}.example.com"
    assert found["org"] == org


@pytest.mark.parametrize(
    ("cloud", "region"), [("aws", "eu-west-1"), ("google", "europe-west1"), ("civo", "LON1"), ("existing", "")]
)
def test_each_cloud_has_a_region_by_default(cloud: str, region: str) -> None:
    assert values(cloud=cloud)["region"] == region


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ({"org": "-acme"}, "org"),
        ({"org": "acme--corp"}, "org"),
        ({"org": "a" * 40}, "org"),
        ({"org": "acme.corp"}, "org"),
        ({"org": "acme\n"}, "org"),
        ({"org": ""}, "org"),
        ({"app_org": "not/one"}, "app_org"),
        ({"role": "other"}, "role"),
        ({"topology": "three"}, "topology"),
        ({"role": "application", "topology": "single"}, "topology"),
        ({"environments": "staging"}, "environments"),
        ({"environments": []}, "environments"),
        ({"environments": ["staging", "staging"]}, "environments"),
        ({"environments": ["Staging"]}, "environments"),
        ({"environments": [1]}, "environments"),
        ({"environments": ["components"]}, "environments"),
        ({"environments": "[on, off]"}, "environments"),
        ({"cloud": "google", "region": "eu-west-1"}, "region"),
        ({"application_repo": "acme-gitops"}, "application_repo"),
        ({"platform_repo": "acme.git"}, "platform_repo"),
        ({"platform_repo": ".."}, "platform_repo"),
        ({"git_url": "https://github.com/"}, "git_url"),
        ({"git_url": "http://github.com"}, "git_url"),
        ({"branch": "-x"}, "branch"),
        ({"branch": "a..b"}, "branch"),
        ({"branch": "gitopsmith/pristine"}, "branch"),
        ({"branch": "gitopsmith"}, "branch"),
        ({"clusters_path": "../x"}, "clusters_path"),
        ({"clusters_path": "a/../b"}, "clusters_path"),
        ({"clusters_path": "registry/environments"}, "clusters_path"),
        ({"clusters_path": "registry/environments/clusters"}, "clusters_path"),
        ({"catalog_path": "/catalog"}, "catalog_path"),
        ({"apps_path": "catalog"}, "apps_path"),
        ({"management_cluster": "Management"}, "management_cluster"),
        ({"gitopsmith_version": "latest; rm -rf ."}, "gitopsmith_version"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_answers_are_refused_by_their_key(answers: dict[str, object], key: str) -> None:
    with pytest.raises(UserErrors) as caught:
        values(**answers)
    assert any(problem.message.startswith(f"`{key}`") for problem in caught.value.problems)


def test_a_person_is_asked_for_the_organization_first_and_for_folders_last() -> None:
    asked = [name for name, question in template().config.questions.items() if question.get("when") is not False]
    own = asked[asked.index("org") :]
    assert own[:3] == ["org", "topology", "app_org"]
    assert own[-4:] == ["environments_path", "clusters_path", "catalog_path", "apps_path"]
    assert [name for name, question in template().config.questions.items() if not question.get("help")] == []


@pytest.mark.parametrize("role", ["platform", "application", "single"])
def test_copier_renders_the_same(role: str, tmp_path: Path) -> None:
    answers = {"org": "Acme-Corp", "role": role, "topology": "single" if role == "single" else "two"}
    copier.run_copy(str(ROOT / "templates/repository"), tmp_path, data=answers, defaults=True, quiet=True)
    assert text_of(read_folder(tmp_path)) == repository(**answers)
