"""At each call of the journey something goes wrong, in every way there is; in the end all is as without it.

The calls are those that were made where nothing went wrong. In the short form each of them fails once without an effect
and once after its effect, in ways that take turns; `pytest -m soak` has every way at every call.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journey.mishaps import Mishap, changes, is_git, with_effect, without_effect
from tests.journey.organization import WAYS
from tests.journey.stages import STAGES
from tests.journey.sweep import Sweep, Walked
from tests.journey.world import world_in

_NOW = 2_000_000_000.0
"""Later than it is, as the credentials of a GitHub App must not seem to be of the future."""
_PARTS = 3
_THOROUGH = 4
"""To look at everything each time would take as long as all the rest."""
STAGE = pytest.mark.parametrize("stage", [stage.name for stage in STAGES])


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    folder = tmp_path_factory.mktemp("journey")
    (folder / "before").mkdir()
    with world_in(folder, _NOW, WAYS["token"]) as world:
        made = Sweep(world)
        made.walk_all(folder / "before")
        yield made


@pytest.mark.parametrize("part", range(_PARTS))
@STAGE
def test_a_call_fails_without_an_effect_and_after_it(sweep: Sweep, stage: str, part: int) -> None:
    walked = sweep.walked[stage]
    problems = [
        sweep.walk(walked, call, mishaps, thorough=call % _THOROUGH == 0)
        for call in range(part, len(walked.calls), _PARTS)
        for mishaps in _in_turn(walked, call)
    ]
    assert list(filter(None, problems)) == []


@STAGE
def test_a_delivery_reaches_nobody(sweep: Sweep, stage: str) -> None:
    walked = sweep.walked[stage]
    problems = [sweep.walk_and_lose(walked, number) for number in range(walked.deliveries)]
    assert list(filter(None, problems)) == []


@pytest.mark.soak
@pytest.mark.parametrize("attempts", [1, 4])
@STAGE
def test_each_call_fails_in_every_way(sweep: Sweep, stage: str, attempts: int) -> None:
    walked = sweep.walked[stage]
    problems = [
        sweep.walk(walked, number, [mishap], attempts=attempts)
        for number, call in enumerate(walked.calls)
        if attempts == 1 or not is_git(call)
        for mishap in (*without_effect(call), *with_effect())
    ]
    assert list(filter(None, problems)) == []


def _in_turn(walked: Walked, number: int) -> list[list[Mishap]]:
    """Return with what a call fails: of a read nothing has an effect, so it may fail in both ways in one walk."""
    call = walked.calls[number]
    without = without_effect(call)
    # A git that waits costs seconds.
    done = with_effect()[:2] if is_git(call) else with_effect()
    one, other = without[number % len(without)], done[number % len(done)]
    return [[one], [other]] if changes(call) else [[one, other]]
