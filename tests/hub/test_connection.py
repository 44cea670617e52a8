"""Who calls, by a token or by an App's installation, and what is told where GitHub does not let them."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic
from typing import Any

import pytest

from generator.core.errors import GitopsmithError, UserError
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import App, Token, TokenFile
from generator.hub.failures import LimitedError, NotFoundError, RefusedError, UnavailableError
from generator.hub.transport import Exchange
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Slow, Unheard
from tests.hub.conftest import Connect, Recorder, app_credentials

NAME = "acme/podinfo"
PATH = f"/repos/{NAME}"
TOKEN = "POST /app/installations/{installation_id}/access_tokens"
REPOSITORY = "GET /repos/{owner}/{repo}"
HOOK = {"config": {"url": "https://example.com/", "content_type": "json"}, "events": ["release"]}


@pytest.fixture(autouse=True)
def repository(github: GitHubDouble) -> None:
    github.repository(NAME)


def error_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> GitopsmithError:
    with pytest.raises(GitopsmithError) as caught:
        call(*arguments, **options)
    return caught.value


# --- a token


def test_a_token_opens_what_its_user_may_see(connection: Connection) -> None:
    assert connection.caller("acme").ask("GET", PATH).data["full_name"] == NAME


def test_a_token_in_a_file_may_be_replaced_at_any_time(github: GitHubDouble, connect: Connect, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(github.token() + "\n")
    caller = connect(github, TokenFile(file)).caller("acme")
    caller.ask("GET", PATH)
    github.identities.revoke()
    assert isinstance(error_of(caller.ask, "GET", PATH), RefusedError)
    file.write_text(github.token())
    assert caller.ask("GET", PATH).status == 200


def test_a_wrong_token_is_told_apart(github: GitHubDouble, connect: Connect) -> None:
    error = error_of(connect(github, Token("ghp_wrong")).caller("acme").ask, "GET", PATH)
    assert isinstance(error, RefusedError)
    assert str(error) == (
        f"GitHub, asked for `GET {PATH}`, answers 401: Bad credentials\n"
        "The token is wrong, has expired or was revoked; set a new one as GITOPSMITH_TOKEN."
    )


def test_a_token_without_a_scope_is_told_which(github: GitHubDouble, connect: Connect) -> None:
    caller = connect(github, Token(github.token(scopes=("gist",)))).caller("acme")
    error = error_of(caller.ask, "GET", f"{PATH}/hooks")
    assert isinstance(error, NotFoundError)
    assert "lacks a scope that this needs: admin:repo_hook or read:repo_hook or repo or write:repo_hook." in error.hint


def test_what_is_not_there_may_only_be_hidden(connection: Connection) -> None:
    error = error_of(connection.caller("acme").ask, "GET", "/repos/acme/nothing")
    assert isinstance(error, NotFoundError)
    assert (error.status, error.hint) == (
        404,
        "Check its name; GitHub says the same of what our credentials may not see.",
    )


def test_a_refused_body_is_told_with_what_is_wrong_in_it(connection: Connection) -> None:
    caller = connection.caller("acme")
    caller.ask("POST", f"{PATH}/hooks", body=HOOK)
    error = error_of(caller.ask, "POST", f"{PATH}/hooks", body=HOOK)
    assert str(error).endswith("answers 422: Validation Failed; Hook already exists on this repository")


def test_single_sign_on_is_told(github: GitHubDouble, connection: Connection) -> None:
    github.fault(Answer(403, "Resource protected by organization SAML enforcement.", {"X-GitHub-SSO": "required"}))
    error = error_of(connection.caller("acme").ask, "GET", PATH)
    assert isinstance(error, RefusedError)
    assert "authorize the token for it" in error.hint


def test_a_repository_that_was_renamed_is_read_but_never_taken_for_written(
    github: GitHubDouble, connection: Connection
) -> None:
    found = github.state.repository(NAME)
    assert found
    github.state.moved[NAME] = found
    found.name = "renamed"
    assert connection.caller("acme").ask("GET", PATH).data["full_name"] == "acme/renamed"
    error = error_of(connection.caller("acme").ask, "PATCH", PATH, body={"description": "new"})
    assert isinstance(error, RefusedError)
    assert (error.status, error.hint) == (307, "It was renamed or given to another owner: use its new name.")


# --- an App


@pytest.fixture
def app(github: GitHubDouble) -> App:
    return app_credentials(github)


@pytest.fixture
def install(github: GitHubDouble, app: App) -> Callable[..., Any]:
    return lambda login="acme", **options: github.install(github.state.apps[int(app.id)], login, **options)


def test_an_app_acts_in_each_account_by_its_installation_there(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    github.user("octocat")
    github.repository("octocat/own").owner = github.user("octocat")
    install("acme"), install("octocat")
    connection = connect(github, app)
    assert github.calls() == []
    for name in (NAME, "octocat/own", NAME, "ACME/podinfo"):
        data = connection.caller(name.partition("/")[0]).ask("GET", f"/repos/{name}").data
        assert data["full_name"].casefold() == name.casefold()
    assert connection.app().ask("GET", "/app").data["slug"] == "gitopsmith"
    assert len(github.calls(TOKEN)) == 2
    assert [seen.operation for seen in github.calls()][:2] == ["GET /orgs/{org}/installation", TOKEN]


def test_a_token_of_an_app_is_renewed_before_it_expires(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    install()
    caller = connect(github, app).caller("acme")
    github.identities.lifetime = 59
    for _ in range(3):
        caller.ask("GET", PATH)
    assert len(github.calls(TOKEN)) == 3
    github.identities.lifetime = 3600
    for _ in range(3):
        caller.ask("GET", PATH)
    assert len(github.calls(TOKEN)) == 4
    assert {seen.status for seen in github.calls()} <= {200, 201}


def test_an_app_that_was_installed_anew_is_found_again(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    caller = connect(github, app).caller("acme")
    first = install()
    caller.ask("GET", PATH)
    del github.state.installations[first.id]
    github.identities.revoke()
    install()
    assert caller.ask("GET", PATH).status == 200


def test_an_app_that_is_not_installed_is_told_where(github: GitHubDouble, connect: Connect, app: App) -> None:
    error = error_of(connect(github, app).caller("acme").ask, "GET", PATH)
    assert isinstance(error, NotFoundError)
    assert str(error) == (
        "The GitHub App is not installed in `acme`, or there is no such account.\n"
        "Install it there, on the App's page, for the repositories that gitopsmith shall see."
    )


def test_a_suspended_installation_is_told_also_when_it_was_working_before(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    installation = install()
    caller = connect(github, app).caller("acme")
    caller.ask("GET", PATH)
    github.by().suspend(installation)
    for asked in (caller, connect(github, app).caller("acme")):
        error = error_of(asked.ask, "GET", PATH)
        assert isinstance(error, RefusedError)
        assert error.status == 403
        assert "suspended" in error.message
        assert error.hint == "An owner of the account can unsuspend it: Settings, GitHub Apps, Configure."
    github.by().unsuspend(installation)
    assert caller.ask("GET", PATH).status == 200


def test_an_app_without_a_permission_is_told_which(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    install(permissions={"metadata": "read", "contents": "read"})
    error = error_of(connect(github, app).caller("acme").ask, "GET", f"{PATH}/hooks")
    assert isinstance(error, RefusedError)
    assert error.hint == (
        "It needs the permission repository_hooks=read: grant it to the App or the token, and accept it."
    )


def test_a_key_of_another_app_is_told(github: GitHubDouble, connect: Connect, app: App) -> None:
    error = error_of(connect(github, App("4711", app.private_key)).caller("acme").ask, "GET", PATH)
    assert isinstance(error, RefusedError)
    assert error.status == 401
    assert error.hint.startswith("Check the App's id, that the key is one of its own")


@pytest.mark.parametrize("key", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nQUJD\n-----END RSA PRIVATE KEY-----"])
def test_what_is_no_key_is_refused_without_showing_it(github: GitHubDouble, connect: Connect, key: str) -> None:
    error = error_of(connect, github, App("1", key, "key.pem"))
    assert isinstance(error, UserError)
    assert error.message == "key.pem: this is no private key of a GitHub App."
    assert error.__cause__ is None


@pytest.mark.parametrize("owner", ["", "..", "acme/podinfo", "acme?x", "Ünïcode"])
def test_only_the_name_of_an_account_is_asked_for(github: GitHubDouble, connect: Connect, app: App, owner: str) -> None:
    with pytest.raises(UserError, match="is no repository"):
        connect(github, app).caller(owner)


def test_a_repository_is_called_in_its_own_account(github: GitHubDouble, connect: Connect, app: App) -> None:
    connection = connect(github, app)
    assert connection.of(NAME) == (PATH, connection.caller("acme"))


def test_only_an_app_has_an_app(connection: Connection) -> None:
    with pytest.raises(UserError, match="needs a GitHub App"):
        connection.app()


def test_the_token_of_an_installation_opens_git(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any], tmp_path: Path
) -> None:
    install()
    github.repository("acme/with-git", git=True)
    token = connect(github, app).token("acme")
    address = f"{github.web.replace('//', f'//x-access-token:{token}@')}/acme/with-git.git"
    git_store.run(tmp_path, "clone", "--quiet", address, "clone")
    assert (tmp_path / "clone" / "README.md").read_text() == "# with-git\n"


# --- limits, and what may pass


def test_an_exhausted_limit_says_when_it_is_back(github: GitHubDouble, connection: Connection) -> None:
    caller = connection.caller("acme")
    caller.ask("GET", PATH)
    github.limits.exhaust(1000)
    error = error_of(caller.ask, "GET", PATH)
    assert isinstance(error, LimitedError)
    assert error.retry_after == pytest.approx(1000, abs=3)
    assert "API rate limit exceeded" in str(error)


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (Answer(403, SECONDARY_LIMIT, {"Retry-After": "17"}), 17),
        (Answer(429, SECONDARY_LIMIT, {"Retry-After": "17"}), 17),
        (Answer(403, SECONDARY_LIMIT), 60),
        (Answer(429, "Too many requests"), 60),
        (Answer(403, SECONDARY_LIMIT, {"Retry-After": "999999999"}), 3600),
    ],
)
def test_a_secondary_limit_says_when_to_ask_again(
    github: GitHubDouble, connection: Connection, fault: Answer, seconds: float
) -> None:
    github.fault(fault)
    error = error_of(connection.caller("acme").ask, "GET", PATH)
    assert isinstance(error, LimitedError)
    assert error.retry_after == seconds


def test_a_short_limit_is_waited_for_also_by_a_write(
    github: GitHubDouble, connection: Connection, recorder: Recorder
) -> None:
    github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "3"}))
    assert connection.caller("acme").ask("POST", f"{PATH}/hooks", body=HOOK).status == 201
    assert recorder.waits == [3.0]


@pytest.mark.parametrize("fault", [Answer(500), Answer(502, text="<html>"), Unheard(), CutOff(0.5), CutOff(None)])
def test_a_read_is_repeated_with_growing_pauses(
    github: GitHubDouble, connection: Connection, recorder: Recorder, fault: Any
) -> None:
    github.fault(fault, times=3)
    assert connection.caller("acme").ask("GET", PATH).status == 200
    assert recorder.waits == [0.5, 1.0, 2.0]


def test_a_read_is_not_repeated_for_ever(github: GitHubDouble, connection: Connection, recorder: Recorder) -> None:
    github.fault(Answer(503, "Unicorn"), times=None)
    error = error_of(connection.caller("acme").ask, "GET", PATH)
    assert isinstance(error, UnavailableError)
    assert str(error) == f"GitHub, asked for `GET {PATH}`, answers 503: Unicorn"
    assert len(github.calls()) == 4


@pytest.mark.parametrize("fault", [Answer(500), Unheard(), CutOff(0.5), CutOff(None)])
def test_a_write_is_not_repeated_for_it_may_have_had_its_effect(
    github: GitHubDouble, connection: Connection, fault: Any
) -> None:
    github.fault(fault)
    assert isinstance(error_of(connection.caller("acme").ask, "POST", f"{PATH}/hooks", body=HOOK), UnavailableError)
    assert len(github.calls()) == 1


def test_a_write_that_may_be_repeated_is(github: GitHubDouble, connection: Connection) -> None:
    github.fault(CutOff(None), times=2)
    topics = {"names": ["gitops"]}
    answer = connection.caller("acme").ask("PUT", f"{PATH}/topics", body=topics, repeatable=True)
    assert answer.data == topics
    assert len(github.calls()) == 3


def test_a_server_that_is_away_may_come_back(tmp_path: Path, connect: Connect, recorder: Recorder) -> None:
    gone = GitHubDouble(tmp_path / "gone")
    with gone:
        token = Token(gone.token())
    caller = connect(gone, token).caller("acme")
    error = error_of(caller.ask, "POST", f"{PATH}/hooks", body=HOOK)
    assert isinstance(error, UnavailableError)
    assert str(error).endswith("cannot be reached.")
    assert recorder.calls == [("POST /repos/{}/{}/hooks", 0)] * 4, "it had no effect, so even a write is repeated"


def test_a_server_that_is_too_slow_is_not_waited_for(github: GitHubDouble, connect: Connect) -> None:
    github.fault(Slow(60), times=None)
    caller = connect(github, timeout=0.05).caller("acme")
    began = monotonic()
    assert str(error_of(caller.ask, "GET", PATH)).endswith("gave no answer in time.")
    assert monotonic() - began < 4


def test_what_is_no_json_is_not_githubs(github: GitHubDouble, connection: Connection) -> None:
    github.fault(Answer(200, text="<html>Log in to the network</html>"))
    error = error_of(connection.caller("acme").ask, "GET", PATH)
    assert isinstance(error, UnavailableError)
    assert str(error).endswith(f"asked for `GET {PATH}`, answers no JSON.")


# --- what is seen from outside


def test_calls_and_limits_are_observed(github: GitHubDouble, connection: Connection, recorder: Recorder) -> None:
    github.limits.an_hour = 60
    github.fault(Answer(500))
    etag = connection.caller("acme").ask("GET", PATH).headers["etag"]
    connection.caller("acme").ask("GET", PATH, headers={"If-None-Match": etag})
    assert recorder.calls == [("GET /repos/{}/{}", 500), ("GET /repos/{}/{}", 200), ("GET /repos/{}/{}", 304)]
    assert [(remaining, limit) for remaining, limit, _ in recorder.limits] == [(59, 60), (59, 60)]


def test_threads_share_a_token_but_not_each_others_answers(
    github: GitHubDouble,
    connect: Connect,
    app: App,
    install: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install()
    caller = connect(github, app).caller("acme")
    caller.ask("GET", PATH)
    names = [github.repository(f"acme/service-{number}").full_name for number in range(4)]
    together, take = Barrier(len(names), timeout=10), Exchange.request

    def take_together(*arguments: Any) -> None:
        """Let every thread have taken its request before any sends one."""
        take(*arguments)
        together.wait()

    monkeypatch.setattr(Exchange, "request", take_together)
    with ThreadPoolExecutor(len(names)) as pool:
        assert list(pool.map(lambda name: caller.ask("GET", f"/repos/{name}").data["full_name"], names)) == names
    assert len(github.calls(TOKEN)) == 1


def test_threads_that_begin_together_get_one_token(
    github: GitHubDouble, connect: Connect, app: App, install: Callable[..., Any]
) -> None:
    install()
    connection = connect(github, app)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(connection.token, ["acme"] * 8))) == 1
    assert len(github.calls(TOKEN)) == 1


def test_a_secret_is_in_no_text_and_no_log(
    github: GitHubDouble,
    connect: Connect,
    app: App,
    install: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    install()
    for logger in ("", "github"):
        caplog.set_level(logging.DEBUG, logger)
    token = Token(github.token())
    shown = []
    for connection in (connect(github, token), connect(github, app)):
        caller = connection.caller("acme")
        caller.ask("GET", PATH)
        github.fault(Answer(500), times=4)
        errors = [error_of(caller.ask, "GET", PATH)]
        github.fault(CutOff(None), times=4)
        errors.append(error_of(caller.ask, "GET", PATH))
        github.fault(Answer(401, "Bad credentials"), times=None)
        errors.append(error_of(caller.ask, "GET", PATH))
        github.api.faults.clear()
        shown += ["".join(traceback.format_exception(error)) + repr(error) for error in errors]
        shown += [repr(connection), repr(caller), str(vars(caller))]
    shown += [repr(token), repr(app), caplog.text]
    assert "urllib3" in caplog.text
    secrets = [token.value, "ghs_", app.private_key.splitlines()[1], "eyJ"]
    assert [secret for secret in secrets if any(secret in text for text in shown)] == []


# --- secrets that come later


def test_every_secret_is_told_as_soon_as_it_is_known(github: GitHubDouble, tmp_path: Path) -> None:
    known: list[str] = []
    conduct, file = Conduct(learn=known.append), tmp_path / "token"
    file.write_text(github.token())
    with Connection(TokenFile(file), github.url, conduct) as connection:
        connection.caller("acme").ask("GET", PATH)
        assert set(known) == {file.read_text()}
        file.write_text(github.token())
        connection.caller("acme").ask("GET", PATH)
    assert known[-1] == file.read_text()
    app = app_credentials(github)
    github.install(next(iter(github.state.apps.values())), "acme")
    with Connection(app, github.url, conduct) as connection:
        assert known[-1] == app.private_key
        assert known.count(connection.token("acme")) == 1
