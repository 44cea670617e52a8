"""Whether a request waits for the newest base, or for something else alone."""

from __future__ import annotations

from typing import Any

import pytest

from generator.core.promotion_request import PromotionRequest
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.mergeability import is_behind
from generator.hub.pull_requests import Requests
from tests.github_double import git_store
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.model import CommitStatus, Repository
from tests.hub.conftest import Connect

NAME = "acme-apps/acme-gitops"


@pytest.fixture
def repository(github: GitHubDouble, connection: Connection) -> Repository:
    """A repository whose only request lacks a commit of `main`."""
    made = github.repository(NAME, git=True)
    assert made.path
    git_store.run(made.path, "branch", "ours", "main")
    head = git_store.commit(made.path, "ours", {"a": "a"}, "Ours")
    Requests(connection).ensure(NAME, PromotionRequest("ours", "main", "Ours", ""), head)
    git_store.commit(made.path, "main", {"b": "b"}, "Theirs")
    return made


def demand(repository: Repository, way: str, *, strict: bool) -> None:
    """Let `main` want a check, by a rule of one kind or the other."""
    if way == "protection":
        checks = {"strict": strict, "contexts": ["ci"]}
        repository.protections["main"] = {"enforce_admins": True, "required_status_checks": checks}
    else:
        parameters: dict[str, Any] = {
            "strict_required_status_checks_policy": strict,
            "required_status_checks": [{"context": "ci"}],
        }
        repository.rules["main"] = [
            {"type": "non_fast_forward"},
            {"type": "required_status_checks", "parameters": parameters},
        ]


@pytest.mark.parametrize("passed", [True, False])
@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("way", ["protection", "ruleset"])
def test_only_a_rule_that_wants_the_newest_base_makes_a_branch_too_old_whatever_else_is_missing(
    github: GitHubDouble, connection: Connection, repository: Repository, way: str, strict: bool, passed: bool
) -> None:
    demand(repository, way, strict=strict)
    if passed:
        (request,), octocat = repository.pull_requests, github.user("octocat")
        said = CommitStatus(1, request.sha, "success", "ci", None, None, octocat, github.state.now())
        repository.statuses.append(said)
    assert is_behind(connection, NAME, 1) is strict


@pytest.mark.parametrize(("way", "told"), [("protection", False), ("ruleset", True)])
def test_who_may_not_administer_is_told_of_rulesets_alone(
    github: GitHubDouble, connect: Connect, repository: Repository, way: str, told: bool
) -> None:
    demand(repository, way, strict=True)
    token = github.fine_grained_token({**PERMISSIONS, "administration": "none"})
    assert is_behind(connect(github, Token(token)), NAME, 1) is told


def test_a_server_that_knows_no_rulesets_has_its_protection_alone(
    github: GitHubDouble, connection: Connection, repository: Repository
) -> None:
    demand(repository, "protection", strict=True)
    github.fault(Answer(404, "Not Found"), "GET .*/rules/branches/main")
    assert is_behind(connection, NAME, 1)
