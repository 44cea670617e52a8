"""Keeps pages of listings with their ETags, so that GitHub is asked only whether they have changed.

It is a cache: it may be deleted at any moment, and the newest of what was used stays where there is too much.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.utils import parse_header_links

from generator.hub.cache_file import CacheFile
from generator.hub.failures import UnavailableError
from generator.hub.requester import Answer, Caller

_FORM = 1
"""The form of what is kept: a file in another one is begun anew."""
_MOST = 64 * 2**20
_TABLE = """
CREATE TABLE page (
    key TEXT PRIMARY KEY, etag TEXT NOT NULL, next TEXT NOT NULL, items TEXT NOT NULL,
    size INTEGER NOT NULL, used INTEGER NOT NULL
) WITHOUT ROWID
"""
_USE = "UPDATE page SET used = (SELECT max(used) + 1 FROM page) WHERE key = ?"
_PUT = "INSERT OR REPLACE INTO page SELECT ?, ?, ?, ?, ?, coalesce(max(used), 0) + 1 FROM page"
_EVICT = """
DELETE FROM page WHERE key IN
    (SELECT key FROM (SELECT key, sum(size) OVER (ORDER BY used DESC) AS upto FROM page) WHERE upto > ?)
"""


@dataclass(frozen=True)
class KeptPage:
    """A page as it was last answered.

    Attributes:
        etag: GitHub's name for just this content.
        next: The address of the page behind it; empty where it named none.
        items: What stood on it: plain values that JSON can write.
        unchanged: Whether GitHub has just said that it is still as it was kept.
    """

    etag: str
    next: str
    items: list[Any]
    unchanged: bool = False


class Pages:
    """Pages by their address. Several threads may use it at once, and several processes the same file.

    Args:
        path: The file; None to keep them only as long as the process lives.
        most: The most bytes of items that are kept.
    """

    def __init__(self, path: Path | None = None, most: int = _MOST) -> None:
        self._most = most
        self._file = CacheFile(path, _prepare, "what is kept of GitHub's listings")

    def close(self) -> None:
        """Close the file; a later use opens it again, and what is kept without one is gone."""
        self._file.close()

    def get(self, key: str) -> KeptPage | None:
        """Return what is kept under an address, if anything is.

        Raises:
            TemporaryError: The file cannot be read.
        """

        def read(database: sqlite3.Connection) -> Any:
            database.execute(_USE, (key,))
            return database.execute("SELECT etag, next, items FROM page WHERE key = ?", (key,)).fetchone()

        found = self._file.do(read)
        return KeptPage(found[0], found[1], json.loads(found[2])) if found else None

    def put(self, key: str, page: KeptPage) -> None:
        """Keep a page under an address.

        Raises:
            TemporaryError: The file cannot be written.
        """
        items = json.dumps(page.items, separators=(",", ":"))

        def write(database: sqlite3.Connection) -> None:
            database.execute(_PUT, (key, page.etag, page.next, items, len(items)))
            database.execute(_EVICT, (self._most,))

        self._file.do(write)


def kept_page(
    caller: Caller,
    pages: Pages | None,
    key: str,
    url: str,
    read: Callable[[list[Any]], list[Any]],
    *,
    anew: bool = False,
) -> KeptPage:
    """Return a page of a list as it is now, and keep it: where it has not changed it is the one that was kept.

    Args:
        caller: Who asks.
        pages: What is kept; None for a page whose address does not come again.
        key: The address that it is kept under.
        url: The page.
        read: Makes plain values that JSON can write of what GitHub lists on a page.
        anew: Whether to ask for all of it, whatever is kept.

    Raises:
        UserError: GitHub refuses.
        UnavailableError: GitHub is away or limits us, or answers with no list.
        TemporaryError: What is kept cannot be read or written.
    """
    kept = pages.get(key) if pages and not anew else None
    answer = caller.ask("GET", url, headers={"If-None-Match": kept.etag} if kept else None)
    if answer.status == HTTPStatus.NOT_MODIFIED and kept is not None:
        return KeptPage(kept.etag, next_url(answer) or kept.next, kept.items, unchanged=True)
    if not isinstance(answer.data, list):
        raise UnavailableError(f"GitHub, asked for `GET {url}`, answers with no list.")
    page = KeptPage(answer.headers.get("etag", ""), next_url(answer), read(answer.data))
    if pages and page.etag:
        pages.put(key, page)
    return page


def next_url(answer: Answer) -> str:
    """Return the address of the next page (https://www.rfc-editor.org/rfc/rfc8288); empty where there is none."""
    links = parse_header_links(answer.headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and urlsplit(link["url"]).path), "")


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    (form,) = database.execute("PRAGMA user_version").fetchone()
    if form != _FORM:
        database.execute("DROP TABLE IF EXISTS page")
        database.execute(_TABLE)
        database.execute(f"PRAGMA user_version = {_FORM}")
    database.execute("COMMIT")
