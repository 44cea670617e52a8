"""The lines that `doctor` tells: what was looked at, and whether it is as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from generator.core.errors import GitopsmithError, UserError
from generator.hub.permissions import Permission


@dataclass(frozen=True)
class Line:
    """One thing that was looked at.

    Attributes:
        check: What it is.
        ok: Whether nothing has to be done about it.
        found: What was found, as a sentence.
        hint: What to do, or may be done; empty where there is nothing.
    """

    check: str
    ok: bool
    found: str
    hint: str = ""

    def row(self) -> dict[str, str]:
        """Return it as plain values."""
        state = "missing" if not self.ok else "note" if self.hint else "ok"
        return {"check": self.check, "state": state, "found": self.found, "hint": self.hint}


def seen(check: str, look: Callable[[], str]) -> Line:
    """Return what a look found, or why there was nothing to be found."""
    try:
        return Line(check, True, look())
    except GitopsmithError as error:
        return missing(check, error)


def missing(check: str, error: GitopsmithError) -> Line:
    """Return the line of an error."""
    if isinstance(error, UserError):
        return Line(check, False, error.message, error.hint)
    return Line(check, False, str(error), "Check the network, or try again later.")


def listed(permissions: Iterable[Permission]) -> str:
    """Return permissions, each with its reason."""
    return "; ".join(f"{permission} ({permission.reason})" for permission in permissions)
