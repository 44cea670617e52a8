"""The sync as one process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.sync.service import _look, _reconcile, put_answers_first
from tests.sync.memory_sync import MemorySync


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


@pytest.mark.parametrize("error", [KeyError("maybe"), TemporaryError("the remote is away")])
def test_serve_starts_whatever_keeps_the_repositories_from_being_read_and_knows_of_it(
    sync: MemorySync, error: Exception
) -> None:
    sync.gitops.fault = error
    _look(sync.drain, sync.knowledge)
    assert str(error.args[0]) in sync.knowledge.problem


def test_serve_does_not_start_where_a_repository_does_not_let_us_in(sync: MemorySync) -> None:
    sync.gitops.fault = UserError("there is no such repository")
    with pytest.raises(UserError, match="no such repository"):
        _look(sync.drain, sync.knowledge)


def test_a_pass_that_fails_as_nobody_foresaw_is_counted_and_known(sync: MemorySync) -> None:
    sync.gitops.fault = KeyError("maybe")
    _reconcile(sync.reconciliation, sync.metrics)
    assert "KeyError: 'maybe'" in sync.knowledge.problem
    assert 'gitopsmith_reconciliations_total{result="failed"} 1.0' in sync.metrics.exposition()[0].decode()
