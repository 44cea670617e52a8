"""The GitOps repositories on GitHub, one call at a time."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub.accounts import Account
from generator.hub.failures import NotFoundError, UnavailableError
from generator.hub.repositories import GitHubRepositories
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.hub.conftest import Connect, app_credentials

SLUG = "acme/acme-gitops"
ACME = Account("acme", is_organization=True)


@pytest.fixture
def repositories(github: GitHubDouble, connect: Connect) -> GitHubRepositories:
    github.organization("acme")
    return GitHubRepositories(connect(github))


def test_a_repository_is_created_private_and_found_in_any_case(repositories: GitHubRepositories) -> None:
    assert repositories.find(SLUG) is None
    with pytest.raises(NotFoundError):
        repositories.get(SLUG)
    made = repositories.create(ACME, "acme-gitops", "What is deployed")
    assert (made.full_name, made.private, made.description) == (SLUG, True, "What is deployed")
    assert repositories.find("ACME/Acme-GitOps") == repositories.get(SLUG) == made


def test_settings_and_topics_are_set(repositories: GitHubRepositories) -> None:
    repositories.create(ACME, "acme-gitops", "")
    repositories.set_settings(SLUG, description="New")
    repositories.set_topics(SLUG, ["gitops"])
    found = repositories.find(SLUG)
    assert found
    assert (found.description, found.topics) == ("New", ["gitops"])


def test_a_name_that_somebody_took_in_the_meantime_may_pass(
    github: GitHubDouble, repositories: GitHubRepositories
) -> None:
    github.repository(SLUG)
    with pytest.raises(UnavailableError, match="in the meantime"):
        repositories.create(ACME, "acme-gitops", "")


def test_a_name_that_a_repository_has_which_we_do_not_see_is_told(github: GitHubDouble, connect: Connect) -> None:
    github.organization("acme")
    credentials = app_credentials(github)
    installed = github.install(github.state.apps[int(credentials.id)], "acme")
    installed.repositories = []
    github.repository(SLUG)
    hidden = GitHubRepositories(connect(github, credentials))
    assert hidden.find(SLUG) is None
    with pytest.raises(UserError, match="our credentials may not see it") as caught:
        hidden.create(ACME, "acme-gitops", "")
    assert "created just now" in caught.value.hint


def test_a_creation_whose_fate_is_not_known_is_not_repeated(
    github: GitHubDouble, repositories: GitHubRepositories
) -> None:
    github.fault(Answer(502), "POST")
    with pytest.raises(UnavailableError):
        repositories.create(ACME, "acme-gitops", "")
    assert len(github.calls("POST /orgs/{org}/repos")) == 1


def test_an_answer_that_shows_no_repository_is_none(github: GitHubDouble, repositories: GitHubRepositories) -> None:
    github.repository(SLUG)
    github.fault(Answer(200, text='{"full_name": 7}'), "GET")
    with pytest.raises(UnavailableError, match="unknown form"):
        repositories.find(SLUG)
