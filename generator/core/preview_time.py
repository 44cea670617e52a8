"""How long previews stay: activity is counted in quarters of that time, so that not every comment is a commit."""

from __future__ import annotations

from dataclasses import dataclass

from generator.core.documents import Preview
from generator.core.instants import parse_instant, seconds_of, show_instant


@dataclass(frozen=True)
class Stay:
    """What is recorded of a preview's time, in seconds since 1970.

    Attributes:
        updated: The beginning of the quarter in which its last activity was.
        expires: When it goes if nothing happens.
    """

    updated: int
    expires: int


def stay(policy: Preview, activity: int) -> Stay:
    """Return how long a preview stays after its last activity.

    It never goes before the time that its app gives it, and at most a quarter of that later. All activity within one
    quarter is recorded alike.

    Args:
        policy: What the app wants of its previews.
        activity: The last activity, in seconds since 1970.
    """
    time = seconds_of(policy.ttl)
    quarter = time // 4
    updated = activity - activity % quarter
    # What is recorded ends with the year 9999.
    return Stay(updated, parse_instant(show_instant(updated + quarter + time)))
