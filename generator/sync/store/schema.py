"""The tables of the sync, and how a database of an older version becomes one of this version.

DBOS keeps tables of its own in the same database, so every name of ours begins with `gitopsmith_`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from generator.core.errors import UserError

Upgrade = Callable[[sa.Connection], None]

UPGRADES: tuple[Upgrade, ...] = ()
"""What leads from each version to the next; the first one from version 1 to 2. Processes of the version before may be
at work meanwhile, on PostgreSQL: an upgrade adds, and what nobody uses any more goes one version later."""

METADATA = sa.MetaData()

# Bytes are compared, not letters: as Python does, and whatever the language of the server.
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # only INTEGER counts up by itself in SQLite

IS_WAITING = sa.text("state = 'waiting'")
"""A literal, never a parameter: only then the index of those that wait is used."""

DELIVERIES = sa.Table(
    "gitopsmith_deliveries",
    METADATA,
    sa.Column("sequence", _COUNTER, primary_key=True),
    sa.Column("id", _TEXT, nullable=False, unique=True),
    sa.Column("event", _TEXT, nullable=False),
    sa.Column("action", _TEXT, nullable=False),
    sa.Column("repository", _TEXT, nullable=False),
    sa.Column("subject", _TEXT, nullable=False),
    sa.Column("occurred_at", _TEXT, nullable=False),
    sa.Column("happened", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.Boolean, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("result", _TEXT),
    sa.Column("reason", _TEXT, nullable=False, default=""),
    sa.Column("commit_id", _TEXT, nullable=False, default=""),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", sa.Double, nullable=False, default=0.0),
    sa.Column("waiting_for", _TEXT, nullable=False, default=""),
    sa.Column("waited", sa.Double, nullable=False, default=0.0),
    sa.Column("finished_at", sa.Double),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Index("gitopsmith_deliveries_waiting", "sequence", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
    sa.Index("gitopsmith_deliveries_subject", "subject", "happened"),
    sqlite_autoincrement=True,  # a pruned delivery's place is never given to another one
)
"""Deliveries without their payloads. `happened` and `ends` are `Delivery.age`, `size` is the payload's as it came."""

PAYLOADS = sa.Table(
    "gitopsmith_payloads",
    METADATA,
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
)
"""Payloads, compressed. They are apart because SQLite writes a whole row again when one of its columns changes."""

EFFECTS = sa.Table(
    "gitopsmith_effects",
    METADATA,
    sa.Column("subject", _TEXT, primary_key=True),
    sa.Column("place", _TEXT, primary_key=True),
)
"""What was brought where, `app/environment`. It outlives the deliveries: what a person took back is not brought again,
however long ago that was."""

REPORTS = sa.Table(
    "gitopsmith_reports",
    METADATA,
    sa.Column("kind", _TEXT, primary_key=True),
    sa.Column("key", _TEXT, primary_key=True),
    sa.Column("content", _TEXT, nullable=False),
    sa.Column("state", _TEXT, nullable=False),
    sa.Column("wanted", _TEXT, nullable=False),
    sa.Column("reported", _TEXT, nullable=False, default=""),
    sa.Column("remote_id", sa.BigInteger),
    sa.Column("changed_at", sa.Double, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", sa.Double, nullable=False, default=0.0),
    sa.Column("look_at", sa.Double, nullable=False, default=0.0),
    sa.Column("leased_by", _TEXT, nullable=False, default=""),
    sa.Column("leased_until", sa.Double, nullable=False, default=0.0),
    sa.Column("problem", _TEXT, nullable=False, default=""),
)
"""What GitHub should be told: `wanted` is the fingerprint of that, `reported` the one of what it was told last."""

EXECUTORS = sa.Table(
    "gitopsmith_executors",
    METADATA,
    sa.Column("executor", _TEXT, primary_key=True),
    sa.Column("seen_at", sa.Double, nullable=False),
)
"""The processes at work, and when each was last seen by the database's clock."""

_SCHEMA = sa.Table("gitopsmith_schema", METADATA, sa.Column("version", sa.Integer, nullable=False))

_LOCK = 0x6769746F70736D  # any number that no other program takes as the name of its lock: "gitopsm"


def insert_into(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can say what becomes of rows that are there; each database has its own class for it."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def version_of(connection: sa.Connection) -> int:
    """Return the version of our tables; 0 where there are none."""
    if not sa.inspect(connection).has_table(_SCHEMA.name):
        return 0
    version: int = connection.execute(sa.select(_SCHEMA.c.version)).scalar_one()
    return version


def migrate(connection: sa.Connection, upgrades: Sequence[Upgrade] = UPGRADES) -> int:
    """Make the tables, or bring older ones to this version, in the transaction of the caller.

    Args:
        connection: The database; where it is SQLite, locked for writing.
        upgrades: What leads from each version to the next.

    Returns:
        The version of the tables then; a newer one where they are of that.

    Raises:
        UserError: The database keeps texts in another encoding than UTF-8.
    """
    if connection.dialect.name == "postgresql":
        _prepare_postgresql(connection)
    version, latest = version_of(connection), 1 + len(upgrades)
    if version == 0:
        METADATA.create_all(connection)
        connection.execute(_SCHEMA.insert(), {"version": latest})
    elif version < latest:
        for upgrade in upgrades[version - 1 :]:
            upgrade(connection)
        connection.execute(_SCHEMA.update(), {"version": latest})
    return max(version, latest)


def _prepare_postgresql(connection: sa.Connection) -> None:
    """Let nobody else migrate meanwhile, and let it take its time."""
    encoding = connection.execute(sa.text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise UserError(
            f"The database keeps texts in {encoding}, which has no room for the names of all branches and tags.",
            hint="Create it with ENCODING 'UTF8'.",
        )
    connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
