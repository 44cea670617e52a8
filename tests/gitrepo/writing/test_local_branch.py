"""The same writer serves a repository on disk: commits are made in place and the work tree follows."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File
from generator.gitrepo.authorship import Authorship, Person
from generator.gitrepo.branch import Branch
from generator.gitrepo.local_branch import LocalBranch
from generator.gitrepo.lock import locked
from generator.gitrepo.repository import Repository
from generator.gitrepo.writer import WithPristine, write
from tests.gitrepo.writing.conftest import Remote, app_path, app_text, set_version

Git = Callable[..., str]


@pytest.fixture
def work(remote: Remote, tmp_path: Path) -> Path:
    """Return a clone with a work tree."""
    subprocess.run(["git", "clone", "--quiet", remote.path, tmp_path / "work"], check=True)
    return tmp_path / "work"


@pytest.fixture
def git(work: Path) -> Git:
    def run(*command: str) -> str:
        return subprocess.run(["git", *command], cwd=work, capture_output=True, text=True, check=True).stdout.strip()

    return run


@pytest.fixture
def local(work: Path) -> Branch:
    return LocalBranch(Repository(work), "main")


def test_each_change_is_one_commit_and_the_work_tree_follows(local: Branch, work: Path, git: Git) -> None:
    outcomes = write(local, [set_version(1, "2"), set_version(2, "2"), set_version(1, "3"), set_version(3, "1")])
    assert git("log", "--reverse", "--format=%s").splitlines()[1:] == ["app-1 → 2", "app-2 → 2", "app-1 → 3"]
    assert [outcome.commit for outcome in outcomes] == [*git("rev-list", "--reverse", "HEAD").split()[1:], None]
    assert (work / app_path(1)).read_text() == app_text(1, "3")
    assert git("status", "--porcelain") == ""


def test_nothing_is_sent_to_the_remote(local: Branch, remote: Remote) -> None:
    write(local, [set_version(1, "2")])
    assert remote.subjects() == ["first"]


def test_uncommitted_work_is_never_touched(local: Branch, work: Path, git: Git) -> None:
    (work / app_path(1)).write_text("mine\n")
    (work / app_path(5)).write_text("mine too\n")
    with pytest.raises(UserError, match="uncommitted work is in the way") as caught:
        write(local, [set_version(2, "2"), set_version(1, "2")])
    assert app_path(1) in str(caught.value)
    assert git("log", "--format=%s") == "first"
    assert (work / app_path(1)).read_text() == "mine\n"
    write(local, [set_version(2, "2")])
    assert (work / app_path(5)).read_text() == "mine too\n"


def test_a_branch_that_is_not_shown_moves_alone(work: Path, git: Git) -> None:
    git("branch", "other")
    write(LocalBranch(Repository(work), "other"), [set_version(1, "2")])
    assert git("log", "--format=%s", "other").splitlines() == ["app-1 → 2", "first"]
    assert (work / app_path(1)).read_text() == app_text(1, "1")
    assert git("status", "--porcelain") == ""


def test_the_pristine_branch_moves_with_it(local: Branch, git: Git) -> None:
    edits = {"new": File(b"x\n")}
    both = WithPristine(lambda *_: (Change(edits, "add"), Change(edits, "templates")))
    (outcome,) = write(local, [both])
    assert git("rev-parse", PRISTINE_BRANCH) == outcome.pristine
    assert git("log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)") == outcome.pristine
    assert git("status", "--porcelain") == ""


def test_the_first_commit_of_a_repository_can_be_written(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", tmp_path / "new"], check=True)
    local = LocalBranch(Repository(tmp_path / "new"), "main")
    (outcome,) = write(local, [lambda _: Change({"a": File(b"x\n")}, "first")])
    assert outcome.commit
    assert (tmp_path / "new" / "a").read_text() == "x\n"


def test_commits_are_from_whom_was_asked_for(local: Branch, git: Git) -> None:
    bot = Person("acme bot", "bot@example.com")
    write(local, [set_version(1, "2")], authorship=Authorship(author=bot, sign_off=True))
    assert git("log", "-1", "--format=%an %(trailers:valueonly)") == "acme bot Test <test@example.com>"


def test_a_commit_by_hand_in_the_meantime_is_planned_on(local: Branch, work: Path, git: Git) -> None:
    def disturbed(tree: object) -> Change:
        if git("log", "--format=%s") == "first":
            git("commit", "--quiet", "--allow-empty", "--message=by hand")
        return Change({"a": File(b"x\n")}, "a")

    write(local, [disturbed], sleep=lambda _: None)
    assert git("log", "--reverse", "--format=%s").splitlines() == ["first", "by hand", "a"]


def test_another_of_our_processes_is_not_waited_for_without_end(local: Branch, work: Path) -> None:
    with locked(work / ".git"), pytest.raises(TemporaryError, match="another gitopsmith"):
        write(local, [set_version(1, "2")])
