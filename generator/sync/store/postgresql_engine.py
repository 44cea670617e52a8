"""Connections to PostgreSQL that neither wait for ever nor let anybody wait for ever."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

_FRESH = 1.0
"""The seconds for which a connection that was just used is taken to be open without asking."""


def postgresql_engine(url: sa.URL, *, connections: int, patience: float) -> sa.Engine:
    """Return connections to a server; none is made yet.

    Args:
        url: Where it is. What is said in it of how to connect goes before what is said here.
        connections: How many at the most.
        patience: The seconds to wait for a connection or an answer.
    """
    defaults = {
        "application_name": "gitopsmith",
        "connect_timeout": max(2, round(patience)),  # libpq takes less for this
        "tcp_user_timeout": round(patience * 1000),
    }
    engine = sa.create_engine(
        url,
        connect_args={name: value for name, value in defaults.items() if name not in url.query},
        pool_size=connections,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        milliseconds = round(patience * 1000)
        connection.autocommit = True
        connection.execute(f"SET statement_timeout = {milliseconds}")
        # Who is paused in mid-transaction does not keep the others waiting.
        connection.execute(f"SET idle_in_transaction_session_timeout = {2 * milliseconds}")
        connection.autocommit = False

    @event.listens_for(engine, "checkin")
    def note(_connection: object, record: Any) -> None:
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: Any, record: Any, _proxy: object) -> None:
        # To ask each time costs as much as to write does.
        if time.monotonic() - record.info.get("used", 0.0) > _FRESH:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError("The connection is closed.") from error

    return engine
