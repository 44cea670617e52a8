"""Lets GitHub have the pull requests that branches stand for, and merges one where a person asks for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from generator.core.errors import UserError
from generator.hub.pull_requests import Request, Requests
from generator.workspace.remotes import Remote
from generator.workspace.standing_requests import StandingRequest, remove_branch

Remove = Callable[[str, str], object]
"""Removes a branch that still has a commit: see `standing_requests.remove_branch`."""


def settle(standing: StandingRequest, repository: str, requests: Requests, remove: Remove) -> Request | None:
    """Let the request of a branch be open, or let both be gone. Settled again, all stays as it is.

    Args:
        standing: What should be.
        repository: The repository that has the branch on GitHub, `owner/name`.
        requests: Its requests.
        remove: Removes the branch.

    Returns:
        The request that is open, or that somebody merged or closed where it would be opened; None where there is none.

    Raises:
        UserError: GitHub or the remote refuses.
        TemporaryError: GitHub or the remote is away; settled again, the rest is done.
    """
    found = None
    if standing.request is not None:
        found = requests.ensure(repository, standing.request, standing.head)
    elif standing.state == "over":
        # GitHub would close it with the branch, but would not say why.
        requests.close(repository, standing.branch, standing.head, standing.reason)
        remove(standing.branch, standing.head)
    elif standing.state == "shared":
        found = requests.ended(repository, standing.branch, standing.head)
    if found is not None and found.state == "merged":
        # GitHub keeps the commits of what it merged.
        remove(standing.branch, standing.head)
    return found


def merge(
    remote: Remote, repository: str, standing: StandingRequest, request: Request | None, requests: Requests
) -> bool:
    """Merge the request of a branch, with nothing but the commit that was seen, and remove the branch.

    Where its base has a merge queue, it is put there, and the branch stays until it is merged in its turn.

    Args:
        remote: The application repository.
        repository: The same on GitHub, `owner/name`.
        standing: What was seen on the branch.
        request: Its request, as `settle` returned it.
        requests: The requests of the repository.

    Returns:
        Whether it is merged; False where it waits in the queue.

    Raises:
        UserError: There is none, somebody closed it, or GitHub refuses.
        TemporaryError: GitHub or the remote is away; another run finds what this one did.
    """
    if request is None:
        raise UserError(f"{standing.branch} has no pull request that could be merged.", hint=standing.reason)
    if request.state == "closed":
        raise UserError(
            f"#{request.number} is not merged, for somebody closed it, with this very commit: {request.url}",
            hint="Open it again there if it is wanted after all, and run the same again.",
        )
    if is_merged := requests.merge(repository, replace(request, sha=standing.head)):
        remove_branch(remote, standing.branch, standing.head)
    return is_merged
