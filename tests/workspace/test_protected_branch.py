"""A branch that takes no pushes: each write goes through one request, waits where it must, and loses nobody's work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File, Tree
from generator.gitrepo.writer import write
from generator.hub.credentials import App, Token
from generator.workspace.remotes import shown
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer, CutOff, Meanwhile, Unheard
from tests.github_double.fixtures import github
from tests.workspace.on_github import app_in
from tests.workspace.ruled import CHANGES, World, sets, sets_both, world

__all__ = ["github"]

HELD = "gitopsmith-changes/pristine/main"
BRANCHES = [PRISTINE_BRANCH, "main"]
CHECKS = {"required_status_checks": {"strict": False, "contexts": ["ci"]}}
UP_TO_DATE = {"required_status_checks": {"strict": True, "contexts": ["ci"]}}


@pytest.fixture(params=["git", "api"])
def protected(request: pytest.FixtureRequest, github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    """A repository whose branch is protected; its commits are made by git, or by the API."""
    with world(github, tmp_path, app_in, protected=True, commits=request.param) as found:
        found.demand()
        yield found


@pytest.fixture
def by_git(github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    """A repository whose branch is protected; its commits are made by git."""
    with world(github, tmp_path, lambda double: Token(double.token()), protected=True) as found:
        found.demand()
        yield found


def waits(world: World, *planners: object, match: str = "waits for") -> None:
    with pytest.raises(TemporaryError, match=match):
        world.write(*planners)  # type: ignore[arg-type]


# ---- Nothing in the way -----------------------------------------------------------------------------------------


def test_a_write_is_a_request_that_is_merged(protected: World) -> None:
    outcomes = protected.write(sets("a", "2"), sets("b", "3"))
    assert protected.subjects()[2:] == ["a says 2", "b says 3"]
    assert [outcome.commit for outcome in outcomes] == protected.git("rev-list", "--reverse", "main^2").split()[2:]
    (request,) = protected.requests("closed")
    assert request.merged_at
    assert (request.title, request.base) == ("2 changes: a says 2, …", "main")
    assert "- `a says 2`\n- `b says 3`\n" in (request.body or "")
    assert sorted(protected.branches()) == BRANCHES


def test_one_write_after_the_other_goes_on_from_what_was_merged(by_git: World) -> None:
    with by_git.writable() as writable:
        for text in ("2", "3"):
            write(writable.deployed, [sets("a", text)], sleep=lambda _: None)
    assert by_git.text("a") == "3"
    assert len(by_git.requests("closed")) == 2


def test_the_pristine_branch_follows_and_the_trailer_names_its_commit(protected: World) -> None:
    (outcome,) = protected.write(sets_both("new", "2"))
    assert outcome.pristine == protected.head(PRISTINE_BRANCH)
    assert protected.trailer("Gitopsmith-Pristine") == outcome.pristine
    assert sorted(protected.branches()) == BRANCHES


def test_what_is_there_already_asks_for_nothing(by_git: World) -> None:
    before = by_git.branches()
    (outcome,) = by_git.write(sets("a", "1"))
    assert (outcome.commit, outcome.error) == (None, None)
    assert (by_git.branches(), by_git.requests("closed"), by_git.pushes()) == (before, [], 0)


def test_a_branch_that_is_not_the_one_of_the_rules_is_pushed_to(by_git: World) -> None:
    by_git.git("branch", "next", "main")
    with replace(by_git.remote, branch="next").writable() as writable:
        write(writable.deployed, [sets("a", "2")])
    assert (by_git.text("a", "next"), by_git.repository.pull_requests) == ("2", [])


def test_commits_by_the_api_are_signed_all_the_way(github: GitHubDouble, tmp_path: Path) -> None:
    with world(github, tmp_path, app_in, protected=True, commits="api") as found:
        found.demand()
        git_store.demand_signatures(found.path)
        found.write(sets_both("new", "2"))
        commit = found.git("cat-file", "commit", "main^2")
        assert "gpgsig" in commit.partition("\n\n")[0]


@pytest.mark.parametrize("methods", [("squash",), ("rebase",)])
def test_where_merges_are_not_allowed_another_method_is_taken(by_git: World, methods: tuple[str, ...]) -> None:
    by_git.repository.merge_methods = methods
    by_git.write(sets_both("new", "2"))
    assert (by_git.text("new"), by_git.text("new", PRISTINE_BRANCH)) == ("2", "2")
    assert by_git.git("rev-list", "--min-parents=2", "--all") == ""
    assert sorted(by_git.branches()) == BRANCHES
    assert by_git.write(sets_both("new", "2"))[0].commit is None


def test_a_rule_that_wants_no_merges_is_kept(by_git: World) -> None:
    by_git.demand(required_linear_history=True)
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), by_git.git("rev-list", "--min-parents=2", "--all")) == ("2", "")


def test_a_lost_race_is_planned_again(by_git: World) -> None:
    by_git.double.fault(Meanwhile(lambda: by_git.commit("main", {"theirs": "x"})), "GET .*/pulls")
    planned: list[bool] = []

    def plan(tree: Tree) -> Change:
        planned.append(tree.get("theirs") is not None)
        return sets("a", "2")(tree)

    by_git.write(plan)
    assert planned == [False, True]
    assert (by_git.text("a"), by_git.text("theirs")) == ("2", "x")
    assert len(by_git.repository.pull_requests) == 1


def test_two_writers_end_in_one_request_that_holds_both(by_git: World, tmp_path: Path) -> None:
    by_git.demand(**CHECKS)
    other = World(by_git.double, by_git.repository, by_git.rules, by_git.connection, tmp_path / "other")

    def plan(tree: Tree) -> Change:
        if not by_git.requests():
            waits(other, sets("b", "3"))
        return wanted(tree)

    wanted = sets("a", "2")
    waits(by_git, plan)
    assert len(by_git.requests()) == 1
    assert by_git.subjects(CHANGES)[2:] == ["b says 3", "a says 2"]


# ---- Waiting --------------------------------------------------------------------------------------------------


def test_a_check_is_waited_for_and_not_begun_again(protected: World) -> None:
    protected.demand(**CHECKS)
    waits(protected, sets_both("new", "2"), match=r'waits for http://.*/pull/1\. .*check "ci" is expected')
    head, pushes = protected.head(CHANGES), protected.pushes()
    before = {branch: protected.head(branch) for branch in BRANCHES}
    waits(protected, sets_both("new", "2"))
    assert (protected.head(CHANGES), protected.pushes()) == (head, pushes), "the check goes on"
    assert {branch: protected.head(branch) for branch in BRANCHES} == before, "nothing is deployed yet"
    protected.say("ci")
    protected.write(sets_both("new", "2"))
    assert protected.git("rev-parse", "main^2") == head
    assert protected.head(PRISTINE_BRANCH) == protected.trailer("Gitopsmith-Pristine")
    assert sorted(protected.branches()) == BRANCHES
    assert len(protected.repository.pull_requests) == 1


def test_what_is_deployed_is_told_apart_from_what_waits(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets_both("new", "2"))
    with by_git.writable() as writable, writable.deployed.reserved():
        heads = writable.deployed.refresh()
        assert heads.deployed.main == by_git.head()
        assert heads.deployed.pristine == by_git.head(PRISTINE_BRANCH)
        assert (heads.main, heads.pristine) == (by_git.head(CHANGES), by_git.head(HELD))


def test_what_another_one_wants_comes_on_top_and_takes_nothing_back(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    waits(by_git, sets("b", "3"))
    head = by_git.head(CHANGES)
    waits(by_git, sets("a", "2"))
    assert by_git.head(CHANGES) == head, "two that take turns do not begin the checks again and again"
    assert by_git.subjects(CHANGES)[2:] == ["a says 2", "b says 3"]
    assert by_git.requests()[0].title == "2 changes: a says 2, …"
    by_git.say("ci")
    by_git.write(sets("b", "3"))
    assert (by_git.text("a"), by_git.text("b")) == ("2", "3")


def test_a_failing_check_is_mended_by_a_newer_change(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "bad"))
    by_git.say("ci", "failure")
    waits(by_git, sets("a", "bad"), match="is failing")
    waits(by_git, sets("a", "good"))
    by_git.say("ci")
    by_git.write(sets("a", "good"))
    assert by_git.text("a") == "good"


def test_a_review_is_waited_for(by_git: World) -> None:
    by_git.demand(required_pull_request_reviews={"required_approving_review_count": 1})
    waits(by_git, sets("a", "2"), match="approving review")
    by_git.requests()[0].approvals = 1
    by_git.write(sets("a", "2"))
    assert by_git.text("a") == "2"


def test_a_writer_that_knows_nothing_goes_on_from_what_waits(by_git: World, tmp_path: Path) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"), sets("b", "3"), sets_both("new", "2"))
    head = by_git.head(CHANGES)
    for number, planner in enumerate((sets("b", "3"), sets_both("new", "2"))):
        fresh = World(by_git.double, by_git.repository, by_git.rules, by_git.connection, tmp_path / f"fresh-{number}")
        waits(fresh, planner)
    assert by_git.head(CHANGES) == head
    by_git.say("ci")
    fresh.write(sets_both("new", "2"))
    assert by_git.head(PRISTINE_BRANCH) == by_git.trailer("Gitopsmith-Pristine")


def test_a_dry_run_changes_nothing_and_sees_what_waits(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    before = by_git.branches()
    with by_git.writable() as writable:
        assert shown(writable.deployed, sets("a", "2"))[1] == ""
        assert "+3" in shown(writable.deployed, sets("a", "3"))[1]
    assert by_git.branches() == before


def test_a_merge_queue_is_waited_for_and_not_begun_again(by_git: World) -> None:
    queue = by_git.repository.merge_queues["main"] = []
    waits(by_git, sets_both("new", "2"), match=r"waits for http://.*/pull/1\. It is in the merge queue of main\.")
    head, pushes = by_git.head(CHANGES), by_git.pushes()
    by_git.commit("main", {"theirs": "x"})
    waits(by_git, sets_both("new", "2"), match="merge queue")
    assert (by_git.head(CHANGES), by_git.pushes()) == (head, pushes), "a push would take it out of the queue"
    assert queue == by_git.requests()
    with by_git.double.api.lock:
        made = git_store.merge(by_git.path, "main", head, "By the queue", "squash")
        by_git.double.by().close(by_git.repository, queue.pop(), made)
    (outcome,) = by_git.write(sets_both("new", "2"))
    assert (outcome.commit, by_git.text("new", PRISTINE_BRANCH)) == (None, "2")
    assert sorted(by_git.branches()) == BRANCHES


def test_github_may_see_a_push_later_than_it_was_made(by_git: World) -> None:
    by_git.double.state.lag = 2
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), len(by_git.repository.pull_requests)) == ("2", 1)


# ---- The base moves while it waits ----------------------------------------------------------------------------


def test_what_waits_is_kept_where_the_base_moves_elsewhere(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    head = by_git.head(CHANGES)
    by_git.commit("main", {"theirs": "x"})
    waits(by_git, sets("a", "2"))
    assert by_git.head(CHANGES) == head
    by_git.say("ci")
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), by_git.text("theirs")) == ("2", "x")


def test_more_comes_on_top_of_both(protected: World) -> None:
    protected.demand(**CHECKS)
    waits(protected, sets("a", "2"))
    protected.commit("main", {"theirs": "x"})
    waits(protected, sets("b", "3"))
    assert protected.text("theirs", CHANGES) == "x"
    protected.say("ci")
    protected.write(sets("b", "3"))
    assert [protected.text(name) for name in ("a", "b", "theirs")] == ["2", "3", "x"]


def test_a_rule_that_wants_the_newest_base_gets_it(protected: World) -> None:
    protected.demand(**UP_TO_DATE)
    waits(protected, sets("a", "2"))
    protected.commit("main", {"theirs": "x"})
    author = protected.git("log", "-1", "--format=%an <%ae>", CHANGES)
    waits(protected, sets("a", "2"))
    assert protected.git("merge-base", "--is-ancestor", "main", CHANGES) == ""
    assert protected.git("log", "-1", "--format=%an <%ae>", CHANGES) == author
    head = protected.head(CHANGES)
    waits(protected, sets("a", "2"))
    assert protected.head(CHANGES) == head
    protected.say("ci")
    protected.write(sets("a", "2"))
    assert (protected.text("a"), protected.text("theirs")) == ("2", "x")
    assert len(protected.repository.pull_requests) == 1


def test_the_newest_base_comes_though_a_review_is_missing_too(by_git: World) -> None:
    by_git.demand(**UP_TO_DATE, required_pull_request_reviews={"required_approving_review_count": 1})
    waits(by_git, sets("a", "2"))
    by_git.say("ci")
    by_git.commit("main", {"theirs": "x"})
    waits(by_git, sets("a", "2"), match="approving review")
    assert by_git.git("merge-base", "--is-ancestor", "main", CHANGES) == ""
    by_git.say("ci")
    by_git.requests()[0].approvals = 1
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), by_git.text("theirs")) == ("2", "x")


def test_what_conflicts_with_the_base_is_planned_on_it_anew(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    by_git.commit("main", {"a": "theirs"})
    waits(by_git, sets("a", "3"))
    assert by_git.git("rev-parse", f"{CHANGES}~1") == by_git.head()
    assert [one.number for one in by_git.requests()] == [1]


# ---- People ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_what_a_person_merges_is_found_merged_and_cleaned_up(by_git: World, method: str) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets_both("new", "2"))
    (request,) = by_git.requests()
    with by_git.double.api.lock:
        made = git_store.merge(by_git.path, "main", request.sha, "By hand", method)
        by_git.double.by().close(by_git.repository, request, made)
    (outcome,) = by_git.write(sets_both("new", "2"))
    assert outcome.commit is None
    assert (by_git.head(), sorted(by_git.branches())) == (made, BRANCHES)
    assert by_git.text("new", PRISTINE_BRANCH) == "2"


def test_what_a_person_committed_there_stays_and_is_told(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    theirs = by_git.commit(CHANGES, {"mine": "x"})
    by_git.say("ci")
    for text in ("2", "3"):
        waits(by_git, sets("a", text), match=rf"somebody else committed to {CHANGES}.*/pull/1")
    assert by_git.head(CHANGES) == theirs
    assert by_git.write(sets("a", "1"))[0].commit is None, "what is deployed needs no write"
    with by_git.double.api.lock:
        made = git_store.merge(by_git.path, "main", theirs, "By hand", "merge")
        by_git.double.by().close(by_git.repository, by_git.requests()[0], made)
    by_git.write(sets("a", "2"))
    assert (by_git.text("mine"), sorted(by_git.branches())) == ("x", BRANCHES)


def test_what_a_person_pushes_while_it_is_merged_stays(by_git: World) -> None:
    by_git.double.fault(Meanwhile(lambda: by_git.commit(CHANGES, {"mine": "x"})), "POST .*git-receive-pack", skip=1)
    by_git.write(sets("a", "2"))
    assert by_git.text("a") == "2"
    assert by_git.text("mine", CHANGES) == "x"


def test_what_a_person_closed_is_not_opened_again_unless_it_is_another_change(by_git: World) -> None:
    by_git.demand(**CHECKS)
    waits(by_git, sets("a", "2"))
    with by_git.double.api.lock:
        by_git.double.by().close(by_git.repository, by_git.requests()[0])
    for words in ("other words", "others again"):
        same = Change({"a": File(b"2")}, words)
        with pytest.raises(UserError, match="Somebody closed #1") as caught:
            by_git.write(lambda _, same=same: same)  # type: ignore[misc]
        assert "Open it again" in caught.value.hint
    waits(by_git, sets("a", "3"))
    assert [one.number for one in by_git.requests()] == [2]


def test_a_branch_that_github_removes_with_the_merge_is_gone(by_git: World) -> None:
    gone = Meanwhile(lambda: by_git.git("update-ref", "-d", f"refs/heads/{CHANGES}"))
    by_git.double.fault(gone, "service=git-upload-pack", skip=2)
    by_git.write(sets_both("new", "2"))
    assert sorted(by_git.branches()) == BRANCHES
    assert by_git.text("new", PRISTINE_BRANCH) == "2"


def test_what_was_kept_for_the_pristine_branch_alone_goes_and_that_branch_catches_up(by_git: World) -> None:
    """Somebody was killed after the merge, with which GitHub removed the branch of changes."""
    by_git.commit("main", {"new": "2"})
    by_git.git("branch", HELD, PRISTINE_BRANCH)
    by_git.commit(HELD, {"kept": "x"})
    by_git.write(sets("a", "1"))
    assert sorted(by_git.branches()) == BRANCHES
    by_git.write(sets_both("new", "2"))
    assert by_git.text("new", PRISTINE_BRANCH) == "2"


# ---- Killed ---------------------------------------------------------------------------------------------------


def test_killed_after_any_call_the_next_run_ends_in_the_same_state(by_git: World) -> None:
    """A sweep: each request has its effect and is the last one."""
    start = {branch: by_git.head(branch) for branch in BRANCHES}
    by_git.write(sets_both("new", "2"))
    wanted, subjects, lines = by_git.state(), by_git.subjects(), len(by_git.double.api.seen)
    for number in range(lines):
        forget(by_git, start)
        by_git.double.fault(CutOff(None), skip=number)
        by_git.double.fault(Unheard(), skip=number + 1, times=None)
        with suppress(TemporaryError):
            by_git.write(sets_both("new", "2"))
        by_git.double.api.faults.clear()
        by_git.write(sets_both("new", "2"))
        assert (by_git.state(), by_git.subjects()) == (wanted, subjects), number
        assert sum(bool(one.merged_at) for one in by_git.repository.pull_requests) == 1


def test_killed_while_a_rule_wants_the_newest_base(by_git: World) -> None:
    by_git.demand(**UP_TO_DATE)
    waits(by_git, sets("a", "2"))
    by_git.commit("main", {"theirs": "x"})
    for number in range(12):
        by_git.double.fault(CutOff(None), skip=number)
        by_git.double.fault(Unheard(), skip=number + 1, times=None)
        with suppress(TemporaryError):
            by_git.write(sets("a", "2"))
        by_git.double.api.faults.clear()
    waits(by_git, sets("a", "2"))
    by_git.say("ci")
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), by_git.text("theirs")) == ("2", "x")


@pytest.mark.parametrize("fault", [Answer(502), Answer(403, "Forbidden")])
def test_what_github_refuses_is_told_and_done_later(by_git: World, fault: Answer) -> None:
    for call in ("POST .*/pulls", "PUT .*/merge"):
        rule = by_git.double.fault(fault, call, times=None)
        with pytest.raises((TemporaryError, UserError), match=str(fault.status)):
            by_git.write(sets("a", "2"))
        rule.times = 0
    by_git.write(sets("a", "2"))
    assert (by_git.text("a"), sorted(by_git.branches())) == ("2", BRANCHES)


def test_without_rights_to_requests_it_is_told(github: GitHubDouble, tmp_path: Path) -> None:
    def contents_alone(double: GitHubDouble) -> App:
        return app_in(double, {"contents": "write"})

    with (
        world(github, tmp_path, contents_alone, protected=True) as found,
        pytest.raises(UserError, match="pull_requests"),
    ):
        found.write(sets("a", "2"))


def forget(world: World, start: dict[str, str]) -> None:
    """Let all be as it was before the first write."""
    world.repository.pull_requests.clear()
    for branch in set(world.branches()) - set(start):
        world.git("update-ref", "-d", f"refs/heads/{branch}")
    for branch, commit in start.items():
        world.git("update-ref", f"refs/heads/{branch}", commit)
