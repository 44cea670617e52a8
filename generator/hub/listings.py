"""Lists the releases and the open pull requests of a repository: all of them, as they were at one moment, or an error.

GitHub numbers the pages of a list anew with each call. An item that is removed while its list is read moves others to
the page before, which has been read already; so a list of several pages is read until it is twice the same. An ETag
speaks for the items of a page alone, not for its link to the next: where a page is full, another one is always asked
for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError

from generator.core.api_objects import Part, PullRequestObject, ReleaseObject
from generator.core.errors import UserError
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.hub.connection import Connection
from generator.hub.failures import UnavailableError
from generator.hub.pages import Pages, kept_page
from generator.hub.requester import Caller

Item = TypeVar("Item", Release, PullRequest)
Model = TypeVar("Model", bound=Part)

PAGE = 100
"""The most items that GitHub puts on a page."""
MOST_PAGES = 200
"""GitHub itself lists no more than 10,000 releases."""
_ROUNDS = 5
"""How often a list is read that does not come to rest."""


@dataclass(frozen=True)
class _Kind(Generic[Item]):
    """A kind of list.

    Attributes:
        name: The last part of its path.
        query: What is asked for. Where GitHub lets us say so the oldest come first: then what is new moves nothing.
        read: Makes an item of what GitHub shows, with the number that GitHub knows it by.
        restored: Makes an item of what is kept.
    """

    name: str
    query: Mapping[str, str]
    read: Callable[[object], tuple[int, Item]]
    restored: Callable[[Mapping[str, Any]], Item]


@dataclass(frozen=True)
class _Page(Generic[Item]):
    items: tuple[tuple[int, Item], ...]
    next: str
    unchanged: bool


class UnreadableError(ValueError):
    """Something is not as GitHub's API shows it."""


class _NumberedRelease(ReleaseObject):
    id: int


def release_of(data: object) -> tuple[int, Release]:
    """Return a release and the number that GitHub knows it by.

    Raises:
        UnreadableError: It is none.
    """
    found = _validated(_NumberedRelease, data)
    return found.id, found.read()


def pull_request_of(data: object) -> tuple[int, PullRequest]:
    """Return a pull request and its number.

    Raises:
        UnreadableError: It is none.
    """
    found = _validated(PullRequestObject, data)
    return found.number, found.read()


def _validated(model: type[Model], data: object) -> Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(str(part) for part in problem["loc"])
        raise UnreadableError(f"{key}: {problem['msg'].removeprefix('Value error, ')}") from error


_RELEASES = _Kind("releases", {}, release_of, lambda kept: Release(**kept))
_PULL_REQUESTS = _Kind(
    "pulls",
    {"state": "open", "sort": "created", "direction": "asc"},
    pull_request_of,
    lambda kept: PullRequest(**{**kept, "labels": tuple(kept["labels"])}),
)


class Listings:
    """Lists what GitHub has. Several threads may list at once.

    Args:
        connection: Who asks.
        pages: What is kept between listings: a list that has not changed costs no call of GitHub's limit.
    """

    def __init__(self, connection: Connection, pages: Pages) -> None:
        self._connection = connection
        self._pages = pages

    def releases(self, repository: str) -> tuple[Release, ...]:
        """Return every release of a repository, the newest first; its drafts too where we may see them.

        Args:
            repository: Its owner and name: `acme/podinfo`.

        Raises:
            UserError: There is no such repository, or GitHub does not let us in.
            UnavailableError: GitHub is away or limits us, or the list is not whole.
            TemporaryError: What is kept cannot be read or written.
        """
        return self._listed(repository, _RELEASES)

    def open_pull_requests(self, repository: str) -> tuple[PullRequest, ...]:
        """Return every open pull request of a repository, the oldest first.

        Args:
            repository: Its owner and name: `acme/podinfo`.

        Raises:
            UserError: There is no such repository, or GitHub does not let us in.
            UnavailableError: GitHub is away or limits us, or the list is not whole.
            TemporaryError: What is kept cannot be read or written.
        """
        return self._listed(repository, _PULL_REQUESTS)

    def _listed(self, repository: str, kind: _Kind[Item]) -> tuple[Item, ...]:
        place, caller = self._connection.of(repository)
        path = f"{place}/{kind.name}"
        before = self._pass(caller, path, kind)
        # What is still as it was kept was twice the same as well.
        rests = len(before) == 1 or all(page.unchanged for page in before)
        for _ in range(_ROUNDS):
            items = dict(item for page in before for item in page.items)
            # What stands there twice stands in the place of another.
            if rests and len(items) == sum(len(page.items) for page in before):
                return tuple(items.values())
            after = self._pass(caller, path, kind)
            rests = [page.items for page in after] == [page.items for page in before]
            before = after
        raise UnavailableError(f"{repository}: the list of {kind.name} changes faster than it can be read.")

    def _pass(self, caller: Caller, path: str, kind: _Kind[Item]) -> list[_Page[Item]]:
        """Read a list once, from its first page to its last."""
        pages: list[_Page[Item]] = []
        url = _page_url(path, kind, 1)
        while url:
            if len(pages) == MOST_PAGES:
                raise UserError(f"{path}: there are more than {MOST_PAGES * PAGE} {kind.name}, which is too many.")
            page = self._page(caller, url, kind)
            pages.append(page)
            url = page.next or (_page_url(path, kind, len(pages) + 1) if len(page.items) >= PAGE else "")
        return pages

    def _page(self, caller: Caller, url: str, kind: _Kind[Item]) -> _Page[Item]:
        def read(data: list[Any]) -> list[Any]:
            return [[number, asdict(item)] for number, item in _read(url, kind, data)]

        page = kept_page(caller, self._pages, f"{self._connection.url} {url}", url, read)
        items = tuple((number, kind.restored(item)) for number, item in page.items)
        return _Page(items, page.next, page.unchanged)


def _read(url: str, kind: _Kind[Item], data: list[Any]) -> tuple[tuple[int, Item], ...]:
    try:
        return tuple(kind.read(item) for item in data)
    except UnreadableError as error:
        raise UnavailableError(
            f"GitHub, asked for `GET {url}`, lists something else than {kind.name}: {error}"
        ) from error


def _page_url(path: str, kind: _Kind[Item], number: int) -> str:
    query = {**kind.query, "per_page": str(PAGE), **({"page": str(number)} if number > 1 else {})}
    return f"{path}?{urlencode(query)}"
