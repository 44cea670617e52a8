"""What it means when the database fails, in the codes of SQLite and PostgreSQL. Pure."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection

from generator.core.errors import GitopsmithError, TemporaryError, UserError

_DEADLOCK = re.compile("40001|40P01")
_PASSING = re.compile(
    # SQLite, https://www.sqlite.org/rescode.html: locked, the disk full or failing, out of memory or of handles.
    "SQLITE_(BUSY|LOCKED|FULL|IOERR|NOMEM|CANTOPEN|PROTOCOL|INTERRUPT)"
    # PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html: the connection, lost races, disk and
    # memory, locks, an operator or a timeout, the system below; read-only, since another server took over.
    "|08|40|53|55|57|58|25P03|25006"
)
_LASTING = (
    ("SQLITE_(NOTADB|CORRUPT)|XX00[12]|42P01", "Restore the database from a backup, or name another one."),
    ("SQLITE_(READONLY|PERM|AUTH)|28|3D|3F|42501", "Check the URL, and that the account may write there."),
)
"""Codes of what a person must mend, and what to do."""
_LASTING_WORDS = (
    ("no such table", "Restore the database from a backup, or name another one."),
    (
        r"authentication failed|no password supplied|no pg_hba\.conf entry|(role|database) .* does not exist"
        r"|permission denied|invalid (connection option|integer value|port number|sslmode value)",
        "Check the URL, and that the account may write there.",
    ),
)
"""The same in words: there are no codes while it connects to PostgreSQL, and only a general one in SQLite."""


_GENERAL = ("", "SQLITE_ERROR")


class Deadlock(TemporaryError):
    """The database undid a transaction because of another one: the same transaction again will pass."""


def explain(error: SQLAlchemyError, name: str) -> GitopsmithError | None:
    """Return what an error of the database means; None where it is a bug of ours.

    Args:
        error: The error.
        name: The database, as it may be shown: a path, or an address without its password.
    """
    if isinstance(error, NoConnection):
        return TemporaryError(f"{name}: all connections are in use.")
    if not isinstance(error, DBAPIError):
        return None
    code, words = _code(error), _words(error)
    told = f"{name}: {words}"
    if _DEADLOCK.match(code):
        return Deadlock(told)
    hints = [hint for pattern, hint in _LASTING if code and re.match(pattern, code)]
    hints += [hint for pattern, hint in _LASTING_WORDS if code in _GENERAL and re.search(pattern, words, re.IGNORECASE)]
    if hints:
        return UserError(told, hint=hints[0])
    passes = _PASSING.match(code) if code else _is_operational(error)
    return TemporaryError(told) if passes else None


def _code(error: DBAPIError) -> str:
    """Return SQLite's name of the error or PostgreSQL's SQLSTATE; empty where there is none."""
    return str(getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "")


def _is_operational(error: DBAPIError) -> bool:
    """Return whether the driver says that the database, and not the statement, is to blame."""
    return any(kind.__name__ in ("OperationalError", "InterfaceError") for kind in type(error.orig).__mro__)


def _words(error: DBAPIError) -> str:
    """Return the first line that the database said: never the statement, whose values may be secret."""
    return (str(error.orig).strip().splitlines() or ["it failed without a word"])[0][:300]
