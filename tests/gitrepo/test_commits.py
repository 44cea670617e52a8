"""Commits written without index and checkout: exactly the edits and the words, and nobody's until a branch moves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from git import Repo

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.gitrepo.authorship import Person, Signature
from generator.gitrepo.commit_message import message
from generator.gitrepo.commits import Heads, Step, write_commits
from generator.gitrepo.git_process import Git as GitProcess
from generator.gitrepo.git_process import GitFailedError
from generator.gitrepo.git_tree import commit_tree
from generator.gitrepo.import_stream import refuse_unsafe

Git = Callable[..., str]

WHO = Signature(Person("Ann", "ann@example.com"), Person("Bob", "bob@example.com"), signed=False, trailers=())
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


def write_commit(repo: Repo, parent: str | None, change: Change, who: Signature = WHO) -> str:
    (heads,) = write_commits(GitProcess(Path(repo.working_dir)), Heads(parent), [Step(change)], who)
    assert heads.main
    return heads.main


def content(repo: Repo, commit: str) -> dict[str, File | None]:
    tree = commit_tree(repo, commit)
    return {path: tree.get(path) for path in tree.under("")}


def test_all_files_are_in_the_commit_as_they_are(repo: Repo, git: Git) -> None:
    commit = write_commit(repo, None, Change(FILES, "x"))
    assert content(repo, commit) == FILES
    git(Path(repo.working_dir), "fsck", "--strict")


def test_a_commit_says_what_is_told(repo: Repo, git: Git) -> None:
    change = Change({"a": File(b"")}, "Füge hinzu", "Body\n\nagain", (("Key", "value"),))
    first = write_commit(repo, None, change)
    second = write_commit(repo, first, change)
    raw = git(Path(repo.working_dir), "cat-file", "commit", second).split("\n")
    assert raw[1] == f"parent {first}"
    assert raw[2].startswith("author Ann <ann@example.com> ")
    assert raw[3].startswith("committer Bob <bob@example.com> ")
    assert "\n".join(raw[5:]) + "\n" == message(change)
    assert git(Path(repo.working_dir), "rev-list", "--count", first) == "1"


def test_the_same_edits_give_the_same_tree_in_whatever_order(repo: Repo, git: Git) -> None:
    commits = [write_commit(repo, None, Change(edits, "x")) for edits in (FILES, dict(reversed(FILES.items())))]
    trees = {git(Path(repo.working_dir), "rev-parse", f"{commit}^{{tree}}") for commit in commits}
    assert len(trees) == 1


def test_no_branch_and_no_file_shows_that_there_is_a_commit(repo: Repo, git: Git) -> None:
    write_commit(repo, None, Change(FILES, "x"))
    folder = Path(repo.working_dir)
    assert git(folder, "for-each-ref") == ""
    assert [path.name for path in folder.iterdir()] == [".git"]
    assert git(folder, "ls-files") == ""


def test_only_the_edits_differ_from_the_parent(repo: Repo) -> None:
    first = write_commit(repo, None, Change({**FILES, "gone": File(b"x")}, "x"))
    second = write_commit(repo, first, Change({"gone": None, "a b": File(b"new"), "missing": None}, "x"))
    assert content(repo, second) == {**FILES, "a b": File(b"new")}


@pytest.mark.parametrize(("before", "after"), [("x", "x/y"), ("x/y", "x")])
@pytest.mark.parametrize("removal_first", [True, False])
def test_a_file_becomes_a_folder_in_whatever_order(repo: Repo, before: str, after: str, removal_first: bool) -> None:
    first = write_commit(repo, None, Change({before: File(b"1")}, "x"))
    edits: dict[str, File | None] = {before: None, after: File(b"2")}
    change = Change(edits if removal_first else dict(reversed(edits.items())), "x")
    assert content(repo, write_commit(repo, first, change)) == {after: File(b"2")}


def test_what_a_killed_run_left_is_no_parent(repo: Repo, git: Git) -> None:
    left = write_commit(repo, None, Change({"left": File(b"x")}, "left"))
    git(Path(repo.working_dir), "update-ref", "refs/gitopsmith/incoming/main", left)
    commit = write_commit(repo, None, Change({"new": File(b"x")}, "new"))
    assert list(content(repo, commit)) == ["new"]
    assert git(Path(repo.working_dir), "rev-list", "--count", commit) == "1"
    assert git(Path(repo.working_dir), "for-each-ref") == ""


def test_who_writes_at_the_same_time_gets_the_own_commit(repo: Repo, git: Git) -> None:
    def write(number: int) -> tuple[int, str | None]:
        with Repo(repo.working_dir) as own:
            try:
                return number, write_commit(own, None, Change({"a": File(b"")}, f"Number {number}"))
            except GitFailedError:
                return number, None  # the other one holds the lock

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(12)))
    for number, commit in written:
        if commit:
            assert git(Path(repo.working_dir), "log", "-1", "--format=%s", commit) == f"Number {number}"


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", ".git/hooks/post-commit", "a/.GIT/b", "a\0b"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(UserError, match="no file of a repository"):
        refuse_unsafe({path: File(b"x")})
