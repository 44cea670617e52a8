"""Pull requests, their merge, and the comments below them."""

from __future__ import annotations

from tests.github_double import git_store
from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.merging import refusal_of
from tests.github_double.model import Comment, PullRequest
from tests.github_double.refusals import Refusal, invalid, not_found
from tests.github_double.routes.registry import REPOSITORY, one, route

_PULL = f"{REPOSITORY}/pulls/{{pull_number}}"
_COMMENT = f"{REPOSITORY}/issues/comments/{{comment_id}}"
_COMMENTS = f"{REPOSITORY}/issues/{{issue_number}}/comments"


@route(f"GET {REPOSITORY}/pulls", "pull_requests:read")
def pulls(call: Call) -> Items:
    wanted = call.parameters
    found = [item for item in call.repository.pull_requests if wanted.get("state", "open") in (item.state, "all")]
    if "base" in wanted:
        found = [item for item in found if item.base == wanted["base"]]
    if "head" in wanted:
        owner, _, branch = wanted["head"].partition(":")
        found = [
            item
            for item in found
            if item.branch == branch and item.head and item.head.owner.login.casefold() == owner.casefold()
        ]
    by = wanted.get("sort", "created")
    falling = wanted.get("direction", "desc" if by == "created" else "asc") == "desc"
    found.sort(key=lambda item: (item.updated_at if by == "updated" else item.created_at, item.number), reverse=falling)
    return Items(found, lambda item: call.views.pull_request(call.repository, item))


@route(f"POST {REPOSITORY}/pulls", "pull_requests:write")
def create(call: Call) -> Reply:
    path = call.repository.path
    owner, _, branch = str(call.body["head"]).rpartition(":")
    _refuse_unseen(call, branch)
    sha = git_store.resolve(path, f"refs/heads/{branch}") if path else call.state.sha(branch)
    base_sha = git_store.resolve(path, f"refs/heads/{call.body['base']}") if path else call.state.sha("base")
    if sha is None:
        raise invalid("PullRequest", "head", "invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    if sha == base_sha:
        raise _no_commits(call, branch)
    for other in call.repository.pull_requests:
        if other.state == "open" and (other.branch, other.base) == (branch, call.body["base"]):
            message = f"A pull request already exists for {owner or call.repository.owner.login}:{branch}."
            raise invalid("PullRequest", "", "custom", message)
    made = call.changes.open_pull_request(
        call.repository,
        branch,
        title=call.body.get("title", branch),
        body=call.body.get("body"),
        sha=sha,
        base=call.body["base"],
        base_sha=base_sha,
        draft=call.body.get("draft", False),
    )
    return _shown(call, made, 201)


@route(f"GET {_PULL}", "pull_requests:read")
def pull(call: Call) -> Reply:
    found = _found(call)
    shown = call.views.pull_request(call.repository, found)
    if found.unseen and found.state == "open":
        found.unseen -= 1
        shown |= {"mergeable": None, "mergeable_state": "unknown"}
        shown["head"]["sha"] = found.known or found.sha
    return Reply(200, shown)


@route(f"PATCH {_PULL}", "pull_requests:write")
def edit(call: Call) -> Reply:
    found = _found(call)
    fields = {name: call.body[name] for name in ("title", "body", "base") if name in call.body}
    if fields:
        call.changes.edit_pull_request(call.repository, found, **fields)
    state = call.body.get("state", found.state)
    if state != found.state:
        (call.changes.close if state == "closed" else call.changes.reopen)(call.repository, found)
    return _shown(call, found)


@route(f"GET {_PULL}/merge", "contents:read")
def merged(call: Call) -> Reply:
    if _found(call).merged_at is None:
        raise not_found()
    return Reply(204)


@route(f"PUT {_PULL}/merge", "contents:write")
def merge(call: Call) -> Reply:
    found = _found(call)
    if found.state != "open":
        raise Refusal(405, "Pull Request is not mergeable")
    if call.body.get("sha", found.sha) != found.sha:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.")
    method = call.body.get("merge_method", "merge")
    if reason := refusal_of(call.repository, found, method):
        raise Refusal(405, reason)
    made: str | None = call.state.sha(found.sha + "merged")
    if path := call.repository.path:
        title = call.body.get("commit_title") or f"Merge pull request #{found.number} from {found.branch}"
        before = git_store.branches(path)[found.base]
        made = git_store.merge(path, found.base, found.sha, title, method)
        if made is None:
            raise Refusal(405, "Pull Request has merge conflicts")
        call.changes.moved_branch(call.repository, f"refs/heads/{found.base}", before, made)
    call.changes.close(call.repository, found, made)
    return Reply(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})


@route(f"GET {_COMMENTS}", "pull_requests:read")
def comments(call: Call) -> Items:
    number = _number(call)
    found = [comment for comment in call.repository.comments if comment.number == number]
    return Items(found, lambda comment: call.views.comment(call.repository, comment))


@route(f"POST {_COMMENTS}", "pull_requests:write")
def add_comment(call: Call) -> Reply:
    now = call.state.now()
    made = Comment(call.state.new_id(), _number(call), call.body["body"], call.identity.account, now, now)
    call.repository.comments.append(made)
    return Reply(201, call.views.comment(call.repository, made))


@route(f"GET {_COMMENT}", "pull_requests:read")
def comment(call: Call) -> Reply:
    return Reply(200, call.views.comment(call.repository, _found_comment(call)))


@route(f"PATCH {_COMMENT}", "pull_requests:write")
def edit_comment(call: Call) -> Reply:
    found = _found_comment(call)
    found.body, found.updated_at = call.body["body"], call.state.now()
    return Reply(200, call.views.comment(call.repository, found))


@route(f"DELETE {_COMMENT}", "pull_requests:write")
def delete_comment(call: Call) -> Reply:
    call.repository.comments.remove(_found_comment(call))
    return Reply(204)


def _refuse_unseen(call: Call, branch: str) -> None:
    """Refuse a branch that was pushed so lately that GitHub knows nothing of it, in one of its ways or the other."""
    if unseen := call.repository.unseen.get(branch):
        call.repository.unseen[branch] = unseen - 1
        raise _no_commits(call, branch) if unseen % 2 else invalid("PullRequest", "head", "invalid")


def _no_commits(call: Call, branch: str) -> Refusal:
    return invalid("PullRequest", "", "custom", f"No commits between {call.body['base']} and {branch}")


def _found(call: Call) -> PullRequest:
    return one(call.repository.pull_requests, lambda found: found.number == call.parameters["pull_number"])


def _found_comment(call: Call) -> Comment:
    return one(call.repository.comments, lambda found: found.id == call.parameters["comment_id"])


def _number(call: Call) -> int:
    number: int = call.parameters["issue_number"]
    one(call.repository.pull_requests, lambda found: found.number == number)
    return number


def _shown(call: Call, found: PullRequest, status: int = 200) -> Reply:
    return Reply(status, call.views.pull_request(call.repository, found))
