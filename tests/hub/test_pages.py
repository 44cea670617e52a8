"""What is kept of listings: bounded, shared, and never the cause of more harm than to ask anew."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError
from generator.hub.pages import KeptPage, Pages


def page(text: str = "a") -> KeptPage:
    return KeptPage(f'W/"{text[:1]}"', "", [[1, text]])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pages.db"


@pytest.fixture(params=["memory", "file"])
def pages(request: pytest.FixtureRequest, file: Path) -> Iterator[Pages]:
    with closing(Pages(file if request.param == "file" else None, most=1000)) as kept:
        yield kept


def test_a_page_is_kept_as_it_was(pages: Pages) -> None:
    wanted = KeptPage('W/"ä\'"', "https://next/?page=2", [[1, {"name": "ünïcode", "labels": ["a"], "draft": False}]])
    assert pages.get("key") is None
    pages.put("key", page())
    pages.put("key", wanted)
    assert pages.get("key") == wanted


def test_what_was_used_longest_ago_makes_room(pages: Pages) -> None:
    for name in "abc":
        pages.put(name, page(name * 300))
    pages.get("a")
    pages.put("d", page("d" * 300))
    assert [name for name in "abcd" if pages.get(name)] == ["a", "c", "d"]


def test_a_page_that_is_too_large_is_not_kept(pages: Pages) -> None:
    pages.put("huge", page("x" * 1001))
    assert pages.get("huge") is None


def test_many_threads_use_it_at_once(pages: Pages) -> None:
    def use(number: int) -> bool:
        pages.put(f"key-{number % 5}", page(str(number % 5)))
        return pages.get(f"key-{number % 5}") is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))


def test_processes_share_a_file_that_only_we_can_read(file: Path) -> None:
    with closing(Pages(file)) as one, closing(Pages(file)) as other:
        one.put("key", page())
        assert other.get("key") == page()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, None])
def test_a_damaged_file_or_one_of_another_form_is_begun_anew(file: Path, content: bytes | None) -> None:
    if content is None:
        with closing(sqlite3.connect(file)) as other:
            other.executescript("CREATE TABLE page (old TEXT); PRAGMA user_version = 999")
    else:
        file.write_bytes(content)
    with closing(Pages(file)) as kept:
        kept.put("key", page())
        assert kept.get("key") == page()


def test_a_file_that_is_damaged_within_is_begun_anew(file: Path) -> None:
    with closing(Pages(file)) as kept:
        for number in range(100):
            kept.put(f"key-{number}", page(str(number) * 1000))
        kept.close()
        size = file.stat().st_size
        with file.open("r+b") as opened:
            opened.seek(100)
            opened.write(b"\xff" * (size - 100))
        assert kept.get("key-50") is None
        kept.put("key", page())
        assert kept.get("key") == page()


def test_a_file_that_cannot_be_used_is_named(file: Path, tmp_path: Path) -> None:
    missing = Pages(tmp_path / "none" / "pages.db")
    with pytest.raises(TemporaryError, match=r"none/pages\.db: what is kept of GitHub's listings cannot be used"):
        missing.get("key")
    with closing(Pages(file)) as kept:
        kept.put("key", page())
        with closing(sqlite3.connect(file)) as other:
            other.execute("DROP TABLE page")
        with pytest.raises(TemporaryError, match=r"no such table"):
            kept.get("key")
