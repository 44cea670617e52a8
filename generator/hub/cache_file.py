"""A SQLite file of what can be had again: it may be lost at any moment, and one that is damaged is begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar

from generator.core.errors import TemporaryError

_PATIENCE = 5.0
"""The seconds that another process may hold the file."""

T = TypeVar("T")


class CacheFile:
    """A file in which something is kept. Several threads may use it at once, and several processes the same file.

    Args:
        path: The file; None to keep it only as long as the process lives.
        prepare: Makes the tables where they are missing. Every statement is its own transaction.
        content: What it holds, for errors: `the notes on webhooks`.
    """

    def __init__(self, path: Path | None, prepare: Callable[[sqlite3.Connection], object], content: str) -> None:
        self._path = path
        self._prepare = prepare
        self._content = content
        self._lock = Lock()
        self._database: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close the file; a later use opens it again, and what is kept without one is gone."""
        with self._lock:
            self._close()

    def do(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the file; where it is damaged, begin it anew.

        Raises:
            TemporaryError: It cannot be read or written.
        """
        try:
            with self._lock:
                try:
                    return action(self._opened())
                except sqlite3.OperationalError:
                    raise  # locked, full, not to be opened: that is no damage
                except sqlite3.DatabaseError:
                    self._close()
                    if self._path:
                        self._path.unlink()
                    return action(self._opened())
        except (sqlite3.Error, OSError) as error:
            raise TemporaryError(f"{self._path}: {self._content} cannot be used: {error}.") from error

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            if self._path:
                self._path.touch(mode=0o600)
            database = sqlite3.connect(
                self._path or ":memory:", timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                # What a crash takes is had again, so nothing waits for the disk.
                database.execute("PRAGMA synchronous = OFF")
                self._prepare(database)
            except sqlite3.Error:
                database.close()
                raise
            self._database = database
        return self._database

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
