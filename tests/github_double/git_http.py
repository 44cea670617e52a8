"""Git over HTTP: lets in whom the API lets in, and tells of what was pushed."""

from __future__ import annotations

from urllib.parse import urlencode

from tests.github_double import git_store
from tests.github_double.changes import NOTHING, Changes
from tests.github_double.exchange import Request, Response, Services
from tests.github_double.identities import Identity, check, may_push_workflows
from tests.github_double.model import Repository
from tests.github_double.refusals import Refusal, not_found


def is_git(request: Request) -> bool:
    """Return whether a request is for git: `/owner/name.git/...`."""
    return request.path.split("/")[2:3] != [] and request.path.split("/")[2].endswith(".git")


def answered(services: Services, request: Request) -> Response:
    """Return what git answers, or why nobody may ask it."""
    _, owner, name, *rest = request.path.split("/")
    found = services.state.repository(f"{owner}/{name.removesuffix('.git')}")
    writes = "git-receive-pack" in (rest[-1], *request.query.get("service", ()))
    try:
        identity = services.identities.of(request.headers.get("Authorization", ""))
        check(identity, f"contents:{'write' if writes else 'read'}", found)
        if found is None or found.path is None or not found.appears("git"):
            raise not_found()
    except Refusal as refusal:
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'} if refusal.status == 401 else {}
        return Response(refusal.status, challenge, refusal.facts["message"].encode())
    if known := services.git.capabilities.get(_protocol(request)):
        return Response(*known)
    moves = writes and request.verb == "POST"
    before = git_store.references(found.path) if moves else {}
    path = "/".join(["", str(found.path.relative_to(services.git.root)), *rest])
    query = urlencode(request.query, doseq=True)
    status, headers, body = git_store.serve(
        services.git.root, request.verb, path, query, request.headers, request.body, may_push_workflows(identity)
    )
    if moves:
        _tell(services, identity, found, before)
    if protocol := _protocol(request):
        services.git.capabilities[protocol] = status, headers, body
    return Response(status, headers, body)


def _protocol(request: Request) -> str:
    """Return the protocol of which somebody who wants to read asks what git can; empty of anything else."""
    protocol: str = request.headers.get("Git-Protocol", "")
    asks = request.path.endswith("/info/refs") and "git-upload-pack" in request.query.get("service", ())
    return protocol if asks and protocol == "version=2" else ""


def _tell(services: Services, identity: Identity, found: Repository, before: dict[str, str]) -> None:
    assert found.path
    after = git_store.references(found.path)
    for ref in sorted({*before, *after}):
        if before.get(ref) != after.get(ref):
            changes = Changes(services.state, identity.account)
            changes.moved_branch(found, ref, before.get(ref, NOTHING), after.get(ref, NOTHING))
