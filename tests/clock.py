"""A time that tests set: nothing is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """A time that passes only where somebody sleeps, or says so.

    Attributes:
        now: The time, in seconds since 1970.
        slept: The seconds that were slept.
    """

    now: float = 1_800_000_000.0
    slept: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
