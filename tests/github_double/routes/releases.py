"""Releases."""

from __future__ import annotations

from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import Release
from tests.github_double.refusals import invalid
from tests.github_double.routes.registry import REPOSITORY, one, route

_RELEASE = f"{REPOSITORY}/releases/{{release_id}}"


@route(f"GET {REPOSITORY}/releases", "contents:read")
def releases(call: Call) -> Items:
    """List the newest first, as GitHub does."""
    newest = sorted(call.repository.releases, key=lambda found: (found.created_at, found.id), reverse=True)
    return Items(newest, lambda found: call.views.release(call.repository, found))


@route(f"POST {REPOSITORY}/releases", "contents:write")
def create(call: Call) -> Reply:
    tag = call.body["tag_name"]
    if any(found.tag == tag and not found.draft for found in call.repository.releases):
        raise invalid("Release", "tag_name", "already_exists")
    made = call.changes.create_release(
        call.repository,
        tag,
        name=call.body.get("name"),
        body=call.body.get("body"),
        draft=call.body.get("draft", False),
        prerelease=call.body.get("prerelease", False),
        target=call.body.get("target_commitish", call.repository.default_branch),
    )
    return _shown(call, made, 201)


@route(f"GET {REPOSITORY}/releases/latest", "contents:read")
def latest(call: Call) -> Reply:
    full = [found for found in call.repository.releases if not found.draft and not found.prerelease]
    return _shown(call, one(sorted(full, key=lambda found: (found.created_at, found.id), reverse=True), bool))


@route(f"GET {REPOSITORY}/releases/tags/{{tag}}", "contents:read")
def by_tag(call: Call) -> Reply:
    tag = call.parameters["tag"]
    return _shown(call, one(call.repository.releases, lambda found: found.tag == tag and not found.draft))


@route(f"GET {_RELEASE}", "contents:read")
def release(call: Call) -> Reply:
    return _shown(call, _found(call))


@route(f"PATCH {_RELEASE}", "contents:write")
def edit(call: Call) -> Reply:
    names = {"tag_name": "tag", "target_commitish": "target"}
    fields = {names.get(name, name): value for name, value in call.body.items() if name != "make_latest"}
    call.changes.edit_release(call.repository, _found(call), **fields)
    return _shown(call, _found(call))


@route(f"DELETE {_RELEASE}", "contents:write")
def delete(call: Call) -> Reply:
    call.changes.delete_release(call.repository, _found(call))
    return Reply(204)


def _found(call: Call) -> Release:
    return one(call.repository.releases, lambda found: found.id == call.parameters["release_id"])


def _shown(call: Call, found: Release, status: int = 200) -> Reply:
    return Reply(status, call.views.release(call.repository, found))
