"""Merge queues: what is put into them. GraphQL says in its answer, with 200, what it refuses."""

from __future__ import annotations

from tests.github_double import graphql
from tests.github_double.exchange import Call, Reply
from tests.github_double.identities import check
from tests.github_double.merging import unmet
from tests.github_double.model import PullRequest, Repository
from tests.github_double.refusals import Refusal
from tests.github_double.routes.registry import route

_NAME = "enqueuePullRequest"


@route(graphql.ENQUEUE.name)
def enqueue(call: Call) -> Reply:
    wanted = call.body["variables"]["input"]
    pairs = ((repository, one) for repository in call.state.repositories.values() for one in repository.pull_requests)
    named = next((pair for pair in pairs if call.views.pull_request(*pair)["node_id"] == wanted["pullRequestId"]), None)
    if named is None:
        return _refused("NOT_FOUND", f"Could not resolve to a node with the global id of '{wanted['pullRequestId']}'")
    repository, found = named
    try:
        check(call.identity, "merge_queues:write", repository)
    except Refusal as refusal:
        return _refused("FORBIDDEN", str(refusal))
    if said := _refusal(repository, found, wanted.get("expectedHeadOid", found.sha)):
        return _refused("UNPROCESSABLE", said)
    repository.merge_queues[found.base].append(found)
    return Reply(200, {"data": {_NAME: {"mergeQueueEntry": {"id": f"entry-{found.id}"}}}})


def _refusal(repository: Repository, found: PullRequest, head: str) -> str:
    """Return why a pull request is not put into the queue; empty where it is."""
    queue = repository.merge_queues.get(found.base)
    if queue is None or found.state != "open":
        return "Pull request cannot be added to a merge queue"
    if found in queue:
        return "Pull request is already in the queue"
    if found.sha != head:
        return "Head branch was modified. Review and try again."
    rule = unmet(repository, found)
    return f"Pull request {rule}" if rule else ""


def _refused(kind: str, message: str) -> Reply:
    return Reply(200, {"data": {_NAME: None}, "errors": [{"type": kind, "path": [_NAME], "message": message}]})
