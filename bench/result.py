"""What a benchmark found: two times for the same work, and the bar that they are held to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One comparison.

    Attributes:
        what: The work.
        ours: Seconds that it takes here.
        theirs: Seconds that it takes the other.
        beside: Who the other is: a peer, or a limit that nobody can beat.
        bar: How many times faster than the other this must be; less than 1 where the other is a limit; None where the
            seconds alone count.
        seconds: The most seconds that it may take, where the design says so.
        note: What else was measured in the same run.
    """

    what: str
    ours: float
    theirs: float
    beside: str
    bar: float | None
    seconds: float | None = None
    note: str = ""

    @property
    def ratio(self) -> str:
        """How this compares with the other."""
        return _compared(self.theirs / self.ours)

    @property
    def demand(self) -> str:
        """What the bar asks for."""
        demanded = []
        if self.bar is not None:
            demanded.append(f"≥ {self.bar:g} × faster" if self.bar >= 1 else f"≤ {1 / self.bar:g} × its time")
        if self.seconds is not None:
            demanded.append(f"≤ {self.seconds:g} s")
        return ", ".join(demanded) or "none"

    @property
    def reached(self) -> bool:
        """Whether the bar was reached in this run."""
        in_time = self.seconds is None or self.ours <= self.seconds
        return in_time and (self.bar is None or self.theirs / self.ours >= self.bar)

    def __str__(self) -> str:
        return (
            f"{self.what}: {shown(self.ours)}, {self.beside} {shown(self.theirs)}: {self.ratio} "
            f"(bar: {self.demand}) {self.note}"
        ).rstrip()


def shown(seconds: float) -> str:
    """Return a time as people read it."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.{1 if seconds >= 0.1 else 2}f} ms"


def _compared(times: float) -> str:
    return f"{times:.0f} × faster" if times >= 1 else f"{1 / times:.1f} × its time"
