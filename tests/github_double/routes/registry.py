"""Which function answers which operation, and what one needs to be let in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from tests.github_double.exchange import Call, Items, Reply
from tests.github_double.refusals import not_found

Handler = Callable[[Call], Reply | Items]
Found = TypeVar("Found")

REPOSITORY = "/repos/{owner}/{repo}"


@dataclass(frozen=True)
class Route:
    """How an operation is answered; `needs` as `identities.check` takes it."""

    handler: Handler
    needs: str


ROUTES: dict[str, Route] = {}


def route(name: str, needs: str = "") -> Callable[[Handler], Handler]:
    """Let a function answer an operation."""

    def register(handler: Handler) -> Handler:
        ROUTES[name] = Route(handler, needs)
        return handler

    return register


def one(items: Iterable[Found], matches: Callable[[Found], bool]) -> Found:
    """Return the first item that matches.

    Raises:
        Refusal: There is none: 404.
    """
    for item in items:
        if matches(item):
            return item
    raise not_found()
