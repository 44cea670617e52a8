"""Looks something up in a list of GitHub's: page by page, and no further than that takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from generator.core.errors import UserError
from generator.hub.failures import UnavailableError
from generator.hub.requester import Answer, Caller

_PAGE = 100
_MOST_PAGES = 50


def each(caller: Caller, path: str, query: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any]]:
    """Yield what a list holds, in GitHub's order; each item has a number, `id`.

    Args:
        caller: Who asks.
        path: The list.
        query: What of it is wanted.

    Raises:
        UserError: GitHub refuses; or the list is longer than is looked through, so that nobody may take it for whole.
        UnavailableError: GitHub is away or limits us, or answers with no list.
    """
    for page in range(1, _MOST_PAGES + 1):
        url = f"{path}?{urlencode({**(query or {}), 'per_page': str(_PAGE), 'page': str(page)})}"
        data = caller.ask("GET", url).data
        if not isinstance(data, list) or not all(
            isinstance(one, dict) and isinstance(one.get("id"), int) for one in data
        ):
            raise UnavailableError(f"GitHub, asked for `GET {path}`, answers with no list.")
        yield from data
        if len(data) < _PAGE:
            return
    raise UserError(f"{path}: there are {_MOST_PAGES * _PAGE} or more, which is too many.")


def number_of(answer: Answer, asked: str) -> int:
    """Return the number by which GitHub knows what it was asked to make.

    Raises:
        UnavailableError: There is none in the answer.
    """
    number = answer.data.get("id") if isinstance(answer.data, dict) else None
    if not isinstance(number, int):
        raise UnavailableError(f"GitHub, asked for `{asked}`, does not tell the number of what it made.")
    return number
