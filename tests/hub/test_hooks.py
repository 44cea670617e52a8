"""Webhooks of a GitHub over HTTP: listed whole, changed by as few calls as can be, never blocked by what is there."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub.connection import Connection
from generator.hub.credentials import App, Token
from generator.hub.failures import RefusedError, UnavailableError
from generator.hub.hook_decision import Adopt, Create, Keep, Repair, WantedHook
from generator.hub.hooks import Hooks
from generator.hub.pages import Pages
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer, Meanwhile
from tests.github_double.model import Hook, Repository
from tests.hub.conftest import Connect

SLUG = "acme/podinfo"
URL = "http://127.0.0.1:9/payload/acme/podinfo"
SECRET = "a secret of this test"
WANTED = WantedHook(URL)
EXISTS = "Hook already exists on this repository"


@pytest.fixture
def hooks(connection: Connection, pages: Pages) -> Hooks:
    return Hooks(connection, pages)


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository(SLUG)


def put(github: GitHubDouble, repository: Repository, url: str, events: tuple[str, ...] = ("release",)) -> Hook:
    """Put a webhook there as somebody else would."""
    state = github.state
    config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": "forgotten"}
    hook = Hook(state.new_id(), repository, config, events, True, state.now(), state.now())
    repository.hooks.append(hook)
    return hook


def writes(github: GitHubDouble) -> list[str]:
    return [seen.operation.partition(" ")[0] for seen in github.calls() if not seen.operation.startswith("GET")]


def test_all_pages_are_listed_and_cost_nothing_the_next_time(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    for number in range(230):
        put(github, repository, f"https://ci.example/{number}", (f"event_{number}",))
    assert [hook.url for hook in hooks.of(SLUG)] == [f"https://ci.example/{number}" for number in range(230)]
    before = len(github.calls())
    assert len(hooks.of(SLUG)) == 230
    assert [seen.status for seen in github.calls()[before:]] == [304] * 3


def test_what_github_shows_is_read(github: GitHubDouble, repository: Repository, hooks: Hooks) -> None:
    hook = put(github, repository, URL)
    hook.config = {"url": URL, "content_type": "form", "insecure_ssl": 1}
    hook.active = False
    (found,) = hooks.of(SLUG)
    assert (found.url, found.content_type, found.insecure_ssl, found.has_secret, found.active, found.last_status) == (
        URL,
        "form",
        True,
        False,
        False,
        0,
    )


def test_one_that_somebody_makes_meanwhile_is_adopted(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    github.fault(Meanwhile(lambda: put(github, repository, URL)), "POST")
    kept = hooks.keep(SLUG, WANTED, SECRET)
    assert isinstance(kept.decision, Adopt)
    assert [hook.config["secret"] for hook in repository.hooks] == [SECRET]


def test_one_that_somebody_removes_meanwhile_is_created(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    put(github, repository, URL)
    github.fault(Meanwhile(repository.hooks.clear), "PATCH")
    assert isinstance(hooks.keep(SLUG, WANTED, SECRET).decision, Create)
    assert [hook.config["secret"] for hook in repository.hooks] == [SECRET]


def test_a_refusal_that_has_another_cause_is_told(github: GitHubDouble, repository: Repository, hooks: Hooks) -> None:
    github.fault(Answer(422, "url is not supported because it is not reachable"), "POST", times=None)
    with pytest.raises(RefusedError, match="not reachable"):
        hooks.keep(SLUG, WANTED, SECRET)
    assert writes(github) == ["POST"]


def test_one_too_many_is_removed_before_it_stands_in_the_way(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    number = hooks.keep(SLUG, WANTED, SECRET).hook.id
    repository.hooks[0].events = ("push",)
    put(github, repository, URL)
    kept = hooks.keep(SLUG, WantedHook(URL, known=number, has_secret=True), SECRET)
    assert isinstance(kept.decision, Repair)
    assert not kept.is_secret_set
    assert [hook.id for hook in repository.hooks] == [number]
    assert repository.hooks[0].config["secret"] == SECRET


def test_hooks_of_others_are_neither_changed_nor_removed(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    other = put(github, repository, "https://ci.example/hook")
    number = hooks.keep(SLUG, WANTED, SECRET).hook.id
    assert isinstance(hooks.keep(SLUG, WantedHook(URL, known=number, has_secret=True), SECRET).decision, Keep)
    assert hooks.remove(SLUG, WANTED) == 1
    assert repository.hooks == [other]
    assert other.config["secret"] == "forgotten"


def test_a_secret_is_in_no_error(github: GitHubDouble, repository: Repository, hooks: Hooks) -> None:
    for status in (403, 422, 500):
        github.api.faults.clear()
        github.fault(Answer(status), "POST", times=None)
        with pytest.raises((UserError, UnavailableError)) as error:
            hooks.keep(SLUG, WANTED, SECRET)
        assert SECRET not in str(error.value)


def test_without_the_permission_it_is_said_which(github: GitHubDouble, repository: Repository, pages: Pages) -> None:
    credentials = Token(github.token(scopes=("read:org",)))
    with Connection(credentials, github.url) as connection, pytest.raises(UserError, match="lacks a scope") as error:
        Hooks(connection, pages).keep(SLUG, WANTED, SECRET)
    assert "admin:repo_hook" in str(error.value)


def test_what_is_no_list_of_hooks_is_no_list(github: GitHubDouble, repository: Repository, hooks: Hooks) -> None:
    github.fault(Answer(200, text="{}"), "/hooks", times=None)
    with pytest.raises(UnavailableError, match="no list"):
        hooks.of(SLUG)
    github.api.faults.clear()
    github.fault(Answer(200, text='[{"id": 1, "active": true, "events": "all", "config": {}}]'), "/hooks", times=None)
    with pytest.raises(UnavailableError, match="events is wrong"):
        hooks.of(SLUG)


def test_one_that_goes_while_it_is_removed_is_removed(
    github: GitHubDouble, repository: Repository, hooks: Hooks
) -> None:
    put(github, repository, URL)
    github.fault(Meanwhile(repository.hooks.clear), "DELETE")
    assert hooks.remove(SLUG, WANTED) == 1
    assert repository.hooks == []


# The webhook of a GitHub App


@pytest.fixture
def app_hooks(github: GitHubDouble, connect: Connect, pages: Pages) -> Hooks:
    """Return what an App asks of its webhook."""
    app = github.app(hook_url="https://old.example/webhook")
    return Hooks(connect(github, App(str(app.id), app.private_key)), pages)


def test_where_an_apps_webhook_delivers_is_known(github: GitHubDouble, app_hooks: Hooks) -> None:
    assert (app_hooks.is_app, app_hooks.url_of_app()) == (True, "https://old.example/webhook")
    (app,) = github.state.apps.values()
    app.hook = None
    assert app_hooks.url_of_app() == ""


def test_an_app_that_has_none_is_told_how_to_get_one(github: GitHubDouble, app_hooks: Hooks) -> None:
    (app,) = github.state.apps.values()
    app.hook = None
    with pytest.raises(UserError, match=r"active, with the URL https://new\.example/webhook"):
        app_hooks.keep_app("https://new.example/webhook", SECRET, has_secret=False)


def test_events_that_an_app_is_not_told_of_are_known(github: GitHubDouble, app_hooks: Hooks) -> None:
    assert app_hooks.events_lacking_to_app() == ()
    (app,) = github.state.apps.values()
    app.events = ("push",)
    assert app_hooks.events_lacking_to_app() == ("release", "pull_request", "registry_package")


def test_a_token_has_no_webhook_of_an_app(hooks: Hooks) -> None:
    assert not hooks.is_app
    with pytest.raises(UserError, match="needs a GitHub App"):
        hooks.url_of_app()
