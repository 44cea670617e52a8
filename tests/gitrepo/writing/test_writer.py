"""Batches of changes arrive on a remote: each as one commit, in order, all by one push."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import EXECUTABLE, SYMLINK, File, Tree
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.branch import Branch, LostRaceError, TooManyError
from generator.gitrepo.commits import Heads, Step
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Patience, Planner, WithPristine, write
from tests.gitrepo.writing.conftest import OpenBranch, Remote, app_path, app_text, set_version


def writes(*paths: str) -> Planner:
    return lambda _: Change({path: File(b"x") for path in paths}, f"write {paths[0]}")


def writes_both(name: str) -> WithPristine:
    edits = {name: File(b"x")}
    return WithPristine(lambda *_: (Change(edits, f"add {name}"), Change(edits, f"templates of {name}")))


def fails(tree: Tree) -> Change:
    raise UserError("app-9 is unknown")


def counting_pushes(remote: Remote) -> Path:
    log = remote.path / "pushes"
    remote.hook("post-receive", f"#!/bin/sh\necho push >> {log}\n")
    return log


def test_each_change_is_one_commit_and_all_go_by_one_push(remote: Remote, branch: RemoteBranch) -> None:
    pushes = counting_pushes(remote)
    outcomes = write(branch, [set_version(number, "2") for number in range(90)])
    assert remote.subjects()[1:] == [f"app-{number} → 2" for number in range(90)]
    assert [outcome.commit for outcome in outcomes] == remote.git("rev-list", "--reverse", "main").split()[1:]
    assert pushes.read_text() == "push\n"
    assert remote.text(app_path(89)) == app_text(89, "2").strip()
    remote.assert_sound()


def test_a_change_that_is_there_already_makes_no_commit(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    before = remote.head()
    outcomes = write(branch, [set_version(1, "2"), set_version(2, "1")])
    assert remote.head() == before
    assert [(outcome.commit, outcome.error) for outcome in outcomes] == [(None, None)] * 2
    assert outcomes[0].change
    assert outcomes[0].change.edits == {}


def test_a_planner_sees_what_the_former_ones_changed(remote: Remote, branch: RemoteBranch) -> None:
    outcomes = write(branch, [set_version(1, "2"), set_version(1, "2"), set_version(1, "3")])
    assert [outcome.commit is not None for outcome in outcomes] == [True, False, True]
    assert remote.subjects()[1:] == ["app-1 → 2", "app-1 → 3"]


def test_a_planner_that_fails_fails_alone(remote: Remote, branch: RemoteBranch) -> None:
    first, second, third = write(branch, [set_version(1, "2"), fails, set_version(2, "2")])
    assert (str(second.error), second.commit, second.change) == ("app-9 is unknown", None, None)
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2"]
    assert (first.error, third.error) == (None, None)


@pytest.mark.parametrize("path", ["../up", "/root", "a//b", ".git/config", "a/.GIT/hooks", "", "a/.", "a\0b"])
def test_a_path_that_leaves_the_repository_fails_alone(remote: Remote, branch: RemoteBranch, path: str) -> None:
    unsafe, safe = write(branch, [writes(path), writes("safe")])
    assert isinstance(unsafe.error, UserError)
    assert remote.subjects()[1:] == ["write safe"]
    assert safe.commit == remote.head()


def test_all_that_a_change_can_do_is_done(remote: Remote, branch: RemoteBranch) -> None:
    name = 'odd "näme"\t\\ with\nline end'
    files = {
        "run": File(b"#!/bin/sh\n", EXECUTABLE),
        "link": File(b"run", SYMLINK),
        name: File(b"\0\xff no text"),
        app_path(1): None,
        f"{app_path(2)}/now-a-folder": File(b"x"),
        app_path(2): None,
    }
    write(branch, [lambda _: Change(files, "everything")])
    tree = branch.tree(remote.head())
    assert {path: tree.get(path) for path in files} == files
    assert remote.git("ls-tree", "-r", "--name-only", "-z", "main").split("\0").count(name) == 1
    remote.assert_sound()


def test_the_last_known_head_is_trusted_and_proven_by_the_push(
    remote: Remote, branch: RemoteBranch, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(branch, [set_version(1, "2")])
    monkeypatch.setattr(branch, "refresh", lambda: pytest.fail("a fetch was not needed"))
    write(branch, [set_version(1, "3")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-1 → 3"]


def test_nothing_to_do_is_only_said_after_a_look_at_the_remote(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    remote.commit("undone by hand", {app_path(1): app_text(1, "1")})
    write(branch, [set_version(1, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "undone by hand", "app-1 → 2"]


def test_a_planner_fails_only_after_a_look_at_the_remote(remote: Remote, branch: RemoteBranch) -> None:
    def needs_news(tree: Tree) -> Change:
        if tree.get("news") is None:
            raise UserError("no news")
        return Change({"answer": File(b"x")}, "answer")

    write(branch, [set_version(1, "2")])
    remote.commit("news", {"news": "x"})
    (outcome,) = write(branch, [needs_news])
    assert outcome.commit == remote.head()


def test_a_lost_race_is_planned_again_on_what_the_others_wrote(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    remote.commit("by hand", {app_path(1): app_text(1, "2") + "extra: line\n"})
    write(branch, [set_version(1, "3")])
    assert remote.text(app_path(1)) == app_text(1, "3") + "extra: line"
    assert remote.subjects()[1:] == ["app-1 → 2", "by hand", "app-1 → 3"]


class Contended:
    """A branch that somebody else moves before each of the first pushes, and whose remote may then go away."""

    def __init__(self, branch: RemoteBranch, remote: Remote, times: int, *, away_after: int = 99) -> None:
        self._branch, self._remote, self._times, self._away_after = branch, remote, times, away_after
        self.sizes: list[int] = []
        self.reserved, self.heads, self.refresh = branch.reserved, branch.heads, branch.refresh
        self.tree, self.commit = branch.tree, branch.commit

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:
        self.sizes.append(len(steps))
        if len(self.sizes) <= self._times:
            self._remote.commit(f"other {len(self.sizes)}", {"other": str(len(self.sizes))})
        if len(self.sizes) > self._away_after:
            raise TemporaryError("away")
        self._branch.publish(old, new, steps)


def test_races_are_lost_with_growing_pauses_and_shrinking_batches(remote: Remote, branch: RemoteBranch) -> None:
    pauses: list[float] = []
    contended = Contended(branch, remote, times=4)
    write(
        contended,
        [set_version(number, "2") for number in range(16)],
        patience=Patience(attempts=5, first=0.1, longest=0.3),
        sleep=pauses.append,
        luck=lambda: 0.5,
    )
    assert pauses == [0.05, 0.1, 0.15, 0.15]
    # The first push relied on what was known, so its loss says nothing about how contended the branch is.
    assert contended.sizes == [16, 16, 8, 4, 2, 3, 4, 5, 2]
    assert sorted(remote.subjects()[1:]) == sorted(
        [*(f"app-{number} → 2" for number in range(16)), *(f"other {number}" for number in (1, 2, 3, 4))]
    )
    remote.assert_sound()


@pytest.mark.parametrize(("moved", "sizes"), [(False, [120]), (True, [50, 62, 8])])
def test_a_large_batch_begins_small_where_others_moved_the_branch(
    remote: Remote, branch: RemoteBranch, moved: bool, sizes: list[int]
) -> None:
    write(branch, [set_version(150, "2")])
    if moved:
        remote.commit("by hand", {"other": "x"})
    quiet = Contended(branch, remote, times=0)
    write(quiet, [set_version(number, "2") for number in range(120)])
    assert quiet.sizes == sizes
    assert len(remote.subjects()) == 1 + 1 + moved + 120


def test_a_size_that_takes_longer_to_push_than_the_next_is_left_out(remote: Remote, branch: RemoteBranch) -> None:
    """Up to about 14 changes git writes a file for each object; of more it keeps the pack."""
    write(branch, [set_version(150, "2")])
    contended = Contended(branch, remote, times=3)
    write(contended, [set_version(number, "2") for number in range(49)], sleep=lambda _: None)
    assert contended.sizes == [49, 49, 24, 8, 16, 20, 5]
    remote.assert_sound()


def test_a_large_batch_that_loses_its_first_race_shrinks_at_once(remote: Remote, branch: RemoteBranch) -> None:
    """It had looked just before: so the loss tells how contended the branch is."""
    write(branch, [set_version(150, "2")])
    contended = Contended(branch, remote, times=2)
    write(contended, [set_version(number, "2") for number in range(60)], sleep=lambda _: None)
    assert contended.sizes == [60, 30, 8, 16, 20, 16]
    remote.assert_sound()


def test_the_number_of_attempts_is_bounded(remote: Remote, branch: RemoteBranch) -> None:
    pauses: list[float] = []
    with pytest.raises(TemporaryError, match="3 attempts"):
        write(
            Contended(branch, remote, times=99),
            [set_version(1, "2")],
            patience=Patience(attempts=3),
            sleep=pauses.append,
        )
    assert len(pauses) == 2
    assert remote.subjects()[1:] == ["other 1", "other 2", "other 3"]


def test_what_was_pushed_before_an_error_is_told(remote: Remote, branch: RemoteBranch) -> None:
    contended = Contended(branch, remote, times=2, away_after=3)
    outcomes = write(contended, [set_version(number, "2") for number in (1, 2, 3)], sleep=lambda _: None)
    assert contended.sizes == [3, 3, 1, 2]
    assert [outcome.commit is not None for outcome in outcomes] == [True, False, False]
    assert [str(outcome.error) for outcome in outcomes] == ["None", "away", "away"]
    assert remote.subjects()[1:] == ["other 1", "other 2", "app-1 → 2"]


def test_the_pristine_branch_moves_with_the_branch_and_is_named_in_it(remote: Remote, branch: RemoteBranch) -> None:
    first, second = write(branch, [writes_both("new"), set_version(1, "2")])
    assert first.pristine == remote.head(PRISTINE_BRANCH)
    assert remote.subjects(PRISTINE_BRANCH) == ["templates of new"]
    trailer = remote.git("log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)", f"{first.commit}")
    assert trailer == first.pristine
    assert "Gitopsmith" not in remote.git("log", "-1", "--format=%B", f"{second.commit}")
    again = write(branch, [writes_both("new")])
    assert (again[0].commit, again[0].pristine) == (None, None)


def test_both_branches_move_or_none(remote: Remote, branch: RemoteBranch) -> None:
    remote.hook("update", '#!/bin/sh\n[ "$1" = refs/heads/main ]\n')
    before = remote.head()
    with pytest.raises(UserError, match="refuses"):
        write(branch, [writes_both("a")])
    assert remote.head() == before


def test_a_plan_for_both_branches_looks_at_both(remote: Remote, branch: RemoteBranch) -> None:
    """The push that follows moves one of them, and proves nothing about the other."""
    write(branch, [writes_both("one")])
    theirs = remote.commit("somebody else's template", {"two": "x"}, PRISTINE_BRANCH)
    edits = {"two": File(b"x")}
    (outcome,) = write(branch, [WithPristine(lambda *_: (Change(edits, "add two"), Change(edits, "templates of two")))])
    assert (outcome.commit is not None, outcome.pristine) == (True, None)
    assert remote.git("log", "-1", "--format=%(trailers:valueonly)") == theirs


def test_a_race_for_the_pristine_branch_is_run_again_for_both(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [writes_both("one")])
    remote.commit("somebody else's template", {"theirs": "x"}, PRISTINE_BRANCH)
    write(branch, [writes_both("two")])
    assert remote.subjects() == ["first", "add one", "add two"]
    assert remote.subjects(PRISTINE_BRANCH) == ["templates of one", "somebody else's template", "templates of two"]


def test_commits_taken_back_by_force_stay_away(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2"), set_version(2, "2")])
    remote.git("update-ref", "refs/heads/main", "main~1")
    write(branch, [set_version(3, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-3 → 2"]


def test_a_history_put_in_place_by_force_is_gone_on_with(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    remote.commit("another history", {app_path(1): app_text(1, "1")}, "other")
    remote.git("update-ref", "refs/heads/main", "refs/heads/other")
    write(branch, [set_version(1, "2")])
    assert remote.subjects() == ["another history", "app-1 → 2"]


def test_a_branch_that_disappears_is_an_error_until_it_returns(remote: Remote, branch: RemoteBranch) -> None:
    write(branch, [set_version(1, "2")])
    head = remote.head()
    remote.git("update-ref", "-d", "refs/heads/main")
    for _ in range(2):
        with pytest.raises(UserError, match="no branch `main`"):
            write(branch, [set_version(1, "3")])
    remote.git("update-ref", "refs/heads/main", head)
    write(branch, [set_version(1, "3")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-1 → 3"]


def test_a_branch_for_a_pull_request_begins_where_its_base_is(remote: Remote, branch_of: OpenBranch) -> None:
    proposed = branch_of(remote.path, "gitopsmith/app-1/production", base="main")
    write(proposed, [set_version(1, "2")])
    assert remote.subjects() == ["first"]
    assert remote.subjects("gitopsmith/app-1/production") == ["first", "app-1 → 2"]


def test_a_branch_for_a_pull_request_is_gone_on_with_until_it_is_removed(remote: Remote, branch_of: OpenBranch) -> None:
    name = "gitopsmith/app-1/production"
    proposed = branch_of(remote.path, name, base="main")
    for version in ("2", "3", "3"):
        write(proposed, [set_version(1, version)])
    assert remote.subjects(name) == ["first", "app-1 → 2", "app-1 → 3"]
    remote.git("update-ref", "-d", f"refs/heads/{name}")
    remote.commit("another way", {app_path(2): app_text(2, "2")})
    write(proposed, [set_version(1, "4")])
    assert remote.subjects(name) == ["first", "another way", "app-1 → 4"]


def test_a_protected_branch_is_an_error_that_leaves_everything_as_it_is(remote: Remote, branch: RemoteBranch) -> None:
    refusal = "GH006: Protected branch update failed"
    remote.hook("pre-receive", f"#!/bin/sh\necho '{refusal}' >&2\nexit 1\n")
    before = remote.head()
    with pytest.raises(UserError, match="refuses a push to `main`") as caught:
        write(branch, [set_version(1, "2")])
    assert refusal in str(caught.value)
    assert remote.head() == before
    (remote.path / "hooks" / "pre-receive").unlink()
    write(branch, [set_version(1, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2"]


def test_a_missing_repository_is_an_error(tmp_path: Path, branch_of: OpenBranch) -> None:
    with pytest.raises(UserError, match="no such repository"):
        write(branch_of(tmp_path / "nowhere.git"), [set_version(1, "2")])


def test_no_planners_cost_nothing(tmp_path: Path, branch_of: OpenBranch) -> None:
    assert write(branch_of(tmp_path / "nowhere.git"), []) == []


@pytest.mark.parametrize("name", ["", "-x", "a b", "a..b", "a:b", "a*", "a.lock", "a\nb", "refs/", "/a", "a^", "@{u}"])
def test_a_name_that_no_branch_can_have_is_refused(remote: Remote, branch_of: OpenBranch, name: str) -> None:
    with pytest.raises(UserError, match="no branch can be called so"):
        branch_of(remote.path, name)


def test_the_patience_is_a_value() -> None:
    patience = Patience(first=1, longest=5)
    assert [patience.delay(losses, 1.0) for losses in (1, 2, 3, 4)] == [1, 2, 4, 5]
    assert replace(patience, longest=3).delay(9, 0.5) == 1.5
    assert issubclass(LostRaceError, TemporaryError)


# ---- What a branch may ask for --------------------------------------------------------------------------------


class Taking:
    """A branch that takes so many steps at once, and no more."""

    def __init__(self, branch: RemoteBranch, most: int) -> None:
        self._branch = branch
        self._most = most
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._branch, name)

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        self.asked.append(len(steps))
        if len(steps) > self._most:
            raise TooManyError("too many", self._most)
        return self._branch.commit(heads, steps, authorship)


def test_a_batch_goes_in_parts_where_so_many_commits_are_not_made_at_once(remote: Remote, branch: RemoteBranch) -> None:
    taking = Taking(branch, 3)
    outcomes = write(cast(Branch, taking), [set_version(number, "2") for number in range(8)])
    assert taking.asked[:2] == [8, 3]
    assert all(outcome.commit for outcome in outcomes)
    assert remote.subjects()[1:] == [f"app-{number} → 2" for number in range(8)]


class Unfinished:
    """A branch on which an earlier write waits, until it is published."""

    def __init__(self, branch: RemoteBranch, waits: TemporaryError | None = None) -> None:
        self._branch = branch
        self._waits = waits
        self.published: list[tuple[Heads, Heads, int]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._branch, name)

    def heads(self) -> Heads:
        return Heads(None)

    def refresh(self) -> Heads:
        heads = self._branch.refresh()
        return heads if self.published and not self._waits else replace(heads, unfinished=heads)

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:
        self.published.append((old, new, len(steps)))
        if self._waits:
            raise self._waits
        if steps:
            self._branch.publish(old, new, steps)


def test_an_earlier_write_is_finished_where_nothing_else_is_to_be_done(remote: Remote, branch: RemoteBranch) -> None:
    unfinished = Unfinished(branch)
    (outcome,) = write(cast(Branch, unfinished), [set_version(1, "1")])
    ((old, new, steps),) = unfinished.published
    assert (old == new, steps, outcome.commit) == (True, 0, None)
    write(cast(Branch, unfinished), [set_version(1, "1")])
    assert len(unfinished.published) == 1


def test_what_waits_is_no_success_of_those_who_find_it_there(branch: RemoteBranch) -> None:
    unfinished = Unfinished(branch, TemporaryError("waits for a review"))
    with pytest.raises(TemporaryError, match="waits for a review"):
        write(cast(Branch, unfinished), [set_version(1, "1")])
