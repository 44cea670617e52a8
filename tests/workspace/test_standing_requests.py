"""The branches that versions are proposed on, read again from git alone: what each asks for, and which are over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.core.provenance import Provenance
from generator.gitrepo.clone import Clone
from generator.gitrepo.git_process import Git
from generator.workspace.remotes import Remote
from generator.workspace.standing_requests import StandingRequest, StandingRequests, remove_branch, standing_request
from tests.github_double import git_store
from tests.github_double.git_store import GitStore
from tests.workspace.proposals import BRANCH, Proposals, file_of

TOLD = Provenance(author="Ada <ada@example.com>", sha="abc", repository="https://github.com/acme/web", delivery="42")


@pytest.fixture
def proposals(tmp_path: Path) -> Proposals:
    path = GitStore(tmp_path).create("acme-gitops")
    return Proposals(path, Remote(str(path), "main", cache=tmp_path / "cache"))


def look(proposals: Proposals) -> StandingRequest:
    """Return what stands on the one branch, as somebody sees it who knows nothing yet."""
    (found,) = StandingRequests().look(proposals.remote)
    return found


# ---- What a branch asks for -----------------------------------------------------------------------------------


def test_a_request_is_read_from_its_branch_alone(proposals: Proposals, tmp_path: Path) -> None:
    proposals.propose("2.0.0", told=TOLD)
    found = look(proposals)
    assert (found.branch, found.head, found.state, found.reason) == (BRANCH, proposals.head(), "open", "")
    assert found.request
    assert (found.request.branch, found.request.base) == (BRANCH, "main")
    assert found.request.title == "web 1.0.0 → 2.0.0 in production"
    assert "\nArgocd-reference-commit-sha: abc\n" in found.request.body
    assert "\nGitopsmith-Delivery: 42\n" in found.request.body
    assert "Gitopsmith-Proposal" not in found.request.body
    assert StandingRequests().look(proposals.elsewhere(tmp_path / "another")) == [found]


def test_every_branch_is_seen_by_one_fetch_and_read_once(proposals: Proposals, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = StandingRequests()
    assert reader.look(proposals.remote) == []
    proposals.propose("2.0.0")
    proposals.propose("2.0.0", app="api")
    asked: list[str] = []

    def noting(name: str) -> None:
        real = getattr(Clone, name)

        def noted(clone: Clone, *arguments: Any, **options: Any) -> Any:
            asked.append(arguments[0] if name == "ask" else name)
            return real(clone, *arguments, **options)

        monkeypatch.setattr(Clone, name, noted)

    for name in ("fetch", "ask"):
        noting(name)
    first = reader.look(proposals.remote)
    assert [one.branch for one in first] == ["gitopsmith/api/production", BRANCH]
    assert asked.count("fetch") == 1
    asked.clear()
    assert reader.look(proposals.remote) == first
    assert asked == ["fetch", "for-each-ref", "for-each-ref"]
    asked.clear()
    proposals.deploy("1.0.1", app="api")
    assert reader.look(proposals.remote) == first
    assert asked == ["fetch", "for-each-ref", "for-each-ref"], "only what is deployed moved, which says nothing of ours"
    proposals.remove()
    assert [one.branch for one in reader.look(proposals.remote)] == ["gitopsmith/api/production"]


def test_who_knows_nothing_yet_asks_the_remote_no_more_the_more_branches_there_are(
    proposals: Proposals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real, fetches = Git.run, []

    def run(git: Git, *command: str, **options: Any) -> str:
        fetches.append(command[0] == "fetch")
        return real(git, *command, **options)

    counts = []
    for app in ("web", "api"):
        proposals.propose("2.0.0", app=app)
        with monkeypatch.context() as patch:
            patch.setattr(Git, "run", run)
            fetches.clear()
            StandingRequests().look(proposals.elsewhere(tmp_path / app))
        counts.append(sum(fetches))
    assert counts == [2, 2]


def test_a_newer_version_asks_for_more_on_the_same_branch(proposals: Proposals) -> None:
    reader = StandingRequests()
    titles = []
    for version in ("2.0.0", "3.0.0"):
        proposals.propose(version)
        (found,) = reader.look(proposals.remote)
        assert found.request
        titles.append(found.request.title)
    assert titles == ["web 1.0.0 → 2.0.0 in production", "web 1.0.0 → 3.0.0 in production"]


def test_of_several_commits_it_says_what_they_come_to(proposals: Proposals) -> None:
    proposals.propose("2.0.0", told=TOLD)
    proposals.by_hand()
    proposals.propose("3.0.0")
    proposals.deploy("1.5.0")
    found = look(proposals)
    assert found.state == "open"
    assert found.request
    assert found.request.title == "web 1.5.0 → 3.0.0 in production"
    listed = ["web 2.0.0 → 3.0.0 in production", "by hand", "web 1.0.0 → 2.0.0 in production"]
    assert found.request.body.startswith("\n".join(f"- `{subject}`" for subject in listed))
    assert "Gitopsmith-Delivery: 42" in found.request.body


# ---- What is over ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deployed", ["2.0.0", "2.0.1"])
def test_what_is_deployed_or_newer_is_over(proposals: Proposals, deployed: str) -> None:
    proposals.propose("2.0.0")
    proposals.deploy(deployed)
    assert look(proposals).state == "over"


def test_an_older_version_or_one_place_of_two_ends_nothing(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    proposals.deploy("1.9.0")
    assert look(proposals).state == "open"
    git_store.commit(proposals.path, "main", {file_of("production", "eu"): "version: 3.0.0\n"}, "one")
    assert look(proposals).state == "open"


def test_a_request_to_go_back_is_not_over_because_something_newer_runs(proposals: Proposals) -> None:
    proposals.propose("0.9.0", downgrade=True)
    assert look(proposals).state == "open"
    proposals.deploy("0.9.0")
    assert look(proposals).state == "over"


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_what_was_merged_is_over_also_where_something_else_runs_by_now(proposals: Proposals, method: str) -> None:
    proposals.propose("2.0.0")
    StandingRequests().look(proposals.remote)
    proposals.merge(method)
    assert look(proposals).state == "over"
    proposals.deploy("1.0.0" if method == "merge" else "2.5.0")
    assert look(proposals).state == "over"


# ---- What others did ------------------------------------------------------------------------------------------


def test_what_others_committed_keeps_a_branch_that_is_superseded(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    proposals.by_hand()
    proposals.deploy("2.0.0")
    found = look(proposals)
    assert (found.state, found.request) == ("shared", None)
    assert "Others committed to it" in found.reason


def test_our_commit_as_somebody_moved_it_is_not_ours_alone(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    proposals.by_hand("main")
    proposals.rebase()
    assert look(proposals).state == "open"
    proposals.deploy("2.0.0")
    assert look(proposals).state == "shared"


def test_what_was_merged_with_all_its_commits_is_over_whoever_made_them(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    proposals.by_hand()
    proposals.merge()
    assert look(proposals).state == "over"


def test_what_was_squashed_with_commits_of_others_is_left_to_who_knows_that_it_was_merged(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    proposals.by_hand()
    proposals.merge("squash")
    assert look(proposals).state == "shared"


def test_a_branch_that_we_did_not_begin_is_left_as_it_is(proposals: Proposals) -> None:
    proposals.begin(BRANCH, proposals.head("main"))
    proposals.by_hand()
    assert look(proposals).state == "left"
    git_store.commit(proposals.path, "gitopsmith/api/production", {"a": "b"}, "an orphan")
    assert {one.state for one in StandingRequests().look(proposals.remote)} == {"left"}


def test_other_branches_are_of_no_interest(proposals: Proposals) -> None:
    head = proposals.head("main")
    for branch in ("gitopsmith/pristine", "gitopsmith/a/b/c", "gitopsmith/a/\udcff", "feature/web/production"):
        proposals.begin(branch, head)
    assert StandingRequests().look(proposals.remote) == []


# ---- One branch, and its removal ------------------------------------------------------------------------------


def test_one_branch_can_be_asked_for(proposals: Proposals) -> None:
    proposals.propose("2.0.0")
    found = look(proposals)
    proposals.propose("2.0.0", app="api")
    assert standing_request(proposals.remote, BRANCH) == found
    assert standing_request(proposals.remote, "gitopsmith/web/staging") is None


def test_a_branch_is_removed_once_and_only_as_it_was_seen(proposals: Proposals, tmp_path: Path) -> None:
    proposals.propose("2.0.0")
    seen = proposals.head()
    moved = proposals.by_hand()
    assert not remove_branch(proposals.remote, BRANCH, seen)
    assert proposals.head() == moved
    assert remove_branch(proposals.elsewhere(tmp_path / "another"), BRANCH, moved)
    assert not remove_branch(proposals.remote, BRANCH, moved)
    assert proposals.branches == []


def test_who_pushes_while_it_is_removed_keeps_the_branch(proposals: Proposals, monkeypatch: pytest.MonkeyPatch) -> None:
    proposals.propose("2.0.0")
    seen, push = proposals.head(), Clone.push

    def late(clone: Clone, moves: dict[str, tuple[str | None, str]]) -> None:
        proposals.by_hand()
        push(clone, moves)

    monkeypatch.setattr(Clone, "push", late)
    assert not remove_branch(proposals.remote, BRANCH, seen)
    assert proposals.head() != seen
