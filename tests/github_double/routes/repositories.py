"""Repositories: their settings, topics, branches and what protects those."""

from __future__ import annotations

from tests.github_double import git_store
from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import Account, Repository
from tests.github_double.refusals import Refusal, not_found
from tests.github_double.routes.registry import REPOSITORY, route
from tests.github_double.views import Facts

_BRANCH = f"{REPOSITORY}/branches/{{branch}}"
_PROTECTION = f"{_BRANCH}/protection"


@route("POST /orgs/{org}/repos", "administration:write")
def create_in_organization(call: Call) -> Reply:
    account = call.state.accounts.get(call.parameters["org"].casefold())
    if account is None or account.kind != "Organization":
        raise not_found()
    return _create(call, account)


@route("POST /user/repos", "user")
def create_for_user(call: Call) -> Reply:
    return _create(call, call.identity.account)


@route(f"GET {REPOSITORY}", "metadata:read")
def repository(call: Call) -> Reply:
    return Reply(200, call.views.repository(call.repository))


@route(f"PATCH {REPOSITORY}", "administration:write")
def edit(call: Call) -> Reply:
    found = call.repository
    if (name := call.body.get("name", found.name)) != found.name:
        call.state.moved[found.full_name.casefold()] = found
        found.name = name
    if "visibility" in call.body:
        found.private = call.body["visibility"] != "public"
    for field in ("description", "homepage", "private", "archived", "default_branch"):
        if field in call.body:
            setattr(found, field, call.body[field])
    return Reply(200, call.views.repository(found))


@route(f"DELETE {REPOSITORY}", "administration:write")
def delete(call: Call) -> Reply:
    del call.state.repositories[call.repository.id]
    return Reply(204)


@route(f"GET {REPOSITORY}/topics", "metadata:read")
def topics(call: Call) -> Reply:
    return Reply(200, {"names": list(call.repository.topics)})


@route(f"PUT {REPOSITORY}/topics", "administration:write")
def set_topics(call: Call) -> Reply:
    names = call.body["names"]
    if wrong := [name for name in names if name != name.lower() or len(name) > 50 or name.startswith("-")]:
        raise Refusal(422, f"Topics must be lowercase and at most 50 characters: {wrong[0]}")
    call.repository.topics = tuple(names)
    return topics(call)  # type: ignore[return-value]


@route(f"GET {REPOSITORY}/branches", "contents:read")
def branches(call: Call) -> Items:
    return Items(sorted(_branches(call.repository).items()), lambda item: _branch(call, *item))


@route(f"GET {_BRANCH}", "contents:read")
def branch(call: Call) -> Reply:
    name = call.parameters["branch"]
    commit = _branches(call.repository).get(name)
    if commit is None:
        raise Refusal(404, "Branch not found")
    return Reply(200, _branch(call, name, commit))


@route(f"GET {REPOSITORY}/rules/branches/{{branch}}", "metadata:read")
def rules(call: Call) -> Items:
    _refuse_by_plan(call)
    info = {"ruleset_source_type": "Organization", "ruleset_source": call.repository.owner.login, "ruleset_id": 1}
    return Items(call.repository.rules.get(call.parameters["branch"], ()), lambda rule: {**rule, **info})


@route(f"GET {_PROTECTION}", "administration:read")
def protection(call: Call) -> Reply:
    _refuse_by_plan(call)
    name = call.parameters["branch"]
    if name not in _branches(call.repository):
        raise Refusal(404, "Branch not found")
    if name not in call.repository.protections:
        raise Refusal(404, "Branch not protected")
    return Reply(200, _protection(call, name))


@route(f"PUT {_PROTECTION}", "administration:write")
def protect(call: Call) -> Reply:
    _refuse_by_plan(call)
    name = call.parameters["branch"]
    if name not in _branches(call.repository):
        raise Refusal(404, "Branch not found")
    call.repository.protections[name] = dict(call.body)
    _enforce(call.repository)
    return Reply(200, _protection(call, name))


@route(f"DELETE {_PROTECTION}", "administration:write")
def unprotect(call: Call) -> Reply:
    if call.repository.protections.pop(call.parameters["branch"], None) is None:
        raise Refusal(404, "Branch not protected")
    _enforce(call.repository)
    return Reply(204)


def _refuse_by_plan(call: Call) -> None:
    if call.repository.private and call.repository.owner.plan == "free":
        upgrade = "Upgrade to GitHub Pro or make this repository public to enable this feature."
        raise Refusal(403, "Resource not accessible by integration" if call.identity.installation else upgrade)


def _create(call: Call, owner: Account) -> Reply:
    name = call.body["name"]
    if call.state.repository(f"{owner.login}/{name}"):
        error = {"resource": "Repository", "code": "custom", "field": "name"}
        message = "name already exists on this account"
        raise Refusal(422, "Repository creation failed.", errors=[{**error, "message": message}])
    made = Repository(
        call.state.new_id(),
        owner,
        name,
        bool(call.body.get("private", call.body.get("visibility", "public") != "public")),
        call.state.now(),
        description=call.body.get("description"),
        homepage=call.body.get("homepage"),
    )
    made.path = call.services.git.create(made.full_name, made.default_branch)
    if call.body.get("auto_init"):
        git_store.commit(made.path, made.default_branch, {"README.md": f"# {name}\n"}, "Initial commit")
    made.hidden = {"api": call.state.lag, "git": call.state.lag}
    call.state.repositories[made.id] = made
    return Reply(201, call.views.repository(made))


def _branches(found: Repository) -> dict[str, str]:
    return git_store.branches(found.path) if found.path else {}


def _branch(call: Call, name: str, commit: str) -> Facts:
    url = f"{call.state.url}/repos/{call.repository.full_name}"
    is_protected = name in call.repository.protections or bool(call.repository.rules.get(name))
    return {
        "name": name,
        "protected": is_protected,
        "protection_url": f"{url}/branches/{name}/protection",
        "commit": {"sha": commit, "url": f"{url}/commits/{commit}"},
        "_links": {"html": f"{call.state.web}/{call.repository.full_name}/tree/{name}", "self": url},
        "protection": {"enabled": name in call.repository.protections},
    }


def _protection(call: Call, name: str) -> Facts:
    """Show what protects a branch: GitHub answers in another form than it takes."""
    asked = call.repository.protections[name]
    url = f"{call.state.url}/repos/{call.repository.full_name}/branches/{name}/protection"
    facts: Facts = {"url": url, "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": asked["enforce_admins"]}}
    for field in ("allow_force_pushes", "allow_deletions", "required_linear_history"):
        facts[field] = {"enabled": bool(asked.get(field))}
    if reviews := asked.get("required_pull_request_reviews"):
        facts["required_pull_request_reviews"] = {"url": f"{url}/required_pull_request_reviews", **reviews}
    if checks := asked.get("required_status_checks"):
        facts["required_status_checks"] = {"url": f"{url}/required_status_checks", "checks": [], **checks}
    return facts


def _enforce(found: Repository) -> None:
    """Let nobody push to branches that are changed by pull requests alone."""
    if found.path:
        demanding = [name for name, asked in found.protections.items() if asked.get("required_pull_request_reviews")]
        git_store.protect(found.path, sorted(demanding))
