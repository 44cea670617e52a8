"""The documents: what they refuse, and what they answer about an organization."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from generator.core.documents import (
    KINDS,
    GitHubRepository,
    Match,
    Microservice,
    Organization,
    Paths,
    Preview,
)
from generator.core.layout import Layout


def organization(**spec: Any) -> Organization:
    given = {
        "owner": "Acme-Corp",
        "domain": "acme.example.com",
        "repositories": {
            "platform": {"owner": "Acme-Corp", "name": "acme-gitops"},
            "application": {"owner": "acme-apps", "name": "acme-gitops"},
        },
        "environments": [{"name": "staging"}, {"name": "production"}],
        "clusters": [
            {"name": "management", "role": "management", "domain": "management.acme.example.com"},
            {"name": "prod-eu", "role": "physical", "domain": "x.example.com", "environments": ["staging"]},
            {"name": "prod-us", "role": "physical", "domain": "y.example.com", "environments": ["staging"]},
        ],
    }
    return Organization.model_validate({"metadata": {"name": "acme"}, "spec": {**given, **spec}})


def test_what_an_organization_answers() -> None:
    acme = organization()
    platform = acme.spec.repositories.platform
    assert platform.slug == "Acme-Corp/acme-gitops"
    assert platform.branch == "main"
    assert acme.url(platform) == "https://github.com/Acme-Corp/acme-gitops.git"
    assert not acme.single
    assert acme.management_cluster == acme.cluster("management")
    assert acme.cluster("nowhere") is None
    assert [cluster.name for cluster in acme.clusters_of("staging")] == ["prod-eu", "prod-us"]
    assert acme.clusters_of("production") == ()
    assert acme.spec.paths.layout == Layout()


def test_an_enterprise_server_has_another_address() -> None:
    acme = organization(gitUrl="https://git.acme.example.com/")
    assert acme.url(acme.spec.repositories.platform).startswith("https://git.acme.example.com/Acme-Corp/")


def test_both_trees_may_be_in_one_repository() -> None:
    one = {"owner": "acme", "name": "acme-gitops"}
    assert organization(repositories={"platform": one, "application": one}).single


def test_before_there_is_a_management_cluster_there_is_none() -> None:
    assert organization(clusters=[]).management_cluster is None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"environments": [{"name": "a"}, {"name": "a"}], "clusters": []}, "environments: named more than once: a"),
        ({"clusters": [{"name": "c", "role": "physical", "domain": "d.e"}] * 2}, "clusters: named more than once: c"),
        ({"environments": []}, "`prod-eu` has environments that `environments` does not list: staging"),
        ({"clusters": [{"name": "null", "role": "physical", "domain": "d.e"}]}, "YAML reads as text"),
        ({"clusters": [{"name": "a" * 41, "role": "physical", "domain": "d.e"}]}, "at most 40"),
        ({"clusters": [{"name": "c", "role": "moon", "domain": "d.e"}]}, "management"),
        ({"paths": {"catalog": "../x"}}, "folder of the repository"),
        ({"paths": {"catalog": "apps"}}, "each must be another folder"),
        ({"region": "x"}, "Extra inputs are not permitted"),
        ({"owner": 42}, "valid string"),
        ({"gitUrl": "github.com"}, "an address such as https://github.com"),
        ({"gitUrl": "https://ghp_secret@github.com"}, "an address such as https://github.com"),
    ],
)
def test_what_an_organization_refuses(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        organization(**spec)


def test_the_branch_of_the_templates_output_is_not_deployed() -> None:
    repository = {"owner": "acme", "name": "acme-gitops", "branch": "gitopsmith/pristine"}
    with pytest.raises(ValidationError, match="not gitopsmith's own"):
        organization(repositories={"platform": repository, "application": repository})


def test_documents_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        organization().spec.owner = "other"


def test_names_of_paths_become_the_layout() -> None:
    assert Paths(catalog="templates", apps="services").layout == Layout(catalog="templates", apps="services")


def test_an_app_deploys_an_image_or_a_chart() -> None:
    spec = {"repository": {"name": "podinfo"}, "template": "builtin:service"}
    for what in ("image", "chart"):
        Microservice.model_validate({"metadata": {"name": "podinfo"}, "spec": {**spec, what: "ghcr.io/acme/podinfo"}})
    with pytest.raises(ValidationError, match="one of `image` and `chart` is needed"):
        Microservice.model_validate({"metadata": {"name": "podinfo"}, "spec": spec})


@pytest.mark.parametrize("ttl", ["1h", "72h", "30d"])
def test_how_long_a_preview_lives(ttl: str) -> None:
    assert Preview(ttl=ttl).ttl == ttl


@pytest.mark.parametrize("preview", [{"ttl": "0h"}, {"ttl": "1w"}, {"ttl": "1h\n"}, {"max": -1}, {"forks": "maybe"}])
def test_what_a_preview_refuses(preview: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Preview.model_validate(preview)


def test_by_default_no_fork_is_deployed() -> None:
    assert Preview().forks == "never"
    assert not Preview().drafts


def test_a_tag_holds_the_version_somewhere() -> None:
    assert Match(tag="chart-{version}").tag == "chart-{version}"
    with pytest.raises(ValidationError):
        Match(tag="v1")


def test_the_token_is_named_never_held() -> None:
    repository = GitHubRepository.model_validate(
        {"metadata": {"name": "x"}, "spec": {"owner": "acme", "repo": "x", "configSecret": {"name": "token"}}}
    )
    assert repository.spec.config_secret.name == "token"
    with pytest.raises(ValidationError, match="Extra inputs"):
        GitHubRepository.model_validate(
            {"metadata": {"name": "x"}, "spec": {"owner": "acme", "repo": "x", "configSecret": {"token": "secret"}}}
        )


def test_every_kind_is_known_by_its_name() -> None:
    assert all(kind.model_fields["kind"].default == name for name, kind in KINDS.items())


def test_a_repository_may_have_rules_for_writes_and_says_nothing_of_those_that_are_usual() -> None:
    known = {"owner": "acme", "name": "acme-gitops"}
    ruled = organization(
        repositories={"platform": known, "application": {**known, "protected": True, "commits": "api"}}
    )
    platform, application = ruled.spec.repositories.platform, ruled.spec.repositories.application
    assert (platform.protected, platform.commits) == (False, "git")
    assert (application.protected, application.commits) == (True, "api")
    assert platform.model_dump(exclude_defaults=True) == known
    with pytest.raises(ValidationError, match="'git' or 'api'"):
        organization(repositories={"platform": known, "application": {**known, "commits": "svn"}})
