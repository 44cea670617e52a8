"""Hooks and what they deliver: signed, in GitHub's own form, listed, sent again."""

from __future__ import annotations

import pytest

from tests.github_double.conftest import SECRET, Ask, Receiver, hook_body
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Repository

HOOKS = "/repos/acme/podinfo/hooks"


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository("acme/podinfo")


@pytest.fixture
def hook(repository: Repository, receiver: Receiver, ask: Ask) -> int:
    made = ask("POST", HOOKS, hook_body(receiver.url, "release", "pull_request"))
    assert made.status_code == 201
    number: int = made.json()["id"]
    return number


def test_a_hook_is_pinged_and_never_shows_its_secret(
    github: GitHubDouble, hook: int, receiver: Receiver, ask: Ask
) -> None:
    github.courier.settle()
    assert receiver.told == ["ping"]
    shown = ask("GET", f"{HOOKS}/{hook}")
    assert SECRET not in shown.text
    assert shown.json()["config"]["secret"] == "********"
    assert [item["id"] for item in ask("GET", HOOKS).json()] == [hook]


def test_what_people_do_is_delivered(
    github: GitHubDouble, repository: Repository, hook: int, receiver: Receiver
) -> None:
    octocat = github.by("octocat")
    release = octocat.create_release(repository, "v1")
    octocat.create_release(repository, "v2", prerelease=True)
    octocat.delete_release(repository, release)
    pull_request = octocat.open_pull_request(repository, "feature")
    octocat.push_to(repository, pull_request)
    octocat.label(repository, pull_request, "preview")
    octocat.close(repository, pull_request)
    github.courier.settle()
    assert receiver.told[1:] == [
        "release created",
        "release published",
        "release released",
        "release created",
        "release published",
        "release prereleased",
        "release deleted",
        "pull_request opened",
        "pull_request synchronize",
        "pull_request labeled",
        "pull_request closed",
    ]
    headers, payload = receiver.taken[-3]
    assert payload["after"] == payload["pull_request"]["head"]["sha"] == pull_request.sha
    assert (headers["Content-Type"], headers["User-Agent"][:16]) == ("application/json", "GitHub-Hookshot/")
    assert len({headers["X-GitHub-Delivery"] for headers, _ in receiver.taken}) == len(receiver.taken)


def test_only_events_that_were_asked_for_are_delivered(
    github: GitHubDouble, repository: Repository, hook: int, receiver: Receiver, ask: Ask
) -> None:
    assert ask("PATCH", f"{HOOKS}/{hook}", {"remove_events": ["release"]}).json()["events"] == ["pull_request"]
    github.by().create_release(repository, "v1")
    ask("PATCH", f"{HOOKS}/{hook}", {"active": False})
    github.by().open_pull_request(repository, "feature")
    ask("DELETE", f"{HOOKS}/{hook}")
    github.courier.settle()
    assert receiver.told == ["ping"]


def test_an_edit_without_the_secret_removes_it(repository: Repository, hook: int, receiver: Receiver, ask: Ask) -> None:
    edited = ask("PATCH", f"{HOOKS}/{hook}", {"config": {"url": receiver.url, "content_type": "json"}})
    assert "secret" not in edited.json()["config"]
    assert repository.hooks[0].config.get("secret") is None


def test_a_hook_is_made_once_and_has_an_address(hook: int, receiver: Receiver, ask: Ask) -> None:
    again = ask("POST", HOOKS, hook_body(receiver.url, "release"))
    assert again.status_code == 422
    assert again.json()["errors"][0]["message"] == "Hook already exists on this repository"
    assert ask("POST", HOOKS, hook_body(receiver.url, "push")).status_code == 201
    assert ask("POST", HOOKS, {"config": {"content_type": "json"}}).status_code == 422


def test_a_failed_delivery_is_listed_with_its_payload_and_sent_again_under_its_name(
    github: GitHubDouble, repository: Repository, hook: int, receiver: Receiver, ask: Ask
) -> None:
    github.courier.settle()
    github.courier.lose(1)
    github.by().create_release(repository, "v1")
    github.courier.settle()
    assert receiver.told == ["ping", "release published", "release released"]
    (failed,) = ask("GET", f"{HOOKS}/{hook}/deliveries?status=failure").json()
    assert (failed["event"], failed["action"], failed["status_code"]) == ("release", "created", 502)
    whole = ask("GET", f"{HOOKS}/{hook}/deliveries/{failed['id']}").json()
    assert whole["request"]["payload"]["release"]["tag_name"] == "v1"
    assert ask("POST", f"{HOOKS}/{hook}/deliveries/{failed['id']}/attempts").status_code == 202
    github.courier.settle()
    assert receiver.told[-1] == "release created"
    assert receiver.taken[-1][0]["X-GitHub-Delivery"] == failed["guid"]
    listed = ask("GET", f"{HOOKS}/{hook}/deliveries").json()
    assert [(item["guid"] == failed["guid"], item["redelivery"]) for item in listed][0::3] == [
        (True, True),
        (True, False),
    ]


def test_an_answer_that_is_no_success_is_a_failed_delivery(
    github: GitHubDouble, repository: Repository, hook: int, receiver: Receiver, ask: Ask
) -> None:
    github.courier.settle()
    receiver.status = 503
    github.by().open_pull_request(repository, "feature")
    github.courier.settle()
    (failed,) = ask("GET", f"{HOOKS}/{hook}/deliveries?status=failure").json()
    assert (failed["status"], failed["status_code"]) == ("Invalid HTTP Response: 503", 503)


def test_deliveries_are_paged_by_a_cursor(github: GitHubDouble, repository: Repository, hook: int, ask: Ask) -> None:
    for index in range(3):
        github.by().create_release(repository, f"v{index}")
    github.courier.settle()
    seen, path = [], f"{HOOKS}/{hook}/deliveries?per_page=4"
    while path:
        page = ask("GET", path)
        seen += [item["id"] for item in page.json()]
        path = page.links.get("next", {}).get("url", "").removeprefix(github.url)
    assert len(seen) == 10
    assert seen == sorted(seen, reverse=True)


def test_an_app_has_one_hook_for_all_its_installations(github: GitHubDouble, receiver: Receiver) -> None:
    app = github.app(hook_url=receiver.url)
    assert app.hook
    app.hook.config["secret"] = SECRET
    installation = github.install(app, "acme")
    covered, other = github.repository("acme/podinfo"), github.repository("someone/podinfo")
    github.by().create_release(covered, "v1")
    github.by().create_release(other, "v1")
    github.by().suspend(installation)
    github.courier.settle()
    assert receiver.told == ["release created", "release published", "release released", "installation suspend"]
    assert receiver.taken[0][1]["installation"]["id"] == installation.id
    assert receiver.taken[3][1]["installation"]["account"]["login"] == "acme"
