"""A PostgreSQL server of the tests' own: Debian's binaries, a folder of its own, no port, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import make_url

_SETTINGS = ("listen_addresses=", "deadlock_timeout=50ms")
# Nothing that tests do need outlive the machine. Where /dev/shm is small, some fill it.
_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "dynamic_shared_memory_type=mmap")
_NEW = ("--auth=trust", "--no-locale", "--no-sync")
_ACCOUNT = "postgres"
_PATIENCE = 30.0


@dataclass(frozen=True)
class PostgresServer:
    """A running server.

    Attributes:
        folder: Where its socket is; it listens nowhere else.
    """

    folder: Path

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def hang_up(self, url: str) -> None:
        """End all connections to a database, as a server does that stops."""
        query = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(query, [make_url(url).database])

    @contextmanager
    def closed(self, url: str) -> Iterator[None]:
        """Let nobody use a database while the block runs."""
        name = make_url(url).database
        self.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        self.hang_up(url)
        try:
            yield
        finally:
            self.run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    def run(self, statement: str) -> None:
        """Run a statement outside of any transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


def find_binaries() -> Path | None:
    """Return the folder of the server's binaries: on the PATH, or where Debian keeps them, which is not on it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)


@contextmanager
def running_server(binaries: Path, *, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a server while the block runs. It refuses to run as root: then it runs as Debian's account for it.

    Args:
        binaries: The folder of its binaries.
        durable: Whether what is committed is on disk, as benchmarks want it.
    """
    # The path of a socket is bounded, and pytest's own folders are closed to other accounts.
    folder = Path(tempfile.mkdtemp(prefix="gitopsmith-pg-"))
    try:
        if _is_root():
            os.chown(folder, pwd.getpwnam(_ACCOUNT).pw_uid, -1)
        made = _start(binaries / "initdb", "-D", folder / "data", "-U", "postgres", "-E", "UTF8", *_NEW)
        assert made.wait(_PATIENCE) == 0, "initdb failed"
        chosen = _SETTINGS if durable else (*_SETTINGS, *_FORGETFUL)
        settings = [word for setting in chosen for word in ("-c", setting)]
        process = _start(binaries / "postgres", "-D", folder / "data", "-k", folder, *settings)
        try:
            server = PostgresServer(folder)
            _wait(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # ends at once, and leaves nothing in shared memory
            process.wait(_PATIENCE)
    finally:
        shutil.rmtree(folder)


def _is_root() -> bool:
    return os.geteuid() == 0


def _start(*command: str | Path) -> subprocess.Popen[bytes]:
    account = pwd.getpwnam(_ACCOUNT) if _is_root() else None
    return subprocess.Popen(
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=[] if account else None,
    )


def _wait(server: PostgresServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None:
        try:
            psycopg.connect(server.url("postgres")).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"PostgreSQL ended with {process.returncode}")
