"""Git's objects as GitHub makes them: the bytes that were meant, whatever they are, and branches that hold commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.hub.budget import Budget
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import Token
from generator.hub.failures import LimitedError, UnavailableError
from generator.hub.git_objects import GitObjects
from tests.clock import Clock
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Unheard
from tests.github_double.model import Repository

NAME = "acme-apps/acme-gitops"


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository(NAME, git=True)


@pytest.fixture
def objects(connection: Connection, repository: Repository) -> GitObjects:
    return GitObjects(connection, NAME)


def git(repository: Repository, *command: str) -> str:
    assert repository.path
    return git_store.run(repository.path, *command)


def listed(repository: Repository, tree: str) -> dict[str, str]:
    lines = [line.split("\t", 1) for line in git(repository, "ls-tree", "-r", "-z", tree).split("\0") if line]
    return {path: " ".join((told.split()[0], told.split()[2])) for told, path in lines}


def names(repository: Repository, files: Mapping[str, File]) -> dict[str, str]:
    """Return what git calls these files."""
    assert repository.path
    return {
        path: f"{file.mode:o} {git_store.run(repository.path, 'hash-object', '--stdin', stdin=file.data)}"
        for path, file in files.items()
    }


def test_every_file_is_what_it_was_meant_to_be(objects: GitObjects, repository: Repository) -> None:
    files = {
        "text": File("é\r\n".encode()),
        "empty": File(b""),
        "run": File(b"#!/bin/sh\n", EXECUTABLE),
        "link": File(b"../text", SYMLINK),
        "bytes": File(bytes(range(256))),
        "zero": File(b"a\0b"),
        'odd "name"\n': File(b"x"),
    }
    tree = objects.tree(git(repository, "rev-parse", "main^{tree}"), {**files, "README.md": None})
    assert listed(repository, tree) == names(repository, files)


def test_a_tree_is_begun_where_there_is_none(objects: GitObjects, repository: Repository) -> None:
    assert list(listed(repository, objects.tree(None, {"a/b": File(b"x")}))) == ["a/b"]


def test_a_folder_takes_the_place_of_a_file_and_a_file_that_of_a_folder(
    objects: GitObjects, repository: Repository
) -> None:
    first = objects.tree(None, {"a": File(b"x"), "other": File(b"x")})
    second = objects.tree(first, {"a": None, "a/b": File(b"x")})
    assert list(listed(repository, second)) == ["a/b", "other"]
    assert list(listed(repository, objects.tree(second, {"a/b": None, "a": File(b"y")}))) == ["a", "other"]


def test_a_path_that_is_no_text_is_refused(objects: GitObjects) -> None:
    with pytest.raises(UserError, match=r"caf\\udce9"):
        objects.tree(None, {"caf\udce9": File(b"x")})


def test_a_commit_names_no_author(objects: GitObjects, repository: Repository, github: GitHubDouble) -> None:
    tree, parent = git(repository, "rev-parse", "main^{tree}", "main").split()
    commit = objects.commit(tree, [parent], "Subject\n\nBody")
    assert git(repository, "log", "-1", "--format=%P %T %B", commit).strip() == f"{parent} {tree} Subject\n\nBody"
    assert github.calls("POST /repos/{owner}/{repo}/git/commits")


def test_a_branch_holds_a_commit_wherever_it_was_and_goes(objects: GitObjects, repository: Repository) -> None:
    first = git(repository, "rev-parse", "main")
    assert repository.path
    second = git_store.commit(repository.path, "main", {"a": "a"}, "Second")
    for commit in (second, first):
        objects.hold("ours/100%/ü", commit)
        assert git_store.branches(repository.path)["ours/100%/ü"] == commit
    for _ in range(2):
        objects.drop("ours/100%/ü")
    assert list(git_store.branches(repository.path)) == ["main"]


def test_what_may_have_been_done_is_done_again(
    objects: GitObjects, repository: Repository, github: GitHubDouble
) -> None:
    first = git(repository, "rev-parse", "main")
    for fault in (Unheard(), CutOff(), CutOff(None), Answer(502)):
        for call in ("trees", "commits", "refs", "refs/heads"):
            github.fault(fault, f"/git/{call}")
        tree = objects.tree(None, {"a": File(b"x")})
        objects.hold("ours", objects.commit(tree, [first], "x"))
        objects.drop("ours")
        github.api.faults.clear()


def test_an_answer_that_names_nothing_is_no_answer(objects: GitObjects, github: GitHubDouble) -> None:
    github.fault(Answer(200, text="{}"), "/git/trees", times=None)
    with pytest.raises(UnavailableError, match="does not tell what it made"):
        objects.tree(None, {"a": File(b"x")})


# --- how much GitHub takes


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def budget(clock: Clock) -> Budget:
    return Budget(clock)


@pytest.fixture
def paced(github: GitHubDouble, repository: Repository, clock: Clock, budget: Budget) -> Iterator[GitObjects]:
    """Return what makes objects where the whole process counts what it creates."""
    conduct = Conduct(observer=budget, sleep=clock.sleep, luck=lambda: 0.0, clock=clock)
    with Connection(Token(github.token()), github.url, conduct) as connection:
        yield GitObjects(connection, NAME)


def blob(number: int) -> dict[str, File]:
    return {"file": File(str(number).encode())}


def test_what_the_process_creates_beside_it_counts(paced: GitObjects, clock: Clock, budget: Budget) -> None:
    for _ in range(74):
        budget.called("POST /repos/{}/{}/deployments", 201, 0.1)
    paced.tree(None, blob(1))
    assert clock.slept == 0
    paced.tree(None, blob(2))
    assert clock.slept == 60


def test_without_a_count_of_the_process_its_own_counts(
    github: GitHubDouble, repository: Repository, clock: Clock
) -> None:
    conduct = Conduct(sleep=clock.sleep, clock=clock)
    with Connection(Token(github.token()), github.url, conduct) as connection:
        objects = GitObjects(connection, NAME)
        for number in range(76):
            assert clock.slept == 0
            objects.tree(None, blob(number))
    assert clock.slept == 60


def test_a_limit_is_waited_for_at_the_call_that_met_it_and_reports_wait_too(
    github: GitHubDouble, paced: GitObjects, clock: Clock, budget: Budget
) -> None:
    github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "60"}), "/git/trees", times=2)
    assert paced.tree(None, blob(1))
    assert clock.slept == 120
    github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "60"}), "/git/trees", times=3)
    with pytest.raises(LimitedError):
        paced.tree(None, blob(1))
    assert clock.slept == 240
    assert budget.wait() == 60


def test_a_long_limit_is_told_at_once(github: GitHubDouble, paced: GitObjects, clock: Clock, budget: Budget) -> None:
    github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "61"}), "/git/trees")
    with pytest.raises(LimitedError):
        paced.tree(None, blob(1))
    assert clock.slept == 0
    assert budget.wait() == 61
