"""Lists in which something is looked for: as far as that takes, and never taken for whole where they are not."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub import lookup
from generator.hub.connection import Connection
from generator.hub.lookup import each
from tests.github_double.double import GitHubDouble
from tests.github_double.model import Hook, Repository

PATH = "/repos/acme/podinfo/hooks"


@pytest.fixture
def repository(github: GitHubDouble, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Return a repository, of whose lists two pages of two are read."""
    monkeypatch.setattr(lookup, "_PAGE", 2)
    monkeypatch.setattr(lookup, "_MOST_PAGES", 2)
    return github.repository("acme/podinfo")


def hooks(github: GitHubDouble, repository: Repository, times: int) -> list[int]:
    """Let a repository have so many webhooks, and return their numbers."""
    now = github.state.now()
    for number in range(1, times + 1):
        config = {"url": f"https://example.com/{number}"}
        repository.hooks.append(Hook(number, repository, config, ("release",), True, now, now))
    return list(range(1, times + 1))


def test_all_pages_are_read(github: GitHubDouble, connection: Connection, repository: Repository) -> None:
    wanted = hooks(github, repository, 3)
    assert [one["id"] for one in each(connection.caller("acme"), PATH)] == wanted
    assert len(github.calls()) == 2


def test_no_more_is_read_than_is_looked_at(
    github: GitHubDouble, connection: Connection, repository: Repository
) -> None:
    wanted = hooks(github, repository, 9)
    assert next(each(connection.caller("acme"), PATH))["id"] == wanted[0]
    assert len(github.calls()) == 1


def test_a_list_without_end_is_not_taken_for_whole(
    github: GitHubDouble, connection: Connection, repository: Repository
) -> None:
    hooks(github, repository, 5)
    found = each(connection.caller("acme"), PATH)
    assert [next(found)["id"] for _ in range(4)]
    with pytest.raises(UserError, match=f"{PATH}: there are 4 or more, which is too many"):
        next(found)
