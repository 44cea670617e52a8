"""A branch that takes changes from its merge queue alone: a request is put there, once, and as it was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator.core.promotion_request import PromotionRequest
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError, UnavailableError
from generator.hub.pull_requests import Request, Requests
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer, CutOff
from tests.github_double.model import PullRequest, Repository
from tests.hub.conftest import Connect, app_credentials

NAME = "acme/acme-gitops"
WITH_QUEUES = {**PERMISSIONS, "merge_queues": "write"}


@pytest.fixture
def queue(github: GitHubDouble) -> list[PullRequest]:
    """What waits in the merge queue of `main`."""
    return queued(github).merge_queues["main"]


def queued(double: GitHubDouble) -> Repository:
    """Return a new repository whose `main` has a merge queue."""
    repository = double.repository(NAME)
    repository.merge_queues["main"] = []
    return repository


def opened(double: GitHubDouble, requests: Requests) -> Request:
    return requests.ensure(NAME, PromotionRequest("ours", "main", "Ours", ""), double.state.sha("ours"))


@pytest.mark.usefixtures("queue")
def test_a_request_waits_in_the_queue_and_is_not_merged(github: GitHubDouble, connection: Connection) -> None:
    requests = Requests(connection)
    request = opened(github, requests)
    assert [requests.merge(NAME, request) for _ in range(2)] == [False, False]
    repository = github.state.repository(NAME)
    assert repository
    assert repository.merge_queues["main"] == repository.pull_requests
    github.by().close(repository, repository.pull_requests[0], "the commit that the queue made")
    assert requests.merge(NAME, request)


def test_an_enterprise_server_has_the_queue_at_another_address(enterprise: GitHubDouble, connect: Connect) -> None:
    repository, requests = queued(enterprise), Requests(connect(enterprise))
    assert not requests.merge(NAME, opened(enterprise, requests))
    assert repository.merge_queues["main"] == repository.pull_requests


def test_nothing_that_was_not_seen_is_queued(
    github: GitHubDouble, connection: Connection, queue: list[PullRequest]
) -> None:
    requests = Requests(connection)
    request = opened(github, requests)
    with pytest.raises(RefusedError, match=r"#1 is not merged\..* Head branch was modified"):
        requests.merge(NAME, replace(request, sha="0" * 40))
    assert queue == []


def test_what_is_missing_is_told(github: GitHubDouble, connection: Connection, queue: list[PullRequest]) -> None:
    repository = github.state.repository(NAME)
    assert repository
    repository.protections["main"] = {"required_status_checks": {"strict": False, "contexts": ["ci"]}}
    requests = Requests(connection)
    request = opened(github, requests)
    with pytest.raises(RefusedError, match='Required status check "ci" is expected') as caught:
        requests.merge(NAME, request)
    assert (caught.value.status, queue) == (422, [])
    assert "run the same again" in caught.value.hint


@pytest.mark.parametrize("granted", [True, False])
def test_an_app_needs_a_permission_of_its_own(
    github: GitHubDouble, connect: Connect, queue: list[PullRequest], granted: bool
) -> None:
    credentials = app_credentials(github)
    app = github.state.apps[int(credentials.id)]
    github.install(app, "acme", WITH_QUEUES if granted else PERMISSIONS)
    requests = Requests(connect(github, credentials))
    request = opened(github, requests)
    if granted:
        assert not requests.merge(NAME, request)
    else:
        with pytest.raises(RefusedError, match="Resource not accessible by integration") as caught:
            requests.merge(NAME, request)
        assert "`merge_queues: write`" in caught.value.hint
        assert "by hand" in caught.value.hint
        assert caught.value.status == 403
    assert len(queue) == granted


def test_an_answer_that_never_came_is_asked_for_again(
    github: GitHubDouble, connection: Connection, queue: list[PullRequest]
) -> None:
    requests = Requests(connection)
    request = opened(github, requests)
    github.fault(CutOff(None), "POST /graphql")
    assert not requests.merge(NAME, request)
    assert len(queue) == 1


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("text", ["{}", "[]", '{"data": null}'])
def test_an_answer_in_another_form_is_nobodys(github: GitHubDouble, connection: Connection, text: str) -> None:
    requests = Requests(connection)
    request = opened(github, requests)
    github.fault(Answer(200, text=text), "POST /graphql")
    with pytest.raises(UnavailableError, match="unknown form"):
        requests.merge(NAME, request)
