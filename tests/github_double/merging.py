"""Whether GitHub lets a pull request be merged: what its repository allows, and the rules of its base."""

from __future__ import annotations

from collections.abc import Iterator

from tests.github_double import commit_objects, git_store
from tests.github_double.model import PullRequest, Repository

_NAMES = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


def refusal_of(repository: Repository, pull_request: PullRequest, method: str) -> str | None:
    """Return why a pull request is not merged; None where nothing keeps it."""
    if pull_request.base in repository.merge_queues:
        return "Repository rule violations found\n\nChanges must be made through the merge queue\n\n"
    rules = repository.protections.get(pull_request.base, {})
    if method not in repository.merge_methods or (method == "merge" and rules.get("required_linear_history")):
        return f"{_NAMES[method]} are not allowed on this repository."
    return unmet(repository, pull_request)


def unmet(repository: Repository, pull_request: PullRequest) -> str | None:
    """Return a rule of the base that a pull request does not meet; None where it meets all of them."""
    if said := next(_missing(repository, pull_request), None):
        return said
    count = len(_checks(repository, pull_request.base)[0])
    return f"{count} of {count} required status checks are expected." if _is_behind(repository, pull_request) else None


def state_of(repository: Repository, pull_request: PullRequest) -> str:
    """Return what GitHub calls `mergeable_state`: what is missing hides that a branch is behind."""
    if next(_missing(repository, pull_request), None):
        return "blocked"
    return "behind" if _is_behind(repository, pull_request) else "clean"


def _missing(repository: Repository, pull_request: PullRequest) -> Iterator[str]:
    rules = repository.protections.get(pull_request.base, {})
    wanted = (rules.get("required_pull_request_reviews") or {}).get("required_approving_review_count", 0)
    if pull_request.approvals < wanted:
        yield f"At least {wanted} approving review is required by reviewers with write access."
    for context in _checks(repository, pull_request.base)[0]:
        said = [one.state for one in repository.statuses if (one.sha, one.context) == (pull_request.sha, context)]
        if not said:
            yield f'Required status check "{context}" is expected.'
        elif said[-1] != "success":
            yield f'Required status check "{context}" is failing.'


def _is_behind(repository: Repository, pull_request: PullRequest) -> bool:
    if not _checks(repository, pull_request.base)[1] or not repository.path:
        return False
    base = git_store.branches(repository.path)[pull_request.base]
    return not commit_objects.is_ancestor(repository.path, base, pull_request.sha)


def _checks(repository: Repository, base: str) -> tuple[list[str], bool]:
    """Return the checks that a branch wants, and whether it wants them of what has all of its commits."""
    classic = repository.protections.get(base, {}).get("required_status_checks") or {}
    contexts, is_strict = list(classic.get("contexts", ())), bool(classic.get("strict"))
    for rule in repository.rules.get(base, ()):
        if rule["type"] == "required_status_checks":
            contexts += [check["context"] for check in rule["parameters"]["required_status_checks"]]
            is_strict = is_strict or rule["parameters"]["strict_required_status_checks_policy"]
    return contexts, is_strict
