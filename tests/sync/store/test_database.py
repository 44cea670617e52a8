"""A database is opened from its URL, brought up to date, and tells in our words what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from generator.core.errors import TemporaryError, UserError
from generator.sync.news.delivery import Delivery
from generator.sync.store.database import PATIENCE, Database, open_database
from generator.sync.store.inbox import Inbox
from tests.sync.postgres_server import PostgresServer

_OPEN = """
import sys
from generator.sync.store.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).close()
"""


NUMBERS = sa.Table(
    "numbers",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("times", sa.Integer, default=0),
)


def numbers_of(database: Database) -> list[int]:
    query = sa.select(NUMBERS.c.number).order_by(NUMBERS.c.number)
    return database.read(lambda connection: list(connection.scalars(query)))


def put(connection: sa.Connection, number: int) -> None:
    connection.execute(NUMBERS.insert(), {"number": number})


@pytest.fixture
def numbers(database: Database) -> Database:
    """A database with a table of numbers."""
    database.write(NUMBERS.create)
    return database


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "cannot be read"),
        ("/var/lib/sync.db", "cannot be read"),
        ("postgresql://user:secret@host:port/name", "cannot be read"),
        ("mysql://user:secret@host/name", "`mysql` is no database that gitopsmith can use"),
        ("sqlite://", "names no file that lasts"),
        ("sqlite:///:memory:", "names no file that lasts"),
        ("sqlite:///file:sync?mode=memory&uri=true", "names no file that lasts"),
        ("sqlite:///sync.db?password=secret", "names no file that lasts"),
        ("postgresql://user:secret@localhost/name?colour=secret", 'localhost/name: invalid connection option "colour"'),
    ],
)
def test_a_url_that_leads_nowhere_is_an_error_without_its_password(url: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        open_database(url)
    assert "secret" not in str(caught.value)
    assert caught.value.hint


def test_a_path_that_cannot_be_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=rf"there is no folder {tmp_path}/missing\."):
        open_database(f"sqlite:///{tmp_path}/missing/sync.db")
    with pytest.raises(UserError, match=rf"{tmp_path} is no file"):
        open_database(f"sqlite:///{tmp_path}")
    (tmp_path / "text.db").write_text("no database\n" * 1000)
    with pytest.raises(UserError, match=rf"{tmp_path}/text\.db: file is not a database"):
        open_database(f"sqlite:///{tmp_path}/text.db")
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)
    with pytest.raises(UserError, match=rf"{tmp_path}/sync\.db: the folder cannot be written"):
        open_database(f"sqlite:///{tmp_path}/sync.db")
    monkeypatch.setattr(os, "access", lambda path, _mode: path == tmp_path)
    with pytest.raises(UserError, match=rf"{tmp_path}/text\.db is no file that this account can write"):
        open_database(f"sqlite:///{tmp_path}/text.db")


def test_payloads_are_for_nobody_else_to_read(tmp_path: Path) -> None:
    with open_database(f"sqlite:///{tmp_path}/sync.db") as database:
        Inbox(database).add(Delivery("a", "ping"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"sync.db": 0o600, "sync.db-wal": 0o600, "sync.db-shm": 0o600}


def test_a_path_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of SQLite can be named by a URI too, in which some characters mean something."""
    monkeypatch.chdir(tmp_path)
    with open_database("sqlite:///a#b%25c ü.db") as database:
        monkeypatch.chdir("/")
        Inbox(database).add(Delivery("a", "ping"))
    assert [path.name for path in tmp_path.iterdir()] == ["a#b%c ü.db"]


def test_what_is_committed_is_on_disk(sqlite_url: str) -> None:
    """Every connection: SQLite's default for a journal of this kind is what the last to set it said."""
    with open_database(sqlite_url) as database, database.engine.connect(), database.engine.connect() as second:
        assert second.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert second.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_what_is_kept_is_there_when_it_is_opened_again(database_url: str) -> None:
    with open_database(database_url) as database:
        Inbox(database).add(Delivery("a", "ping"))
    with open_database(database_url) as database:
        assert Inbox(database).get("a").event == "ping"


