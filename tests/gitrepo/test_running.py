"""Git is run in the repository that is meant, and what it says becomes an error that helps."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree

import pytest
from git import Repo
from git.exc import GitCommandError

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.running import forget_outer_git, git_errors, open_repo

Git = Callable[..., str]


def test_what_a_hook_says_of_its_repository_is_forgotten(monkeypatch: pytest.MonkeyPatch, git: Git) -> None:
    local = git(Path.cwd(), "rev-parse", "--local-env-vars").split("\n")
    kept = {"GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_INTERNAL_SUPER_PREFIX"}
    for name in (*local, "GIT_AUTHOR_NAME", "GIT_QUARANTINE_PATH"):
        monkeypatch.setenv(name, "x")
    forget_outer_git()
    assert {name for name in local if name in os.environ} == kept & set(local)
    assert "GIT_QUARANTINE_PATH" not in os.environ
    assert os.environ["GIT_AUTHOR_NAME"] == "x"


@pytest.mark.parametrize("name", ["$HOME", "~", "a b", "%PATH%", "日本", "-x"])
def test_a_folder_may_have_any_name(name: str, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    git(tmp_path / name, "init", "--quiet")
    monkeypatch.chdir(tmp_path)
    with open_repo(Path(name)) as repo:
        assert Path(repo.working_dir) == tmp_path / name


@pytest.mark.parametrize("name", ["$HOME", "~", "$PWD/x"])
def test_git_runs_in_that_folder_and_nowhere_else(name: str, tmp_path: Path, git: Git, elsewhere: Path) -> None:
    git(elsewhere, "init", "--quiet")
    (tmp_path / name).mkdir(parents=True)
    git(tmp_path / name, "init", "--quiet")
    with open_repo(tmp_path / name) as repo:
        assert repo.git.rev_parse("--show-toplevel") == str(tmp_path / name)
        rmtree(tmp_path / name)
        with pytest.raises(FileNotFoundError):
            repo.git.rev_parse("--show-toplevel")


@pytest.mark.parametrize(
    "said",
    [
        "fatal: prepare: cannot lock ref 'refs/heads/main': is at 1 but expected 2",
        "fatal: Unable to create '/x/.git/index.lock': File exists.",
        "fatal: cannot lock ref 'refs/heads/main': reference already exists",
    ],
)
def test_what_may_pass_is_temporary(said: str) -> None:
    with pytest.raises(TemporaryError, match="another git process is at work") as error, git_errors(Path("repo")):
        raise GitCommandError(["git"], 128, said.encode())
    assert said in str(error.value)


def test_what_git_cannot_do_is_the_users_to_mend() -> None:
    said = "fatal: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create 'refs/heads/a/b'"
    for words in (said, "fatal: detected dubious ownership in repository at '/x'"):
        with pytest.raises(UserError) as error, git_errors(Path("repo")):
            raise GitCommandError(["git"], 128, words.encode())
        assert error.value.message == f"repo: git refuses: {words}"


def test_what_the_disk_cannot_do_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"No such file or directory: .*missing"), git_errors(tmp_path):
        (tmp_path / "missing").read_bytes()


def test_our_own_errors_pass() -> None:
    with pytest.raises(UserError, match=r"^mine$"), git_errors(Path("repo")):
        raise UserError("mine")


def test_a_repository_around_is_found_only_where_it_is_asked_for(tmp_path: Path) -> None:
    Repo.init(tmp_path).close()
    (tmp_path / "a/b").mkdir(parents=True)
    with open_repo(tmp_path / "a/b", search=True) as repo:
        assert Path(repo.working_dir) == tmp_path
