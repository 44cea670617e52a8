"""The sync as one process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from generator.sync.service import put_answers_first


@pytest.fixture
def interpreter() -> Iterator[None]:
    """Leave the interpreter as it was."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)
    gc.unfreeze()


@pytest.mark.usefixtures("interpreter")
def test_whoever_computes_lets_others_have_a_turn_soon_and_what_lasts_is_not_collected() -> None:
    put_answers_first()
    assert sys.getswitchinterval() < 0.001
    assert gc.get_freeze_count() > 0
