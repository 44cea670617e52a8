"""What may still be asked of GitHub, so that telling it things never keeps reads and commits from their share.

Limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api. An account has so many calls an
hour; beside that nobody may make more than 80 calls a minute, or 500 an hour, that create something.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from generator.hub.conduct import UNOBSERVED, Observer

_MINUTE, _HOUR = 60.0, 3600.0
_COMMITS_A_MINUTE = 75
"""What commits may create in a minute, reports included: of GitHub's 80 a few are left to other processes."""
_READS = ("GET ", "HEAD ")
_NOT_CREATING = ("/app/installations/", "/graphql")


@dataclass(frozen=True)
class Shares:
    """How much of GitHub's limits reports may use; the rest is for reads, commits and whatever else there is.

    Attributes:
        a_minute: The calls that create something, in a minute; GitHub allows 80.
        an_hour: The calls that create something, in an hour; GitHub allows 500.
        reserve: The share of an account's calls that is left alone, from 0 to 1.
        ease: The share of an account's calls below which what is left is spread over the time until there are more.
    """

    a_minute: int = 60
    an_hour: int = 400
    reserve: float = 0.2
    ease: float = 0.5


@dataclass(frozen=True)
class _Left:
    remaining: int
    limit: int


class Budget:
    """Counts what is asked of GitHub, and says how long a report should wait. Any thread may call it.

    It is the observer of a connection's conduct, so that it sees every call of the process.

    Args:
        clock: The time, in seconds since 1970.
        observer: Who counts beside it.
        shares: How much reports may use.
        on_wait: Is told the seconds that a report is to wait, where it is.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        observer: Observer = UNOBSERVED,
        shares: Shares = Shares(),
        on_wait: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._clock = clock
        self._observer = observer
        self._shares = shares
        self._on_wait = on_wait
        self._lock = Lock()
        # Of what was created, no more than this is ever looked back to.
        self._created: deque[float] = deque(maxlen=max(shares.a_minute, shares.an_hour, _COMMITS_A_MINUTE))
        self._left: dict[float, _Left] = {}
        self._paused_until = 0.0
        self._last = 0.0

    def called(self, api: str, status: int, seconds: float) -> None:
        """Take note of a call; see `Observer`."""
        self._observer.called(api, status, seconds)
        with self._lock:
            if not api.startswith(_READS) and not any(path in api for path in _NOT_CREATING):
                self._created.append(self._clock())

    def limit(self, remaining: int, limit: int, reset: float) -> None:
        """Take note of what GitHub says of its limit; see `Observer`."""
        self._observer.limit(remaining, limit, reset)
        with self._lock:
            # Each account has its own, and a reset of its own: the scarcest counts.
            self._left[reset] = _Left(remaining, limit)

    def limited(self, seconds: float) -> None:
        """Take note that GitHub wants to be left alone; see `Observer`. Whichever call it said so to, reports wait."""
        self._observer.limited(seconds)
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        """Let no report be made for so many seconds: GitHub said so."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def wait(self) -> float:
        """Return the seconds until the next report may be made; 0 where it may be made now."""
        with self._lock:
            now = self._clock()
            seconds = max(self._paused_until - now, self._content(now), self._calls(now), 0.0)
        if seconds:
            self._on_wait(seconds)
        return seconds

    def wait_to_commit(self) -> float:
        """Return the seconds until a commit may create something; 0 where it may now.

        It does not wait where reports have to. Nor for the hour: whether GitHub counts what commits consist of there,
        GitHub has to say.
        """
        with self._lock:
            now = self._clock()
            return max(self._full(now, _COMMITS_A_MINUTE, _MINUTE), 0.0)

    def spend(self) -> None:
        """Take note that a report is made now."""
        with self._lock:
            self._last = self._clock()

    def _content(self, now: float) -> float:
        """Return the seconds until something may be created again."""
        shares = self._shares
        return max(self._full(now, shares.a_minute, _MINUTE), self._full(now, shares.an_hour, _HOUR), 0.0)

    def _full(self, now: float, most: int, span: float) -> float:
        """Return the seconds until less was created in a span of time than the most; not above 0 where it is so now."""
        return self._created[-most] + span - now if len(self._created) >= most else 0.0

    def _calls(self, now: float) -> float:
        """Return the seconds to wait so that enough calls are left for everybody else."""
        self._left = {reset: left for reset, left in self._left.items() if reset > now}
        waits = [0.0]
        for reset, left in self._left.items():
            share = left.remaining / left.limit if left.limit else 0.0
            if share <= self._shares.reserve:
                waits.append(reset - now)
            elif share < self._shares.ease:
                # A report makes about three calls.
                spare = (left.remaining - self._shares.reserve * left.limit) / 3
                waits.append(self._last + (reset - now) / max(spare, 1.0) - now)
        return max(waits)