def test_an_older_database_is_upgraded_once_and_keeps_what_it_holds(database_url: str) -> None:
    with open_database(database_url) as database:
        Inbox(database).add(Delivery("a", "ping"))
    done = []

    def add_a_column(connection: sa.Connection) -> None:
        done.append("column")
        connection.execute(sa.text("ALTER TABLE gitopsmith_deliveries ADD COLUMN colour TEXT DEFAULT 'red'"))

    def paint(connection: sa.Connection) -> None:
        done.append("paint")
        connection.execute(sa.text("UPDATE gitopsmith_deliveries SET colour = 'blue'"))

    for upgrades in ([add_a_column], [add_a_column, paint], [add_a_column, paint]):
        with open_database(database_url, upgrades=upgrades) as database:
            assert Inbox(database).get("a").event == "ping"
    assert done == ["column", "paint"]
    with open_database(database_url, upgrades=[add_a_column, paint]) as database:
        query = sa.text("SELECT colour FROM gitopsmith_deliveries")
        assert database.read(lambda connection: connection.execute(query).scalar_one()) == "blue"


def test_an_upgrade_that_fails_changes_nothing(database_url: str) -> None:
    open_database(database_url).close()

    def stumble(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE gitopsmith_deliveries ADD COLUMN colour TEXT"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        open_database(database_url, upgrades=[stumble])
    with open_database(database_url) as database:
        columns = database.read(lambda connection: sa.inspect(connection).get_columns("gitopsmith_deliveries"))
    assert "colour" not in {column["name"] for column in columns}


def test_a_newer_database_is_refused_and_left_as_it_is(database_url: str) -> None:
    open_database(database_url, upgrades=[lambda _connection: None] * 2).close()
    with pytest.raises(UserError, match=r"its tables are of version 3; this gitopsmith knows versions up to 1\."):
        open_database(database_url)
    open_database(database_url, upgrades=[lambda _connection: None] * 2).close()


def test_who_only_looks_makes_nothing(tmp_path: Path, postgres_url: str) -> None:
    with pytest.raises(UserError, match=rf"{tmp_path}/sync\.db: there is no database"):
        open_database(f"sqlite:///{tmp_path}/sync.db", create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UserError, match="there are no deliveries"):
        open_database(postgres_url, create=False)
    open_database(postgres_url).close()
    open_database(postgres_url, create=False).close()


def test_an_upgrade_may_take_its_time(postgres_url: str) -> None:
    open_database(postgres_url).close()
    upgrades = [lambda connection: connection.execute(sa.text("SELECT pg_sleep(0.3)"))]
    open_database(postgres_url, patience=0.1, upgrades=upgrades).close()


def test_processes_that_start_together_make_the_tables_once(database_url: str) -> None:
    command = [sys.executable, "-c", _OPEN, database_url]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        process.communicate("\n", timeout=30)
    assert [process.returncode for process in started] == [0] * 3


def test_of_two_that_start_together_one_upgrades(database_url: str) -> None:
    open_database(database_url).close()
    calls, inside, second = [], threading.Event(), threading.Event()

    def upgrade(connection: sa.Connection) -> None:
        calls.append(connection)
        if len(calls) == 1:
            inside.set()
            second.wait(0.5)  # as long as the other one might take if nothing held it up
        else:
            second.set()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(open_database, database_url, upgrades=[upgrade])
        assert inside.wait(10)
        other = pool.submit(open_database, database_url, upgrades=[upgrade])
        for future in (one, other):
            future.result(30).close()
    assert len(calls) == 1


def test_another_encoding_than_utf8_is_refused(postgres_server: PostgresServer) -> None:
    postgres_server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    try:
        with pytest.raises(UserError, match="keeps texts in LATIN1"):
            open_database(postgres_server.url("latin"))
    finally:
        postgres_server.drop_database("latin")


def test_a_write_that_fails_leaves_nothing(numbers: Database) -> None:
    def stumble(connection: sa.Connection) -> None:
        put(connection, 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        numbers.write(stumble)
    numbers.write(lambda connection: put(connection, 2))
    assert numbers_of(numbers) == [2]


def test_a_bug_of_ours_is_not_hidden(database: Database) -> None:
    """But what was to be stored is: it may be secret."""
    with pytest.raises(sa.exc.SQLAlchemyError, match="SELEKT") as caught:
        database.read(lambda connection: connection.execute(sa.text("SELEKT :payload"), {"payload": "secret"}))
    assert "secret" not in str(caught.value)


def test_tables_that_somebody_removed_are_an_error(database: Database) -> None:
    database.write(lambda connection: connection.execute(sa.text("DROP TABLE gitopsmith_payloads")))
    with pytest.raises(UserError, match="gitopsmith_payloads"):
        Inbox(database).add(Delivery("a", "ping"))


def test_a_transaction_that_another_one_undid_is_done_again(postgres_url: str) -> None:
    """Two that lock the same rows in different orders wait for each other, until PostgreSQL ends one of them."""
    both, calls = threading.Barrier(2), []

    def add_up(database: Database, order: tuple[int, int]) -> None:
        def work(connection: sa.Connection) -> None:
            again = order in calls
            calls.append(order)
            for number in order:
                row = NUMBERS.update().where(NUMBERS.c.number == number)
                connection.execute(row.values(times=NUMBERS.c.times + 1))
                if number == order[0] and not again:
                    both.wait(10)

        database.write(work)

    with open_database(postgres_url) as database, ThreadPoolExecutor(2) as pool:
        database.write(NUMBERS.create)
        for number in (1, 2):
            database.write(partial(put, number=number))
        for future in [pool.submit(add_up, database, order) for order in ((1, 2), (2, 1))]:
            future.result(30)
        times = database.read(lambda connection: list(connection.scalars(sa.select(NUMBERS.c.times))))
    assert times == [2, 2]
    assert len(calls) > 2


def test_a_database_that_somebody_else_locks_is_waited_for_and_no_longer_than_said(tmp_path: Path) -> None:
    with (
        open_database(f"sqlite:///{tmp_path}/sync.db", patience=0.2) as database,
        closing(sqlite3.connect(tmp_path / "sync.db", isolation_level=None)) as other,
    ):
        inbox = Inbox(database)
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(TemporaryError, match=rf"{tmp_path}/sync\.db: database is locked"):
            inbox.add(Delivery("a", "ping"))
        assert 0.2 <= time.monotonic() - began < PATIENCE
        other.execute("ROLLBACK")
        assert inbox.add(Delivery("a", "ping"))


def test_nobody_writes_between_what_a_writer_reads_and_what_it_writes(tmp_path: Path) -> None:
    with (
        open_database(f"sqlite:///{tmp_path}/sync.db") as database,
        closing(sqlite3.connect(tmp_path / "sync.db", isolation_level=None, timeout=0.0)) as other,
    ):

        def write(connection: sa.Connection) -> None:
            connection.execute(sa.text("SELECT count(*) FROM gitopsmith_deliveries"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("DELETE FROM gitopsmith_deliveries")

        database.write(write)


def test_who_waits_for_a_turn_waits_no_longer_than_said(tmp_path: Path) -> None:
    inside, leave = threading.Event(), threading.Event()

    def linger(connection: sa.Connection) -> None:
        inside.set()
        leave.wait(10)

    with open_database(f"sqlite:///{tmp_path}/sync.db", patience=0.2) as database, ThreadPoolExecutor(1) as pool:
        lingering = pool.submit(database.write, linger)
        assert inside.wait(10)
        with pytest.raises(TemporaryError, match="is busy"):
            Inbox(database).add(Delivery("a", "ping"))
        leave.set()
        lingering.result(10)


def test_readers_do_not_wait_for_who_writes(numbers: Database) -> None:
    numbers.write(lambda connection: put(connection, 1))

    def write(connection: sa.Connection) -> list[int]:
        put(connection, 2)
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(numbers_of, numbers).result(10)

    assert numbers.write(write) == [1]


def test_more_threads_than_connections_wait_no_longer_than_said(database_url: str) -> None:
    with open_database(database_url, patience=0.2) as database, ThreadPoolExecutor(10) as pool:
        all_in, leave = threading.Barrier(11), threading.Event()

        def linger(connection: sa.Connection) -> None:
            all_in.wait(10)
            leave.wait(10)

        lingering = [pool.submit(database.read, linger) for _ in range(10)]
        all_in.wait(10)
        with pytest.raises(TemporaryError, match="all connections are in use"):
            Inbox(database).due(0.0)
        leave.set()
        for future in lingering:
            future.result(10)


def test_a_file_that_is_gone_is_neither_written_to_nor_made_again(tmp_path: Path) -> None:
    """SQLite would go on writing to what was removed: acknowledged, and lost."""
    path, elsewhere = tmp_path / "sync.db", tmp_path / "elsewhere.db"
    with open_database(f"sqlite:///{path}") as database:
        inbox = Inbox(database)
        inbox.add(Delivery("a", "ping"))
        path.rename(elsewhere)
        with pytest.raises(TemporaryError, match=rf"{path}: unable to open database file"):
            inbox.add(Delivery("b", "ping"))
        assert not path.exists()
        elsewhere.rename(path)
        assert inbox.add(Delivery("b", "ping"))


def test_a_full_disk_when_the_file_is_made_may_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(TemporaryError, match=rf"{tmp_path}/sync\.db: No space left on device"):
        open_database(f"sqlite:///{tmp_path}/sync.db")


def test_a_server_that_is_away_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(TemporaryError, match=r"postgresql://me:\*\*\*@/sync\?host=\S+: .*No such file or directory"):
        open_database(f"postgresql://me:secret@/sync?host={tmp_path}&password=secret")


@pytest.mark.parametrize(("user", "database"), [("postgres", "missing"), ("nobody", "postgres")])
def test_a_server_that_does_not_know_us_is_a_matter_for_the_user(
    postgres_server: PostgresServer, user: str, database: str
) -> None:
    url = postgres_server.url(database).replace("postgres@", f"{user}@")
    with pytest.raises(UserError, match=r"(role|database) \"\w+\" does not exist"):
        open_database(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_usual_way_to_write_a_url_of_postgresql_is_understood(postgres_url: str, scheme: str) -> None:
    with open_database(postgres_url.replace("postgresql", scheme, 1)) as database:
        assert database.engine.url.drivername == "postgresql+psycopg"


def test_a_server_that_restarts_is_not_noticed(postgres_server: PostgresServer, postgres_url: str) -> None:
    with open_database(postgres_url) as database:
        inbox = Inbox(database)
        inbox.add(Delivery("a", "ping"))
        postgres_server.hang_up(postgres_url)
        assert inbox.add(Delivery("b", "ping"))


def test_a_server_that_goes_away_in_mid_transaction_leaves_nothing(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    def write(connection: sa.Connection) -> None:
        put(connection, 1)
        postgres_server.hang_up(postgres_url)
        put(connection, 2)

    with open_database(postgres_url) as database:
        database.write(NUMBERS.create)
        with pytest.raises(TemporaryError, match="terminating connection"):
            database.write(write)
        assert numbers_of(database) == []


def test_a_server_that_lets_nobody_in_for_a_while_is_used_again_when_it_does(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    with open_database(postgres_url) as database:
        inbox = Inbox(database)
        with postgres_server.closed(postgres_url):
            for _ in range(2):
                with pytest.raises(TemporaryError, match="not currently accepting connections"):
                    inbox.add(Delivery("a", "ping"))
        assert inbox.add(Delivery("a", "ping"))


def test_a_statement_that_takes_too_long_is_given_up(postgres_url: str) -> None:
    with (
        open_database(postgres_url, patience=0.2) as database,
        pytest.raises(TemporaryError, match="statement timeout"),
    ):
        database.read(lambda connection: connection.execute(sa.text("SELECT pg_sleep(60)")))


def test_who_is_paused_in_mid_transaction_keeps_nobody_waiting(postgres_url: str) -> None:
    """The server ends such a transaction after a while; what it held is free then, and it comes to nothing."""
    paused, resume = threading.Event(), threading.Event()

    def linger(connection: sa.Connection) -> None:
        put(connection, 1)
        paused.set()
        resume.wait(10)
        put(connection, 2)

    with open_database(postgres_url, patience=0.2) as impatient, ThreadPoolExecutor(1) as pool:
        impatient.write(NUMBERS.create)
        lingering = pool.submit(impatient.write, linger)
        assert paused.wait(10)
        with open_database(postgres_url, patience=10.0) as patient:
            patient.write(lambda connection: put(connection, 1))
        resume.set()
        with pytest.raises(TemporaryError):
            lingering.result(10)
        assert numbers_of(impatient) == [1]
