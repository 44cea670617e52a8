"""Branches move together or not at all, and nobody else moves them meanwhile."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from git import Repo
from git.exc import GitCommandError

from generator.gitrepo.references import moving

Git = Callable[..., str]


@pytest.fixture
def repo(tmp_path: Path, git: Git) -> Repo:
    """A repository with the commits `one` and `two` as tags, and the branch `main` at `one`."""
    folder = tmp_path / "repo"
    repo = Repo.init(folder, initial_branch="main")
    for name in ("one", "two"):
        git(folder, "commit", "--quiet", "--allow-empty", "--message", name)
        git(folder, "tag", name)
    git(folder, "checkout", "--quiet", "--detach")
    git(folder, "branch", "--force", "main", "one")
    return repo


@pytest.fixture
def sha(repo: Repo, git: Git) -> Callable[[str], str]:
    return lambda name: git(Path(repo.working_dir), "rev-parse", name)


def heads(repo: Repo) -> dict[str, str]:
    shown = repo.git.for_each_ref("--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
    return dict(line.split(" ") for line in str(shown).split("\n"))


def test_all_are_moved_when_the_block_ends(repo: Repo, sha: Callable[[str], str]) -> None:
    one, two = sha("one"), sha("two")
    with moving(repo, {"main": (one, two), "gitopsmith/pristine": (None, one)}):
        assert heads(repo) == {"main": one}
    assert heads(repo) == {"main": two, "gitopsmith/pristine": one}
    assert "gitopsmith" in str(repo.git.reflog("main"))


def test_none_is_moved_where_the_block_raises(repo: Repo, sha: Callable[[str], str]) -> None:
    one, two = sha("one"), sha("two")
    with pytest.raises(KeyboardInterrupt), moving(repo, {"main": (one, two), "new": (None, one)}):
        raise KeyboardInterrupt
    assert heads(repo) == {"main": one}
    with moving(repo, {"main": (one, two)}):
        pass
    assert heads(repo) == {"main": two}


@pytest.mark.parametrize("moved", ["main", "new"])
def test_a_branch_that_is_elsewhere_stops_all_before_the_block(
    repo: Repo, sha: Callable[[str], str], git: Git, moved: str
) -> None:
    one, two = sha("one"), sha("two")
    git(Path(repo.working_dir), "update-ref", f"refs/heads/{moved}", two)
    before = heads(repo)
    with (
        pytest.raises(GitCommandError, match="cannot lock ref"),
        moving(repo, {"new": (None, one), "main": (one, two)}),
    ):
        pytest.fail("the block must not run")
    assert heads(repo) == before


def test_nobody_else_moves_them_meanwhile(repo: Repo, sha: Callable[[str], str]) -> None:
    one, two = sha("one"), sha("two")
    command = ["git", "-C", str(repo.working_dir), "-c", "core.filesRefLockTimeout=0"]
    with moving(repo, {"main": (one, two)}):
        other = subprocess.run([*command, "update-ref", "refs/heads/main", two], capture_output=True, check=False)
        assert b"Unable to create" in other.stderr
        assert subprocess.run([*command, "update-ref", "refs/heads/other", two], check=False).returncode == 0
    assert heads(repo) == {"main": two, "other": two}


def test_branches_that_stay_are_left_alone(repo: Repo, sha: Callable[[str], str]) -> None:
    one = sha("one")
    with moving(repo, {"main": (one, one), "new": (None, None)}):
        repo.git.update_ref("refs/heads/main", sha("two"))
    assert heads(repo) == {"main": sha("two")}


def test_a_missing_commit_is_an_error_and_moves_nothing(repo: Repo, sha: Callable[[str], str]) -> None:
    one = sha("one")
    with pytest.raises(GitCommandError), moving(repo, {"new": (None, one), "main": (one, "1" * 40)}):
        pass
    assert heads(repo) == {"main": one}
