"""GitHub Apps: their installations, the tokens of those, the App's own webhook."""

from __future__ import annotations

from typing import Any

from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import Hook, Installation
from tests.github_double.refusals import Refusal, not_found
from tests.github_double.routes.hooks import delivery_of, listed, redelivered
from tests.github_double.routes.registry import REPOSITORY, one, route


@route("GET /app", "app")
def app(call: Call) -> Reply:
    assert call.identity.app
    return Reply(200, call.views.app(call.identity.app))


@route("GET /app/installations", "app")
def installations(call: Call) -> Items:
    mine = [found for found in call.state.installations.values() if found.app is call.identity.app]
    return Items(mine, call.views.installation)


@route("GET /app/installations/{installation_id}", "app")
def installation(call: Call) -> Reply:
    return Reply(200, call.views.installation(call.installation))


@route("POST /app/installations/{installation_id}/access_tokens", "app")
def access_token(call: Call) -> Reply:
    found = call.installation
    if found.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    wanted = call.body.get("permissions") or found.permissions
    if excess := [name for name in wanted if name not in found.permissions]:
        raise Refusal(422, f"The permissions requested are not granted to this installation: {', '.join(excess)}")
    token, expires_at = call.services.identities.installation_token(found, dict(wanted))
    return Reply(201, {"token": token, "expires_at": expires_at, "permissions": wanted})


@route("GET /orgs/{org}/installation", "app")
def of_organization(call: Call) -> Reply:
    return _of_account(call, call.parameters["org"], "Organization")


@route("GET /users/{username}/installation", "app")
def of_user(call: Call) -> Reply:
    return _of_account(call, call.parameters["username"], "User")


@route(f"GET {REPOSITORY}/installation", "app")
def of_repository(call: Call) -> Reply:
    mine = [found for found in call.state.installations.values() if found.app is call.identity.app]
    return Reply(200, call.views.installation(one(mine, lambda found: found.covers(call.repository))))


@route("GET /installation/repositories", "metadata:read")
def repositories(call: Call) -> Items:
    found = call.identity.installation
    if found is None:
        raise Refusal(403, "You must authenticate with an installation access token")
    seen = [repository for repository in call.state.repositories.values() if found.covers(repository)]
    return Items(seen, call.views.repository, key="repositories")


@route("GET /app/hook/config", "app")
def hook_config(call: Call) -> Reply:
    return Reply(200, call.views.hook_config(_hook(call)))


@route("PATCH /app/hook/config", "app")
def edit_hook_config(call: Call) -> Reply:
    _hook(call).config |= call.body
    return Reply(200, call.views.hook_config(_hook(call)))


@route("GET /app/hook/deliveries", "app")
def deliveries(call: Call) -> Items:
    return listed(call, _hook(call))


@route("GET /app/hook/deliveries/{delivery_id}", "app")
def delivery(call: Call) -> Reply:
    return Reply(200, call.views.delivery(delivery_of(call, _hook(call))))


@route("POST /app/hook/deliveries/{delivery_id}/attempts", "app")
def redeliver(call: Call) -> Reply:
    return redelivered(call, _hook(call))


@route("POST /app-manifests/{code}/conversions", "anyone")
def convert_manifest(call: Call) -> Reply:
    """Answer with the App that a person has agreed to; a code is good once."""
    found: dict[str, Any] | None = call.state.manifests.pop(call.parameters["code"], None)
    if found is None:
        raise not_found()
    return Reply(201, found)


def _of_account(call: Call, login: str, kind: str) -> Reply:
    account = call.state.accounts.get(login.casefold())
    found: Installation | None = call.state.installation(account) if account and account.kind == kind else None
    if found is None or found.app is not call.identity.app:
        raise not_found()
    return Reply(200, call.views.installation(found))


def _hook(call: Call) -> Hook:
    assert call.identity.app
    if call.identity.app.hook is None:
        raise not_found()
    return call.identity.app.hook
