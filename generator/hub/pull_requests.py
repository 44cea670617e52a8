"""Pull requests of ours, one for each branch: opened, brought up to date, closed, merged where that is asked for.

What became of a request is read from GitHub itself, by the commit that its branch has, so that it counts after a crash
and after everything else was lost: one that a person closed is not opened again for the same commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, Literal

from generator.core.markdown import defused
from generator.core.promotion_request import PromotionRequest
from generator.hub.address import repository_path
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError, UnavailableError
from generator.hub.lookup import each
from generator.hub.merge_queue import enqueue, is_queue_wanted
from generator.hub.requester import Caller

Method = Literal["merge", "squash", "rebase"]
State = Literal["open", "closed", "merged"]

METHODS: tuple[Method, ...] = ("merge", "squash", "rebase")
"""The ways to merge. The first one keeps our commit, and so where its versions come from."""

_CLOSED_BY_US = "<!-- gitopsmith closed this request -->"
_LIMIT = 65_536
"""The most characters that GitHub takes as a description."""
_LOOKED_AT = 100
"""How many of the requests of a branch that ended are looked at: the newest."""
_ANOTHER_METHOD = ("not allowed on this repository", "must not contain merge commits")
_BASE_MOVED = "base branch was modified"
_UNSEEN = ("head invalid", "no commits between")
"""What GitHub says of a branch that it has not seen yet: it takes pushes a moment before it knows of them."""
_PAUSE = 1.0
_PAUSES = 10
_OPENINGS = 5
"""How often a request is asked for; what is said of a branch that GitHub has seen may be true for good."""


@dataclass(frozen=True)
class Request:
    """A pull request that GitHub has.

    Attributes:
        number: Its number.
        url: Its page.
        sha: The head of its branch; of one that ended, the head that it had then.
        state: How far it is.
    """

    number: int
    url: str
    sha: str
    state: State = "open"


class Requests:
    """The pull requests of a gitops repository. Several threads may call at once.

    Args:
        connection: Who calls.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, repository: str, branch: str) -> Request | None:
        """Return the open pull request of a branch.

        Args:
            repository: The repository that has the branch, `owner/name`.
            branch: The branch.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        _, caller = self._connection.of(repository)
        found = self._found(caller, repository, branch)
        return _request(found) if found is not None else None

    def ensure(self, repository: str, wanted: PromotionRequest, head: str) -> Request:
        """Have a pull request open that says what is wanted: the one that is there is edited.

        Args:
            repository: The repository that has the branch, `owner/name`.
            wanted: What it says.
            head: The commit that its branch has.

        Returns:
            The request; where somebody merged or closed one of the very same commit, that one, and none is opened.

        Raises:
            RefusedError: GitHub refuses: the branch is not there, or holds nothing that its base does not.
            UnavailableError: GitHub is away or limits us; the next call finds what this one did.
        """
        path, caller = self._connection.of(repository)
        said = {"title": defused(wanted.title), "body": wanted.body[:_LIMIT], "base": wanted.base}
        found = self._found(caller, repository, wanted.branch)
        if found is None:
            if (ended := self.ended(repository, wanted.branch, head)) is not None:
                return ended
            found = self._opened(caller, repository, {**said, "head": wanted.branch})
        request = _request(found)
        if _said(found) != {name: _plain(text) for name, text in said.items()}:
            return _request(caller.ask("PATCH", f"{path}/pulls/{request.number}", body=said, repeatable=True).data)
        return request

    def ended(self, repository: str, branch: str, head: str) -> Request | None:
        """Return the request of a commit that somebody merged or closed, and not we; None where there is none.

        Args:
            repository: The repository that has or had the branch, `owner/name`.
            branch: The branch.
            head: The commit.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        _, caller = self._connection.of(repository)
        listed = islice(self._listed(caller, repository, branch, "closed"), _LOOKED_AT)
        # GitHub keeps the head that a request had at its end.
        found = next((one for one in listed if _head(one, "sha") == head and not _is_closed_by_us(one)), None)
        return _request(found) if found is not None else None

    def close(self, repository: str, branch: str, head: str, reason: str) -> bool:
        """Close the pull request of a branch without merging it, and say why in it; the branch stays.

        Args:
            repository: The repository that has the branch, `owner/name`.
            branch: The branch.
            head: The commit that the branch was seen at: with another one, the request stays open.
            reason: Why, in Markdown.

        Returns:
            Whether one was open.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        path, caller = self._connection.of(repository)
        found = self._found(caller, repository, branch)
        if found is None or (request := _request(found)).sha != head:
            return False
        said = "\n\n".join((_CLOSED_BY_US, reason, _plain(str(found.get("body") or ""))))
        body = {"state": "closed", "body": said[:_LIMIT]}
        caller.ask("PATCH", f"{path}/pulls/{request.number}", body=body, repeatable=True)
        return True

    def merge(self, repository: str, request: Request) -> bool:
        """Merge a pull request, as it was found; one that is merged already is left as it is.

        It is merged in the first of GitHub's ways that the repository allows: see `METHODS`. Where its base takes
        changes from a merge queue alone, it is put into the queue.

        Args:
            repository: The repository, `owner/name`.
            request: The pull request, with the head that the caller saw: nothing else is merged.

        Returns:
            Whether it is merged now; False where it waits in the queue, in which GitHub has its own ways.

        Raises:
            RefusedError: GitHub refuses: there are conflicts, checks or reviews are missing, or its branch moved.
            UnavailableError: GitHub is away or limits us; the next call finds what this one did.
        """
        path, caller = self._connection.of(repository)
        pull = f"{path}/pulls/{request.number}"
        try:
            caller.ask("GET", f"{pull}/merge")
        except NotFoundError:
            node = self._node_once_known(caller, pull, request.sha)
            try:
                return self._merge(caller, pull, node, request.sha)
            except RefusedError as error:
                raise _unmerged(request, error) from error
        return True

    def _opened(self, caller: Caller, repository: str, body: Mapping[str, str]) -> Any:
        """Open a request, and return it; the one that somebody else opened meanwhile, where there is one."""
        pauses = _OPENINGS - 1
        while True:
            try:
                return caller.ask("POST", f"{repository_path(repository)}/pulls", body=body).data
            except RefusedError as error:
                if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                    raise
                if found := self._found(caller, repository, body["head"]):
                    return found
                if not pauses or not any(words in error.message.casefold() for words in _UNSEEN):
                    raise
            pauses -= 1
            caller.conduct.sleep(_PAUSE)

    def _merge(self, caller: Caller, pull: str, node: str, head: str) -> bool:
        """Merge a request or put it into the queue, and return whether it is merged."""
        methods, pauses = list(METHODS), _PAUSES - 1
        while True:
            try:
                caller.ask("PUT", f"{pull}/merge", body={"sha": head, "merge_method": methods[0]})
            except RefusedError as error:
                said = error.message.casefold()
                if is_queue_wanted(error):
                    enqueue(caller, node, head)
                    return False
                if methods[1:] and any(words in said for words in _ANOTHER_METHOD):
                    methods.pop(0)
                elif pauses and _BASE_MOVED in said:
                    pauses -= 1
                    caller.conduct.sleep(_PAUSE)
                else:
                    raise
            else:
                return True

    def _node_once_known(self, caller: Caller, pull: str, head: str) -> str:
        """Return a request's id, once GitHub knows its head and whether it can be merged: it finds out after a push."""
        node = ""
        for _ in range(_PAUSES):
            data = caller.ask("GET", pull).data
            if isinstance(data, dict):
                node = str(data.get("node_id") or "")
                if _head(data, "sha") == head and data.get("mergeable") is not None:
                    break
            caller.conduct.sleep(_PAUSE)
        return node

    def _found(self, caller: Caller, repository: str, branch: str) -> Mapping[str, Any] | None:
        return next(self._listed(caller, repository, branch, "open"), None)

    def _listed(self, caller: Caller, repository: str, branch: str, state: str) -> Iterator[Mapping[str, Any]]:
        """Yield the requests of a branch, the newest first."""
        query = {"state": state, "head": f"{repository.partition('/')[0]}:{branch}"}
        # GitHub lists all there are where it does not understand what is asked for.
        listed = each(caller, f"{repository_path(repository)}/pulls", query)
        return (one for one in listed if _head(one, "ref") == branch)


