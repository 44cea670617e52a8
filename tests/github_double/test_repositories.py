"""Repositories, with real git behind them."""

from __future__ import annotations

from pathlib import Path
from subprocess import CalledProcessError

import pytest

from tests.github_double import git_store
from tests.github_double.conftest import Ask, Receiver, hook_body
from tests.github_double.double import GitHubDouble

GITOPS = "/repos/acme/acme-gitops"
PROTECTION = {
    "required_status_checks": None,
    "enforce_admins": True,
    "required_pull_request_reviews": {"required_approving_review_count": 1},
    "restrictions": None,
}


@pytest.fixture
def work(github: GitHubDouble, ask: Ask, tmp_path: Path) -> Path:
    """Return a clone of a repository that was just made."""
    github.organization("acme")
    assert ask("POST", "/orgs/acme/repos", {"name": "acme-gitops", "private": True}).status_code == 201
    address = f"{github.web.replace('//', f'//x-access-token:{github.token()}@')}/acme/acme-gitops.git"
    git_store.run(tmp_path, "clone", "--quiet", address, "work")
    git_store.run(tmp_path / "work", "commit", "--quiet", "--allow-empty", "-m", "First")
    return tmp_path / "work"


def test_a_new_repository_is_empty_and_takes_a_push(ask: Ask, work: Path) -> None:
    assert ask("GET", f"{GITOPS}/branches").json() == []
    git_store.run(work, "push", "--quiet", "origin", "main")
    (branch,) = ask("GET", f"{GITOPS}/branches").json()
    assert (branch["name"], branch["commit"]["sha"]) == ("main", git_store.run(work, "rev-parse", "HEAD"))
    assert ask("GET", f"{GITOPS}/branches/none").json()["message"] == "Branch not found"


def test_a_name_is_taken_once(github: GitHubDouble, ask: Ask, work: Path) -> None:
    again = ask("POST", "/orgs/ACME/repos", {"name": "Acme-GitOps"})
    assert again.status_code == 422
    assert again.json()["errors"][0]["message"] == "name already exists on this account"
    assert ask("POST", "/orgs/nobody/repos", {"name": "a"}).status_code == 404


def test_a_user_has_repositories_too(github: GitHubDouble, ask: Ask) -> None:
    made = ask("POST", "/user/repos", {"name": "own", "auto_init": True})
    assert (made.status_code, made.json()["owner"]["type"]) == (201, "User")
    assert [branch["name"] for branch in ask("GET", "/repos/octocat/own/branches").json()] == ["main"]


def test_settings_and_topics_are_kept(ask: Ask, work: Path) -> None:
    ask("PATCH", GITOPS, {"description": "What is deployed", "homepage": "https://example.com"})
    assert ask("PUT", f"{GITOPS}/topics", {"names": ["gitops"]}).json() == {"names": ["gitops"]}
    assert ask("PUT", f"{GITOPS}/topics", {"names": ["GitOps"]}).status_code == 422
    found = ask("GET", GITOPS).json()
    assert (found["description"], found["topics"], found["private"]) == ("What is deployed", ["gitops"], True)


def test_a_push_is_told_and_moves_its_pull_requests(
    github: GitHubDouble, ask: Ask, work: Path, receiver: Receiver
) -> None:
    git_store.run(work, "push", "--quiet", "origin", "main")
    git_store.run(work, "commit", "--quiet", "--allow-empty", "-m", "Second")
    git_store.run(work, "push", "--quiet", "origin", "main:feature")
    ask("POST", f"{GITOPS}/hooks", hook_body(receiver.url, "push", "pull_request"))
    assert ask("POST", f"{GITOPS}/pulls", {"title": "A", "head": "feature", "base": "main"}).status_code == 201
    git_store.run(work, "commit", "--quiet", "--allow-empty", "-m", "Third")
    git_store.run(work, "push", "--quiet", "origin", "main:feature")
    github.courier.settle()
    assert receiver.told == ["ping", "pull_request opened", "push", "pull_request synchronize"]
    third = git_store.run(work, "rev-parse", "HEAD")
    assert receiver.taken[2][1]["ref"] == "refs/heads/feature"
    assert receiver.taken[2][1]["after"] == ask("GET", f"{GITOPS}/pulls/1").json()["head"]["sha"] == third


