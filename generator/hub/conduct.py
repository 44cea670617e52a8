"""How calls of GitHub are made: how long each may take, how often it is repeated, who counts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Observer(Protocol):
    """Whoever counts calls."""

    def called(self, api: str, status: int, seconds: float) -> None:
        """Take note of a call.

        Args:
            api: What was asked for, in words that name no repository: `GET /repos/{}/{}/releases`.
            status: The HTTP status; 0 where no answer came.
            seconds: What it took.
        """
        ...

    def limit(self, remaining: int, limit: int, reset: float) -> None:
        """Take note of what GitHub says of its limit.

        Args:
            remaining: The calls that are left.
            limit: The calls that there are from one reset to the next.
            reset: When they are there again, in seconds since 1970.
        """
        ...

    def limited(self, seconds: float) -> None:
        """Take note that GitHub wants to be left alone, by whichever of its limits.

        Args:
            seconds: For how long, from 1 to 3600; 60 where GitHub does not say.
        """
        ...


@dataclass(frozen=True)
class Patience:
    """How long a call may take, and how often it is made.

    Attributes:
        timeout: The seconds to wait for a connection, and for each piece of an answer; GitHub itself gives up after 10.
        attempts: How often a call is made that fails by what may pass.
        first: The most seconds that are waited after the first failure; after each further one twice as many.
        longest: The most seconds that are waited after any. Where GitHub wants more, the call fails at once.
    """

    timeout: float = 15.0
    attempts: int = 4
    first: float = 0.5
    longest: float = 5.0

    def delay(self, failures: int, luck: float) -> float:
        """Return the seconds to wait after so many failures; `luck`, from 0 to 1, keeps callers apart."""
        return min(self.longest, self.first * 2.0 ** (failures - 1)) * luck


class Unobserved:
    """Counts nothing."""

    def called(self, api: str, status: int, seconds: float) -> None:
        """Take note of a call: not at all."""

    def limit(self, remaining: int, limit: int, reset: float) -> None:
        """Take note of a limit: not at all."""

    def limited(self, seconds: float) -> None:
        """Take note that GitHub wants to be left alone: not at all."""


PATIENT = Patience()
UNOBSERVED = Unobserved()


@dataclass(frozen=True)
class Conduct:
    """How calls are made, the same for all of a connection.

    Attributes:
        patience: How long and how often.
        observer: Who counts.
        sleep: How to wait.
        luck: A random number from 0 to 1.
        clock: The time, in seconds since 1970.
        learn: Is told each secret that calls are made with as soon as it is known, so that no log tells it.
    """

    patience: Patience = PATIENT
    observer: Observer = UNOBSERVED
    sleep: Callable[[float], None] = time.sleep
    luck: Callable[[], float] = random.random
    clock: Callable[[], float] = time.time
    learn: Callable[[str], None] = lambda _: None
