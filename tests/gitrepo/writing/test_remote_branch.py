"""A branch that is proposed begins where it must, and nobody's work on it is lost; history is read as far as needed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import Tree
from generator.gitrepo.remote_branch import SEAL
from generator.gitrepo.writer import Planner, write
from tests.gitrepo.writing.conftest import TOKEN, OpenBranch, Remote, Web, app_path, app_text, set_version

NAME = "gitopsmith/app-1/production"
Propose = Callable[[str], list[str]]


def always(*_: Tree) -> bool:
    return True


def never(*_: Tree) -> bool:
    return False


@pytest.fixture
def propose(remote: Remote, branch_of: OpenBranch) -> Propose:
    """Return what proposes a version of app 1 anew, if it may, and returns what the branch then holds."""

    def run(version: str) -> list[str]:
        write(branch_of(remote.path, NAME, base="main", anew=always), [set_version(1, version)])
        return remote.subjects(NAME)

    return run


def by_hand(remote: Remote, work: Path, *arguments: str, files: dict[str, str] | None = None) -> str:
    """Commit on the branch as a person does who checked it out, and push it by force."""
    if not work.exists():
        subprocess.run(["git", "clone", "--quiet", remote.path, work], check=True)
    git = ["git", "-C", str(work)]
    subprocess.run([*git, "fetch", "--quiet"], check=True)
    subprocess.run([*git, "checkout", "--quiet", "-B", NAME, f"origin/{NAME}"], check=True)
    for path, text in (files or {}).items():
        (work / path).write_text(text)
        subprocess.run([*git, "add", path], check=True)
    subprocess.run([*git, *arguments], check=True, capture_output=True)
    subprocess.run([*git, "push", "--quiet", "--force", "origin", NAME], check=True)
    return remote.head(NAME)


def test_it_begins_at_its_base_which_stays_as_it_is(remote: Remote, propose: Propose) -> None:
    assert propose("2") == ["first", "app-1 → 2"]
    assert remote.subjects() == ["first"]


def test_a_newer_version_replaces_our_own_commit(remote: Remote, propose: Propose) -> None:
    propose("2")
    assert propose("3") == ["first", "app-1 → 3"]
    remote.commit("elsewhere", {app_path(2): app_text(2, "9")})
    assert propose("4") == ["first", "elsewhere", "app-1 → 4"]
    assert remote.text(app_path(1), NAME) == app_text(1, "4").strip()
    remote.assert_sound()


def test_our_own_commit_is_gone_on_with_where_that_is_wanted(remote: Remote, branch_of: OpenBranch) -> None:
    asked: list[list[bytes]] = []

    def note(*trees: Tree) -> bool:
        asked.append([file.data.split()[3] for tree in trees if (file := tree.get(app_path(1)))])
        return False

    for version in ("2", "3"):
        write(branch_of(remote.path, NAME, base="main", anew=note), [set_version(1, version)])
    assert remote.subjects(NAME) == ["first", "app-1 → 2", "app-1 → 3"]
    assert asked == [[b"1", b"1", b"2"]]


@pytest.mark.parametrize("command", [["commit", "-m", "mine"], ["commit", "--amend", "--no-edit"]])
def test_what_a_person_did_on_it_is_never_lost(
    remote: Remote, propose: Propose, tmp_path: Path, command: list[str]
) -> None:
    propose("2")
    head = by_hand(remote, tmp_path / "work", *command, files={"mine": "x"})
    remote.commit("elsewhere", {app_path(2): app_text(2, "9")})
    for version in ("3", "4"):
        propose(version)
        assert remote.git("merge-base", head, NAME) == head
        assert remote.text("mine", NAME) == "x"
        assert remote.text(app_path(1), NAME) == app_text(1, version).strip()


def test_a_commit_of_a_person_below_ours_is_never_lost(remote: Remote, propose: Propose) -> None:
    """Our commit says the same where a person moved it onto one of theirs."""
    propose("2")
    remote.git("update-ref", "refs/heads/mine", "main")
    mine = remote.commit("mine", {app_path(1): app_text(1, "2")}, "mine")
    message = remote.git("log", "-1", "--format=%B", NAME)
    remote.git("update-ref", f"refs/heads/{NAME}", remote.git("commit-tree", "mine^{tree}", "-p", mine, "-m", message))
    assert propose("3") == ["first", "mine", "app-1 → 2", "app-1 → 3"]


def test_a_branch_that_somebody_made_is_gone_on_with(remote: Remote, propose: Propose) -> None:
    remote.git("update-ref", f"refs/heads/{NAME}", "main")
    remote.commit("mine", {"mine": "x"}, NAME)
    assert propose("2") == ["first", "mine", "app-1 → 2"]
    assert propose("3") == ["first", "mine", "app-1 → 2", "app-1 → 3"]


@pytest.mark.parametrize("mine", [{}, {"mine": "x"}])
def test_one_that_was_merged_and_kept_begins_at_its_base_again(
    remote: Remote, propose: Propose, tmp_path: Path, mine: dict[str, str]
) -> None:
    propose("2")
    if mine:
        by_hand(remote, tmp_path / "work", "commit", "-m", "mine", files=mine)
    merge = remote.git("commit-tree", f"{NAME}^{{tree}}", "-p", "main", "-p", NAME, "-m", "merged")
    remote.git("update-ref", "refs/heads/main", merge)
    _many(remote, 60)
    propose("3")
    assert remote.git("rev-parse", f"{NAME}~1") == remote.head()


@pytest.mark.parametrize("mine", [{}, {"mine": "x"}])
def test_one_that_was_squashed_and_kept_begins_at_its_base_again(
    remote: Remote, propose: Propose, tmp_path: Path, mine: dict[str, str]
) -> None:
    propose("2")
    if mine:
        by_hand(remote, tmp_path / "work", "commit", "-m", "mine", files=mine)
    remote.commit("squashed", {app_path(1): app_text(1, "2"), **mine})
    propose("3")
    assert remote.git("rev-parse", f"{NAME}~1") == remote.head()
    assert remote.text(app_path(1), NAME) == app_text(1, "3").strip()


def test_one_that_was_merged_and_removed_begins_at_its_base(remote: Remote, propose: Propose) -> None:
    propose("2")
    remote.git("update-ref", "refs/heads/main", NAME)
    remote.git("update-ref", "-d", f"refs/heads/{NAME}")
    assert propose("3") == ["first", "app-1 → 2", "app-1 → 3"]
    assert remote.subjects() == ["first", "app-1 → 2"]


def test_a_push_by_somebody_else_in_between_is_not_overwritten(
    remote: Remote, branch_of: OpenBranch, tmp_path: Path
) -> None:
    write(branch_of(remote.path, NAME, base="main", anew=always), [set_version(1, "2")])
    plan = set_version(1, "3")
    mine: list[str] = []

    def late(tree: Tree) -> Change:
        if not mine:
            mine.append(by_hand(remote, tmp_path / "work", "commit", "-m", "mine", files={"mine": "x"}))
        return plan(tree)

    write(branch_of(remote.path, NAME, base="main", anew=always), [late], sleep=lambda _: None)
    assert remote.subjects(NAME) == ["first", "app-1 → 2", "mine", "app-1 → 3"]


def test_the_base_is_looked_at_before_anything_is_made_on_it(remote: Remote, branch_of: OpenBranch) -> None:
    branch = branch_of(remote.path, NAME, base="main", anew=always)
    write(branch, [set_version(1, "2")])
    remote.commit("elsewhere", {app_path(2): app_text(2, "9")})
    write(branch, [set_version(1, "3")])
    assert remote.subjects(NAME) == ["first", "elsewhere", "app-1 → 3"]


def test_it_says_whether_it_goes_on(remote: Remote, branch_of: OpenBranch) -> None:
    branch = branch_of(remote.path, NAME, base="main", anew=never)
    write(branch, [set_version(1, "2")])
    assert not branch.goes_on
    write(branch, [set_version(1, "2")])
    assert branch.goes_on


def test_a_fresh_clone_knows_our_commit_as_well(
    remote: Remote, branch_of: OpenBranch, cloned: Callable[[], Path], tmp_path: Path
) -> None:
    """As in CI, where nothing is kept from one run to the next."""
    for version in ("2", "3", "4"):
        write(branch_of(remote.path, NAME, base="main", anew=always), [set_version(1, version)])
        cloned().rename(tmp_path / f"old-{version}")
    assert remote.subjects(NAME) == ["first", "app-1 → 4"]
    assert SEAL in remote.git("log", "-1", "--format=%(trailers)", NAME)


def test_all_this_goes_over_http_with_a_password(
    remote: Remote, web: Web, branch_of: OpenBranch, cloned: Callable[[], Path], tmp_path: Path
) -> None:
    remote.git("config", "http.receivepack", "true")
    url, mine = f"{web.url}/remote.git", {"mine": "x"}
    for version in ("2", "3"):
        write(branch_of(url, NAME, base="main", anew=always, token=TOKEN), [set_version(1, version)])
        cloned().rename(tmp_path / f"old-{version}")
    by_hand(remote, tmp_path / "work", "commit", "-m", "mine", files=mine)
    write(branch_of(url, NAME, base="main", anew=always, token=TOKEN), [set_version(1, "4")])
    assert remote.subjects(NAME) == ["first", "app-1 → 3", "mine", "app-1 → 4"]
    cloned().rename(tmp_path / "old-4")
    remote.commit("squashed", {app_path(1): app_text(1, "4"), **mine})
    write(branch_of(url, NAME, base="main", anew=always, token=TOKEN), [told(1, "5", "abc")])
    assert remote.subjects(NAME) == ["first", "squashed", "app-1 → 5"]
    remote.git("update-ref", "refs/heads/main", NAME)
    _many(remote, 60)
    cloned().rename(tmp_path / "old-5")
    branch = branch_of(url, token=TOKEN)
    with branch.reserved():
        branch.refresh()
        assert branch.trailers(app_path(1))["Sha"] == "abc"


# ---- History ---------------------------------------------------------------------------------------------------


def told(number: int, version: str, sha: str) -> Planner:
    plan = set_version(number, version)

    def with_trailer(tree: Tree) -> Change:
        change = plan(tree)
        return Change(change.edits, change.subject, trailers=(("Sha", sha),))

    return with_trailer


@pytest.mark.parametrize(("behind", "found"), [(0, True), (30, True), (249, True), (1100, False)])
def test_the_trailers_of_the_last_change_of_a_file_are_found_as_far_back_as_is_looked(
    remote: Remote, branch_of: OpenBranch, tmp_path: Path, behind: int, found: bool
) -> None:
    write(branch_of(remote.path), [told(1, "2", "abc")])
    _many(remote, behind)
    other = Remote(tmp_path / "other.git")
    remote.path.rename(other.path)  # another address has another clone: one without history
    branch = branch_of(other.path)
    with branch.reserved():
        before = branch.refresh()
        assert branch.trailers(app_path(1)) == ({"Sha": "abc"} if found else {})
        assert branch.trailers(app_path(3)) == {}
        assert branch.refresh() == before


def _many(remote: Remote, count: int) -> None:
    stream = "".join(
        "commit refs/heads/main\ncommitter Other <other@example.com> now\ndata 5\nlater\n"
        + ("" if number else "from refs/heads/main^0\n")
        + f"M 100644 inline later\ndata 4\n{number:04}\n"
        for number in range(count)
    )
    remote.git("fast-import", "--quiet", "--date-format=now", stdin=stream.encode())


def test_history_is_not_fetched_further_each_time(
    remote: Remote, branch_of: OpenBranch, cloned: Callable[[], Path]
) -> None:
    _many(remote, 1500)
    branch = branch_of(remote.path)
    with branch.reserved():
        head = branch.refresh().main
        sizes = []
        for _ in range(2):
            assert branch.trailers(app_path(1)) == {}
            counted = ["git", "rev-list", "--count", str(head)]
            sizes.append(subprocess.run(counted, cwd=cloned(), capture_output=True, check=True, text=True).stdout)
    assert sizes == ["1000\n"] * 2


def test_looking_back_moves_nothing(remote: Remote, branch_of: OpenBranch) -> None:
    _many(remote, 100)
    branch = branch_of(remote.path)
    with branch.reserved():
        before = branch.refresh()
        remote.commit("later", {"later": "x"})
        branch.trailers(app_path(1))
        assert branch.heads() == before


def test_a_path_is_no_pattern(remote: Remote, branch_of: OpenBranch) -> None:
    write(branch_of(remote.path), [told(1, "2", "abc")])
    branch = branch_of(remote.path)
    with branch.reserved():
        branch.refresh()
        assert branch.trailers(":(glob)**") == {}
        assert branch.trailers("*") == {}


def test_a_clone_that_is_gone_while_history_is_read_is_made_again(
    remote: Remote, branch_of: OpenBranch, cloned: Callable[[], Path]
) -> None:
    write(branch_of(remote.path), [told(1, "2", "abc")])
    branch, read = branch_of(remote.path), list[dict[str, str]]()

    def plan(tree: Tree) -> Change:
        if not read:
            shutil.rmtree(cloned())
        read.append({})
        read[-1] = branch.trailers(app_path(1))
        return told(1, "3", read[-1]["Sha"])(tree)

    write(branch, [plan], sleep=lambda _: None)
    assert read == [{}, {"Sha": "abc"}]
    assert remote.subjects()[1:] == ["app-1 → 2", "app-1 → 3"]


def test_a_remote_that_is_gone_while_history_is_read_is_an_error(remote: Remote, branch_of: OpenBranch) -> None:
    _many(remote, 10)
    branch = branch_of(remote.path)
    with branch.reserved():
        branch.refresh()
        remote.path.rename(remote.path.with_name("away.git"))
        with pytest.raises(UserError, match="no such repository"):
            branch.trailers(app_path(1))
