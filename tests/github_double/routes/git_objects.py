"""Git's objects and references; https://docs.github.com/en/rest/git."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from tests.github_double import commit_objects, git_store
from tests.github_double.changes import NOTHING
from tests.github_double.exchange import Call, Reply
from tests.github_double.refusals import Refusal, not_found
from tests.github_double.routes.registry import REPOSITORY, route
from tests.github_double.views import Facts

_GIT = f"{REPOSITORY}/git"
_REF = f"{_GIT}/refs/{{ref}}"


@route(f"POST {_GIT}/blobs", "contents:write")
def create_blob(call: Call) -> Reply:
    content, encoding = call.body["content"], call.body.get("encoding", "utf-8")
    data = base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    made = commit_objects.make_blob(_path(call), data)
    return Reply(201, {"sha": made, "url": f"{_url(call)}/blobs/{made}"})


@route(f"POST {_GIT}/trees", "contents:write")
def create_tree(call: Call) -> Reply:
    path, base = _path(call), call.body.get("base_tree")
    if base is not None and not commit_objects.has(path, "tree", base):
        raise Refusal(404, "Not Found")
    try:
        made = commit_objects.make_tree(path, base, call.body["tree"])
    except commit_objects.Unmakable as error:
        raise Refusal(422, str(error)) from None
    return Reply(201, {"sha": made, "url": f"{_url(call)}/trees/{made}", "tree": [], "truncated": False})


@route(f"POST {_GIT}/commits", "contents:write")
def create_commit(call: Call) -> Reply:
    path, identity = _path(call), call.identity
    tree, parents = call.body["tree"], call.body.get("parents", [])
    if not commit_objects.has(path, "tree", tree):
        raise Refusal(422, "Tree SHA does not exist")
    if not all(commit_objects.has(path, "commit", parent) for parent in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    login = identity.account.login
    author = f"{login} <{identity.account.id}+{login}@users.noreply.github.com>"
    if named := call.body.get("author"):
        author = f"{named['name']} <{named['email']}>"
    # GitHub signs what an App leaves to it, and nothing else.
    signed = identity.installation is not None and not {"author", "committer", "signature"} & set(call.body)
    made = commit_objects.make_commit(path, tree, parents, call.body["message"], author, signed=signed)
    return Reply(201, _commit(call, made))


@route(f"GET {_GIT}/commits/{{commit_sha}}", "contents:read")
def commit(call: Call) -> Reply:
    if not commit_objects.has(_path(call), "commit", call.parameters["commit_sha"]):
        raise not_found()
    return Reply(200, _commit(call, call.parameters["commit_sha"]))


@route(f"POST {_GIT}/refs", "contents:write")
def create_ref(call: Call) -> Reply:
    ref, sha = call.body["ref"], call.body["sha"]
    if not ref.startswith(("refs/heads/", "refs/tags/")):
        raise Refusal(422, "Reference name must start with refs/heads/ or refs/tags/")
    if ref in git_store.references(_path(call)):
        raise Refusal(422, "Reference already exists")
    return Reply(201, _moved(call, ref, NOTHING, sha))


@route(f"PATCH {_REF}", "contents:write")
def update_ref(call: Call) -> Reply:
    path, sha = _path(call), call.body["sha"]
    ref, before = _there(call)
    if not call.body.get("force", False) and not commit_objects.is_ancestor(path, before, sha):
        raise Refusal(422, "Update is not a fast forward")
    return Reply(200, _moved(call, ref, before, sha))


@route(f"DELETE {_REF}", "contents:write")
def delete_ref(call: Call) -> Reply:
    ref, before = _there(call)
    _refuse_protected(call, ref)
    git_store.run(_path(call), "update-ref", "-d", ref, before)
    call.changes.moved_branch(call.repository, ref, before, NOTHING)
    return Reply(204)


def _there(call: Call) -> tuple[str, str]:
    ref = f"refs/{call.parameters['ref']}"
    before = git_store.references(_path(call)).get(ref)
    if before is None:
        raise Refusal(422, "Reference does not exist")
    return ref, before


def _moved(call: Call, ref: str, before: str, after: str) -> Facts:
    path = _path(call)
    if not commit_objects.has(path, "commit", after):
        raise Refusal(422, "Object does not exist")
    _refuse_protected(call, ref)
    git_store.run(path, "update-ref", ref, after, before)
    call.changes.moved_branch(call.repository, ref, before, after)
    return {
        "ref": ref,
        "node_id": "",
        "url": f"{_url(call)}/{quote(ref)}",
        "object": {"type": "commit", "sha": after, "url": f"{_url(call)}/commits/{after}"},
    }


def _refuse_protected(call: Call, ref: str) -> None:
    if ref.removeprefix("refs/heads/") in call.repository.protections:
        raise Refusal(422, f"Protected branch update failed for {ref}.")


def _commit(call: Call, name: str) -> Facts:
    found = commit_objects.shown(_path(call), name)
    page = f"{call.state.web}/{call.repository.full_name}/commit"
    return {
        "sha": found.sha,
        "node_id": "",
        "url": f"{_url(call)}/commits/{found.sha}",
        "html_url": f"{page}/{found.sha}",
        "author": found.author,
        "committer": found.committer,
        "message": found.message,
        "tree": {"sha": found.tree, "url": f"{_url(call)}/trees/{found.tree}"},
        "parents": [
            {"sha": parent, "url": f"{_url(call)}/commits/{parent}", "html_url": f"{page}/{parent}"}
            for parent in found.parents
        ],
        "verification": {
            "verified": found.signature is not None,
            "reason": "valid" if found.signature else "unsigned",
            "signature": found.signature,
            "payload": found.message if found.signature else None,
            "verified_at": found.committer["date"] if found.signature else None,
        },
    }


def _url(call: Call) -> str:
    return f"{call.state.url}/repos/{call.repository.full_name}/git"


def _path(call: Call) -> Path:
    if call.repository.path is None:
        raise not_found()
    return call.repository.path
