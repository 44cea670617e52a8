"""Comments on pull requests: one for each thing, found again by a marker that nobody sees, and edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError
from generator.hub.lookup import each, number_of
from generator.hub.requester import Caller

LIMIT = 65_536
"""The most characters that GitHub takes as a comment."""


class Comments:
    """The comments of ours. Several threads may call at once.

    Args:
        connection: Who calls.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._own: str | None = None

    def ensure(
        self, repository: str, number: int, marker: str, body: str, known: int | None = None, *, make: bool = True
    ) -> int | None:
        """Let a comment say something: the one that is there is edited, and made where there is none.

        Args:
            repository: The repository, `owner/name`.
            number: The pull request's number.
            marker: The first line of `body`, by which the comment is found again.
            body: The whole comment.
            known: GitHub's number of the comment, if it is known.
            make: Whether it is made where there is none.

        Returns:
            GitHub's number of the comment; None where there is none.

        Raises:
            NotFoundError: There is no such pull request.
            RefusedError: GitHub refuses, as where the conversation is locked.
            UnavailableError: GitHub is away or limits us; the next call finds what this one did.
        """
        place, caller = self._connection.of(repository)
        path = f"{place}/issues"
        text = body[:LIMIT]
        if known is not None:
            try:
                return self._edit(caller, path, known, text)
            except NotFoundError:
                pass  # somebody removed it
        list_ = f"{path}/{number}/comments"
        for one in each(caller, list_):
            if _first_line(one) == marker and self._is_own(one, caller):
                found = int(one["id"])
                return found if _lines(one) == text.splitlines() else self._edit(caller, path, found, text)
        if not make:
            return None
        return number_of(caller.ask("POST", list_, body={"body": text}), f"POST {list_}")

    def _edit(self, caller: Caller, path: str, id_: int, body: str) -> int:
        caller.ask("PATCH", f"{path}/comments/{id_}", body={"body": body}, repeatable=True)
        return id_

    def _is_own(self, comment: Mapping[str, Any], caller: Caller) -> bool:
        """Return whether we wrote a comment: anybody can copy a marker, and change later what stands there."""
        user = comment.get("user")
        user = user if isinstance(user, dict) else {}
        if self._own is None:
            self._own = self._login(caller)
        return str(user.get("login", "")) == self._own if self._own else user.get("type") == "Bot"

    def _login(self, caller: Caller) -> str:
        """Return who we are; empty where GitHub does not tell, as it does not tell the token of a workflow's job."""
        if self._connection.is_app:
            data = self._connection.app().ask("GET", "/app").data
            return f"{data['slug']}[bot]" if isinstance(data, dict) and data.get("slug") else ""
        try:
            data = caller.ask("GET", "/user").data
        except RefusedError:
            return ""
        return str(data.get("login", "")) if isinstance(data, dict) else ""


def _lines(comment: Mapping[str, Any]) -> list[str]:
    return str(comment.get("body") or "").splitlines()


def _first_line(comment: Mapping[str, Any]) -> str:
    return next(iter(_lines(comment)), "")
