"""Creates things on GitHub no faster than it takes them: a limit costs a minute, and not what was made before it."""

from __future__ import annotations

from typing import Any

from generator.hub.budget import Budget
from generator.hub.failures import LimitedError
from generator.hub.requester import Answer, Caller

_LONGEST = 60.0
"""The most seconds that are waited for a limit: as long as GitHub wants where it is met by too much in a minute."""
_ATTEMPTS = 3


class Pace:
    """Makes calls that create something. Several threads may call at once.

    Args:
        caller: Who calls. Where a budget observes it, all that it saw counts; else only what goes through here.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        observer = caller.conduct.observer
        self._is_own = not isinstance(observer, Budget)
        self._budget = observer if isinstance(observer, Budget) else Budget(caller.conduct.clock)

    def ask(self, verb: str, path: str, body: Any) -> Answer:
        """Make a call once GitHub will take it; it may be made again though it had its effect.

        Raises:
            RefusedError: GitHub refuses.
            UnavailableError: GitHub is away, or limits us for longer than is waited here.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._once(verb, path, body)
            except LimitedError as error:
                if (error.retry_after or 0.0) > _LONGEST:
                    raise
                self._caller.conduct.sleep(error.retry_after or _LONGEST)
        return self._once(verb, path, body)

    def _once(self, verb: str, path: str, body: Any) -> Answer:
        if seconds := self._budget.wait_to_commit():
            self._caller.conduct.sleep(seconds)
        try:
            return self._caller.ask(verb, path, body=body, repeatable=True)
        finally:
            if self._is_own:
                self._budget.called(f"{verb} {path}", 0, 0.0)
