"""Others at work, and a run that is stopped anywhere: both branches or neither, and the next run ends right."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from git import cmd

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import EXECUTABLE, File
from generator.gitrepo import work_tree
from generator.gitrepo.commits import Heads, write_commits
from generator.gitrepo.creation import create
from generator.gitrepo.folder_tree import FolderTree
from generator.gitrepo.lock import locked
from generator.gitrepo.repository import Repository
from tests.gitrepo.conftest import CHANGE, NOTHING, ORIGIN, PRISTINE, Git, State, assert_applied, content, heads


def on_write(monkeypatch: pytest.MonkeyPatch, interfere: Callable[[], object]) -> None:
    """Let something happen after the commits are written and before the branches move."""
    write = write_commits

    def write_and_interfere(*arguments: Any) -> list[Heads]:
        heads = write(*arguments)
        interfere()
        return heads

    monkeypatch.setattr("generator.gitrepo.repository.write_commits", write_and_interfere)


@pytest.mark.parametrize("branch", ["main", PRISTINE_BRANCH])
def test_a_branch_that_moved_meanwhile_stops_both(
    repository: Repository, git: Git, monkeypatch: pytest.MonkeyPatch, branch: str
) -> None:
    other = git(repository.path, "commit-tree", "-m", "other", "-p", branch, f"{branch}^{{tree}}")
    on_write(monkeypatch, lambda: git(repository.path, "update-ref", f"refs/heads/{branch}", other))
    before = dict(zip(("main", PRISTINE_BRANCH), heads(repository), strict=True))
    with pytest.raises(TemporaryError, match="another git process"):
        repository.commit("main", CHANGE, PRISTINE)
    assert {name: repository.head(name) for name in before} == {**before, branch: other}
    assert repository.uncommitted() == ()
    monkeypatch.undo()
    repository.commit("main", CHANGE, PRISTINE)
    assert_applied(repository, git)


@pytest.mark.parametrize("lock", ["index.lock", "refs/heads/main.lock", "refs/heads/gitopsmith/pristine.lock"])
def test_a_lock_of_another_git_stops_all(repository: Repository, git: Git, lock: str) -> None:
    git(repository.path, "config", "core.filesRefLockTimeout", "0")
    before = heads(repository)
    (repository.path / ".git" / lock).write_text("")
    with pytest.raises(TemporaryError, match="another git process is at work"):
        repository.commit("main", CHANGE, PRISTINE)
    (repository.path / ".git" / lock).unlink()
    assert heads(repository) == before
    assert repository.uncommitted() == ()
    repository.commit("main", CHANGE, PRISTINE)
    assert_applied(repository, git)


def test_another_of_our_processes_keeps_us_out(repository: Repository, state: State) -> None:
    before = state(repository.path)
    with locked(repository.path / ".git"), pytest.raises(TemporaryError, match="another gitopsmith"):
        repository.commit("main", CHANGE, PRISTINE)
    assert state(repository.path) == before


def test_who_reserves_keeps_others_out_and_commits(repository: Repository, git: Git) -> None:
    with repository.reserved("main", CHANGE, heads(repository)):
        with pytest.raises(TemporaryError, match="another gitopsmith"):
            Repository(repository.path).commit("main", CHANGE, PRISTINE)
        repository.commit("main", CHANGE, PRISTINE)
    assert_applied(repository, git)
    Repository(repository.path).commit("main", Change({"x": File(b"")}, "x"), NOTHING)


def test_a_plan_for_another_commit_is_not_committed(repository: Repository) -> None:
    planned_on = heads(repository)
    repository.commit("main", Change({"x": File(b"")}, "x"), NOTHING)
    with pytest.raises(TemporaryError, match="in the meantime"), repository.reserved("main", CHANGE, planned_on):
        pytest.fail("the block must not run")


def test_a_branch_that_leaves_no_room_is_named(repository: Repository, git: Git) -> None:
    git(repository.path, "branch", "--delete", "--force", PRISTINE_BRANCH)
    git(repository.path, "branch", "gitopsmith")
    with pytest.raises(UserError, match="'refs/heads/gitopsmith' exists"):
        repository.commit("main", CHANGE, PRISTINE)
    assert repository.uncommitted() == ()


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", [0, 1, 2])
def test_what_stops_the_work_tree_leaves_it_as_it_was(
    repository: Repository, git: Git, state: State, monkeypatch: pytest.MonkeyPatch, stop: BaseException, nth: int
) -> None:
    before, shown, write, writes = (
        heads(repository),
        content(FolderTree(repository.path)),
        work_tree.write_file,
        iter(range(9)),
    )

    def write_until(path: Path, file: File) -> None:
        if next(writes) == nth:
            raise stop
        write(path, file)

    monkeypatch.setattr(work_tree, "write_file", write_until)
    with pytest.raises((UserError, KeyboardInterrupt)):
        repository.commit("main", CHANGE, PRISTINE)
    assert heads(repository) == before
    assert repository.uncommitted() == ()
    assert content(FolderTree(repository.path)) == shown
    assert not (repository.path / "registry/c").exists()
    monkeypatch.undo()
    repository.commit("main", CHANGE, PRISTINE)
    assert_applied(repository, git)


def killed_before(step: int, work: Callable[[], object]) -> bool:
    """Do some work in another process, which dies without a last word before its `step`th touch of the disk or of git.

    Returns:
        Whether it died; if not, it had fewer steps.
    """
    alive, mine = os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            _die_before(step, mine)
            work()
            os._exit(0)
        os._exit(1)
    os.close(mine)
    # What the killed process started ends when it finds itself alone; the pipe is open until all of it has.
    with os.fdopen(alive, "rb") as pipe:
        pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9)
    return status == 9


def _die_before(step: int, held: int) -> None:
    steps = iter(range(step))

    def counted(function: Callable[..., Any], **held_open: Any) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if next(steps, None) is None:
                os._exit(9)
            return function(*arguments, **options, **held_open)

        return call

    start: Any = cmd.safer_popen
    cmd.safer_popen = counted(start, pass_fds=(held,))
    for name in ("mkdir", "rename", "replace", "rmdir", "unlink", "write_bytes"):
        setattr(Path, name, counted(getattr(Path, name)))


def test_a_run_that_is_killed_anywhere_can_be_run_again(repository: Repository, tmp_path: Path, git: Git) -> None:
    before = heads(repository)
    for step in range(200):
        copy = Path(copytree(repository.path, tmp_path / f"killed-{step}", symlinks=True))
        died = killed_before(step, lambda copy=copy: Repository(copy).commit("main", CHANGE, PRISTINE))  # type: ignore[misc]
        again = Repository(copy)
        main, pristine = heads(again)
        assert (main == before[0]) == (pristine == before[1]), f"one branch alone moved at step {step}"
        if main == before[0]:
            assert content(again.tree("main")) == content(repository.tree("main"))
            again.commit("main", CHANGE, PRISTINE)
        assert_applied(again, git)
        if not died:
            break
    assert step > 15
    assert git(copy, "fsck", "--strict", "--no-dangling") == ""


def test_a_creation_that_is_killed_anywhere_is_completed(tmp_path: Path, git: Git) -> None:
    first = Change({"a/b": File(b"1"), "run": File(b"2", EXECUTABLE)}, "Create it")
    for step in range(200):
        path = tmp_path / f"{step}" / "acme-gitops"
        died = killed_before(step, lambda path=path: create(path, "main", first, first, ORIGIN))  # type: ignore[misc]
        assert path.exists() != died or not list(path.parent.glob(".gitopsmith-*"))
        again = Repository(path) if path.exists() else create(path, "main", first, first, ORIGIN)
        assert content(again.tree("main")) == content(again.tree(PRISTINE_BRANCH)) == first.edits
        assert git(path, "status", "--porcelain", "--ignored") == ""
        assert [entry.name for entry in path.parent.iterdir()] == ["acme-gitops"]
        if not died:
            break
    assert step > 15
