"""Deployments and their statuses; https://docs.github.com/en/rest/deployments/deployments."""

from __future__ import annotations

from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import Deployment, DeploymentStatus
from tests.github_double.refusals import Refusal
from tests.github_double.routes.commits import resolved
from tests.github_double.routes.registry import REPOSITORY, one, route

_DEPLOYMENT = f"{REPOSITORY}/deployments/{{deployment_id}}"


@route(f"GET {REPOSITORY}/deployments", "deployments:read")
def deployments(call: Call) -> Items:
    found = list(reversed(call.repository.deployments))
    for name in ("sha", "ref", "task", "environment"):
        if (wanted := call.parameters.get(name, "none")) not in ("none", None):
            found = [item for item in found if getattr(item, name) == wanted]
    return Items(found, lambda item: call.views.deployment(call.repository, item))


@route(f"POST {REPOSITORY}/deployments", "deployments:write")
def create(call: Call) -> Reply:
    ref = call.body["ref"]
    sha = resolved(call.state, call.repository, ref)
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    _check_contexts(call, sha, ref)
    environment = call.body.get("environment", "production")
    made = Deployment(
        call.state.new_id(),
        sha,
        ref,
        call.body.get("task", "deploy"),
        environment,
        call.body.get("description"),
        call.body.get("payload", ""),
        call.body.get("transient_environment", False),
        call.body.get("production_environment", environment == "production"),
        call.identity.account,
        call.state.now(),
    )
    call.repository.deployments.append(made)
    return Reply(201, call.views.deployment(call.repository, made))


@route(f"GET {_DEPLOYMENT}", "deployments:read")
def deployment(call: Call) -> Reply:
    return Reply(200, call.views.deployment(call.repository, _found(call)))


@route(f"DELETE {_DEPLOYMENT}", "deployments:write")
def delete(call: Call) -> Reply:
    found = _found(call)
    inactive = found.statuses and found.statuses[-1].state == "inactive"
    if found.statuses and not inactive and len(call.repository.deployments) > 1:
        raise Refusal(422, "We cannot delete an active deployment unless it is the only deployment in a repository.")
    call.repository.deployments.remove(found)
    return Reply(204)


@route(f"GET {_DEPLOYMENT}/statuses", "deployments:read")
def statuses(call: Call) -> Items:
    found = _found(call)
    return Items(
        list(reversed(found.statuses)), lambda item: call.views.deployment_status(call.repository, found, item)
    )


@route(f"POST {_DEPLOYMENT}/statuses", "deployments:write")
def create_status(call: Call) -> Reply:
    found = _found(call)
    made = _add_status(call, found, call.body["state"])
    if made.state == "success" and call.body.get("auto_inactive", True):
        for other in call.repository.deployments:
            replaced = other is not found and other.environment == found.environment
            lasting = other.transient or other.production
            if replaced and not lasting and other.statuses and other.statuses[-1].state == "success":
                _add_status(call, other, "inactive")
    return Reply(201, call.views.deployment_status(call.repository, found, made))


def _add_status(call: Call, found: Deployment, state: str) -> DeploymentStatus:
    told = call.body if found.id == call.parameters["deployment_id"] else {}
    made = DeploymentStatus(
        call.state.new_id(),
        state,
        told.get("description", ""),
        told.get("environment", found.environment),
        told.get("environment_url", ""),
        told.get("log_url", told.get("target_url", "")),
        call.identity.account,
        call.state.now(),
    )
    found.statuses.append(made)
    return made


def _found(call: Call) -> Deployment:
    return one(call.repository.deployments, lambda found: found.id == call.parameters["deployment_id"])


def _check_contexts(call: Call, sha: str, ref: str) -> None:
    """Refuse a deployment of a commit that checks have not passed, unless it was asked for without them."""
    newest = {status.context: status.state for status in call.repository.statuses if status.sha == sha}
    wanted = call.body.get("required_contexts")
    for context in newest if wanted is None else wanted:
        if newest.get(context) != "success":
            raise Refusal(409, f"Conflict: Commit status checks failed for {ref}.")
