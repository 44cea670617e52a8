"""A folder as a tree: what lies there at this moment, but for what git ignores."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_git import GitRepo

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.gitrepo.folder_tree import FolderTree

Git = Callable[..., str]


@pytest.fixture
def folder(git_repo: GitRepo, git: Git) -> Path:
    """A repository of somebody's with a committed, a changed, an added, a removed, an ignored and an odd file."""
    folder = Path(git_repo.workspace)
    files = {
        ".gitignore": "*.log\n!kept.log\nbuild/\n",
        "committed": "1",
        "changed": "1",
        "removed": "1",
        "sub/.gitignore": "secret\n",
        "sub/a": "1",
        "build/forced": "1",
    }
    write(folder, files)
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", "x")
    write(folder, {"changed": "2", "added": "1", "x.log": "1", "kept.log": "1", "build/out": "1", "sub/secret": "1"})
    write(folder, {"line\nbreak": "1", 'say "hi"': "1", "日本": "1", "caf\udce9": "1", "sub/-x": "1"})
    (folder / "removed").unlink()
    return folder


def write(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


LISTED = [".gitignore", "added", "build/forced", "caf\udce9", "changed", "committed", "kept.log", "line\nbreak"]
LISTED += ['say "hi"', "sub/-x", "sub/.gitignore", "sub/a", "日本"]


def test_all_is_listed_that_git_does_not_ignore(folder: Path) -> None:
    assert list(FolderTree(folder).under("")) == sorted(LISTED)
    assert FolderTree(folder).children("sub") == ("-x", ".gitignore", "a")


def test_a_file_is_read_as_it_lies_there(folder: Path) -> None:
    (folder / "added").chmod(0o755)
    (folder / "link").symlink_to("added")
    tree = FolderTree(folder)
    assert tree.get("changed") == File(b"2")
    assert tree.get("added") == File(b"1", EXECUTABLE)
    assert tree.get("link") == File(b"added", SYMLINK)
    assert tree.get("removed") is None
    assert tree.get("sub") is None
    assert tree.get("committed/x") is None


def test_a_file_that_is_ignored_is_there_all_the_same(folder: Path) -> None:
    assert FolderTree(folder).get("x.log") == File(b"1")


def test_a_folder_of_a_repository_is_listed_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert FolderTree(folder / "sub").under("") == ("-x", ".gitignore", "a")
    monkeypatch.chdir(folder)
    assert FolderTree(Path("sub")).under("") == ("-x", ".gitignore", "a")
    assert FolderTree(Path("sub")).get("a") == File(b"1")


def test_a_folder_that_the_repository_around_ignores_is_seen_whole(folder: Path) -> None:
    write(folder, {"out.log/deployment.yaml": "1", "out.log/.git-like/x": "1"})
    assert FolderTree(folder / "out.log").under("") == (".git-like/x", "deployment.yaml")
    assert FolderTree(folder / "out.log/.git-like").under("") == ("x",)
    assert FolderTree(folder / "missing").under("") == ()


def test_repositories_within_are_others(folder: Path, git: Git) -> None:
    for inner in ("inner", "module"):
        write(folder, {f"{inner}/file": "1"})
        git(folder / inner, "init", "--quiet")
        git(folder / inner, "add", "--all")
        git(folder / inner, "commit", "--quiet", "--message", "x")
    head = git(folder / "module", "rev-parse", "HEAD")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{head},module")
    assert list(FolderTree(folder).under("")) == sorted(LISTED)
    assert FolderTree(folder / "inner").under("") == ("file",)


def test_without_git_all_files_are_listed(tmp_path: Path) -> None:
    write(tmp_path, {"a": "1", ".gitignore": "a\n", "b/c": "1", "b/.git/config": "x", "b/d/.git": "gitdir: nowhere"})
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    tree = FolderTree(tmp_path)
    assert [path for path in tree.under("") if tree.get(path)] == [".gitignore", "a", "b/c"]
    assert tree.under("b") == ("b/c",)


@pytest.mark.parametrize("with_git", [True, False])
def test_links_are_files_and_never_followed(tmp_path: Path, git: Git, with_git: bool) -> None:
    write(tmp_path, {"outside/secret": "1", "folder/real/a": "1"})
    folder = tmp_path / "folder"
    if with_git:
        git(folder, "init", "--quiet")
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "loop").symlink_to(".")
    (folder / "broken").symlink_to("nowhere")
    tree = FolderTree(folder)
    assert tree.under("") == ("broken", "loop", "out", "real/a")
    assert tree.get("out") == File(str(tmp_path / "outside").encode(), SYMLINK)
    assert tree.get("out/secret") is None
    assert tree.get("loop/real/a") is None
    assert tree.get("broken") == File(b"nowhere", SYMLINK)


@pytest.mark.parametrize("path", ["../outside", "a/../../outside", "/etc/passwd", "x" * 300, "a\0b", "a/" * 3000 + "a"])
def test_no_path_leads_out_or_breaks_it(tmp_path: Path, path: str) -> None:
    write(tmp_path, {"outside": "secret", "folder/a": "1"})
    assert FolderTree(tmp_path / "folder").get(path) is None


def test_the_git_of_a_hook_is_not_meant(
    folder: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "outer")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "outer/.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "outer"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "outer/.git/index"))
    assert list(FolderTree(folder).under("")) == sorted(LISTED)


def test_a_repository_that_git_refuses_is_an_error_not_empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(UserError, match="dubious ownership"):
        FolderTree(folder).under("")
