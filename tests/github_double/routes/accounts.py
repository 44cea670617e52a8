"""Users and organizations, and how much is left to whoever asks."""

from __future__ import annotations

from tests.github_double.exchange import Call, Reply
from tests.github_double.refusals import not_found
from tests.github_double.routes.registry import route


@route("GET /user", "user")
def current(call: Call) -> Reply:
    return Reply(200, call.views.account(call.identity.account))


@route("GET /users/{username}", "anyone")
def user(call: Call) -> Reply:
    account = call.state.accounts.get(call.parameters["username"].casefold())
    if account is None:
        raise not_found()
    return Reply(200, call.views.account(account))


@route("GET /orgs/{org}")
def organization(call: Call) -> Reply:
    account = call.state.accounts.get(call.parameters["org"].casefold())
    if account is None or account.kind != "Organization":
        raise not_found()
    return Reply(200, call.views.organization(account))


@route("GET /rate_limit", "anyone")
def rate_limit(call: Call) -> Reply:
    limit = call.services.limits.of(call.identity.key)
    rate = {
        "limit": limit.limit,
        "remaining": limit.remaining,
        "reset": limit.reset,
        "used": limit.limit - limit.remaining,
    }
    return Reply(200, {"rate": rate, "resources": {"core": rate}})
