"""The rules of branches on GitHub: which of them let nobody push, whoever may read them."""

from __future__ import annotations

from typing import Any

import pytest

from generator.core.errors import UserError
from generator.hub.branch_rules import BranchRules
from generator.hub.credentials import Token
from generator.hub.failures import NotFoundError, RefusedError, UnavailableError
from tests.github_double import git_store
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer
from tests.hub.conftest import Connect, app_credentials

SLUG = "acme/acme-gitops"
FORWARD_ONLY: dict[str, Any] = {"type": "non_fast_forward"}
REQUESTS: dict[str, Any] = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_approving_review_count": 0,
        "required_review_thread_resolution": False,
    },
}
CHECKS: dict[str, Any] = {"enforce_admins": True, "required_status_checks": {"strict": False, "contexts": ["test"]}}


@pytest.fixture
def rules(github: GitHubDouble, connect: Connect) -> BranchRules:
    github.organization("acme")
    return BranchRules(connect(github))


@pytest.mark.parametrize("branch", ["main", "deploy/live"])
def test_a_branch_is_protected(github: GitHubDouble, rules: BranchRules, branch: str) -> None:
    found = github.repository(SLUG, git=True)
    found.path = github._git.create("acme/other", branch)
    assert not rules.demand_requests(SLUG, branch), "there is no such branch yet"
    git_store.commit(found.path, branch, {"a": "a"}, "First")
    assert not rules.demand_requests(SLUG, branch)
    rules.refuse_unprotectable(SLUG, branch)
    rules.protect(SLUG, branch)
    assert rules.demand_requests(SLUG, branch)
    asked = found.protections[branch]
    assert asked["enforce_admins"] is True
    assert asked["required_pull_request_reviews"] == {"required_approving_review_count": 0}
    assert (asked["allow_force_pushes"], asked["allow_deletions"]) == (False, False)


def test_of_rulesets_the_kind_of_the_rule_counts(github: GitHubDouble, rules: BranchRules) -> None:
    found = github.repository(SLUG, git=True)
    found.rules["main"] = [FORWARD_ONLY]
    assert not rules.demand_requests(SLUG, "main")
    rules.refuse_unprotectable(SLUG, "main")
    found.rules["main"] = [FORWARD_ONLY] * 100 + [REQUESTS]
    assert rules.demand_requests(SLUG, "main")


def test_of_protection_what_it_demands_counts(github: GitHubDouble, rules: BranchRules) -> None:
    github.repository(SLUG, git=True).protections["main"] = CHECKS
    assert not rules.demand_requests(SLUG, "main")
    with pytest.raises(UserError, match="left as it is"):
        rules.refuse_unprotectable(SLUG, "main")


def test_protection_that_only_administrators_may_read_is_taken_to_demand_requests(
    github: GitHubDouble, connect: Connect
) -> None:
    found = github.repository(SLUG, git=True)
    granted = {name: level for name, level in PERMISSIONS.items() if name != "administration"}
    token = Token(github.fine_grained_token(granted))
    rules = BranchRules(connect(github, token))
    assert not rules.demand_requests(SLUG, "main")
    found.protections["main"] = CHECKS
    assert rules.demand_requests(SLUG, "main")
    found.protections, found.rules["main"] = {}, [FORWARD_ONLY]
    assert not rules.demand_requests(SLUG, "main"), "GitHub says of any ruleset that it protects"
    with pytest.raises(RefusedError, match="not accessible") as caught:
        rules.refuse_unprotectable(SLUG, "main")
    assert "plan" not in caught.value.message


def test_a_server_without_rulesets_has_protection_alone(github: GitHubDouble, rules: BranchRules) -> None:
    github.repository(SLUG, git=True)
    github.fault(Answer(404, "Not Found"), "/rules/", times=None)
    assert not rules.demand_requests(SLUG, "main")
    rules.protect(SLUG, "main")
    assert rules.demand_requests(SLUG, "main")


@pytest.mark.parametrize("as_app", [False, True])
def test_a_plan_that_cannot_protect_has_no_rules_and_is_told(
    github: GitHubDouble, connect: Connect, as_app: bool
) -> None:
    found = github.repository(SLUG, git=True)
    found.owner.plan = "free"
    credentials = app_credentials(github)
    github.install(github.state.apps[int(credentials.id)], "acme")
    rules = BranchRules(connect(github, credentials if as_app else None))
    assert not rules.demand_requests(SLUG, "main")
    for act in (rules.refuse_unprotectable, rules.protect):
        with pytest.raises(UserError, match="plan of this account cannot protect") as caught:
            act(SLUG, "main")
        assert "--protect" in caught.value.hint
    found.private = False
    rules.refuse_unprotectable(SLUG, "main")


def test_somebody_who_may_not_protect_is_told(github: GitHubDouble, rules: BranchRules) -> None:
    github.repository(SLUG, git=True)
    github.fault(Answer(404, "Not Found"), "GET .*/protection")
    with pytest.raises(NotFoundError) as caught:
        rules.refuse_unprotectable(SLUG, "main")
    assert "administrators" in caught.value.hint


@pytest.mark.parametrize("call", ["/rules/", "/protection", "/branches/main$"])
def test_what_cannot_be_understood_is_no_answer(github: GitHubDouble, rules: BranchRules, call: str) -> None:
    github.repository(SLUG, git=True)
    github.fault(Answer(200, text="7"), call, times=None)
    with pytest.raises(UnavailableError, match="unknown form"):
        rules.demand_requests(SLUG, "main")
