"""Whether GitHub lets a pull request be merged: what its repository allows, and the rules of its base."""

from __future__ import annotations

from collections.abc import Iterator

from tests.github_double import commit_objects, git_store
from tests.github_double.model import PullRequest, Repository

_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


def refusal_of(repository: Repository, pull_request: PullRequest, method: str) -> str | None:
    """Return why a pull request is not merged; None where nothing keeps it."""
    rules = repository.protections.get(pull_request.base, {})
    if method not in repository.merge_methods or (method == "merge" and rules.get("required_linear_history")):
        return f"{_NAMES[method]} are not allowed on this repository."
    return next(_unmet(repository, pull_request), None)


def state_of(repository: Repository, pull_request: PullRequest) -> str:
    """Return what GitHub calls `mergeable_state`."""
    if _is_behind(repository, pull_request):
        return "behind"
    return "blocked" if next(_unmet(repository, pull_request), None) else "clean"


def _unmet(repository: Repository, pull_request: PullRequest) -> Iterator[str]:
    rules = repository.protections.get(pull_request.base, {})
    wanted = (rules.get("required_pull_request_reviews") or {}).get("required_approving_review_count", 0)
    if pull_request.approvals < wanted:
        yield f"At least {wanted} approving review is required by reviewers with write access."
    for context in (rules.get("required_status_checks") or {}).get("contexts", ()):
        said = [one.state for one in repository.statuses if (one.sha, one.context) == (pull_request.sha, context)]
        if not said:
            yield f'Required status check "{context}" is expected.'
        elif said[-1] != "success":
            yield f'Required status check "{context}" is failing.'
    if _is_behind(repository, pull_request):
        yield "Head branch is out of date."


def _is_behind(repository: Repository, pull_request: PullRequest) -> bool:
    rules = repository.protections.get(pull_request.base, {})
    if not (rules.get("required_status_checks") or {}).get("strict") or not repository.path:
        return False
    base = git_store.branches(repository.path)[pull_request.base]
    return not commit_objects.is_ancestor(repository.path, base, pull_request.sha)
