"""The work tree follows a commit exactly, and what nobody committed is in the way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from git import Repo

from generator.core.change import Change, Edits
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.gitrepo.work_tree import blocked, follow, in_the_way, read_file, write_file
from tests.gitrepo.test_commits import write_commit

Git = Callable[..., str]
Prepare = Callable[[Path, Git], object]

FILES = {"a": File(b"1\n"), "b/c": File(b"2\n"), "b/d": File(b"3\n"), "run": File(b"x\n", EXECUTABLE)}
ODD = {
    "a b": File(b"1"),
    'say "hi"\\': File(b"2"),
    "line\nbreak": File(b"3"),
    "-dash": File(b"4"),
    "日本/é": File(b"5"),
    "caf\udce9": File(b"6"),
    "run": File(b"#!/bin/sh\n", EXECUTABLE),
    "link": File(b"nowhere", SYMLINK),
    "empty": File(b""),
    "binary": File(bytes(range(256))),
    "crlf": File(b"a\r\nb"),
    "n" * 255: File(b"the longest name"),
    "本" * 85: File(b"the longest name in bytes"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo.init(tmp_path / "repo", initial_branch="main")


@pytest.fixture
def shown(repo: Repo) -> str:
    """The commit that holds `FILES`, with which `main` was checked out."""
    commit = write_commit(repo, None, Change(FILES, "first"))
    repo.git.reset("--hard", "--quiet", commit)
    return commit


def changed(repo: Repo, parent: str | None, edits: Edits) -> str:
    return write_commit(repo, parent, Change(edits, "next"))


def on_disk(root: Path) -> dict[str, File | None]:
    paths = (path for path in root.rglob("*") if path.is_symlink() or path.is_file())
    names = [path.relative_to(root).as_posix() for path in paths]
    return {name: read_file(root / name) for name in names if not name.startswith(".git/")}


def test_an_empty_work_tree_follows_the_first_commit(repo: Repo, git: Git) -> None:
    commit = changed(repo, None, ODD)
    follow(repo, None, commit)
    root = Path(repo.working_dir)
    assert on_disk(root) == ODD
    git(root, "update-ref", "refs/heads/main", commit)
    assert git(root, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "edits",
    [
        {"a": File(b"new")},
        {"a": File(b"1\n", EXECUTABLE)},
        {"a": File(b"b/c", SYMLINK)},
        {"run": File(b"x\n")},
        {"b/c": None, "b/d": None},
        {"b/c": None, "b/d": None, "b": File(b"file")},
        {"a": None, "a/b/c": File(b"folder")},
        {"x/y/z": File(b"new")},
        ODD,
    ],
)
def test_there_and_back_the_work_tree_is_as_committed(repo: Repo, shown: str, git: Git, edits: Edits) -> None:
    root, commit = Path(repo.working_dir), changed(repo, shown, edits)
    follow(repo, shown, commit)
    git(root, "update-ref", "refs/heads/main", commit)
    assert git(root, "status", "--porcelain", "--ignored") == ""
    assert on_disk(root) == {path: file for path, file in {**FILES, **edits}.items() if file}
    follow(repo, commit, shown)
    git(root, "update-ref", "refs/heads/main", shown)
    assert git(root, "status", "--porcelain", "--ignored") == ""
    assert on_disk(root) == FILES


def test_a_folder_goes_with_its_last_file(repo: Repo, shown: str) -> None:
    root = Path(repo.working_dir)
    (root / "b/untracked").write_text("mine")
    commit = changed(repo, shown, {"b/c": None, "b/d": None})
    follow(repo, shown, commit)
    assert on_disk(root / "b") == {"untracked": File(b"mine")}
    follow(repo, commit, shown)
    (root / "b/untracked").unlink()
    follow(repo, shown, commit)
    assert not (root / "b").exists()


def test_what_the_commit_does_not_touch_stays_as_it_lies(repo: Repo, shown: str, git: Git) -> None:
    root = Path(repo.working_dir)
    (root / "b/c").write_text("dirty")
    (root / "b/d").write_text("staged")
    git(root, "add", "b/d")
    (root / "untracked").write_text("mine")
    follow(repo, shown, commit := changed(repo, shown, {"a": File(b"new")}))
    git(root, "update-ref", "refs/heads/main", commit)
    assert git(root, "status", "--porcelain") == " M b/c\nM  b/d\n?? untracked"


def stage(root: Path, git: Git) -> None:
    """Stage a content that no file holds any more."""
    (root / "a").write_text("mine")
    git(root, "add", "a")
    (root / "a").write_text("1\n")


def unstage(root: Path, git: Git) -> None:
    git(root, "rm", "--quiet", "--cached", "a")


def conflict(root: Path, git: Git) -> None:
    one, two = (git(root, "hash-object", "-w", "--stdin", stdin=text) for text in "12")
    entries = "".join(f"100644 {sha} {number}\ta\n" for number, sha in ((1, one), (2, one), (3, two)))
    git(root, "update-index", "--index-info", stdin=f"0 {'0' * 40}\ta\n{entries}")


def edit(root: Path, _: Git) -> None:
    (root / "a").write_text("mine")


def make_executable(root: Path, _: Git) -> None:
    (root / "a").chmod(0o755)


def remove(root: Path, _: Git) -> None:
    (root / "a").unlink()


def add_file(root: Path, _: Git) -> None:
    (root / "new").write_text("mine")


def add_link(root: Path, _: Git) -> None:
    (root / "new").symlink_to("gone")


def add_folder(root: Path, _: Git) -> None:
    (root / "new").mkdir()


def add_below(root: Path, _: Git) -> None:
    (root / "b/mine").write_text("mine")


def add_folder_below(root: Path, _: Git) -> None:
    (root / "b/mine").mkdir()


def replace_by_link(root: Path, _: Git) -> None:
    (root / "b").rename(root.parent / "outside")
    (root / "b").symlink_to(root.parent / "outside")


def replace_by_folder(root: Path, _: Git) -> None:
    (root / "a").unlink()
    (root / "a").mkdir()
    (root / "a/mine").write_text("mine")


def replace_by_file(root: Path, _: Git) -> None:
    (root / "b").rename(root.parent / "outside")
    (root / "b").write_text("mine")


NEW = File(b"new")
FOLDER_TO_FILE: Edits = {"b/c": None, "b/d": None, "b": NEW}
PREPARATIONS: list[tuple[Prepare, Edits]] = [
    *(
        (prepare, {"a": NEW})
        for prepare in (edit, make_executable, remove, stage, unstage, conflict, replace_by_folder)
    ),
    *((prepare, {"a": None}) for prepare in (edit, stage, conflict, replace_by_folder)),
    *((prepare, {"new": NEW}) for prepare in (add_file, add_link, add_folder)),
    *((prepare, FOLDER_TO_FILE) for prepare in (add_below, add_folder_below)),
    *((replace_by_link, edits) for edits in ({"b/c": NEW}, {"b/c": None}, {"b/new": NEW})),
    *((replace_by_file, edits) for edits in ({"b/c": NEW}, {"b/new": NEW})),
]


@pytest.mark.parametrize(("prepare", "edits"), PREPARATIONS)
def test_what_nobody_committed_is_in_the_way(repo: Repo, shown: str, git: Git, prepare: Prepare, edits: Edits) -> None:
    prepare(Path(repo.working_dir), git)
    assert set(in_the_way(repo, shown, edits)) & set(edits)
    assert in_the_way(repo, shown, {"run": File(b"else")}) == []


@pytest.mark.parametrize("ignored", ["new", "x.log"])
def test_an_ignored_file_is_work_too(repo: Repo, shown: str, ignored: str) -> None:
    root = Path(repo.working_dir)
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/exclude").write_text("new\n*.log\n")
    (root / ignored).write_text("mine")
    assert in_the_way(repo, shown, {ignored: File(b"new")}) == [ignored]


@pytest.mark.parametrize("edits", [{"a": NEW}, {"a": None}, {"new": NEW}, FOLDER_TO_FILE])
@pytest.mark.parametrize("staged", [True, False])
def test_what_is_wanted_already_is_not_in_the_way(repo: Repo, shown: str, git: Git, edits: Edits, staged: bool) -> None:
    root = Path(repo.working_dir)
    assert in_the_way(repo, shown, edits) == []
    follow(repo, shown, changed(repo, shown, edits))
    if not staged:
        git(root, "read-tree", shown)
    assert in_the_way(repo, shown, edits) == []
    git(root, "read-tree", changed(repo, shown, edits))
    git(root, "checkout-index", "--all", "--force")
    assert in_the_way(repo, shown, edits) == []


def test_before_the_first_commit_only_files_are_in_the_way(repo: Repo) -> None:
    (Path(repo.working_dir) / "a").write_text("mine")
    assert in_the_way(repo, None, {"a": File(b"new"), "b": File(b"new")}) == ["a"]


def test_modes_count_only_where_the_disk_has_them(repo: Repo, shown: str, git: Git) -> None:
    root = Path(repo.working_dir)
    (root / "a").chmod(0o777)
    assert in_the_way(repo, shown, {"a": File(b"new")}) == ["a"]
    git(root, "config", "core.fileMode", "false")
    assert in_the_way(repo, shown, {"a": File(b"new")}) == []


def test_where_no_file_can_stand(tmp_path: Path) -> None:
    (tmp_path / "folder/empty").mkdir(parents=True)
    (tmp_path / "folder/file").write_text("x")
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "broken").symlink_to("nowhere")
    assert all(blocked(tmp_path, path) for path in ["folder", "folder/empty", "folder/file/x", "link/x", "broken/x/y"])
    assert not any(blocked(tmp_path, path) for path in ["folder/file", "folder/new", "link", "broken", "new/x/y"])
    assert not blocked(tmp_path, "folder/file/x", {"folder/file"})
    assert blocked(tmp_path, "folder", {"folder/file"})
    (tmp_path / "folder/empty").rmdir()
    assert not blocked(tmp_path, "folder", {"folder/file"})


@pytest.mark.parametrize("file", ODD.values())
def test_a_file_is_written_whole_and_read_again(tmp_path: Path, file: File) -> None:
    write_file(tmp_path / "new/folder/file", file)
    assert read_file(tmp_path / "new/folder/file") == file
    for other in (File(b"else", EXECUTABLE), File(b"x", SYMLINK), file):
        write_file(tmp_path / "new/folder/file", other)
        assert read_file(tmp_path / "new/folder/file") == other
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["file"]


def test_a_link_is_replaced_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to("target")
    write_file(tmp_path / "link", File(b"new"))
    assert (tmp_path / "target").read_text() == "mine"
    assert read_file(tmp_path / "link") == File(b"new")


def test_what_a_killed_run_left_half_written_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".a.gitopsmith").write_text("ha")
    write_file(tmp_path / "a", File(b"half"))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert [read_file(tmp_path / name) for name in ("folder", "pipe", "missing", "pipe/x")] == [None] * 4
