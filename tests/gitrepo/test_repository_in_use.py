"""What people have in their work tree stays, or is in the way; another branch and another git are left alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File
from generator.gitrepo.creation import create
from generator.gitrepo.folder_tree import FolderTree
from generator.gitrepo.repository import Repository
from tests.gitrepo.conftest import CHANGE, NOTHING, ORIGIN, PRISTINE, Git, State, assert_applied, content, heads


def test_work_elsewhere_in_the_tree_stays(repository: Repository, git: Git) -> None:
    (repository.path / "kept/dirty.txt").write_text("mine")
    (repository.path / "README.md").write_text("staged")
    git(repository.path, "add", "README.md")
    (repository.path / "untracked").write_text("mine")
    repository.commit("main", CHANGE, PRISTINE)
    assert git(repository.path, "status", "--porcelain") == "M  README.md\n M kept/dirty.txt\n?? untracked"
    assert (repository.path / "kept/dirty.txt").read_text() == "mine"
    assert git(repository.path, "show", "main:README.md") == "# acme"


def edit(root: Path) -> None:
    (root / "registry/a.yaml").write_text("mine")


def add(root: Path) -> None:
    (root / "registry/c").mkdir()
    (root / "registry/c/d.yaml").write_text("mine")


def put_folder(root: Path) -> None:
    (root / "run.sh").unlink()
    (root / "run.sh").mkdir()


def put_link(root: Path) -> None:
    (root / "registry").rename(root.parent / "outside")
    (root / "registry").symlink_to(root.parent / "outside")


@pytest.mark.parametrize(
    ("prepare", "named"),
    [(edit, "registry/a.yaml"), (add, "registry/c/d.yaml"), (put_folder, "run.sh"), (put_link, "registry/b.yaml")],
)
def test_work_in_the_way_is_refused_and_nothing_changes(
    repository: Repository, state: State, prepare: Callable[[Path], None], named: str
) -> None:
    prepare(repository.path)
    before = state(repository.path.parent)
    with pytest.raises(UserError, match="uncommitted work is in the way") as refused:
        repository.commit("main", CHANGE, PRISTINE)
    assert f"\n  {named}" in refused.value.message
    assert "git stash" in refused.value.hint
    assert state(repository.path.parent) == before
    reserve = repository.reserved("main", CHANGE, heads(repository))
    with pytest.raises(UserError, match=named), reserve:
        pytest.fail("the block must not run")
    assert state(repository.path.parent) == before


def test_staged_work_in_the_way_is_refused(repository: Repository, git: Git, state: State) -> None:
    (repository.path / "registry/a.yaml").write_text("mine")
    git(repository.path, "add", "--all")
    (repository.path / "registry/a.yaml").write_text("a: 1\n")
    before = state(repository.path)
    with pytest.raises(UserError, match=r"registry/a\.yaml"):
        repository.commit("main", CHANGE, PRISTINE)
    assert state(repository.path) == before


def test_another_branch_that_is_checked_out_is_left_alone(repository: Repository, git: Git) -> None:
    git(repository.path, "checkout", "--quiet", "-b", "feature")
    (repository.path / "registry/a.yaml").write_text("mine")
    before = content(FolderTree(repository.path))
    repository.commit("main", CHANGE, PRISTINE)
    assert repository.checked_out() == "feature"
    assert content(FolderTree(repository.path)) == before
    assert git(repository.path, "status", "--porcelain") == " M registry/a.yaml"
    git(repository.path, "checkout", "--quiet", "--force", "main")
    assert_applied(repository, git)


def test_a_commit_that_is_checked_out_is_left_alone(repository: Repository, git: Git) -> None:
    git(repository.path, "checkout", "--quiet", "--detach")
    repository.commit("main", CHANGE, PRISTINE)
    assert repository.checked_out() is None
    assert repository.uncommitted() == ()
    assert (repository.path / "registry/b.yaml").exists()


def test_the_work_tree_follows_the_pristine_branch_too(repository: Repository, git: Git) -> None:
    git(repository.path, "checkout", "--quiet", PRISTINE_BRANCH)
    repository.commit("main", CHANGE, PRISTINE)
    assert repository.uncommitted() == ()
    assert content(FolderTree(repository.path)) == content(repository.tree(PRISTINE_BRANCH))
    (repository.path / "registry/a.yaml").write_text("mine")
    with pytest.raises(UserError, match=r"registry/a\.yaml"):
        repository.commit("main", NOTHING, Change({"registry/a.yaml": File(b"3")}, "x"))


def test_a_tag_of_the_same_name_is_not_the_branch(repository: Repository, git: Git) -> None:
    git(repository.path, "tag", "main", PRISTINE_BRANCH)
    repository.commit("main", CHANGE, PRISTINE)
    assert repository.checked_out() == "main"
    assert repository.uncommitted() == ()
    assert repository.trailers("main", "registry/a.yaml")["Cluster"] == "prod-eu"


def test_a_clone_is_worked_in_like_the_first(repository: Repository, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "clone", "--quiet", str(repository.path), "clone")
    clone = Repository(tmp_path / "clone")
    assert clone.head(PRISTINE_BRANCH) is None
    assert clone.pristine_head() == repository.head(PRISTINE_BRANCH)
    clone.commit("main", CHANGE, PRISTINE)
    assert git(clone.path, "rev-parse", f"{PRISTINE_BRANCH}~1") == repository.head(PRISTINE_BRANCH)
    assert_applied(clone, git)
    assert clone.pristine_head() == clone.head(PRISTINE_BRANCH)
    repository.commit("main", NOTHING, PRISTINE)
    git(clone.path, "branch", "--quiet", "--force", PRISTINE_BRANCH, f"origin/{PRISTINE_BRANCH}")
    git(clone.path, "fetch", "--quiet")
    assert clone.pristine_head() == repository.head(PRISTINE_BRANCH)


def test_a_linked_work_tree_is_a_repository_too(repository: Repository, tmp_path: Path, git: Git) -> None:
    git(repository.path, "checkout", "--quiet", "--detach")
    git(repository.path, "worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    linked = Repository(tmp_path / "linked")
    linked.commit("main", CHANGE, PRISTINE)
    assert_applied(linked, git)
    assert repository.uncommitted() == ()


def test_a_git_around_us_is_not_meant(
    repository: Repository, tmp_path: Path, git: Git, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer = create(tmp_path / "outer", "main", CHANGE, PRISTINE, ORIGIN).path
    before = state(outer)

    def within(folder: Path) -> None:
        for name, value in {
            "GIT_DIR": outer / ".git",
            "GIT_WORK_TREE": outer,
            "GIT_INDEX_FILE": outer / ".git/index",
            "GIT_OBJECT_DIRECTORY": outer / ".git/objects",
            "GIT_COMMON_DIR": outer / ".git",
            "GIT_PREFIX": "sub/",
        }.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.chdir(folder)

    within(outer)
    inner = Repository(repository.path)
    inner.commit("main", CHANGE, PRISTINE)
    within(outer)
    assert create(tmp_path / "new", "main", CHANGE, PRISTINE, ORIGIN).uncommitted() == ()
    assert state(outer) == before
    assert_applied(inner, git)


def test_in_a_real_hook_of_another_repository(repository: Repository, tmp_path: Path, git: Git) -> None:
    other = create(tmp_path / "other", "main", CHANGE, PRISTINE, ORIGIN)
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from generator.core.change import Change\n"
        "from generator.core.tree import File\n"
        "from generator.gitrepo.repository import Repository\n"
        "change = Change({'hook': File(b'x')}, 'x')\n"
        f"Repository(Path({str(repository.path)!r})).commit('main', change, change)\n"
    )
    hook = other.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{script}'\n")
    hook.chmod(0o755)
    (other.path / "x").write_text("x")
    git(other.path, "commit", "--quiet", "--all", "--allow-empty", "--message", "x")
    assert "hook" in repository.tree("main").under("")
    assert repository.uncommitted() == ()
    assert "hook" not in other.tree("main").under("")
