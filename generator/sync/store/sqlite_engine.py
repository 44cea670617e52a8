"""Connections to a SQLite file that is durable, private, and the same file for as long as it is open."""

from __future__ import annotations

import errno
import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from generator.core.errors import TemporaryError, UserError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)


def sqlite_engine(path: Path, *, connections: int, patience: float) -> sa.Engine:
    """Return connections to a file, which is made where there is none.

    Args:
        path: The file; its folder exists.
        connections: How many at the most.
        patience: The seconds to wait for a lock or a connection.

    Raises:
        TemporaryError: The disk is full.
        UserError: The path is not right.
    """
    _prepare(path)
    # A file that is gone is never made again by a connection: what was acknowledged would seem not to exist.
    uri = f"{path.as_uri()}?mode=rw"
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        creator=partial(sqlite3.connect, uri, uri=True, timeout=patience, check_same_thread=False),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # where a transaction begins, we say
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # in WAL mode less than this loses what was committed last
        connection.execute("PRAGMA journal_size_limit = 67108864")
        record.info["file"] = _identity(path)

    @event.listens_for(engine, "checkout")
    def look(_connection: sqlite3.Connection, record: Any, _proxy: object) -> None:
        # SQLite goes on writing to a file that was replaced or removed, and all of that is lost.
        if record.info["file"] != _identity(path):
            raise DisconnectionError(f"{path} is another file now")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # Who reads first and writes then may find that somebody else wrote between, and cannot go on.
        writes = connection.get_execution_options().get("writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _prepare(path: Path) -> None:
    """Make the file if there is none, so that nobody else may read it: payloads are private.

    Raises:
        TemporaryError: The disk is full.
        UserError: The path is not right.
    """
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}.", hint="Make the folder first.")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UserError(
            f"{path}: the folder cannot be written.", hint="The database needs room for its journal next to it."
        )
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError as error:
        # One that exists is not opened: to close it again would end the locks that SQLite holds on it in this process.
        if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
            raise UserError(f"{path} is no file that this account can write.", hint="Name another file.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise TemporaryError(f"{path}: {error.strerror}.") from error
        raise UserError(f"{path}: {error.strerror}.", hint="Name a file that this account can write.") from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
