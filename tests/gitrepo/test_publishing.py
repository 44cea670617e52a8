"""Whole branches, brought to where a repository is published: forward only, and with `origin` right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.publishing import Publication, Standing, forget_origin
from generator.gitrepo.repository import Repository

PRISTINE = "gitopsmith/pristine"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "--quiet", "--message", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Return a repository with one commit."""
    path = tmp_path / 'he"re'
    git(tmp_path, "init", "--quiet", str(path))
    commit(path, "a")
    return path


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """Return an empty repository to publish to."""
    git(tmp_path, "init", "--quiet", "--bare", "there.git")
    return tmp_path / "there.git"


@pytest.fixture
def publication(here: Path, there: Path) -> Publication:
    return Publication(Repository(here), str(there))


def head(folder: Path, branch: str = "main") -> str:
    return git(folder, "rev-parse", f"refs/heads/{branch}")


def test_branches_are_pushed_to_an_empty_repository(publication: Publication, here: Path, there: Path) -> None:
    assert publication.theirs() == {}
    publication.push({"main": (None, head(here)), PRISTINE: (None, head(here))})
    assert publication.theirs() == {"main": head(here), PRISTINE: head(here)}


def test_how_two_branches_stand_is_told_and_nothing_changes_here(
    publication: Publication, here: Path, there: Path, tmp_path: Path
) -> None:
    first = head(here)
    assert publication.standing("main", first, None) is Standing.NEW
    publication.push({"main": (None, first)})
    assert publication.standing("main", first, first) is Standing.SAME
    git(tmp_path, "clone", "--quiet", str(there), "other")
    theirs = commit(tmp_path / "other", "b")
    git(tmp_path / "other", "push", "--quiet")
    before = git(here, "for-each-ref"), git(here, "count-objects")
    assert publication.standing("main", first, theirs) is Standing.BEHIND
    assert (git(here, "for-each-ref"), git(here, "count-objects")) == before
    ours = commit(here, "c")
    assert publication.standing("main", ours, theirs) is Standing.PARTED
    assert publication.standing("main", ours, first) is Standing.AHEAD
    foreign = git(there, "commit-tree", f"{theirs}^{{tree}}", "-m", "Foreign")
    git(there, "update-ref", "refs/heads/main", foreign)
    assert publication.standing("main", ours, foreign) is Standing.FOREIGN


def test_a_branch_moves_from_where_it_was_known_to_be_or_not_at_all(
    publication: Publication, here: Path, there: Path
) -> None:
    first = head(here)
    publication.push({"main": (None, first)})
    second = commit(here, "b")
    with pytest.raises(TemporaryError):
        publication.push({PRISTINE: (None, second), "main": (None, second)})
    assert publication.theirs() == {"main": first}, "none of the two"
    publication.push({"main": (first, second)})
    assert head(there) == second


def test_origin_is_added_and_repaired_and_its_branches_are_known(
    publication: Publication, here: Path, there: Path
) -> None:
    publication.push({"main": (None, head(here))})
    for _ in range(2):
        publication.set_origin()
        publication.remember({"main": head(here), "gone": "1" * 40})
        assert git(here, "remote", "get-url", "origin") == str(there)
        assert git(here, "rev-parse", "main@{upstream}") == head(here)
        git(here, "remote", "set-url", "origin", "https://elsewhere.example/a/b.git")
    assert git(here, "for-each-ref", "--format=%(refname)", "refs/remotes") == "refs/remotes/origin/main"


def test_origin_is_forgotten_and_the_pristine_branch_stays(publication: Publication, here: Path) -> None:
    publication.set_origin()
    first, second = head(here), commit(here, "b")
    git(here, "branch", PRISTINE, first)
    publication.remember({PRISTINE: second})
    assert forget_origin(Repository(here))
    assert git(here, "remote") == ""
    assert head(here, PRISTINE) == second, "origin's was further"
    assert not forget_origin(Repository(here))


def test_what_is_not_there_is_told_without_any_secret(here: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such repository"):
        Publication(Repository(here), str(tmp_path / "none.git")).theirs()
    with pytest.raises(UserError, match="must not hold a user, a password or a token") as caught:
        Publication(Repository(here), "https://me:hidden@github.com/a/b.git", Credentials("t"))
    assert "hidden" not in str(caught.value)
