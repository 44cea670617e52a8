"""A new repository is there whole, or nothing of it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH, PRISTINE_TRAILER
from generator.core.tree import File
from generator.gitrepo.creation import building_folder, create
from generator.gitrepo.repository import Repository
from tests.gitrepo.conftest import CHANGE, ORIGIN, PRISTINE, Git, State, content


def test_a_new_repository_is_an_ordinary_one(repository: Repository, git: Git) -> None:
    assert repository.checked_out() == "main"
    assert repository.uncommitted() == ()
    assert git(repository.path, "remote", "get-url", "origin") == ORIGIN
    assert git(repository.path, "log", "--format=%s", "main", PRISTINE_BRANCH).split("\n") == ["Create it"] * 2
    assert git(repository.path, "for-each-ref", "--format=%(refname)").split("\n") == [
        f"refs/heads/{PRISTINE_BRANCH}",
        "refs/heads/main",
    ]
    assert repository.trailers("main", "README.md") == {PRISTINE_TRAILER: repository.head(PRISTINE_BRANCH)}
    assert str(repository.path) not in (repository.path / ".git/config").read_text()
    assert [path.name for path in repository.path.parent.iterdir()] == ["acme-gitops"]


def test_the_users_preferences_for_new_repositories_do_no_harm(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    repository = create(tmp_path / "new", "release/1.10", CHANGE, PRISTINE, ORIGIN)
    assert repository.checked_out() == "release/1.10"
    assert repository.uncommitted() == ()


@pytest.mark.parametrize("name", ["$HOME", "~", "a b", "-x", "日本"])
def test_a_new_repository_may_be_called_anything(tmp_path: Path, name: str) -> None:
    assert create(tmp_path / name, "main", CHANGE, PRISTINE, ORIGIN).uncommitted() == ()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_empty_folder_is_filled_and_a_full_one_is_not(tmp_path: Path, state: State) -> None:
    (tmp_path / "empty").mkdir()
    create(tmp_path / "empty", "main", CHANGE, PRISTINE, ORIGIN)
    before = state(tmp_path)
    with pytest.raises(TemporaryError, match="in the meantime"):
        create(tmp_path / "empty", "main", CHANGE, PRISTINE, ORIGIN)
    assert state(tmp_path) == before


def test_what_cannot_be_created_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(UserError):
            create(path, "main", CHANGE, PRISTINE, ORIGIN)
    with pytest.raises(UserError):
        create(tmp_path / "new", "main", Change({"../out": File(b"")}, "x"), PRISTINE, ORIGIN)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_run_left_beside_it_is_removed(tmp_path: Path) -> None:
    building = building_folder(tmp_path / "new")
    (building / ".git/objects").mkdir(parents=True)
    (building / "half").write_text("x")
    assert content(create(tmp_path / "new", "main", CHANGE, PRISTINE, ORIGIN).tree("main")).keys() == {
        path for path, file in CHANGE.edits.items() if file
    }
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))


@pytest.mark.usefixtures("nobody")
def test_without_an_author_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="git does not know who you are") as refused:
        create(tmp_path / "new/acme", "main", CHANGE, PRISTINE, ORIGIN)
    assert "git config --global user.email" in refused.value.hint
    assert list(tmp_path.iterdir()) == []


def test_without_an_author_no_commit_is_made(
    repository: Repository, state: State, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("nobody")
    before = state(repository.path)
    with pytest.raises(UserError, match="git does not know who you are"):
        repository.commit("main", CHANGE, PRISTINE)
    assert state(repository.path) == before


def test_the_author_may_come_from_anywhere_that_git_looks(
    repository: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ren\udce9")
    repository.commit("main", CHANGE, PRISTINE)
    people = git(repository.path, "log", "-1", "--format=%an <%ae>, %cn", "main")
    assert people == "Ren <test@example.com>, Test"
