"""Durations as people write them: `90s`, `10m`, `2h`, `1d`."""

from __future__ import annotations

import re

from generator.core.errors import UserError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds_in(text: str, option: str, *, least: float) -> float:
    """Return how many seconds a duration has.

    Args:
        text: The duration.
        option: The option that holds it, as the error names it.
        least: The fewest seconds that make sense.

    Raises:
        UserError: It is no duration, or a shorter one.
    """
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip(), re.ASCII)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0.0
    if seconds < least:
        raise UserError(
            f"{option}: `{text[:40]}` is no duration of {least:g} seconds or more.", hint="Write 90s, 10m, 2h or 1d."
        )
    return seconds
