"""What waits on a branch of ours: known again by whoever looks, ours only as long as nobody touched it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File
from generator.gitrepo.authorship import AS_CONFIGURED
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.changes_branch import ChangesBranch, Waiting
from generator.gitrepo.clone import Clone
from generator.gitrepo.commits import Heads, Step
from tests.gitrepo.writing.conftest import Remote

NAME = "gitopsmith-changes/to/main"
HELD = "gitopsmith-changes/pristine/main"


@pytest.fixture
def changes(remote: Remote, tmp_path: Path) -> Iterator[ChangesBranch]:
    """The branch of changes, read through a clone of its own."""
    with opened(remote, tmp_path / "cache") as branch:
        yield branch


@contextmanager
def opened(remote: Remote, cache: Path) -> Iterator[ChangesBranch]:
    with Clone(str(remote.path), cache) as clone, clone.reserved():
        yield ChangesBranch(clone, "main")


def step(name: str, *, pristine: bool = False) -> Step:
    change = Change({name: File(b"x")}, f"add {name}")
    return Step(change, change if pristine else None)


def waiting(changes: ChangesBranch, *steps: Step) -> Waiting:
    """Let steps wait, and return what is seen then."""
    seen = changes.look()
    start = Heads(seen.goes_on or seen.base, seen.held or seen.pristine)
    last = changes.write(seen, start, steps, AS_CONFIGURED)[-1]
    changes.hold(seen, str(last.main), last.pristine)
    return changes.look()


def test_without_a_branch_nothing_waits(changes: ChangesBranch, remote: Remote) -> None:
    assert changes.look() == Waiting(remote.head(), None)


def test_what_waits_is_known_by_whoever_looks(changes: ChangesBranch, remote: Remote, tmp_path: Path) -> None:
    ours = waiting(changes, step("a"), step("b", pristine=True))
    assert (ours.state, ours.head, ours.goes_on) == ("ours", remote.head(NAME), remote.head(NAME))
    assert ours.held == remote.head(HELD)
    with opened(remote, tmp_path / "fresh") as fresh:
        assert fresh.look() == ours
        assert fresh.subjects(ours, str(ours.head)) == ["add a", "add b"]


def test_more_of_ours_stays_ours(changes: ChangesBranch, remote: Remote) -> None:
    waiting(changes, step("a"))
    assert waiting(changes, step("b")).state == "ours"
    assert remote.subjects(NAME) == ["first", "add a", "add b"]


@pytest.mark.parametrize("files", [{"mine": "x"}, {"a": "changed"}])
def test_what_somebody_else_committed_is_theirs(changes: ChangesBranch, remote: Remote, files: dict[str, str]) -> None:
    waiting(changes, step("a"))
    remote.commit("mine", files, NAME)
    assert (changes.look().state, changes.look().goes_on) == ("theirs", None)


def test_a_commit_of_ours_with_other_content_is_theirs(changes: ChangesBranch, remote: Remote) -> None:
    waiting(changes, step("a"))
    said = remote.git("log", "-1", "--format=%B", NAME)
    remote.git("update-ref", "refs/heads/mine", "main")
    remote.commit(said, {"a": "y"}, "mine")
    remote.git("update-ref", f"refs/heads/{NAME}", "mine")
    assert changes.look().state == "theirs"


def test_where_the_base_moved_on_it_goes_on_from_both(changes: ChangesBranch, remote: Remote) -> None:
    first = waiting(changes, step("a"))
    remote.commit("elsewhere", {"other": "x"})
    seen = changes.look()
    assert (seen.state, seen.head, seen.fork) == ("ours", first.head, first.base)
    tree = changes.tree(seen.goes_on)
    assert [bool(tree.get(name)) for name in ("a", "other")] == [True, True]
    after = waiting(changes, step("b"))
    assert (after.state, after.fork, after.merge) == ("ours", remote.head(), None)
    assert remote.git("merge-base", "--is-ancestor", str(first.head), NAME) == ""


def test_what_conflicts_goes_on_from_nothing(changes: ChangesBranch, remote: Remote) -> None:
    waiting(changes, step("a"))
    remote.commit("elsewhere", {"a": "y"})
    assert (changes.look().state, changes.look().goes_on) == ("ours", None)


@pytest.mark.parametrize("squashed", [False, True])
def test_what_was_merged_is_known_and_removed(changes: ChangesBranch, remote: Remote, squashed: bool) -> None:
    before = waiting(changes, step("a", pristine=True))
    parents = ["-p", "main"] + ([] if squashed else ["-p", NAME])
    merge = remote.git("commit-tree", f"{NAME}^{{tree}}", *parents, "-m", "merged")
    remote.git("update-ref", "refs/heads/main", merge)
    seen = changes.look()
    assert (seen.state, seen.held) == ("merged", before.held)
    changes.finish(seen, seen.head, seen.held)
    assert remote.head(PRISTINE_BRANCH) == before.held
    assert remote.git("for-each-ref", "refs/heads/gitopsmith-changes") == ""


def test_what_is_kept_for_a_pristine_branch_that_went_elsewhere_is_not_taken(
    changes: ChangesBranch, remote: Remote
) -> None:
    waiting(changes, step("a", pristine=True))
    remote.commit("elsewhere", {"x": "x"}, PRISTINE_BRANCH)
    seen = changes.look()
    assert (seen.held, seen.held_seen) == (None, remote.head(HELD))


def test_nothing_is_moved_that_is_elsewhere(changes: ChangesBranch, remote: Remote) -> None:
    seen = changes.look()
    last = changes.write(seen, Heads(seen.base), [step("a")], AS_CONFIGURED)[-1]
    remote.git("branch", NAME, "main")
    with pytest.raises(LostRaceError):
        changes.hold(seen, str(last.main), None)


def test_what_somebody_else_pushed_since_then_is_not_removed(changes: ChangesBranch, remote: Remote) -> None:
    seen = waiting(changes, step("a"))
    mine = remote.commit("mine", {"mine": "x"}, NAME)
    changes.fetch()
    changes.finish(seen, seen.head, seen.pristine)
    assert remote.head(NAME) == mine
