"""What a process knows of what is wrong: it is told as long as it is so, whoever finds that it is not any more."""

from __future__ import annotations

from generator.core.errors import TemporaryError, UserError
from tests.sync.memory_sync import MemorySync
from tests.sync.told import delivery, release


def test_a_remote_that_is_back_is_no_problem_any_more_even_where_no_news_comes(sync: MemorySync) -> None:
    sync.gitops.fault = TemporaryError("the remote is away")
    sync.take(delivery("release", release("v6.7.1")))
    assert sync.knowledge.problem == "the remote is away"
    sync.gitops.fault = None
    sync.reconciliation.once()
    assert sync.knowledge.problem == ""


def test_a_remote_that_refuses_a_push_is_a_problem_until_it_takes_one(sync: MemorySync) -> None:
    sync.gitops.branch.faults = [UserError("the branch is protected")]
    (waiting,) = sync.take(delivery("release", release("v6.7.1")))
    sync.reconciliation.once()
    assert sync.knowledge.problem == "the branch is protected", "to read it says nothing of that"
    sync.now = waiting.not_before
    sync.settle()
    assert sync.knowledge.problem == ""
