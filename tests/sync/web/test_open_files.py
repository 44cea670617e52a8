"""How many connections there may be: as many as the files of the process allow, and some are for its work."""

from __future__ import annotations

import resource

import pytest

from generator.sync.web.open_files import MOST_CONNECTIONS, room_for_connections

NONE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised", "connections"),
    [
        ((1024, 1024), None, 824),
        ((1024, 4096), (4096, 4096), 3896),
        ((1024, 1_048_576), (65_536, 1_048_576), MOST_CONNECTIONS),
        ((1024, NONE), (65_536, NONE), MOST_CONNECTIONS),
        ((NONE, NONE), None, MOST_CONNECTIONS),
        ((1_000_000, 1_048_576), None, MOST_CONNECTIONS),
        ((160, 160), None, 80),
    ],
)
def test_the_limit_is_raised_as_far_as_it_goes_and_a_share_of_it_is_not_for_connections(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised: tuple[int, int] | None, connections: int
) -> None:
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: told.append(new))
    assert room_for_connections() == connections
    assert told == ([raised] if raised else [])


def test_a_limit_that_may_not_be_raised_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, NONE))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert room_for_connections() == 128
