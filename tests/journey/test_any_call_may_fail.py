"""At each call of the journey something goes wrong, in every way there is; in the end all is as without it.

The calls are those that were made where nothing went wrong. In the short form each of them fails once without an effect
and once after its effect, in ways that take turns. `pytest -m soak` has every way at every call, and the short form for
a GitHub App, with protected branches and commits that GitHub makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.journey.mishaps import Mishap, changes, is_git, with_effect, without_effect
from tests.journey.organization import WAYS
from tests.journey.stages import STAGES
from tests.journey.sweep import Sweep, Walked
from tests.journey.world import world_in

_NOW = 2_000_000_000.0
_PARTS = 3
STAGE = pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
PART = pytest.mark.parametrize("part", range(_PARTS))

Sweeps = Callable[[str], Sweep]
"""Return the journey in a way of `WAYS`, walked once as it should be."""


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweeps]:
    known: dict[str, Sweep] = {}
    with ExitStack() as stack:

        def sweep(way: str) -> Sweep:
            if way not in known:
                folder = tmp_path_factory.mktemp(way)
                (folder / "before").mkdir()
                made = Sweep(stack.enter_context(world_in(folder, _NOW, WAYS[way])))
                made.walk_all(folder / "before")
                known[way] = made
            return known[way]

        yield sweep


@PART
@STAGE
def test_a_call_fails_without_an_effect_and_after_it(sweeps: Sweeps, stage: str, part: int) -> None:
    assert _problems_in_turn(sweeps("token"), stage, part) == []


@STAGE
def test_a_delivery_reaches_nobody(sweeps: Sweeps, stage: str) -> None:
    sweep = sweeps("token")
    walked = sweep.walked[stage]
    problems = [sweep.walk_and_lose(walked, number) for number in range(walked.deliveries)]
    assert list(filter(None, problems)) == []


@pytest.mark.soak
@pytest.mark.parametrize("attempts", [1, 4])
@STAGE
def test_each_call_fails_in_every_way(sweeps: Sweeps, stage: str, attempts: int) -> None:
    sweep = sweeps("token")
    walked = sweep.walked[stage]
    problems = [
        sweep.walk(walked, number, [mishap], attempts=attempts)
        for number, call in enumerate(walked.calls)
        # How often a call is made is the API's alone.
        if attempts == 1 or not is_git(call)
        for mishap in (*without_effect(call), *with_effect())
    ]
    assert list(filter(None, problems)) == []


@pytest.mark.soak
@PART
@STAGE
@pytest.mark.parametrize("way", ["app", "rules"])
def test_in_other_ways_a_call_fails_as_well(sweeps: Sweeps, way: str, stage: str, part: int) -> None:
    assert _problems_in_turn(sweeps(way), stage, part) == []


def _problems_in_turn(sweep: Sweep, stage: str, part: int) -> list[str]:
    """Return what is wrong in the end where calls of a stage fail, each in the ways whose turn it is."""
    walked = sweep.walked[stage]
    problems = [
        sweep.walk(walked, number, mishaps)
        for number in range(part, len(walked.calls), _PARTS)
        for mishaps in _in_turn(walked, number)
    ]
    return list(filter(None, problems))


def _in_turn(walked: Walked, number: int) -> list[list[Mishap]]:
    """Return with what a call fails: of a read nothing has an effect, so it may fail in both ways in one walk."""
    call = walked.calls[number]
    without = without_effect(call)
    # A git that waits costs seconds.
    done = with_effect()[:2] if is_git(call) else with_effect()
    one, other = without[number % len(without)], done[number % len(done)]
    return [[one], [other]] if changes(call) else [[one, other]]
