"""The values of a label of a metric: bounded in number, whatever comes from outside."""

from __future__ import annotations

from collections.abc import Collection

OTHER = "other"
"""What stands for every value that has no series of its own."""


class LabelValues:
    """The values of a label that are not known in advance.

    Args:
        limit: How many have series of their own: the first ones that are met.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._met: set[str] = set()

    def __call__(self, value: str) -> str:
        """Return a value, or what stands for it."""
        if value not in self._met:
            if len(self._met) >= self._limit:
                return OTHER
            self._met.add(value)
        return value


def one_of(value: str, known: Collection[str]) -> str:
    """Return a value that is known, or what stands for all others."""
    return value if value in known else OTHER