def _request(data: object) -> Request:
    if not isinstance(data, dict) or not isinstance(data.get("number"), int) or not isinstance(data.get("head"), dict):
        raise UnavailableError("GitHub answers with no pull request.")
    state: State = "merged" if data.get("merged_at") else "closed" if data.get("state") == "closed" else "open"
    return Request(data["number"], str(data.get("html_url") or ""), _head(data, "sha"), state)


def _head(data: Mapping[str, Any], name: str) -> str:
    head = data.get("head")
    return str(head.get(name) or "") if isinstance(head, dict) else ""


def _is_closed_by_us(data: Mapping[str, Any]) -> bool:
    return not data.get("merged_at") and str(data.get("body") or "").startswith(_CLOSED_BY_US)


def _said(data: Mapping[str, Any]) -> dict[str, str]:
    base = data.get("base")
    return {
        "title": _plain(str(data.get("title") or "")),
        "body": _plain(str(data.get("body") or "")),
        "base": str(base.get("ref", "")) if isinstance(base, dict) else "",
    }


def _plain(text: str) -> str:
    """Return a text as it is compared: GitHub ends lines in its own way."""
    return text.replace("\r\n", "\n").strip()


def _unmerged(request: Request, error: RefusedError) -> RefusedError:
    hint = error.hint or f"Once {request.url} can be merged, approved and with its checks passed, run the same again."
    return RefusedError(f"#{request.number} is not merged. {error.message}", status=error.status, hint=hint)
