"""Git's objects by the API: what GitHub makes, signs and refuses; and what keeps a request from being merged."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import requests

from tests.github_double import git_store
from tests.github_double.conftest import Ask
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Repository

GIT = "/repos/acme/acme-gitops/git"
PULLS = "/repos/acme/acme-gitops/pulls"


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository("acme/acme-gitops", git=True)


def head(repository: Repository, branch: str = "main") -> str:
    assert repository.path
    return git_store.branches(repository.path)[branch]


def by_app(github: GitHubDouble, path: str, body: Any) -> Any:
    token, _ = github.identities.installation_token(github.install(github.app(), "acme"), {"contents": "write"})
    headers = {"Authorization": f"token {token}"}
    return requests.post(github.url + path, json=body, headers=headers, timeout=30).json()


def test_a_tree_is_made_of_another_one_and_of_what_differs(ask: Ask, repository: Repository) -> None:
    base = ask("GET", f"{GIT}/commits/{head(repository)}").json()["tree"]["sha"]
    blob = ask("POST", f"{GIT}/blobs", {"content": base64.b64encode(b"\xff").decode(), "encoding": "base64"}).json()
    entries = [
        {"path": "a/b", "mode": "100755", "type": "blob", "content": "text"},
        {"path": "c", "mode": "100644", "type": "blob", "sha": blob["sha"]},
        {"path": "README.md", "mode": "100644", "type": "blob", "sha": None},
    ]
    made = ask("POST", f"{GIT}/trees", {"base_tree": base, "tree": entries}).json()["sha"]
    assert repository.path
    listed = git_store.run(repository.path, "ls-tree", "-r", "--format=%(objectmode) %(path)", made)
    assert listed.split("\n") == ["100755 a/b", "100644 c"]


@pytest.mark.parametrize(
    "entries",
    [
        [{"path": "gone", "mode": "100644", "type": "blob", "sha": None}],
        [{"path": "a", "content": "x"}, {"path": "a/b", "content": "x"}],
        [{"path": "a", "content": "x", "sha": None}],
        [{"path": "a", "sha": "0" * 40}],
    ],
)
def test_what_contradicts_itself_makes_no_tree(ask: Ask, repository: Repository, entries: list[Any]) -> None:
    body = {"tree": [{"mode": "100644", "type": "blob", **entry} for entry in entries]}
    assert ask("POST", f"{GIT}/trees", body).status_code == 422


def test_commits_are_signed_for_an_app_that_names_nobody(
    github: GitHubDouble, ask: Ask, repository: Repository
) -> None:
    tree = ask("GET", f"{GIT}/commits/{head(repository)}").json()["tree"]["sha"]
    body: Any = {"message": "m\n\nmore", "tree": tree, "parents": [head(repository)]}
    made = by_app(github, f"{GIT}/commits", body)
    assert (made["verification"]["verified"], made["committer"]["name"]) == (True, "GitHub")
    assert ask("GET", f"{GIT}/commits/{made['sha']}").json()["message"] == body["message"]
    named = by_app(github, f"{GIT}/commits", {**body, "author": {"name": "Ada", "email": "ada@example.com"}})
    assert (named["verification"]["verified"], named["author"]["name"]) == (False, "Ada")
    assert ask("POST", f"{GIT}/commits", body).json()["verification"]["reason"] == "unsigned"
    assert ask("POST", f"{GIT}/commits", {**body, "tree": head(repository)}).status_code == 422


def test_references_move_forward_and_by_force(ask: Ask, repository: Repository) -> None:
    assert repository.path
    first = head(repository)
    second = git_store.commit(repository.path, "main", {"a": "a"}, "Second")
    assert ask("POST", f"{GIT}/refs", {"ref": "refs/heads/a/b", "sha": second}).status_code == 201
    assert ask("POST", f"{GIT}/refs", {"ref": "refs/heads/a/b", "sha": second}).status_code == 422
    assert ask("POST", f"{GIT}/refs", {"ref": "refs/ours/x", "sha": second}).status_code == 422
    assert ask("PATCH", f"{GIT}/refs/heads/a/b", {"sha": first}).json()["message"] == "Update is not a fast forward"
    assert ask("PATCH", f"{GIT}/refs/heads/a/b", {"sha": first, "force": True}).status_code == 200
    assert head(repository, "a/b") == first
    assert ask("DELETE", f"{GIT}/refs/heads/a/b").status_code == 204
    assert ask("DELETE", f"{GIT}/refs/heads/a/b").status_code == 422


def test_a_protected_branch_is_moved_by_no_reference(ask: Ask, repository: Repository) -> None:
    repository.protections["main"] = {}
    assert ask("PATCH", f"{GIT}/refs/heads/main", {"sha": head(repository)}).status_code == 422
    assert ask("DELETE", f"{GIT}/refs/heads/main").status_code == 422


def test_a_request_is_closed_with_its_branch(ask: Ask, repository: Repository) -> None:
    assert repository.path
    git_store.run(repository.path, "branch", "feature", "main")
    git_store.commit(repository.path, "feature", {"a": "a"}, "Second")
    ask("POST", PULLS, {"title": "A", "head": "feature", "base": "main"})
    ask("DELETE", f"{GIT}/refs/heads/feature")
    assert ask("GET", f"{PULLS}/1").json()["state"] == "closed"


def test_a_request_waits_for_its_rules(github: GitHubDouble, ask: Ask, repository: Repository) -> None:
    assert repository.path
    git_store.run(repository.path, "branch", "feature", "main")
    sha = git_store.commit(repository.path, "feature", {"a": "a"}, "Second")
    ask("POST", PULLS, {"title": "A", "head": "feature", "base": "main"})
    repository.protections["main"] = {"required_status_checks": {"strict": True, "contexts": ["ci"]}}
    repository.merge_methods = ("squash",)

    def merged(method: str = "squash") -> str:
        return str(ask("PUT", f"{PULLS}/1/merge", {"merge_method": method}).json()["message"])

    assert merged("merge") == "Merge commits are not allowed on this repository."
    assert merged() == 'Required status check "ci" is expected.'
    assert ask("GET", f"{PULLS}/1").json()["mergeable_state"] == "blocked"
    ask("POST", f"/repos/acme/acme-gitops/statuses/{sha}", {"state": "success", "context": "ci"})
    git_store.commit(repository.path, "main", {"b": "b"}, "Third")
    assert merged() == "1 of 1 required status checks are expected."
    assert ask("GET", f"{PULLS}/1").json()["mergeable_state"] == "behind"
    repository.protections["main"]["required_status_checks"]["strict"] = False
    assert merged() == "Pull Request successfully merged"
