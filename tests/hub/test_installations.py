"""The tokens of an App's installation: a new one GitHub may not know everywhere yet, an old one may be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError, UnavailableError
from generator.hub.installations import InstallationAuth
from generator.hub.requester import Caller
from tests.clock import Clock
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer
from tests.hub.conftest import Connect, Recorder, app_credentials

PATH = "/repos/acme/podinfo"
HOOK = {"config": {"url": "https://example.com/", "content_type": "json"}, "events": ["release"]}
TOKEN = "POST /app/installations/{installation_id}/access_tokens"


@pytest.fixture
def clock() -> Clock:
    return Clock(0.0)


@pytest.fixture
def connection(github: GitHubDouble, connect: Connect) -> Connection:
    """Return a connection as an App that is installed where the repository is."""
    github.repository("acme/podinfo")
    credentials = app_credentials(github)
    github.install(github.state.apps[int(credentials.id)], "acme")
    return connect(github, credentials)


@pytest.fixture
def caller(github: GitHubDouble, connection: Connection, recorder: Recorder, clock: Clock) -> Iterator[Caller]:
    """Return who calls in the name of the installation, by a clock of its own."""
    conduct = Conduct(observer=recorder, sleep=recorder.waits.append, luck=lambda: 1.0)
    auth = InstallationAuth(connection.app(), "acme", monotonic=clock)
    made = Caller(github.url, auth, conduct, "Check the App's id.")
    yield made
    made.close()


def test_a_new_token_that_github_does_not_know_yet_is_used_again(
    github: GitHubDouble, caller: Caller, recorder: Recorder
) -> None:
    github.identities.unknown = 3
    assert caller.ask("POST", f"{PATH}/hooks", body=HOOK).status == 201
    assert recorder.waits == [1.0, 2.0, 3.0]
    assert len(github.calls(TOKEN)) == 1


def test_a_token_that_github_takes_no_longer_is_replaced_at_once(
    github: GitHubDouble, caller: Caller, clock: Clock, recorder: Recorder
) -> None:
    caller.ask("GET", PATH)
    clock.now += 11
    github.identities.revoke()
    assert caller.ask("POST", f"{PATH}/hooks", body=HOOK).status == 201
    assert recorder.waits == []


def test_what_replaces_it_may_not_be_known_yet_either(
    github: GitHubDouble, caller: Caller, clock: Clock, recorder: Recorder
) -> None:
    caller.ask("GET", PATH)
    clock.now += 11
    github.identities.revoke()
    github.identities.unknown = 2
    assert caller.ask("GET", PATH).status == 200
    assert recorder.waits == [1.0, 2.0]
    assert len(github.calls(TOKEN)) == 2


def test_a_new_token_that_was_taken_back_is_replaced_in_the_end(github: GitHubDouble, caller: Caller) -> None:
    caller.ask("GET", PATH)
    github.identities.revoke()
    assert caller.ask("GET", PATH).status == 200
    assert len(github.calls(TOKEN)) == 2


def test_tokens_that_github_never_takes_are_not_tried_for_ever(
    github: GitHubDouble, caller: Caller, recorder: Recorder
) -> None:
    github.identities.unknown = 10**6
    with pytest.raises(RefusedError, match="401: Bad credentials") as caught:
        caller.ask("GET", PATH)
    assert caught.value.hint == "Check the App's id."
    assert recorder.waits == [1.0, 2.0, 3.0] * 2
    assert len(github.calls(TOKEN)) == 2


def test_git_gets_a_token_only_when_github_knows_it(github: GitHubDouble, caller: Caller, recorder: Recorder) -> None:
    github.identities.unknown = 2
    assert github.identities.of(f"token {caller.token}").installation
    assert recorder.waits == [1.0, 2.0]
    calls = len(github.calls())
    assert caller.token == caller.token
    assert len(github.calls()) == calls, "it is asked about once"


def test_git_gets_a_token_also_where_the_api_says_nothing_of_it(
    github: GitHubDouble, caller: Caller, clock: Clock
) -> None:
    for fault in (Answer(404, "Rate limiting is not enabled."), Answer(403, SECONDARY_LIMIT)):
        clock.now += 3600
        github.fault(fault, "/rate_limit", times=None)
        assert github.identities.of(f"token {caller.token}").installation


def test_git_gets_no_token_of_which_nobody_can_tell_whether_it_is_known(github: GitHubDouble, caller: Caller) -> None:
    # Git would say of it that it is wrong, and nobody would try again.
    github.fault(Answer(503), "/rate_limit", times=None)
    with pytest.raises(UnavailableError):
        _ = caller.token
