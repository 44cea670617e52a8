"""Who may what: users by their scopes, Apps by their permissions, in what they may see; and how often."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
import requests

from tests.github_double.conftest import Ask
from tests.github_double.double import GitHubDouble
from tests.github_double.model import App

TOKENS = "/app/installations/{}/access_tokens"


def call(github: GitHubDouble, verb: str, path: str, authorization: str, body: Any = None) -> requests.Response:
    headers = {"Authorization": authorization}
    return requests.request(verb, github.url + path, json=body, headers=headers, timeout=30)


@pytest.fixture
def app(github: GitHubDouble) -> App:
    return github.app()


def signed(app: App, issuer: str = "", seconds: float = 300) -> str:
    now = int(time.time())
    claims = {"iat": now - 60, "exp": int(now + seconds), "iss": issuer or str(app.id)}
    return f"Bearer {jwt.encode(claims, app.private_key, algorithm='RS256')}"


def test_nobody_is_let_in_without_a_token(github: GitHubDouble) -> None:
    for authorization in ("", "token wrong", "Bearer a.b.c", "Basic !", "Basic b2N0b2NhdDp3cm9uZw=="):
        assert call(github, "GET", "/user", authorization).status_code == 401


def test_an_app_is_known_by_its_signature_for_ten_minutes(github: GitHubDouble, app: App) -> None:
    assert call(github, "GET", "/app", signed(app)).json()["slug"] == "gitopsmith"
    for wrong in (
        signed(app, "4711"),
        signed(app, "x"),
        signed(app, seconds=-1),
        signed(app, seconds=660),
        signed(app)[:-9],
    ):
        assert call(github, "GET", "/app", wrong).status_code == 401
    assert call(github, "GET", "/app", f"token {github.token()}").status_code == 401
    assert call(github, "GET", "/user", signed(app)).status_code == 401


def test_an_installation_is_found_and_gives_tokens_for_what_it_covers(github: GitHubDouble, app: App) -> None:
    covered, hidden = github.repository("acme/podinfo"), github.repository("acme/hidden")
    installation = github.install(app, "acme")
    installation.repositories = [covered]
    for path in (
        "/orgs/ACME/installation",
        "/repos/acme/podinfo/installation",
        f"/app/installations/{installation.id}",
    ):
        assert call(github, "GET", path, signed(app)).json()["id"] == installation.id
    assert call(github, "GET", "/users/acme/installation", signed(app)).status_code == 404
    assert call(github, "GET", "/repos/acme/hidden/installation", signed(app)).status_code == 404
    assert [item["id"] for item in call(github, "GET", "/app/installations", signed(app)).json()] == [installation.id]
    given = call(github, "POST", TOKENS.format(installation.id), signed(app), {"permissions": {"contents": "read"}})
    token = f"token {given.json()['token']}"
    assert call(github, "GET", "/repos/acme/podinfo/releases", token).status_code == 200
    assert call(github, "GET", f"/repos/acme/{hidden.name}/releases", token).status_code == 404
    refused = call(github, "POST", "/repos/acme/podinfo/releases", token, {"tag_name": "v1"})
    assert (refused.status_code, refused.headers["X-Accepted-GitHub-Permissions"]) == (403, "contents=write")
    seen = call(github, "GET", "/installation/repositories", token)
    assert seen.status_code == 403, "metadata was not asked for"


def test_a_token_has_no_more_than_the_installation(github: GitHubDouble, app: App) -> None:
    installation = github.install(app, "acme", {"metadata": "read"})
    path = TOKENS.format(installation.id)
    assert call(github, "POST", path, signed(app), {"permissions": {"contents": "read"}}).status_code == 422
    token = call(github, "POST", path, signed(app)).json()["token"]
    assert call(github, "GET", "/installation/repositories", f"token {token}").json()["total_count"] == 0
    github.by().suspend(installation)
    assert call(github, "POST", path, signed(app)).status_code == 403
    assert call(github, "GET", "/installation/repositories", f"token {token}").status_code == 403


def test_a_token_expires(github: GitHubDouble, app: App) -> None:
    github.identities.lifetime = 0
    token, _ = github.identities.installation_token(github.install(app, "acme"), {"metadata": "read"})
    assert call(github, "GET", "/installation/repositories", f"token {token}").status_code == 401


def test_what_a_token_may_not_see_is_not_there(github: GitHubDouble) -> None:
    github.repository("acme/private"), github.repository("acme/public", private=False)
    token = f"token {github.token(scopes=('read:repo_hook',))}"
    assert call(github, "GET", "/repos/acme/private", token).status_code == 404
    assert call(github, "GET", "/repos/acme/public", token).status_code == 200
    assert call(github, "GET", "/repos/acme/public/hooks", token).status_code == 200
    assert call(github, "POST", "/repos/acme/public/hooks", token, {}).status_code == 404


def test_who_may_write_a_repository_may_keep_its_webhooks(github: GitHubDouble) -> None:
    github.repository("acme/private")
    token = f"token {github.token(scopes=('repo',))}"
    hook = {"config": {"url": "https://example.com/", "content_type": "json"}, "events": ["release"]}
    assert call(github, "POST", "/repos/acme/private/hooks", token, hook).status_code == 201


def test_a_new_token_of_an_installation_may_not_be_known_yet(github: GitHubDouble, app: App) -> None:
    github.identities.unknown = 2
    token, _ = github.identities.installation_token(github.install(app, "acme"), {"metadata": "read"})
    asked = [call(github, "GET", "/installation/repositories", f"token {token}").status_code for _ in range(3)]
    assert asked == [401, 401, 200]


def test_calls_without_credentials_may_be_refused(github: GitHubDouble) -> None:
    github.user("jane")
    assert requests.get(f"{github.url}/users/jane", timeout=30).status_code == 200
    github.identities.takes_nobody = True
    assert requests.get(f"{github.url}/users/jane", timeout=30).status_code == 401


def test_a_manifest_is_exchanged_once(github: GitHubDouble) -> None:
    app = github.app()
    views = {"id": app.id, "slug": app.slug, "name": app.slug, "pem": app.private_key, "webhook_secret": "s"}
    github.state.manifests["code"] = {**views, "client_id": "a", "client_secret": "b", "permissions": {}, "events": []}
    token = f"token {github.token()}"
    assert call(github, "POST", "/app-manifests/code/conversions", token).json()["pem"] == app.private_key
    assert call(github, "POST", "/app-manifests/code/conversions", token).status_code == 404


def test_a_limit_counts_what_is_new_and_comes_back(github: GitHubDouble, ask: Ask) -> None:
    github.limits.an_hour = 3
    first = ask("GET", "/user")
    assert (first.headers["X-RateLimit-Remaining"], first.headers["X-RateLimit-Limit"]) == ("2", "3")
    unchanged = ask("GET", "/user", headers={"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["X-RateLimit-Remaining"] == "2"
    assert [ask("GET", "/user").status_code for _ in range(3)] == [200, 200, 403]
    assert ask("GET", "/rate_limit").status_code == 403
    github.limits.exhaust(0)
    assert ask("GET", "/user").status_code == 200


def test_so_many_writes_a_minute_are_taken_of_each(github: GitHubDouble, ask: Ask) -> None:
    github.repository("acme/podinfo")
    github.limits.a_minute = 2
    topics = "/repos/acme/podinfo/topics"
    assert [ask("PUT", topics, {"names": []}).status_code for _ in range(3)] == [200, 200, 403]
    refused = ask("PUT", topics, {"names": []})
    assert "secondary rate limit" in refused.json()["message"]
    assert refused.headers["Retry-After"] == "60"
    assert ask("GET", topics).status_code == 200
    other = f"token {github.token('jane')}"
    assert call(github, "PUT", topics, other, {"names": []}).status_code == 200


def test_an_etag_is_good_for_one_token(github: GitHubDouble, ask: Ask) -> None:
    etag = ask("GET", "/orgs/acme" if github.organization("acme") else "").headers["ETag"]
    other = requests.get(
        f"{github.url}/orgs/acme",
        headers={"Authorization": f"token {github.token()}", "If-None-Match": etag},
        timeout=30,
    )
    assert other.status_code == 200
