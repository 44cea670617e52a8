"""Commits written without index and checkout: exactly the edits and the words, and nobody's until a branch moves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git import Repo
from git.exc import GitCommandError

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.gitrepo.git_tree import GitTree
from generator.gitrepo.objects import Identity, write_commit

Git = Callable[..., str]

WHO = Identity("Ann <ann@example.com> 1700000000 +0100", "Bob <bob@example.com> 1700000001 -0800")
FILES = {
    "a b": File(b"1"),
    'say "hi"\\n': File(b"2"),
    "line\nbreak": File(b"3"),
    " lead": File(b"4"),
    "-dash": File(b"5"),
    "日本/é": File(b"6"),
    "caf\udce9": File(b"7"),
    "run": File(b"#!/bin/sh\n", EXECUTABLE),
    "link": File(b"../out\xff", SYMLINK),
    "empty": File(b""),
    "binary": File(bytes(range(256)) * 3),
    "looks-like-input": File(b"\ndata 3\nabc\nM 644 inline x\nget-mark :1\ndone\n"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", initial_branch="main")


def content(repo: Repo, commit: str) -> dict[str, File | None]:
    tree = GitTree(repo, commit)
    return {path: tree.get(path) for path in tree.under("")}


def test_all_files_are_in_the_commit_as_they_are(repo: Repo, git: Git) -> None:
    commit = write_commit(repo, None, Change(FILES, "x"), WHO)
    assert content(repo, commit) == FILES
    git(Path(repo.working_dir), "fsck", "--strict")


def test_a_commit_says_what_is_told(repo: Repo, git: Git) -> None:
    change = Change({"a": File(b"")}, "Füge hinzu", "Body\n\nagain", (("Key", "value"),))
    first = write_commit(repo, None, change, WHO)
    second = write_commit(repo, first, change, WHO)
    raw = git(Path(repo.working_dir), "cat-file", "commit", second).split("\n")
    assert raw[1:4] == [f"parent {first}", f"author {WHO.author}", f"committer {WHO.committer}"]
    assert "\n".join(raw[5:]) + "\n" == change.message
    assert git(Path(repo.working_dir), "rev-list", "--count", first) == "1"


def test_the_same_input_gives_the_same_commit(repo: Repo) -> None:
    one = write_commit(repo, None, Change(FILES, "x"), WHO)
    assert write_commit(repo, None, Change(dict(reversed(FILES.items())), "x"), WHO) == one


def test_no_branch_and_no_file_shows_that_there_is_a_commit(repo: Repo, git: Git) -> None:
    write_commit(repo, None, Change(FILES, "x"), WHO)
    folder = Path(repo.working_dir)
    assert git(folder, "for-each-ref") == ""
    assert [path.name for path in folder.iterdir()] == [".git"]
    assert git(folder, "ls-files") == ""


def test_only_the_edits_differ_from_the_parent(repo: Repo) -> None:
    first = write_commit(repo, None, Change({**FILES, "gone": File(b"x")}, "x"), WHO)
    second = write_commit(repo, first, Change({"gone": None, "a b": File(b"new"), "missing": None}, "x"), WHO)
    assert content(repo, second) == {**FILES, "a b": File(b"new")}


@pytest.mark.parametrize(("before", "after"), [("x", "x/y"), ("x/y", "x")])
@pytest.mark.parametrize("removal_first", [True, False])
def test_a_file_becomes_a_folder_in_whatever_order(repo: Repo, before: str, after: str, removal_first: bool) -> None:
    first = write_commit(repo, None, Change({before: File(b"1")}, "x"), WHO)
    edits: dict[str, File | None] = {before: None, after: File(b"2")}
    change = Change(edits if removal_first else dict(reversed(edits.items())), "x")
    assert content(repo, write_commit(repo, first, change, WHO)) == {after: File(b"2")}


def test_what_a_killed_run_left_is_no_parent(repo: Repo, git: Git) -> None:
    left = write_commit(repo, None, Change({"left": File(b"x")}, "left"), WHO)
    git(Path(repo.working_dir), "update-ref", "refs/gitopsmith/incoming", left)
    commit = write_commit(repo, None, Change({"new": File(b"x")}, "new"), WHO)
    assert list(content(repo, commit)) == ["new"]
    assert git(Path(repo.working_dir), "rev-list", "--count", commit) == "1"
    assert git(Path(repo.working_dir), "for-each-ref") == ""


def test_who_writes_at_the_same_time_gets_the_own_commit(repo: Repo, git: Git) -> None:
    def write(number: int) -> tuple[int, str | None]:
        with Repo(repo.working_dir) as own:
            try:
                return number, write_commit(own, None, Change({"a": File(b"")}, f"Number {number}"), WHO)
            except GitCommandError:
                return number, None  # the other one holds the lock

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(12)))
    for number, commit in written:
        if commit:
            assert git(Path(repo.working_dir), "log", "-1", "--format=%s", commit) == f"Number {number}"


def test_a_name_that_is_no_utf8_stays(repo: Repo, git: Git) -> None:
    who = Identity("Ren\udce9 <r@example.com> 1700000000 +0000", WHO.committer)
    commit = write_commit(repo, None, Change({"a": File(b"")}, "x"), who)
    assert f"author {who.author}" in git(Path(repo.working_dir), "cat-file", "commit", commit)


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", ".git/hooks/post-commit", "a/.GIT/b"]
)
def test_a_path_that_leads_elsewhere_is_refused(repo: Repo, path: str) -> None:
    with pytest.raises(UserError, match="no file of a repository"):
        write_commit(repo, None, Change({path: File(b"x")}, "x"), WHO)
