"""What a benchmark found: two times for the same work, and the ratio that the design asks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One comparison.

    Attributes:
        what: The work.
        ours: Seconds that it takes here.
        theirs: Seconds that it takes the other.
        beside: Who the other is.
        bar: How many times faster this must be.
    """

    what: str
    ours: float
    theirs: float
    beside: str
    bar: float

    @property
    def ratio(self) -> float:
        """How many times faster this is."""
        return self.theirs / self.ours

    def __str__(self) -> str:
        return (
            f"{self.what}: {self.ours * 1000:.2f} ms, {self.beside} {self.theirs * 1000:.1f} ms: "
            f"{self.ratio:.0f} × faster (bar: {self.bar:g} ×)"
        )
