"""Who calls, and in which accounts."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub.accounts import account, installation, usable, who_calls
from generator.hub.credentials import Token
from generator.hub.failures import NotFoundError, UnavailableError
from tests.github_double.double import EVENTS, PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer
from tests.hub.conftest import Connect, app_credentials


def test_a_token_tells_its_user_and_a_classic_one_its_scopes(github: GitHubDouble, connect: Connect) -> None:
    classic = who_calls(connect(github, Token(github.token("jane", ("repo", "workflow")))))
    assert (classic.name, classic.app, classic.scopes) == ("jane", False, frozenset({"repo", "workflow"}))
    assert who_calls(connect(github, Token(github.token("jane", ())))).scopes == frozenset()
    assert who_calls(connect(github, Token(github.fine_grained_token({})))).scopes is None


def test_an_app_tells_what_it_asks_for(github: GitHubDouble, connect: Connect) -> None:
    caller = who_calls(connect(github, app_credentials(github)))
    assert (caller.name, caller.app, caller.scopes) == ("gitopsmith", True, None)
    assert (caller.permissions, caller.events) == (PERMISSIONS, EVENTS)


def test_accounts_are_organizations_or_users_as_github_writes_them(github: GitHubDouble, connect: Connect) -> None:
    github.organization("Acme"), github.user("jane")
    connection = connect(github)
    found = account(connection, "ACME")
    assert (found.login, found.is_organization) == ("Acme", True)
    assert not account(connection, "jane").is_organization
    with pytest.raises(NotFoundError, match="no account `nobody`"):
        account(connection, "nobody")
    with pytest.raises(UserError, match="is no repository"):
        account(connection, "../app")


def test_an_installation_tells_what_it_grants(github: GitHubDouble, connect: Connect) -> None:
    credentials = app_credentials(github)
    app = github.state.apps[int(credentials.id)]
    github.user("jane")
    placed = github.install(app, "jane", {"metadata": "read"})
    placed.repositories = []
    connection = connect(github, credentials)
    found = installation(connection, "Jane")
    assert (found.account.login, found.account.is_organization) == ("jane", False)
    assert (found.permissions, found.all_repositories, found.suspended) == ({"metadata": "read"}, False, False)
    assert usable(found) is found
    assert account(connection, "jane") == found.account
    placed.suspended_at = github.state.now()
    with pytest.raises(UserError, match="suspended") as caught:
        account(connection, "jane")
    assert found.page in caught.value.hint
    with pytest.raises(NotFoundError, match="not installed in `acme`"):
        installation(connection, "acme")


def test_an_answer_in_another_form_is_no_answer(github: GitHubDouble, connect: Connect) -> None:
    github.fault(Answer(200, text='{"login": 7}'), "GET /user")
    with pytest.raises(UnavailableError, match="unknown form"):
        who_calls(connect(github))
