"""Real repositories in a folder of each test, and what a test asks of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change, ChangedTree
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import EXECUTABLE, SYMLINK, File, Tree, as_memory
from generator.gitrepo.creation import create
from generator.gitrepo.folder_tree import FolderTree
from generator.gitrepo.repository import Repository

Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

FIRST = {
    "README.md": File(b"# acme\n"),
    "registry/a.yaml": File(b"a: 1\n"),
    "registry/b.yaml": File(b"b: 1\n"),
    "run.sh": File(b"#!/bin/sh\n", EXECUTABLE),
    "link": File(b"registry/a.yaml", SYMLINK),
    "kept/dirty.txt": File(b"as committed\n"),
}


ORIGIN = "https://github.com/acme/acme-gitops.git"
NOTHING = Change({}, "nothing")
CHANGE = Change(
    {
        "registry/a.yaml": File(b"a: 2\n"),
        "registry/b.yaml": None,
        "registry/c/d.yaml": File(b"d\n"),
        "run.sh": File(b"x"),
    },
    "Add prod-eu",
    trailers=(("Cluster", "prod-eu"),),
)
PRISTINE = Change({"registry/a.yaml": File(b"a: 2\n"), "registry/c/d.yaml": File(b"d\n")}, "Render prod-eu")


def content(tree: Tree) -> dict[str, File | None]:
    return {path: tree.get(path) for path in tree.under("")}


def heads(repository: Repository) -> tuple[str | None, str | None]:
    return repository.head("main"), repository.head(PRISTINE_BRANCH)


def assert_applied(repository: Repository, run: Git) -> None:
    """Both branches, the index and the work tree hold the change."""
    for branch, change in (("main", CHANGE), (PRISTINE_BRANCH, PRISTINE)):
        before = as_memory(repository.at(run(repository.path, "rev-parse", f"refs/heads/{branch}~1")))
        assert content(repository.tree(branch)) == content(ChangedTree(before, change.edits))
    assert run(repository.path, "status", "--porcelain", "--ignored") == ""
    assert content(FolderTree(repository.path)) == content(repository.tree("main"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that git runs in where it is told no other: never this project's own repository."""
    folder = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def git() -> Git:
    """Run git in a folder and return what it says, without its last line end."""

    def run(folder: Path, *arguments: str, stdin: str | None = None) -> str:
        given = None if stdin is None else stdin.encode(errors="surrogateescape")
        done = subprocess.run(["git", "-C", str(folder), *arguments], input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")

    return run


@pytest.fixture
def state() -> State:
    """Return everything in a folder, git's own files included: what must be the same where nothing may change."""

    def read(folder: Path) -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(folder)): (
                path.lstat().st_mode,
                path.read_bytes() if path.is_file() and not path.is_symlink() else b"",
            )
            for path in sorted(folder.rglob("*"))
        }

    return read


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository as `init` makes it, at `acme-gitops`, with the branch `main` checked out."""
    first = Change(FIRST, "Create it")
    return create(tmp_path / "acme-gitops", "main", first, first, ORIGIN)
