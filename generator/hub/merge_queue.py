"""The merge queue of a branch: the one thing that GitHub takes by GraphQL alone.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
"""

from __future__ import annotations

from http import HTTPStatus

from generator.hub.failures import Answered, RefusedError, UnavailableError
from generator.hub.requester import Caller

_ENQUEUE = "mutation($input: EnqueuePullRequestInput!) { enqueuePullRequest(input: $input) { mergeQueueEntry { id } } }"
_WANTED = "merge queue"
_THERE_ALREADY = "already in the queue"
_UNGRANTED = "Grant `merge_queues: write` to the App or the token, or add it to the queue by hand."


def is_queue_wanted(error: RefusedError) -> bool:
    """Return whether GitHub refuses a merge because the base takes changes from its merge queue alone."""
    return error.status == HTTPStatus.METHOD_NOT_ALLOWED and _WANTED in error.message.casefold()


def enqueue(caller: Caller, node: str, head: str) -> None:
    """Put a pull request into the merge queue of its base; one that is there already stays where it is.

    Args:
        caller: Who calls.
        node: The pull request, by the id that GraphQL knows it by.
        head: The commit that its branch has: nothing else is merged.

    Raises:
        RefusedError: GitHub refuses: there are conflicts, checks or reviews are missing, or its branch moved.
        UnavailableError: GitHub is away or limits us; the next call finds what this one did.
    """
    wanted = {"pullRequestId": node, "expectedHeadOid": head}
    body = {"query": _ENQUEUE, "variables": {"input": wanted}}
    data = caller.ask("POST", caller.graphql_url, body=body, repeatable=True).data
    if not isinstance(data, dict) or not (data.get("data") or data.get("errors")):
        raise UnavailableError("GitHub, asked for `enqueuePullRequest`, answers in an unknown form.")
    errors = data.get("errors") or []
    said = Answered("enqueuePullRequest", HTTPStatus.UNPROCESSABLE_ENTITY, {}, {"errors": errors}).said
    if not errors or _THERE_ALREADY in said.casefold():
        return
    forbidden = any(isinstance(error, dict) and error.get("type") == "FORBIDDEN" for error in errors)
    raise RefusedError(
        f"GitHub, asked for `enqueuePullRequest`, answers: {said}",
        status=HTTPStatus.FORBIDDEN if forbidden else HTTPStatus.UNPROCESSABLE_ENTITY,
        hint=_UNGRANTED if forbidden else "",
    )
