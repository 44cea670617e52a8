"""What GitHub would refuse fails the test that asked; what it would not answer fails too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.github_double.completion import complete
from tests.github_double.description import faults
from tests.github_double.double import GitHubDouble
from tests.github_double.exchange import Reply
from tests.github_double.faults import Answer, Exhausted
from tests.github_double.routes.registry import ROUTES, Route

REPOSITORY = "/repos/acme/podinfo"


@pytest.fixture
def unsound(tmp_path: Path) -> GitHubDouble:
    """Return a double that is not looked at in the end."""
    double = GitHubDouble(tmp_path)
    double.repository("acme/podinfo")
    return double


def call(double: GitHubDouble, verb: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    given = {"Authorization": f"token {double.token()}", **headers}
    with double:
        return requests.request(verb, double.url + path, json=body, headers=given, timeout=30)


@pytest.mark.parametrize(
    ("verb", "path", "body", "told"),
    [
        ("GET", "/repos/acme/podinfo/realeases", None, "GitHub has no such operation"),
        ("PUT", f"{REPOSITORY}/releases", None, "GitHub has no such operation"),
        ("GET", f"{REPOSITORY}/releases?perpage=100", None, "`perpage` is no parameter"),
        ("GET", f"{REPOSITORY}/releases?per_page=many", None, "`many` is no value of `per_page`"),
        ("GET", f"{REPOSITORY}/releases?page=1&page=2", None, "`page` is given 2 times"),
        ("GET", f"{REPOSITORY}/pulls?state=merged", None, "`merged` is no value of `state`"),
        ("GET", f"{REPOSITORY}/hooks/first", None, "`first` is no value of `hook_id`"),
        ("POST", f"{REPOSITORY}/hooks", {"event": ["push"]}, "'event' was unexpected"),
        ("POST", f"{REPOSITORY}/hooks", {"events": "push"}, 'events: "push" is not of type "array"'),
        ("POST", f"{REPOSITORY}/deployments", {"task": "deploy"}, '"ref" is a required property'),
        ("POST", f"{REPOSITORY}/deployments", {"ref": "main", "enviroment": "x"}, "does not know: enviroment"),
        ("POST", f"{REPOSITORY}/deployments", None, "The body is missing"),
        ("GET", f"{REPOSITORY}/releases", {"a": 1}, "takes no body"),
        ("POST", "/graphql", {"query": "{ viewer { name } }", "variables": {"input": {}}}, "query: "),
        ("POST", "/graphql", {"query": "", "variables": {"input": {"head": "a"}}}, "'head' was unexpected"),
    ],
)
def test_a_request_that_github_would_refuse_is_remembered(
    unsound: GitHubDouble, verb: str, path: str, body: Any, told: str
) -> None:
    assert call(unsound, verb, path, body).status_code == 422
    (violation,) = unsound.api.violations
    assert violation.startswith(f"{verb} {path}: ")
    assert told in violation
    with pytest.raises(AssertionError):
        unsound.assert_sound()


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda double: double.fault(Answer(503)),
        lambda double: double.fault(Exhausted(40)),
        lambda double: double.identities.tokens.clear(),
    ],
    ids=["a fault", "a limit", "no token"],
)
def test_nothing_that_comes_in_between_hides_it(
    unsound: GitHubDouble, meanwhile: Callable[[GitHubDouble], object]
) -> None:
    headers = {"Authorization": f"token {unsound.token()}"}
    meanwhile(unsound)
    with unsound:
        requests.get(f"{unsound.url}{REPOSITORY}/releases?perpage=100", headers=headers, timeout=30)
    (violation,) = unsound.api.violations
    assert "`perpage` is no parameter" in violation


@pytest.mark.parametrize("headers", [{"User-Agent": ""}, {"X-GitHub-Api-Version": "2019-01-01"}])
def test_a_request_that_does_not_say_who_sends_it_is_refused(unsound: GitHubDouble, headers: dict[str, str]) -> None:
    assert call(unsound, "GET", REPOSITORY, **headers).status_code == 422
    assert len(unsound.api.violations) == 1


def test_an_enterprise_server_has_nothing_beside_its_api(tmp_path: Path) -> None:
    double = GitHubDouble(tmp_path, enterprise=True)
    double.url = double.web
    assert call(double, "GET", "/user").status_code == 422
    assert len(double.api.violations) == 1


@pytest.mark.parametrize("handler", [lambda _: Reply(200, {"id": "text"}), lambda _: Reply(418), lambda _: 1 / 0])
def test_an_answer_that_github_does_not_give_fails_the_test(
    unsound: GitHubDouble, handler: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROUTES, "GET /repos/{owner}/{repo}", Route(handler, ""))
    call(unsound, "GET", REPOSITORY)
    with pytest.raises((AssertionError, ZeroDivisionError)):
        unsound.assert_sound()


def test_facts_are_completed_with_what_is_required_and_rid_of_what_is_unknown() -> None:
    schema = {
        "type": "object",
        "required": ["id", "url", "at", "user", "parts", "kind", "deep"],
        "properties": {
            "id": {"type": "integer"},
            "url": {"type": "string", "format": "uri"},
            "at": {"type": "string", "format": "date-time"},
            "user": {"anyOf": [{"$ref": "#/$defs/simple-user"}, {"type": "null"}]},
            "parts": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
            "kind": {"enum": ["x", "y"]},
            "deep": {"type": "object", "required": ["flag"], "properties": {"flag": {"type": "boolean"}}},
            "free": {"type": ["string", "null"]},
        },
    }
    made = complete(schema, {"id": 7, "parts": [{"a": 1, "b": 2}], "unknown": 1})
    assert made == {
        "id": 7,
        "url": "https://not-served.invalid/",
        "at": "2026-01-01T00:00:00Z",
        "user": None,
        "parts": [{"a": 1}],
        "kind": "x",
        "deep": {"flag": False},
    }
    assert faults(schema, made) == []
