"""What is said of commits: statuses; https://docs.github.com/en/rest/commits/statuses."""

from __future__ import annotations

from tests.github_double import git_store
from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.model import CommitStatus, Repository, State
from tests.github_double.refusals import Refusal
from tests.github_double.routes.registry import REPOSITORY, route


@route(f"POST {REPOSITORY}/statuses/{{sha}}", "statuses:write")
def create(call: Call) -> Reply:
    sha = resolved(call.state, call.repository, call.parameters["sha"])
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {call.parameters['sha']}")
    made = CommitStatus(
        call.state.new_id(),
        sha,
        call.body["state"],
        call.body.get("context", "default"),
        call.body.get("description"),
        call.body.get("target_url"),
        call.identity.account,
        call.state.now(),
    )
    call.repository.statuses.append(made)
    return Reply(201, call.views.status(call.repository, made))


@route(f"GET {REPOSITORY}/commits/{{ref}}/statuses", "statuses:read")
def statuses(call: Call) -> Items:
    return Items(_of(call), lambda found: call.views.status(call.repository, found))


@route(f"GET {REPOSITORY}/commits/{{ref}}/status", "statuses:read")
def combined(call: Call) -> Reply:
    """Answer with the newest status of each context, and the worst of them."""
    newest = {found.context: found for found in reversed(_of(call))}
    states = {found.state for found in newest.values()}
    worst = "failure" if states & {"error", "failure"} else "success" if states == {"success"} else "pending"
    return Reply(
        200,
        {
            "state": worst,
            "sha": resolved(call.state, call.repository, call.parameters["ref"]),
            "total_count": len(newest),
            "statuses": [call.views.status(call.repository, found) for found in newest.values()],
            "repository": call.views.repository(call.repository),
        },
    )


def resolved(state: State, repository: Repository, ref: str) -> str | None:
    """Return the commit of a branch, a tag or an id; without git every id and every release's tag is one."""
    if repository.path:
        return git_store.resolve(repository.path, ref)
    # A release that names a commit is of that one, as many as there are of it.
    known = {one.tag: one.target if len(one.target) == 40 else state.sha(one.tag) for one in repository.releases}
    return ref if len(ref) == 40 else known.get(ref)


def _of(call: Call) -> list[CommitStatus]:
    sha = resolved(call.state, call.repository, call.parameters["ref"])
    return [found for found in reversed(call.repository.statuses) if found.sha == sha]
