"""Webhooks of repositories and their deliveries."""

from __future__ import annotations

from typing import Any

from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import Delivery, Hook
from tests.github_double.refusals import Refusal, invalid
from tests.github_double.routes.registry import REPOSITORY, one, route

_HOOK = f"{REPOSITORY}/hooks/{{hook_id}}"
_READ, _WRITE = "repository_hooks:read", "repository_hooks:write"
_MOST = 20
"""GitHub lets so many hooks have the same event."""


@route(f"GET {REPOSITORY}/hooks", _READ)
def hooks(call: Call) -> Items:
    return Items(call.repository.hooks, call.views.hook)


@route(f"POST {REPOSITORY}/hooks", _WRITE)
def create(call: Call) -> Reply:
    now = call.state.now()
    hook = Hook(
        call.state.new_id(),
        call.repository,
        dict(call.body.get("config") or {}),
        tuple(call.body.get("events", ["push"])),
        call.body.get("active", True),
        now,
        now,
    )
    if call.body.get("name", "web") != "web":
        raise invalid("Hook", "name", "invalid")
    _check(call, hook)
    call.repository.hooks.append(hook)
    if hook.active:
        call.services.courier.ping(hook)
    return Reply(201, call.views.hook(hook))


@route(f"GET {_HOOK}", _READ)
def hook(call: Call) -> Reply:
    return Reply(200, call.views.hook(_found(call)))


@route(f"PATCH {_HOOK}", _WRITE)
def edit(call: Call) -> Reply:
    """Change a hook; settings are replaced as a whole, so that a secret which is not given again is gone."""
    found = _found(call)
    events = tuple(call.body.get("events", found.events)) + tuple(call.body.get("add_events", ()))
    edited = Hook(
        found.id,
        found.repository,
        dict(call.body.get("config") or found.config),
        tuple(dict.fromkeys(event for event in events if event not in call.body.get("remove_events", ()))),
        call.body.get("active", found.active),
        found.created_at,
        call.state.now(),
        found.deliveries,
    )
    _check(call, edited)
    for name in ("config", "events", "active", "updated_at"):
        setattr(found, name, getattr(edited, name))
    return Reply(200, call.views.hook(found))


@route(f"DELETE {_HOOK}", _WRITE)
def delete(call: Call) -> Reply:
    call.repository.hooks.remove(_found(call))
    return Reply(204)


@route(f"POST {_HOOK}/pings", _READ)
def ping(call: Call) -> Reply:
    call.services.courier.ping(_found(call))
    return Reply(204)


@route(f"GET {_HOOK}/deliveries", _READ)
def deliveries(call: Call) -> Items:
    return listed(call, _found(call))


@route(f"GET {_HOOK}/deliveries/{{delivery_id}}", _READ)
def delivery(call: Call) -> Reply:
    return Reply(200, call.views.delivery(delivery_of(call, _found(call))))


@route(f"POST {_HOOK}/deliveries/{{delivery_id}}/attempts", _WRITE)
def redeliver(call: Call) -> Reply:
    return redelivered(call, _found(call))


def listed(call: Call, hook: Hook) -> Items:
    """Return the deliveries that were tried, the newest first; a redirection is a success, as GitHub has it."""
    wanted = {"success": range(200, 400), "failure": range(400, 600)}.get(call.parameters.get("status", ""))
    tried = [found for found in reversed(hook.deliveries) if found.status != "pending"]
    if wanted:
        tried = [found for found in tried if found.status_code in wanted]
    return Items(tried, call.views.delivery, cursor=True)


def delivery_of(call: Call, hook: Hook) -> Delivery:
    """Return the delivery that the path names."""
    return one(hook.deliveries, lambda found: found.id == call.parameters["delivery_id"])


def redelivered(call: Call, hook: Hook) -> Reply:
    """Send a delivery once more."""
    call.services.courier.repeat(hook, delivery_of(call, hook))
    return Reply(202, {})


def _found(call: Call) -> Hook:
    return one(call.repository.hooks, lambda found: found.id == call.parameters["hook_id"])


def _check(call: Call, hook: Hook) -> None:
    """Refuse a hook without an address, a second one for the same, and one too many."""
    if not str(hook.config.get("url", "")).startswith(("http://", "https://")):
        raise invalid("Hook", "url", "custom", "config.url must be a valid URL")
    others = [other for other in call.repository.hooks if other.id != hook.id]
    if any(_same(other.config, hook.config) and set(other.events) & set(hook.events) for other in others):
        error = {"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}
        raise Refusal(422, "Validation Failed", errors=[error])
    for event in hook.events:
        if sum(event in other.events for other in others) >= _MOST:
            message = f'The "{event}" event cannot have more than {_MOST} hooks'
            raise Refusal(422, "Validation Failed", errors=[{"resource": "Hook", "code": "custom", "message": message}])


def _same(one_config: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one_config.get(name) == other.get(name) for name in ("url", "content_type"))
