"""The tree of a commit, of a repository that git alone made: every file as it was committed, and nothing else.

It is the same whether GitPython reads the objects or a `git cat-file` of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from git import Repo
from pytest_git import GitRepo

from generator.core.tree import EXECUTABLE, SYMLINK, File, MemoryTree, Tree
from generator.gitrepo.git_process import Git as GitProcess
from generator.gitrepo.git_tree import commit_tree
from generator.gitrepo.object_reader import ObjectReader
from generator.gitrepo.object_tree import ObjectTree
from generator.gitrepo.running import forget_outer_git

Git = Callable[..., str]

CONTENT = {
    "plain": b"text\n",
    "empty": b"",
    "binary": bytes(range(256)),
    "crlf": b"a\r\nb",
    "-dash": b"1",
    "a b/c d": b"2",
    'say "hi"\\': b"3",
    "line\nbreak": b"4",
    "日本/é": b"5",
    "caf\udce9": b"6",
    "[a]/*": b"7",
    ":(top)/x": b"8",
    "deep/er/and/deeper": b"9",
    "deep-er": b"10",
    "deep0": b"11",
}


@pytest.fixture(params=["GitPython", "cat-file"])
def foreign(git_repo: GitRepo, git: Git, request: pytest.FixtureRequest) -> Iterator[Tree]:
    folder = Path(git_repo.workspace)
    for path, data in CONTENT.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "run").write_bytes(b"#!/bin/sh\n")
    (folder / "run").chmod(0o755)
    (folder / "link").symlink_to("deep/er")
    git(folder, "add", "--all")
    git(folder, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    git(folder, "commit", "--quiet", "--message", "x")
    if request.param == "GitPython":
        yield commit_tree(git_repo.api, git(folder, "rev-parse", "HEAD"))
        return
    reader = ObjectReader(GitProcess(folder / ".git"))
    yield ObjectTree(reader.read, git(folder, "rev-parse", "HEAD^{tree}"))
    reader.close()


def test_every_file_is_read_as_it_was_committed(foreign: Tree) -> None:
    expected = {path: File(data) for path, data in CONTENT.items()}
    expected |= {"run": File(b"#!/bin/sh\n", EXECUTABLE), "link": File(b"deep/er", SYMLINK)}
    assert {path: foreign.get(path) for path in foreign.under("")} == expected


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "deep",
        "deep/er/",
        "/plain",
        "plain/x",
        "plain/empty",
        "link/and",
        "module",
        "module/x",
        "../plain",
        "\ud800",
    ],
)
def test_what_is_no_file_is_not_there(foreign: Tree, path: str) -> None:
    assert foreign.get(path) is None


def test_folders_are_listed_as_in_memory(foreign: Tree) -> None:
    memory = MemoryTree({path: File(b"") for path in foreign.under("")})
    for folder in ("", "deep", "deep/er", "a b", "日本", "[a]", ":(top)", "dee", "plain", "link", "missing", "-"):
        assert foreign.under(folder) == memory.under(folder)
        assert foreign.children(folder) == memory.children(folder)


def test_a_folder_is_taken_by_its_letters(foreign: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ("GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS"):
        monkeypatch.setenv(setting, "1")
    forget_outer_git()
    assert foreign.under("[a]") == ("[a]/*",)
    assert foreign.under("DEEP") == ()


def test_no_commit_holds_nothing(git_repo: GitRepo) -> None:
    assert commit_tree(git_repo.api, None).under("") == ()


def test_a_tree_stays_as_it_was_when_the_branch_moves_on(git_repo: GitRepo, git: Git) -> None:
    folder = Path(git_repo.workspace)
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "1")
    tree = commit_tree(Repo(folder), git(folder, "rev-parse", "HEAD"))
    (folder / "new").write_text("x")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "2")
    assert tree.under("") == ()
    assert tree.get("new") is None
