"""A file of what can be had again: shared, closed and opened, begun anew where it is damaged."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError
from generator.hub.cache_file import CacheFile


def prepare(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS word (word TEXT PRIMARY KEY)")


def words(file: CacheFile) -> list[str]:
    return [word for (word,) in file.do(lambda database: database.execute("SELECT word FROM word").fetchall())]


def keep(file: CacheFile, word: str) -> None:
    file.do(lambda database: database.execute("INSERT INTO word VALUES (?)", (word,)))


def test_it_is_there_after_a_restart_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with closing(CacheFile(path, prepare, "words")) as file:
        keep(file, "kept")
    with closing(CacheFile(path, prepare, "words")) as file:
        assert words(file) == ["kept"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_it_is_gone_with_the_end(tmp_path: Path) -> None:
    file = CacheFile(None, prepare, "words")
    keep(file, "kept")
    assert words(file) == ["kept"]
    file.close()
    assert words(file) == []
    file.close()


def test_a_damaged_one_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    path.write_bytes(b"this is no database, and long enough to tell" * 100)
    with closing(CacheFile(path, prepare, "words")) as file:
        assert words(file) == []


def test_what_cannot_be_used_says_what_it_is(tmp_path: Path) -> None:
    file = CacheFile(tmp_path / "none" / "cache.db", prepare, "the words")
    with pytest.raises(TemporaryError, match=r"cache\.db: the words cannot be used"):
        words(file)


def test_threads_share_it(tmp_path: Path) -> None:
    with closing(CacheFile(tmp_path / "cache.db", prepare, "words")) as file, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: keep(file, str(number)), range(40)))
        assert len(words(file)) == 40
