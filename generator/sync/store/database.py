"""The database under the sync, opened from a URL: SQLite or PostgreSQL, durable, every failure an error of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.sync.store.database_failures import Deadlock, explain
from generator.sync.store.postgresql_engine import postgresql_engine
from generator.sync.store.schema import UPGRADES, Upgrade, migrate, version_of
from generator.sync.store.sqlite_engine import sqlite_engine

PATIENCE = 4.0
"""The seconds to wait for a lock, a connection or an answer: GitHub waits ten for ours."""

_HINT = "Write it as sqlite:///PATH/TO/FILE or postgresql://USER:PASSWORD@HOST/DATABASE."
_NAME_ANOTHER = "Name the database that `gitopsmith serve` uses."
_CONNECTIONS = 10
_BY_ITSELF = {"isolation_level": "AUTOCOMMIT"}
_PAUSES = (0.05, 0.2)  # who was let go on needs a moment to take what it waited for, or both meet again

T = TypeVar("T")


class Database:
    """An open database; any number of threads may use it.

    Attributes:
        engine: The connections. `engine.url` is the URL with everything in it that was left out.
        name: What it is called in messages: a path, or an address without its password.
        problem: Why nothing could be written the last time; empty where it could.
    """

    def __init__(self, engine: sa.Engine, name: str, *, patience: float) -> None:
        self.engine = engine
        self.name = name
        self.problem = ""
        self._patience = patience
        # SQLite lets one write and has the others look again now and then; here the next is at work at once.
        self._writers = threading.Semaphore(1 if engine.dialect.name == "sqlite" else _CONNECTIONS)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what `work` reads, all of it as it was at one time on SQLite.

        Raises:
            TemporaryError: The database is away, locked or busy.
            UserError: It is damaged, or does not let us in.
        """
        return self._run(work, writes=False)

    def write(self, work: Callable[[sa.Connection], T], *, at_once: bool = False) -> T:
        """Return what `work` returns once all that it wrote is on disk; if it fails, nothing is.

        Args:
            work: May be called again where the database undid it.
            at_once: Whether it is a single statement on PostgreSQL, which is then a transaction by itself: the server
                is asked once, in place of three times. Done twice, it does no more than done once.

        Raises:
            TemporaryError: The database is away, locked or full. In the moment when the connection breaks nobody can
                tell whether all was written or nothing.
            UserError: It is damaged, or does not let us in.
        """
        try:
            written = self._written(work, at_once=at_once)
        except GitopsmithError as error:
            self.problem = str(error)
            raise
        self.problem = ""
        return written

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _written(self, work: Callable[[sa.Connection], T], *, at_once: bool) -> T:
        with self._turn():
            for pause in _PAUSES:
                with suppress(Deadlock):
                    return self._run(work, writes=True, at_once=at_once)
                time.sleep(pause)
            return self._run(work, writes=True, at_once=at_once)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._writers.acquire(timeout=self._patience):
            raise TemporaryError(f"{self.name}: the database is busy.")
        try:
            yield
        finally:
            self._writers.release()

    def _run(self, work: Callable[[sa.Connection], T], *, writes: bool, at_once: bool = False) -> T:
        options = {"writes": writes, **(_BY_ITSELF if at_once and self.engine.dialect.name == "postgresql" else {})}
        with suppress(_GoneError):
            return self._once(work, options, is_repeatable=at_once or not writes)
        # The server was started anew, perhaps: with one connection to it all are known to be gone.
        return self._once(work, options)

    def _once(
        self, work: Callable[[sa.Connection], T], options: Mapping[str, Any], *, is_repeatable: bool = False
    ) -> T:
        try:
            with self.engine.connect() as connection:
                connection.execution_options(**options)
                with connection.begin():
                    return work(connection)
        except SQLAlchemyError as error:
            if is_repeatable and isinstance(error, DBAPIError) and error.connection_invalidated:
                raise _GoneError from error
            explained = explain(error, self.name)
            if explained is None:
                raise
            raise explained from error


class _GoneError(Exception):
    """The connection is gone; whether what was asked of it is done, nobody can tell."""


def open_database(
    url: str, *, create: bool = True, patience: float = PATIENCE, upgrades: Sequence[Upgrade] = UPGRADES
) -> Database:
    """Open a database, and make or upgrade our tables in it.

    Args:
        url: `sqlite:///PATH`, relative to where the process runs, or `postgresql://…` with any parameter of libpq. The
            folder of the file exists; the file need not.
        create: Whether to make our tables, and the file, where there are none; to look at them there must be some.
        patience: The seconds to wait for a lock, a connection or an answer.
        upgrades: What leads from each version of the tables to the next.

    Raises:
        TemporaryError: The database is away, locked or full.
        UserError: The URL or the path is not right, the database does not let us in, or it is of a newer version.
    """
    parsed = _parse(url)
    if parsed.drivername == "sqlite":
        database = _open_sqlite(parsed, patience, create=create)
    else:
        database = _open_postgresql(parsed, patience)
    try:
        _bring_up_to_date(database, upgrades, create=create)
    except BaseException:
        database.close()
        raise
    return database


def _bring_up_to_date(database: Database, upgrades: Sequence[Upgrade], *, create: bool) -> None:
    latest = 1 + len(upgrades)
    version = database.read(version_of)
    if version == 0 and not create:
        raise UserError(f"{database.name}: there are no deliveries.", hint=_NAME_ANOTHER)
    if version < latest:
        version = database.write(partial(migrate, upgrades=upgrades))
    if version > latest:
        raise UserError(
            f"{database.name}: its tables are of version {version}; this gitopsmith knows versions up to {latest}.",
            hint="Run the newer gitopsmith that made them so, or name another database.",
        )


def _parse(url: str) -> sa.URL:
    """Return the URL with the name of the driver that we use; messages never show it, it may hold a password."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UserError("The URL of the database cannot be read.", hint=_HINT) from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite")
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    raise UserError(f"`{parsed.drivername}` is no database that gitopsmith can use.", hint=_HINT)


def _open_sqlite(url: sa.URL, patience: float, *, create: bool) -> Database:
    if not url.database or url.database.startswith((":", "file:")) or url.query or url.host:
        raise UserError("The URL of the database names no file that lasts.", hint=_HINT)
    path = Path(url.database).absolute()
    if not create and not path.exists():
        raise UserError(f"{path}: there is no database.", hint=_NAME_ANOTHER)
    return Database(sqlite_engine(path, connections=_CONNECTIONS, patience=patience), str(path), patience=patience)


def _open_postgresql(url: sa.URL, patience: float) -> Database:
    engine = postgresql_engine(url, connections=_CONNECTIONS, patience=patience)
    # A password may stand among the parameters too.
    shown = {name: value for name, value in url.query.items() if name in ("host", "port")}
    name = url.set(drivername="postgresql", query=shown).render_as_string(hide_password=True)
    return Database(engine, name, patience=patience)
