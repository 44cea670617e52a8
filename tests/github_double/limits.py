"""How many requests each identity may still make; https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.github_double.faults import SECONDARY_LIMIT
from tests.github_double.identities import Identity
from tests.github_double.refusals import Refusal

_MINUTE, _HOUR = 60, 3600


@dataclass
class Limit:
    """What is left to one identity."""

    limit: int
    remaining: int
    reset: int


class Limits:
    """Counts requests.

    Attributes:
        an_hour: How many an identity may make in an hour; set it before the first request.
        a_minute: How many of them may change something in a minute, the secondary limit; 0 where that is not counted.
    """

    def __init__(self, clock: Callable[[], float], an_hour: int = 5000) -> None:
        self._clock = clock
        self.an_hour = an_hour
        self.a_minute = 0
        self._writes: dict[str, list[float]] = {}
        self._limits: dict[str, Limit] = {}
        self._dry_until = 0

    def forget(self) -> None:
        """Begin anew, as if nobody had asked for anything."""
        self._limits.clear()
        self._writes.clear()
        self._dry_until = 0

    def of(self, key: str) -> Limit:
        """Return what is left to an identity; a new hour begins when the old one is over."""
        found = self._limits.get(key)
        if found is None or found.reset <= self._clock():
            found = self._limits[key] = Limit(self.an_hour, self.an_hour, int(self._clock()) + _HOUR)
            if self._dry_until > self._clock():
                found.remaining, found.reset = 0, self._dry_until
        return found

    def exhaust(self, seconds: float, key: str = "") -> None:
        """Leave nothing to an identity, or to all, for so many seconds."""
        until = int(self._clock() + seconds)
        self._dry_until = self._dry_until if key else until
        for found in [self.of(key)] if key else self._limits.values():
            found.remaining, found.reset = 0, until

    def check(self, identity: Identity, verb: str) -> None:
        """Let a request pass.

        Raises:
            Refusal: There is nothing left.
        """
        if self.of(identity.key).remaining <= 0:
            raise Refusal(403, f"API rate limit exceeded for {identity.key}.")
        if self.a_minute and verb != "GET":
            self._check_writes(identity.key)

    def _check_writes(self, key: str) -> None:
        now = self._clock()
        recent = [at for at in self._writes.get(key, []) if at > now - _MINUTE]
        if len(recent) >= self.a_minute:
            raise Refusal(403, SECONDARY_LIMIT, headers={"Retry-After": str(_MINUTE)})
        self._writes[key] = [*recent, now]

    def count(self, identity: Identity) -> None:
        found = self.of(identity.key)
        found.remaining = max(0, found.remaining - 1)

    def headers(self, identity: Identity) -> dict[str, str]:
        found = self.of(identity.key)
        return {
            "X-RateLimit-Limit": str(found.limit),
            "X-RateLimit-Remaining": str(found.remaining),
            "X-RateLimit-Used": str(found.limit - found.remaining),
            "X-RateLimit-Reset": str(found.reset),
            "X-RateLimit-Resource": "core",
        }