def test_a_protected_branch_takes_no_push_but_a_merge(github: GitHubDouble, ask: Ask, work: Path) -> None:
    git_store.run(work, "push", "--quiet", "origin", "main")
    assert ask("GET", f"{GITOPS}/branches/main/protection").json()["message"] == "Branch not protected"
    made = ask("PUT", f"{GITOPS}/branches/main/protection", PROTECTION)
    assert (made.status_code, made.json()["enforce_admins"]["enabled"]) == (200, True)
    assert ask("GET", f"{GITOPS}/branches/main").json()["protected"] is True
    git_store.run(work, "commit", "--quiet", "--allow-empty", "-m", "Second")
    with pytest.raises(CalledProcessError) as caught:
        git_store.run(work, "push", "--quiet", "origin", "main")
    assert b"GH006" in caught.value.stderr
    git_store.run(work, "push", "--quiet", "origin", "main:feature")
    ask("POST", f"{GITOPS}/pulls", {"title": "A", "head": "feature", "base": "main"})
    refused = ask("PUT", f"{GITOPS}/pulls/1/merge", {"merge_method": "squash"})
    assert (refused.status_code, "approving review" in refused.json()["message"]) == (405, True)
    found = github.state.repository("acme/acme-gitops")
    assert found
    found.pull_requests[0].approvals = 1
    merged = ask("PUT", f"{GITOPS}/pulls/1/merge", {"merge_method": "squash"}).json()
    assert ask("GET", f"{GITOPS}/branches/main").json()["commit"]["sha"] == merged["sha"]
    assert ask("DELETE", f"{GITOPS}/branches/main/protection").status_code == 204
    git_store.run(work, "push", "--quiet", "--force", "origin", "main")


def test_git_asks_for_credentials_that_may_write(github: GitHubDouble, ask: Ask, work: Path, tmp_path: Path) -> None:
    app = github.app()
    reader, _ = github.identities.installation_token(github.install(app, "acme"), {"contents": "read"})
    address = f"{github.web.replace('//', f'//x-access-token:{reader}@')}/acme/acme-gitops.git"
    git_store.run(work, "push", "--quiet", "origin", "main")
    git_store.run(work, "fetch", "--quiet", address)
    with pytest.raises(CalledProcessError):
        git_store.run(work, "push", "--quiet", address, "main")
    with pytest.raises(CalledProcessError):
        git_store.run(work, "-c", "core.askPass=true", "fetch", "--quiet", f"{github.web}/acme/acme-gitops.git")


def test_a_repository_that_was_renamed_says_where_it_is(github: GitHubDouble, ask: Ask, work: Path) -> None:
    number = ask("PATCH", GITOPS, {"name": "renamed"}).json()["id"]
    moved = ask("GET", f"{GITOPS}/pulls?state=all", allow_redirects=False)
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"{github.url}/repositories/{number}/pulls?state=all"
    assert ask("PATCH", GITOPS, {"description": "a"}, allow_redirects=False).status_code == 307
    assert ask("GET", GITOPS).json()["full_name"] == "acme/renamed"


def test_a_new_repository_is_not_there_for_some_calls(github: GitHubDouble, ask: Ask, tmp_path: Path) -> None:
    github.organization("acme")
    github.state.lag = 2
    assert ask("POST", "/orgs/acme/repos", {"name": "acme-gitops"}).status_code == 201
    assert [ask("GET", GITOPS).status_code for _ in range(4)] == [404, 404, 200, 200]
    address = f"{github.web.replace('//', f'//x-access-token:{github.token()}@')}/acme/acme-gitops.git"
    for _ in range(2):
        with pytest.raises(CalledProcessError, match="ls-remote"):
            git_store.run(tmp_path, "ls-remote", address)
    assert git_store.run(tmp_path, "ls-remote", address) == ""


@pytest.mark.parametrize(("private", "status"), [(True, 403), (False, 200)])
def test_a_plan_without_protection_says_so_of_private_repositories(
    github: GitHubDouble, ask: Ask, private: bool, status: int
) -> None:
    github.repository("acme/acme-gitops", git=True, private=private).owner.plan = "free"
    installation, _ = github.identities.installation_token(
        github.install(github.app(), "acme"), {"administration": "write"}
    )
    headers = {"Authorization": f"token {installation}"}
    for by, words in (({}, "Upgrade to GitHub Pro"), (headers, "Resource not accessible by integration")):
        answer = ask("PUT", f"{GITOPS}/branches/main/protection", PROTECTION, headers=by)
        assert answer.status_code == status
        assert (words in answer.text) == private


def test_rulesets_have_rules_for_a_branch_and_say_that_it_is_protected(github: GitHubDouble, ask: Ask) -> None:
    found = github.repository("acme/acme-gitops", git=True)
    rules = f"{GITOPS}/rules/branches/main"
    assert (ask("GET", rules).json(), ask("GET", f"{GITOPS}/branches/main").json()["protected"]) == ([], False)
    found.rules["main"] = [{"type": "non_fast_forward"}, {"type": "required_signatures"}]
    assert [rule["type"] for rule in ask("GET", rules).json()] == ["non_fast_forward", "required_signatures"]
    assert ask("GET", f"{GITOPS}/branches/main").json()["protected"] is True
    assert ask("GET", f"{GITOPS}/branches/main/protection").json()["message"] == "Branch not protected"


def test_a_private_app_is_its_owners_alone(github: GitHubDouble) -> None:
    app = github.app()
    app.public = False
    github.install(app, "acme")
    with pytest.raises(AssertionError, match="acme alone"):
        github.install(app, "acme-apps")
