"""Spares the time of all on a registry that does not answer: who waits for its images holds up nobody else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from generator.core.errors import TemporaryError
from generator.registries.reference import ImageReference
from generator.registries.registry import Presence
from generator.sync.images import Registry

_PAUSE = 5.0
"""How many times as long as it was asked in vain a registry is not asked: so it takes a sixth of the time at most."""
_LONGEST = 120.0


@dataclass(frozen=True)
class _Away:
    until: float
    reason: str


class SparingRegistry:
    """A registry that is not asked for a while after it was asked in vain, for whatever image of the same host.

    Args:
        registry: Who is asked.
        monotonic: Seconds that no change of the clock makes jump.
    """

    def __init__(self, registry: Registry, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._registry = registry
        self._monotonic = monotonic
        self._away: dict[str, _Away] = {}

    def presence(self, reference: ImageReference) -> Presence:
        """Return whether an image is there.

        Raises:
            UserError: The registry does not let us in.
            TemporaryError: The registry is away, or was a moment ago.
        """
        began = self._monotonic()
        if (away := self._away.get(reference.host)) and began < away.until:
            raise TemporaryError(away.reason)
        try:
            return self._registry.presence(reference)
        except TemporaryError as error:
            now = self._monotonic()
            self._away[reference.host] = _Away(now + min(_LONGEST, _PAUSE * (now - began)), str(error))
            raise
