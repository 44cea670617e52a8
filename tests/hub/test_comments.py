"""Comments of ours: found again whoever we are, and nobody else's touched."""

from __future__ import annotations

import pytest

from generator.hub.comments import LIMIT, Comments
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.model import Comment, Repository
from tests.hub.conftest import Connect, app_credentials

NAME, MARKER = "acme/podinfo", "<!-- ours -->"


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    made = github.repository(NAME)
    github.by().open_pull_request(made, "feature")
    return made


def say(connection: Connection, text: str, known: int | None = None, *, make: bool = True) -> int | None:
    """Say something as a process does that was just started."""
    return Comments(connection).ensure(NAME, 1, MARKER, f"{MARKER}\n{text}\n", known, make=make)


def test_what_was_said_is_found_again_and_edited(connection: Connection, repository: Repository) -> None:
    first = say(connection, "one")
    assert say(connection, "two") == first
    assert say(connection, "three", first) == first
    assert [comment.body for comment in repository.comments] == [f"{MARKER}\nthree\n"]


def test_an_app_knows_its_own_comment(github: GitHubDouble, repository: Repository, connect: Connect) -> None:
    credentials = app_credentials(github)
    github.install(next(iter(github.state.apps.values())), "acme")
    connection = connect(github, credentials)
    assert say(connection, "one") == say(connection, "two")
    assert [comment.user.login for comment in repository.comments] == ["gitopsmith[bot]"]


def test_a_token_that_may_not_ask_who_it_is_takes_no_persons_comment_for_its_own(
    github: GitHubDouble, connection: Connection, repository: Repository
) -> None:
    github.fault(Answer(403, "Resource not accessible by integration"), "GET /user", times=None)
    now, person = github.state.now(), github.state.account("mallory")
    repository.comments.append(Comment(1, 1, MARKER, person, now, now))
    assert say(connection, "one") != 1
    assert repository.comments[0].body == MARKER


def test_one_that_was_removed_is_made_anew_and_none_where_none_is_wanted(
    connection: Connection, repository: Repository
) -> None:
    first = say(connection, "one")
    repository.comments.clear()
    assert say(connection, "closed", first, make=False) is None
    assert say(connection, "two", first) != first
    assert len(repository.comments) == 1


def test_more_comments_than_a_page_holds_do_not_hide_ours(
    github: GitHubDouble, connection: Connection, repository: Repository
) -> None:
    now, person = github.state.now(), github.state.account("ada")
    repository.comments += [Comment(number, 1, "Nice", person, now, now) for number in range(100)]
    first = say(connection, "one")
    assert say(connection, "two") == first


def test_what_is_too_long_is_cut(connection: Connection, repository: Repository) -> None:
    say(connection, "x" * 100_000)
    assert len(repository.comments[0].body) == LIMIT


def test_a_pull_request_that_is_not_there_is_told(connection: Connection, repository: Repository) -> None:
    with pytest.raises(NotFoundError):
        Comments(connection).ensure(NAME, 99, MARKER, MARKER)
