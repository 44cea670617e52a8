"""Commits that GitHub makes: the same bytes as git's, signed for an App, and nothing is seen of unfinished ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File, Tree
from generator.gitrepo.authorship import Authorship, Person
from generator.gitrepo.writer import Planner, write
from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.failures import LimitedError
from generator.workspace import api_committer
from tests.clock import Clock
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Meanwhile, Unheard
from tests.github_double.fixtures import github
from tests.workspace.on_github import app_in
from tests.workspace.ruled import World, sets, sets_both, world

__all__ = ["github"]

MADE = "gitopsmith-changes/made/deployed"


@pytest.fixture
def api(github: GitHubDouble, tmp_path: Path) -> Iterator[World]:
    """A repository whose commits are made by the API, in the name of an App."""
    with world(github, tmp_path, app_in, commits="api") as found:
        yield found


def verified(world: World, branch: str = "main") -> list[bool]:
    """Return whether GitHub signed each commit of a branch, the oldest first."""
    commits = world.git("rev-list", "--reverse", branch).split()
    return ["gpgsig" in world.git("cat-file", "commit", commit).partition("\n\n")[0] for commit in commits]


def test_each_change_is_one_commit_that_github_signed(api: World) -> None:
    outcomes = api.write(sets("a", "2"), sets("new/file", "3"))
    assert api.subjects()[2:] == ["a says 2", "new/file says 3"]
    assert verified(api) == [False, False, True, True]
    assert [outcome.commit for outcome in outcomes] == api.git("rev-list", "--reverse", "main").split()[2:]
    assert api.git("log", "-1", "--format=%(trailers:key=Delivery,valueonly)", "main~1") == "2"
    assert api.git("log", "-1", "--format=%an", "main") == "gitopsmith[bot]"
    assert sorted(api.branches()) == [PRISTINE_BRANCH, "main"]
    assert api.git("rev-list", "--min-parents=2", "--all") == ""


def test_both_branches_move_at_once_and_the_trailer_names_the_commit(api: World) -> None:
    (outcome,) = api.write(sets_both("new", "2"))
    assert (outcome.commit, outcome.pristine) == (api.head(), api.head(PRISTINE_BRANCH))
    assert api.git("log", "-1", "--format=%(trailers:key=Gitopsmith-Pristine,valueonly)", "main") == outcome.pristine
    assert verified(api, PRISTINE_BRANCH)[-1]


def test_a_pristine_branch_that_is_not_there_is_begun(api: World) -> None:
    api.git("branch", "--delete", "--force", PRISTINE_BRANCH)
    api.write(sets_both("new", "2"))
    assert api.git("ls-tree", "-r", "--name-only", PRISTINE_BRANCH) == "new"


def test_the_same_again_asks_github_for_nothing(api: World) -> None:
    api.write(sets("a", "2"))
    before, calls = api.head(), len(api.double.calls())
    assert api.write(sets("a", "2"))[0].commit is None
    assert api.head() == before
    assert not [seen for seen in api.double.calls()[calls:] if "/git/" in seen.operation]


def test_a_repository_that_demands_signatures_takes_these_and_not_gits(api: World, tmp_path: Path) -> None:
    git_store.demand_signatures(api.path)
    api.write(sets("a", "2"))
    assert api.text("a") == "2"
    unsigned = World(
        api.double, api.repository, api.rules.model_copy(update={"commits": "git"}), api.connection, tmp_path
    )
    with pytest.raises(UserError, match="GH013"):
        unsigned.write(sets("a", "3"))


def test_with_a_token_nothing_is_signed(github: GitHubDouble, tmp_path: Path) -> None:
    with world(github, tmp_path, lambda double: Token(double.token()), commits="api") as found:
        found.write(sets("a", "2"))
        assert verified(found)[-1] is False
        assert found.git("log", "-1", "--format=%an", "main") == "octocat"


def test_somebody_named_cannot_be_kept_and_a_sign_off_is(api: World) -> None:
    with api.writable() as writable:
        for named in (Authorship(author=Person("Ada", "a@b.c")), Authorship(committer=Person("Ada", "a@b.c"))):
            with pytest.raises(UserError, match="nobody else can be their author") as caught:
                write(writable.deployed, [sets("a", "2")], authorship=named)
            assert "GITOPSMITH_AUTHOR" in caught.value.hint
        write(writable.deployed, [sets("a", "2")], authorship=Authorship(sign_off=True))
    trailer = api.git("log", "-1", "--format=%(trailers:key=Signed-off-by,valueonly)", "main")
    assert trailer == "Test <test@example.com>"


def test_what_is_proposed_is_signed_too_and_known_as_ours(api: World) -> None:
    branch = "gitopsmith/podinfo/staging"
    for text in ("2", "3"):
        with api.writable() as writable:
            write(writable.proposed(branch, lambda *_: True), [sets("a", text)])
    assert (api.subjects(branch)[2:], verified(api, branch)[-1]) == (["a says 3"], True)
    assert api.text("a") == "1"


def test_a_lost_race_is_planned_again(api: World) -> None:
    api.double.fault(Meanwhile(lambda: api.commit("main", {"theirs": "x"})), "POST .*/git/commits")
    api.write(sets("a", "2"))
    assert api.subjects()[2:] == ["By hand", "a says 2"]


def test_what_somebody_took_back_does_not_come_back(api: World) -> None:
    """A reference is only moved forward by the API: that would bring back what lies below our commit."""
    old = api.head()
    api.commit("main", {"wrong": "x"})
    api.write(sets("a", "2"))
    api.git("update-ref", "refs/heads/main", old)
    api.write(sets("a", "3"))
    assert api.subjects()[2:] == ["a says 3"]


def test_another_writer_at_the_same_moment_costs_another_plan(api: World) -> None:
    theirs = api.commit("other", {"x": "x"})
    taken = Meanwhile(lambda: api.git("update-ref", f"refs/heads/{MADE}", theirs))
    api.double.fault(taken, "service=git-upload-pack", skip=1)
    api.write(sets("a", "2"))
    assert api.text("a") == "2"
    assert len(api.double.calls("POST /repos/{owner}/{repo}/git/commits")) == 2


def test_many_changes_are_made_in_parts(api: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_committer, "MOST", 3)
    outcomes = api.write(*[sets(f"file-{number}", "x") for number in range(8)])
    assert api.subjects()[2:] == [f"file-{number} says x" for number in range(8)]
    assert all(outcome.commit for outcome in outcomes)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(tmp_path: Path, clock: Clock) -> Iterator[World]:
    """A repository on a GitHub whose time passes only where somebody waits for it."""
    conduct = Conduct(Patience(timeout=10), sleep=clock.sleep, luck=lambda: 0.0, clock=clock)
    with (
        GitHubDouble(tmp_path / "limited", clock=clock) as double,
        world(double, tmp_path, lambda double: Token(double.token()), commits="api") as found,
        Connection(Token(double.token()), double.url, conduct) as connection,
    ):
        yield replace(found, connection=connection)
        double.assert_sound()


def made(world: World) -> int:
    """Return how many commits GitHub made."""
    return sum(seen.status == 201 for seen in world.double.calls("POST /repos/{owner}/{repo}/git/commits"))


def test_no_more_is_written_in_a_minute_than_github_takes(limited: World, clock: Clock) -> None:
    limited.double.limits.a_minute = 80
    outcomes = limited.write(*[sets_both(f"file-{number}", "x") for number in range(24)])
    assert all(outcome.commit and outcome.pristine for outcome in outcomes)
    assert made(limited) == 48
    assert {seen.status for seen in limited.double.calls()} <= {200, 201, 204, 304}
    assert 60 <= clock.slept <= 180


def test_what_was_made_when_github_limits_us_is_not_made_again(limited: World, clock: Clock) -> None:
    limited.double.limits.a_minute = 10
    outcomes = limited.write(*[sets_both(f"file-{number}", "x") for number in range(8)])
    assert all(outcome.commit and outcome.pristine for outcome in outcomes)
    assert made(limited) == 16
    assert clock.slept


def test_what_was_written_before_a_long_limit_stays(limited: World, clock: Clock) -> None:
    limited.double.fault(
        Answer(403, SECONDARY_LIMIT, {"Retry-After": "900"}), "POST .*/git/commits", skip=15, times=None
    )
    outcomes = limited.write(*[sets(f"file-{number}", "x") for number in range(20)])
    assert [outcome.commit is not None for outcome in outcomes] == [True] * 15 + [False] * 5
    assert isinstance(outcomes[-1].error, LimitedError)
    assert (len(limited.subjects()) - 2, clock.slept) == (15, 0)


def test_a_path_that_is_no_text_is_refused(api: World) -> None:
    with pytest.raises(UserError, match="takes no path that is not UTF-8"):
        api.write(sets("caf\udce9", "x"))


def test_other_bytes_than_gits_are_refused(api: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.hub.git_objects._plain", lambda data: data.decode() + " ")
    before = api.head()
    with pytest.raises(UserError, match="made another tree"):
        api.write(sets("a", "2"))
    assert api.head() == before


def test_killed_after_any_call_the_next_run_ends_in_the_same_state(api: World) -> None:
    """A sweep: each request has its effect and is the last one; both branches are moved then, or none."""
    start = {branch: api.head(branch) for branch in ("main", PRISTINE_BRANCH)}
    api.write(sets_both("new", "2"))
    done, wanted, lines = api.subjects(), api.state(), len(api.double.api.seen)
    for number in range(lines):
        for branch, commit in start.items():
            api.git("update-ref", f"refs/heads/{branch}", commit)
        api.double.fault(CutOff(None), skip=number)
        api.double.fault(Unheard(), skip=number + 1, times=None)
        with suppress(TemporaryError):
            api.write(sets_both("new", "2"))
        api.double.api.faults.clear()
        assert len({api.head(branch) == commit for branch, commit in start.items()}) == 1
        api.write(sets_both("new", "2"))
        assert (api.subjects(), {branch: api.state()[branch] for branch in wanted}) == (done, wanted), number
        assert set(api.branches()) - set(wanted) <= {MADE, "gitopsmith-changes/made/pristine"}
    api.write(sets_both("new", "3"))
    assert sorted(api.branches()) == [PRISTINE_BRANCH, "main"]


@pytest.mark.parametrize("fault", [Answer(502), Answer(403, "Forbidden"), Answer(422, "Invalid")])
@pytest.mark.parametrize("call", ["trees", "commits", "refs"])
def test_what_github_refuses_changes_nothing(api: World, fault: Answer, call: str) -> None:
    before = api.branches()
    api.double.fault(fault, f"/git/{call}", times=None)
    with pytest.raises((TemporaryError, UserError), match=str(fault.status)):
        api.write(sets("a", "2"))
    assert api.branches() == before


# ---- The law --------------------------------------------------------------------------------------------------

PATHS = ["a", "a/b", "a/b/c", "run", "d/e é", 'x "y"\n']
FILES = [
    File(b"text\n"),
    File(b"one\r\ntwo"),
    File(b""),
    File(b"\0\xff no text"),
    File("é\N{PILE OF POO}".encode()),
    File(b"#!/bin/sh\n", EXECUTABLE),
    File(b"text\n", REGULAR),
    File(b"../run", SYMLINK),
    None,
]
batches = st.lists(
    st.dictionaries(st.sampled_from(PATHS), st.sampled_from(FILES), min_size=1, max_size=4), min_size=1, max_size=3
)


def planner(wanted: dict[str, File | None]) -> Planner:
    """Return a planner of what is wanted, as far as one tree can hold it; what is in a file's place goes."""

    def plan(tree: Tree) -> Change:
        edits: dict[str, File | None] = {}
        for path, file in wanted.items():
            if file is None:
                edits.setdefault(path, None)
            elif not any(
                other.startswith(f"{path}/") or path.startswith(f"{other}/") for other, is_ in edits.items() if is_
            ):
                above = [path[:end] for end, char in enumerate(path) if char == "/"]
                edits |= dict.fromkeys([*tree.under(path), *(name for name in above if tree.get(name))])
                edits[path] = file
        return Change({path: file for path, file in edits.items() if tree.get(path) != file}, "change")

    return plan


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """Two repositories that are alike: one whose commits git makes, and one whose commits the API makes."""
    folder = tmp_path_factory.mktemp("pair")
    with GitHubDouble(folder / "one") as one, GitHubDouble(folder / "two") as two:
        with world(one, folder / "git", app_in) as by_git, world(two, folder / "api", app_in, commits="api") as by_api:
            yield by_git, by_api
        one.assert_sound()
        two.assert_sound()


@settings(max_examples=15)
@given(batches)
def test_law_7_what_the_api_makes_is_what_git_makes(
    pair: tuple[World, World], batch: list[dict[str, File | None]]
) -> None:
    for found in pair:
        found.write(*map(planner, batch))
    trees = [found.git("log", "--reverse", "--format=%T", "main") for found in pair]
    assert trees[0] == trees[1]
