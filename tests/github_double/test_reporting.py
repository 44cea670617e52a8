"""Deployments, statuses, comments and pull requests, with the rules that GitHub has for each."""

from __future__ import annotations

from typing import Any

import pytest

from tests.github_double.conftest import Ask
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Repository

PODINFO = "/repos/acme/podinfo"
DEPLOYMENTS = f"{PODINFO}/deployments"


@pytest.fixture(autouse=True)
def repository(github: GitHubDouble) -> Repository:
    made = github.repository("acme/podinfo")
    github.by().create_release(made, "v1")
    github.by().open_pull_request(made, "feature")
    return made


def deploy(ask: Ask, **fields: Any) -> dict[str, Any]:
    made = ask("POST", DEPLOYMENTS, {"ref": "v1", "auto_merge": False, "required_contexts": [], **fields})
    assert made.status_code == 201
    found: dict[str, Any] = made.json()
    return found


def say(ask: Ask, deployment: dict[str, Any], state: str, **fields: Any) -> None:
    assert ask("POST", f"{DEPLOYMENTS}/{deployment['id']}/statuses", {"state": state, **fields}).status_code == 201


def states(ask: Ask, deployment: dict[str, Any]) -> list[str]:
    return [status["state"] for status in ask("GET", f"{DEPLOYMENTS}/{deployment['id']}/statuses").json()]


def test_a_deployment_is_found_by_its_task_and_keeps_its_payload(ask: Ask) -> None:
    made = deploy(
        ask, task="preview-pr-1", environment="preview", transient_environment=True, payload={"preview": "podinfo-pr-1"}
    )
    deploy(ask, environment="production")
    (found,) = ask("GET", f"{DEPLOYMENTS}?task=preview-pr-1&environment=preview").json()
    assert found == made
    assert (made["payload"], made["production_environment"]) == ({"preview": "podinfo-pr-1"}, False)
    newest, _ = ask("GET", DEPLOYMENTS).json()
    assert (newest["environment"], newest["production_environment"]) == ("production", True)
    assert ask("POST", DEPLOYMENTS, {"ref": "v9", "required_contexts": []}).json()["message"] == "No ref found for: v9"


def test_a_newer_success_makes_older_ones_inactive_unless_they_are_transient(ask: Ask) -> None:
    lasting = [deploy(ask, environment="staging", task=f"deploy-{number}") for number in range(2)]
    transient = [deploy(ask, environment="preview", transient_environment=True) for _ in range(2)]
    for deployment in (*lasting, *transient):
        say(ask, deployment, "in_progress")
        say(ask, deployment, "success", environment_url="https://staging.example.com")
    assert [states(ask, deployment)[0] for deployment in lasting] == ["inactive", "success"]
    assert [states(ask, deployment)[0] for deployment in transient] == ["success", "success"]


def test_only_an_inactive_deployment_is_deleted(ask: Ask) -> None:
    one, _ = deploy(ask), deploy(ask)
    say(ask, one, "success")
    assert ask("DELETE", f"{DEPLOYMENTS}/{one['id']}").status_code == 422
    say(ask, one, "inactive")
    assert ask("DELETE", f"{DEPLOYMENTS}/{one['id']}").status_code == 204
    assert ask("GET", f"{DEPLOYMENTS}/{one['id']}").status_code == 404


def test_a_deployment_waits_for_checks_unless_it_asks_for_none(
    ask: Ask, repository: Repository, github: GitHubDouble
) -> None:
    sha = github.state.sha("v1")
    status = {"state": "pending", "context": "ci"}
    assert ask("POST", f"{PODINFO}/statuses/{sha}", status).status_code == 201
    assert ask("POST", DEPLOYMENTS, {"ref": "v1"}).status_code == 409
    assert deploy(ask)["sha"] == sha


def test_statuses_are_listed_the_newest_first_and_summed_up(ask: Ask, repository: Repository) -> None:
    sha = repository.pull_requests[0].sha
    for state in ("pending", "success"):
        ask("POST", f"{PODINFO}/statuses/{sha}", {"state": state, "context": "preview"})
    ask("POST", f"{PODINFO}/statuses/{sha}", {"state": "failure", "context": "ci", "description": "Broken"})
    listed = ask("GET", f"{PODINFO}/commits/{sha}/statuses").json()
    assert [status["state"] for status in listed] == ["failure", "success", "pending"]
    whole = ask("GET", f"{PODINFO}/commits/{sha}/status").json()
    assert (whole["state"], whole["total_count"]) == ("failure", 2)


def test_comments_are_made_edited_and_removed(ask: Ask) -> None:
    made = ask("POST", f"{PODINFO}/issues/1/comments", {"body": "First"}).json()
    path = f"{PODINFO}/issues/comments/{made['id']}"
    assert made["url"].endswith(path)
    ask("PATCH", path, {"body": "Second"})
    assert [comment["body"] for comment in ask("GET", f"{PODINFO}/issues/1/comments").json()] == ["Second"]
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404
    assert ask("POST", f"{PODINFO}/issues/99/comments", {"body": "Nowhere"}).status_code == 404


def test_a_pull_request_is_opened_once_found_by_its_branch_edited_and_merged(ask: Ask) -> None:
    body = {"title": "Promote", "head": "promote", "base": "main", "body": "v1"}
    made = ask("POST", f"{PODINFO}/pulls", body).json()
    assert ask("POST", f"{PODINFO}/pulls", body).status_code == 422
    assert [item["number"] for item in ask("GET", f"{PODINFO}/pulls?head=acme:promote&base=main").json()] == [2]
    path = f"{PODINFO}/pulls/{made['number']}"
    assert ask("PATCH", path, {"title": "Promote v2"}).json()["title"] == "Promote v2"
    assert ask("GET", f"{path}/merge").status_code == 404
    assert ask("PUT", f"{path}/merge", {"sha": "0" * 40}).status_code == 409
    assert ask("PUT", f"{path}/merge").json()["merged"] is True
    assert ask("GET", f"{path}/merge").status_code == 204
    assert ask("PUT", f"{path}/merge").status_code == 405
    assert [item["number"] for item in ask("GET", f"{PODINFO}/pulls").json()] == [1]
    assert [item["number"] for item in ask("GET", f"{PODINFO}/pulls?state=all").json()] == [2, 1]


def test_releases_are_made_found_edited_and_deleted(ask: Ask) -> None:
    made = ask("POST", f"{PODINFO}/releases", {"tag_name": "v2", "prerelease": True}).json()
    assert ask("POST", f"{PODINFO}/releases", {"tag_name": "v2"}).status_code == 422
    assert ask("GET", f"{PODINFO}/releases/latest").json()["tag_name"] == "v1"
    assert ask("GET", f"{PODINFO}/releases/tags/v2").json() == made
    path = f"{PODINFO}/releases/{made['id']}"
    assert ask("PATCH", path, {"prerelease": False}).json()["prerelease"] is False
    assert ask("GET", f"{PODINFO}/releases/latest").json()["tag_name"] == "v2"
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404
