"""What goes wrong on demand: before a request is looked at, or after it had its effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.github_double.refusals import Refusal


@dataclass(frozen=True)
class Answer:
    """An answer instead of what would have been; nothing happens.

    Attributes:
        status: Its status.
        message: GitHub's words.
        headers: More headers.
        text: The body where it is no JSON, as that of a proxy.
    """

    status: int
    message: str = "Server Error"
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def refusal(self) -> Refusal:
        return Refusal(self.status, self.message, headers=self.headers)


@dataclass(frozen=True)
class Slow:
    """The answer comes that many seconds late, or never where the double is stopped before."""

    seconds: float


@dataclass(frozen=True)
class Unheard:
    """The connection ends before the request was looked at."""


@dataclass(frozen=True)
class CutOff:
    """The request has its effect, but the connection ends within the answer.

    Attributes:
        share: How much of the body still arrives, from 0 to 1; nothing at all, not even a status, where it is None.
    """

    share: float | None = 0.5


@dataclass(frozen=True)
class Held:
    """The request has its effect, but no answer comes for as long as the client waits for it."""


@dataclass(frozen=True)
class Exhausted:
    """The request is the first of too many: for so many seconds nobody may call the API; git is not limited by that."""

    seconds: float


@dataclass(frozen=True)
class Away:
    """From this request on GitHub is away, for the API and for git, for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Meanwhile:
    """Something happens just before the request is answered."""

    happens: Callable[[], Any]


Fault = Answer | Slow | Unheard | CutOff | Held | Exhausted | Away | Meanwhile

AWAY = Answer(503, "Service Unavailable")
SECONDARY_LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass
class Rule:
    """When a fault comes.

    Attributes:
        fault: The fault.
        requests: What it comes to: a pattern for `VERB /path?query`, anywhere in it.
        skip: How many of those are let pass before.
        times: To how many it comes; None for all.
        seen: How many of those there were so far.
    """

    fault: Fault
    requests: re.Pattern[str]
    skip: int
    times: int | None
    seen: int = 0

    def strikes(self, line: str) -> bool:
        if not self.requests.search(line):
            return False
        self.seen += 1
        return self.seen > self.skip and (self.times is None or self.seen <= self.skip + self.times)


@dataclass
class Row:
    """Faults that come to one request and to its repetitions, one to each.

    Attributes:
        faults: The faults, in order.
        skip: How many requests, of whatever kind, are let pass before the first.
        line: The request that they come to: its verb, path and query; empty before the first came.
        came: How many of the faults came.
    """

    faults: Sequence[Fault]
    skip: int
    line: str = ""
    came: int = 0

    def next_for(self, line: str) -> Fault | None:
        """Return the fault that comes to a request, if one does."""
        if self.skip:
            self.skip -= 1
            return None
        self.line = self.line or line
        if line != self.line or self.came == len(self.faults):
            return None
        self.came += 1
        return self.faults[self.came - 1]


class Faults:
    """The faults that a test asked for."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._rows: list[Row] = []

    def add(self, fault: Fault, requests: str = "", *, skip: int = 0, times: int | None = 1) -> Rule:
        """Let a fault come.

        Args:
            fault: The fault.
            requests: A pattern for `VERB /path?query`; every request where it is empty.
            skip: How many of those requests are let pass before.
            times: To how many it comes; None for all that follow.
        """
        rule = Rule(fault, re.compile(requests), skip, times)
        self._rules.append(rule)
        return rule

    def add_row(self, row: Row) -> None:
        """Let faults come to one request and its repetitions."""
        self._rows.append(row)

    def clear(self) -> None:
        self._rules.clear()
        self._rows.clear()

    def of(self, line: str) -> list[Fault]:
        """Return the faults that come to a request; each rule counts it."""
        found = [rule.fault for rule in self._rules if rule.strikes(line)]
        return found + [fault for row in self._rows if (fault := row.next_for(line)) is not None]
