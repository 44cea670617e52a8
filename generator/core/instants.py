"""Instants: ISO 8601 texts as seconds, so that times are compared and added without a clock.

The form is GitHub's and Kubernetes', https://www.rfc-editor.org/rfc/rfc3339: `2026-01-31T12:00:00Z`.
"""

from __future__ import annotations

import re

from generator.core.errors import UserError

_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|([-+])(\d\d):(\d\d))", re.ASCII
)
_DAY = 86_400
_DAYS_OF_400_YEARS = 146_097
_DAYS_TO_1970 = 719_468
"""Days from 1 March of the year 0 to 1 January 1970."""
_LAST = 253_402_300_799
"""The last second that four digits of a year can write."""
_UNITS = {"h": 3600, "d": _DAY}


def parse_instant(text: str) -> int:
    """Return an instant as seconds since 1970, UTC; fractions of a second are dropped.

    Raises:
        UserError: The text is no instant: a time without its offset from UTC is not.
    """
    match = _FORM.fullmatch(text)
    if match:
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        offset = int(match[8] or 0) * 3600 + int(match[9] or 0) * 60
        seconds = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second
        seconds -= -offset if match[7] == "-" else offset
        # 23:59:60 is the leap second, which this count does not have. A 31 April would come back as 1 May.
        if _date(_days(year, month, day)) == (year, month, day) and hour < 24 and minute < 60 and second <= 60:  # noqa: PLR2004
            return min(max(seconds, 0), _LAST)
    raise UserError(f"`{text[:60]}` is no time.", hint="Write it as 2026-01-31T12:00:00Z.")


def show_instant(seconds: int) -> str:
    """Return the text of an instant; one after the year 9999 is its last second."""
    days, rest = divmod(min(max(seconds, 0), _LAST), _DAY)
    year, month, day = _date(days)
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def seconds_of(duration: str) -> int:
    """Return how long `72h` or `3d` are, a hundred years at most."""
    return min(int(duration[:-1]), 100 * 366 * 24) * _UNITS[duration[-1]]


# The next two count years from 1 March, so that the leap day is the last of its year: then every month begins at the
# day (153 m + 2) / 5. See https://howardhinnant.github.io/date_algorithms.html.


def _days(year: int, month: int, day: int) -> int:
    year, month = (year - 1, month + 9) if month < 3 else (year, month - 3)  # noqa: PLR2004  (March)
    leap_days = year // 4 - year // 100 + year // 400
    return 365 * year + leap_days + (153 * month + 2) // 5 + day - 1 - _DAYS_TO_1970


def _date(days: int) -> tuple[int, int, int]:
    era, in_era = divmod(days + _DAYS_TO_1970, _DAYS_OF_400_YEARS)
    of_era = (in_era - in_era // 1460 + in_era // 36_524 - in_era // 146_096) // 365
    in_year = in_era - (365 * of_era + of_era // 4 - of_era // 100)
    month = (5 * in_year + 2) // 153
    day = in_year - (153 * month + 2) // 5 + 1
    year = 400 * era + of_era
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)  # noqa: PLR2004  (before January)
