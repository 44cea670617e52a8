"""The history of a clone: as much as is asked for, commits from branches that nobody keeps, merges nobody sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.core.tree import File
from generator.gitrepo import history
from generator.gitrepo.branch import PlanAgainError
from generator.gitrepo.clone import Clone
from tests.gitrepo.writing.conftest import Remote


@pytest.fixture
def clone(remote: Remote, tmp_path: Path) -> Iterator[Clone]:
    """A clone of the remote as it is now, without history."""
    with Clone(str(remote.path), tmp_path / "cache") as clone, clone.reserved():
        clone.fetch("main")
        yield clone


def test_where_two_branches_parted_is_found_however_far_back(remote: Remote, clone: Clone) -> None:
    parted = remote.head()
    remote.git("branch", "other", "main")
    for number in range(60):
        remote.commit(f"{number}", {"main": str(number)})
    other = remote.commit("theirs", {"other": "x"}, "other")
    clone.fetch("main", ("other",))
    assert history.fork(clone, remote.head(), other, ("main", "other")) == parted


def test_commits_are_taken_from_branches_that_are_not_kept(remote: Remote, clone: Clone) -> None:
    remote.git("branch", "made", "main")
    commit = remote.commit("made", {"made": "x"}, "made")
    assert not clone.has(commit)
    history.take(clone, {"made": commit})
    assert clone.tree(commit).get("made") == File(b"x")
    assert clone.seen("made") is None


def test_a_branch_that_has_the_commit_no_more_is_planned_again(remote: Remote, clone: Clone) -> None:
    gone = "0123456789" * 4
    with pytest.raises(PlanAgainError, match="another writer moved none"):
        history.take(clone, {"none": gone})
    with pytest.raises(PlanAgainError, match="another writer moved main"):
        history.take(clone, {"main": gone})


def test_a_merge_holds_both_and_is_seen_by_nobody(remote: Remote, clone: Clone) -> None:
    remote.git("branch", "other", "main")
    ours = remote.commit("ours", {"ours": "x"})
    theirs = remote.commit("theirs", {"theirs": "x"}, "other")
    clone.fetch("main", ("other",))
    merge = history.scratch_merge(clone, ours, theirs)
    assert merge
    assert sorted(history.edits_between(clone, ours, merge)) == ["theirs"]
    assert remote.git("for-each-ref", "--format=%(objectname)").split().count(merge) == 0


def test_what_conflicts_makes_no_merge(remote: Remote, clone: Clone) -> None:
    remote.git("branch", "other", "main")
    ours, theirs = remote.commit("ours", {"a": "x"}), remote.commit("theirs", {"a": "y"}, "other")
    clone.fetch("main", ("other",))
    assert history.scratch_merge(clone, ours, theirs) is None
    with pytest.raises(PlanAgainError):
        history.scratch_merge(clone, ours, "0123456789" * 4)
