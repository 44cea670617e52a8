"""Pull requests of ours, one for each branch: opened, brought up to date, closed, merged where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from generator.core.markdown import defused
from generator.core.promotion_request import PromotionRequest
from generator.hub.address import repository_path
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, UnavailableError
from generator.hub.lists import each
from generator.hub.requester import Caller

Method = Literal["merge", "squash", "rebase"]


@dataclass(frozen=True)
class Request:
    """A pull request that GitHub has.

    Attributes:
        number: Its number.
        url: Its page.
        sha: The head of its branch.
    """

    number: int
    url: str
    sha: str


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
        _, caller = self._of(repository)
        found = self._found(caller, repository, branch)
        return _request(found) if found is not None else None

    def ensure(self, repository: str, wanted: PromotionRequest) -> Request:
        """Have a pull request open that says what is wanted: the one that is there is edited.

        Raises:
            RefusedError: GitHub refuses: the branch is not there, or holds nothing that its base does not.
            UnavailableError: GitHub is away or limits us; the next call finds what this one did.
        """
        path, caller = self._of(repository)
        said = {"title": defused(wanted.title), "body": wanted.body, "base": wanted.base}
        found = self._found(caller, repository, wanted.branch)
        if found is None:
            answer = caller.ask("POST", f"{path}/pulls", body={**said, "head": wanted.branch})
            return _request(answer.data)
        if _said(found) != {name: _plain(text) for name, text in said.items()}:
            number = _request(found).number
            return _request(caller.ask("PATCH", f"{path}/pulls/{number}", body=said, repeatable=True).data)
        return _request(found)

    def close(self, repository: str, branch: str) -> bool:
        """Close the pull request of a branch without merging it; the branch stays.

        Returns:
            Whether one was open.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away or limits us.
        """
        path, caller = self._of(repository)
        found = self._found(caller, repository, branch)
        if found is None:
            return False
        body = {"state": "closed"}
        caller.ask("PATCH", f"{path}/pulls/{_request(found).number}", body=body, repeatable=True)
        return True

    def merge(self, repository: str, request: Request, method: Method = "merge") -> None:
        """Merge a pull request, as it was found; one that is merged already is left as it is.

        Args:
            repository: The repository, `owner/name`.
            request: The pull request, with the head that the caller saw: nothing else is merged.
            method: How.

        Raises:
            RefusedError: GitHub refuses: there are conflicts, checks or reviews are missing, or its branch moved.
            UnavailableError: GitHub is away or limits us; the next call finds what this one did.
        """
        path, caller = self._of(repository)
        pull = f"{path}/pulls/{request.number}"
        try:
            caller.ask("GET", f"{pull}/merge")
        except NotFoundError:
            caller.ask("PUT", f"{pull}/merge", body={"sha": request.sha, "merge_method": method})

    def _found(self, caller: Caller, repository: str, branch: str) -> Mapping[str, Any] | None:
        owner = repository.partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{branch}"}
        # GitHub lists all there are where it does not understand what is asked for.
        same = (one for one in each(caller, f"{repository_path(repository)}/pulls", query) if _branch(one) == branch)
        return next(same, None)

    def _of(self, repository: str) -> tuple[str, Caller]:
        return repository_path(repository), self._connection.caller(repository.partition("/")[0])


def _request(data: object) -> Request:
    head = data.get("head") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(data.get("number"), int) or not isinstance(head, dict):
        raise UnavailableError("GitHub answers with no pull request.")
    return Request(data["number"], str(data.get("html_url") or ""), str(head.get("sha") or ""))


def _branch(data: Mapping[str, Any]) -> str:
    head = data.get("head")
    return str(head.get("ref", "")) if isinstance(head, dict) else ""


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
