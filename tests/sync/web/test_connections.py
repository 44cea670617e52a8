"""The connections of a server: there is room for whoever comes, as long as anybody only waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from structlog.testing import capture_logs

from generator.sync.web.connections import Connections


@dataclass(eq=False)
class Line:
    """A connection that tells whether it was hung up on."""

    aborted: bool = False
    transport: asyncio.Transport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = cast(asyncio.Transport, self)

    def abort(self) -> None:
        self.aborted = True


def test_who_waits_longest_goes_first_and_nobody_before_there_is_need() -> None:
    lines = [Line() for _ in range(5)]
    connections = Connections(3)
    for line in lines[:3]:
        connections.made(line)
    connections.works(lines[0])
    connections.waits(lines[0])
    connections.waits(lines[1])  # still: a part of a request comes
    assert not any(line.aborted for line in lines)
    connections.made(lines[3])
    assert [line.aborted for line in lines] == [False, True, False, False, False]
    connections.lost(lines[1])
    connections.lost(lines[3])
    connections.made(lines[4])
    assert sum(line.aborted for line in lines) == 1


def test_where_all_are_at_work_who_comes_has_to_go() -> None:
    busy, late = Line(), Line()
    connections = Connections(1)
    connections.made(busy)
    connections.works(busy)
    connections.made(late)
    assert (busy.aborted, late.aborted) == (False, True)


def test_that_there_is_no_room_is_told_once_a_minute() -> None:
    now = [100.0]
    connections = Connections(1, lambda: now[0])
    with capture_logs() as logs:
        for seconds in (0, 0, 59, 1, 30):
            now[0] += seconds
            connections.made(Line())
    assert len(logs) == 2
