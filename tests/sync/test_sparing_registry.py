"""A registry that does not answer: it costs a share of the time, and not all of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.registries.reference import ImageReference
from generator.registries.registry import Presence
from generator.sync.sparing_registry import SparingRegistry

ONE, OTHER = ImageReference.parse("slow.example/acme/one:1"), ImageReference.parse("slow.example/acme/other:1")
ELSEWHERE = ImageReference.parse("quick.example/acme/one:1")


@dataclass
class Slow:
    """A registry that takes its time."""

    now: float = 0.0
    seconds: float = 10.0
    fault: Exception | None = field(default_factory=lambda: TemporaryError("slow.example does not answer"))
    asked: list[str] = field(default_factory=list)

    def presence(self, reference: ImageReference) -> Presence:
        self.asked.append(reference.host)
        if reference.host == ELSEWHERE.host:
            return Presence(found=True)
        self.now += self.seconds
        if self.fault:
            raise self.fault
        return Presence(found=True)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def sparing(slow: Slow) -> SparingRegistry:
    return SparingRegistry(slow, lambda: slow.now)


def test_a_registry_that_is_away_is_asked_once_and_the_others_as_before(slow: Slow, sparing: SparingRegistry) -> None:
    for reference in (ONE, OTHER, ONE):
        with pytest.raises(TemporaryError, match=r"slow\.example does not answer"):
            sparing.presence(reference)
    assert sparing.presence(ELSEWHERE).found
    assert slow.asked == ["slow.example", "quick.example"]


def test_it_is_asked_again_after_five_times_as_long_as_it_took(slow: Slow, sparing: SparingRegistry) -> None:
    with pytest.raises(TemporaryError):
        sparing.presence(ONE)
    slow.now += 49
    with pytest.raises(TemporaryError):
        sparing.presence(ONE)
    slow.now, slow.fault = slow.now + 1, None
    assert sparing.presence(ONE).found
    assert sparing.presence(OTHER).found
    assert len(slow.asked) == 3


def test_after_two_minutes_it_is_asked_however_long_it_took(slow: Slow, sparing: SparingRegistry) -> None:
    slow.seconds = 100
    with pytest.raises(TemporaryError):
        sparing.presence(ONE)
    slow.now, slow.fault = slow.now + 120, None
    assert sparing.presence(ONE).found


def test_what_is_no_fault_of_the_registry_holds_nobody_up(slow: Slow, sparing: SparingRegistry) -> None:
    slow.fault = UserError("slow.example denies access to acme/one")
    with pytest.raises(UserError):
        sparing.presence(ONE)
    slow.fault = None
    assert sparing.presence(OTHER).found
