"""Waits for a repository that GitHub has just created: one part of GitHub knows of it some time before another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from generator.core.errors import TemporaryError
from generator.gitrepo.failures import NoRepositoryError
from generator.hub.failures import NotFoundError

_PAUSE = 2.0
_PAUSES = 30
_NOT_THERE = (NotFoundError, NoRepositoryError)

Result = TypeVar("Result")


@dataclass(frozen=True)
class Appearing:
    """A repository that is worked on.

    Attributes:
        slug: Its owner and name.
        is_new: Whether it was created a moment ago; of any other, what is not there is not there.
        sleep: How to wait.
    """

    slug: str
    is_new: bool
    sleep: Callable[[float], None]

    def call(self, action: Callable[[], Result]) -> Result:
        """Return what an action on the repository returns, repeated for a minute where it is not there for it yet.

        Args:
            action: Calls GitHub, or its git; where the repository is not there for it, it has no effect.

        Raises:
            TemporaryError: It is still not there.
        """
        if not self.is_new:
            return action()
        for _ in range(_PAUSES):
            try:
                return action()
            except _NOT_THERE:
                self.sleep(_PAUSE)
        try:
            return action()
        except _NOT_THERE as error:
            raise TemporaryError(
                f"{self.slug} was created, and after {_PAUSE * _PAUSES:.0f} s GitHub still does not have it "
                f"everywhere. {error.message}"
            ) from error
