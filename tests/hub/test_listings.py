"""Every release and every open pull request, or an error: never a part."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from generator.core.errors import UserError
from generator.core.pull_requests import PullRequest
from generator.core.releases import Release
from generator.hub.connection import Connection
from generator.hub.failures import LimitedError, NotFoundError, UnavailableError
from generator.hub.listings import Listings, UnreadableError, pull_request_of, release_of
from generator.hub.pages import Pages
from generator.sync.news.events import PullRequestEvent, ReleaseEvent
from generator.sync.news.parsing import parse
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import SECONDARY_LIMIT, Answer, CutOff, Meanwhile
from tests.github_double.model import Repository
from tests.hub.conftest import Connect, Recorder, app_credentials

RELEASES = "GET /repos/{owner}/{repo}/releases"
PULLS = "GET /repos/{owner}/{repo}/pulls"
NAME = "acme/podinfo"
TIME = "2026-01-31T12:00:00+01:00"
SHOWN_RELEASE = {
    "id": 7,
    "tag_name": "v1.0.0",
    "prerelease": True,
    "draft": False,
    "name": "A \u202ename\n",
    "html_url": "https://github.com/acme/podinfo/releases/tag/v1.0.0",
    "author": {"login": "octocat"},
    "published_at": TIME,
    "target_commitish": "main",
}
SHOWN_PULL_REQUEST = {
    "number": 7,
    "state": "open",
    "head": {"ref": "feature/ü", "sha": "0" * 40, "repo": {"full_name": "Acme/Podinfo"}},
    "base": {"ref": "main", "repo": {"full_name": "acme/podinfo"}},
    "title": " A\ttitle ",
    "user": {"login": "octocat"},
    "labels": [{"name": "preview"}, {"name": "x" * 300}],
    "draft": True,
    "updated_at": TIME,
}

Change = dict[str, Any]


def charged(github: GitHubDouble, operation: str) -> int:
    """Return how many calls counted against the limit."""
    return sum(seen.charged for seen in github.calls(operation))


@pytest.fixture
def repository(github: GitHubDouble) -> Repository:
    return github.repository(NAME)


@pytest.fixture
def released(github: GitHubDouble, repository: Repository) -> Callable[[int], list[str]]:
    """Return what makes releases, and returns the tags of all, the newest first."""

    def make(number: int) -> list[str]:
        start = len(repository.releases)
        for index in range(start, start + number):
            github.by().create_release(repository, f"v1.{index}.0")
        return [release.tag for release in reversed(repository.releases)]

    return make


@pytest.fixture
def opened(github: GitHubDouble, repository: Repository) -> Callable[[int], list[int]]:
    """Return what opens pull requests, and returns the numbers of all that are open."""

    def make(number: int) -> list[int]:
        for index in range(number):
            github.by().open_pull_request(repository, f"branch-{index}")
        return [item.number for item in repository.pull_requests if item.state == "open"]

    return make


def tags(listings: Listings) -> list[str]:
    return [release.tag for release in listings.releases(NAME)]


def numbers(listings: Listings) -> list[int]:
    return [item.number for item in listings.open_pull_requests(NAME)]


# --- what is listed


def test_a_release_is_listed_with_all_that_is_known_of_it(
    github: GitHubDouble, repository: Repository, listings: Listings
) -> None:
    made = github.by("hubot").create_release(
        repository, "v1.0.0-rc.1", name="First\u202e \n try", body="…", prerelease=True, target="release/1"
    )
    assert listings.releases(NAME) == (
        Release(
            tag="v1.0.0-rc.1",
            prerelease=True,
            name="First try",
            url=f"{github.web}/{NAME}/releases/tag/v1.0.0-rc.1",
            author="hubot",
            published_at=made.created_at,
            target="release/1",
        ),
    )


def test_a_draft_says_so_and_has_no_time(github: GitHubDouble, repository: Repository, listings: Listings) -> None:
    github.by().create_release(repository, "v2", draft=True)
    (found,) = listings.releases(NAME)
    assert (found.tag, found.draft, found.published_at, found.name) == ("v2", True, "", "")


def test_a_draft_without_a_tag_hides_no_release(
    github: GitHubDouble, repository: Repository, listings: Listings
) -> None:
    github.by().create_release(repository, "v1")
    github.by().create_release(repository, "", draft=True)
    assert [(release.tag, release.draft) for release in listings.releases(NAME)] == [("", True), ("v1", False)]


def test_a_pull_request_is_listed_with_all_that_is_known_of_it(
    github: GitHubDouble, repository: Repository, listings: Listings
) -> None:
    made = github.by("hubot").open_pull_request(
        repository, "feature/ünïcode", title="Fix `$(rm)`\n", body=None, draft=True, labels=("preview", "size/XL")
    )
    assert listings.open_pull_requests(NAME) == (
        PullRequest(
            number=1,
            sha=made.sha,
            branch="feature/ünïcode",
            base="main",
            title="Fix `$(rm)`",
            author="hubot",
            labels=("preview", "size/XL"),
            draft=True,
            fork=False,
            state="open",
            updated_at=made.updated_at,
        ),
    )


def test_a_fork_is_told_from_the_repository_also_where_it_is_gone_and_its_owner_too(
    github: GitHubDouble, repository: Repository, listings: Listings
) -> None:
    fork = github.repository("someone/podinfo")
    github.by().open_pull_request(repository, "theirs", head=fork)
    gone = github.by().open_pull_request(repository, "gone", head=fork)
    gone.head = gone.user = None
    github.by().open_pull_request(repository, "ours")
    found = listings.open_pull_requests(NAME)
    assert [(item.branch, item.fork, item.author) for item in found] == [
        ("theirs", True, "octocat"),
        ("gone", True, ""),
        ("ours", False, "octocat"),
    ]


def test_what_is_not_open_is_not_listed(github: GitHubDouble, repository: Repository, listings: Listings) -> None:
    for index in range(3):
        github.by().open_pull_request(repository, f"branch-{index}")
    github.by().close(repository, repository.pull_requests[1])
    assert numbers(listings) == [1, 3]


def test_a_repository_without_anything_lists_nothing(repository: Repository, listings: Listings) -> None:
    assert listings.releases(NAME) == ()
    assert listings.open_pull_requests(NAME) == ()


# --- all pages


def test_every_page_is_read(
    github: GitHubDouble, listings: Listings, released: Callable[[int], list[str]], opened: Callable[[int], list[int]]
) -> None:
    all_tags, all_numbers = released(250), opened(130)
    assert tags(listings) == all_tags
    assert numbers(listings) == all_numbers
    # Three pages and two, and each once more, to be sure that nothing moved: that costs nothing.
    assert (len(github.calls(RELEASES)), charged(github, RELEASES)) == (6, 3)
    assert (len(github.calls(PULLS)), charged(github, PULLS)) == (4, 2)


@pytest.mark.parametrize("number", [99, 100, 101, 200])
def test_a_last_page_may_be_full(listings: Listings, released: Callable[[int], list[str]], number: int) -> None:
    everything = released(number)
    assert tags(listings) == everything
    assert len(everything) == number


def test_a_full_page_that_has_not_changed_is_no_last_page(
    github: GitHubDouble, listings: Listings, opened: Callable[[int], list[int]]
) -> None:
    """The ETag of the first page stays, for the 101st stands on the next, which the first did not name."""
    opened(100)
    assert len(numbers(listings)) == 100
    everything = opened(1)
    assert numbers(listings) == everything
    assert len(everything) == 101
    assert [seen.status for seen in github.calls(PULLS) if "&page=" not in seen.line][-2:] == [304, 304]


def test_a_renamed_repository_is_listed_whole_under_its_old_name(
    github: GitHubDouble, repository: Repository, listings: Listings, opened: Callable[[int], list[int]]
) -> None:
    everything = opened(130)
    github.state.moved[NAME] = repository
    repository.name = "renamed"
    assert numbers(listings) == everything
    assert all("per_page=100" in seen.line for seen in github.calls())


def test_an_enterprise_server_has_its_api_below_a_path(
    enterprise: GitHubDouble, connect: Connect, pages: Pages
) -> None:
    repository = enterprise.repository(NAME)
    for index in range(101):
        enterprise.by().create_release(repository, f"v{index}")
    assert len(Listings(connect(enterprise), pages).releases(NAME)) == 101
    assert {seen.line.partition("?")[0] for seen in enterprise.calls()} == {
        f"GET /api/v3/repos/{NAME}/releases",
        f"GET /api/v3/repositories/{repository.id}/releases",
    }


# --- what has not changed costs nothing


def test_a_list_that_has_not_changed_costs_nothing(
    github: GitHubDouble,
    repository: Repository,
    listings: Listings,
    released: Callable[[int], list[str]],
    opened: Callable[[int], list[int]],
) -> None:
    first = [released(250), opened(130)]
    tags(listings), numbers(listings)
    number = len(github.calls())
    before = github.limits.of("user-octocat").remaining
    assert [tags(listings), numbers(listings)] == first
    assert github.limits.of("user-octocat").remaining == before
    assert [seen.status for seen in github.calls()[number:]] == [304] * 5


def test_of_a_list_that_has_changed_only_the_changed_pages_cost(
    github: GitHubDouble, repository: Repository, listings: Listings, opened: Callable[[int], list[int]]
) -> None:
    opened(130)
    numbers(listings)
    spent = charged(github, PULLS)
    github.by().label(repository, repository.pull_requests[120], "preview")
    assert listings.open_pull_requests(NAME)[120].labels == ("preview",)
    assert charged(github, PULLS) == spent + 1


def test_what_is_kept_outlives_the_process(
    github: GitHubDouble, connection: Connection, opened: Callable[[int], list[int]], tmp_path: Any
) -> None:
    everything = opened(130)
    for _ in range(2):
        pages = Pages(tmp_path / "pages.db")
        assert numbers(Listings(connection, pages)) == everything
        pages.close()
    assert charged(github, PULLS) == 2


def test_what_one_github_said_is_not_asked_of_another(
    github: GitHubDouble, enterprise: GitHubDouble, connect: Connect, pages: Pages
) -> None:
    both = [(double, Listings(connect(double), pages)) for double in (github, enterprise)]
    for double, _ in both:
        double.by().create_release(double.repository(NAME), f"of-{double.url[-3:]}")
    for status in (200, 304):
        for double, listings in both:
            assert tags(listings) == [f"of-{double.url[-3:]}"]
            assert double.calls()[-1].status == status


def test_who_may_not_see_it_any_longer_is_not_given_what_was_kept(
    github: GitHubDouble, connect: Connect, pages: Pages, released: Callable[[int], list[str]]
) -> None:
    released(3)
    credentials = app_credentials(github)
    installation = github.install(github.state.apps[int(credentials.id)], "acme")
    listings = Listings(connect(github, credentials), pages)
    assert len(listings.releases(NAME)) == 3
    installation.repositories = []
    with pytest.raises(NotFoundError, match="404: Not Found"):
        listings.releases(NAME)


# --- while it changes


@pytest.mark.parametrize("page", [1, 2])
def test_what_is_closed_while_the_list_is_read_hides_nothing(
    github: GitHubDouble,
    repository: Repository,
    listings: Listings,
    opened: Callable[[int], list[int]],
    page: int,
) -> None:
    """Closing one on the first page moves the first of the second page to the first, which was read already."""
    opened(130)
    github.fault(Meanwhile(lambda: github.by().close(repository, repository.pull_requests[0])), "/pulls", skip=page)
    assert numbers(listings) == list(range(2, 131))


def test_what_is_released_while_the_list_is_read_is_listed_once(
    github: GitHubDouble, repository: Repository, listings: Listings, released: Callable[[int], list[str]]
) -> None:
    before = released(130)
    github.fault(Meanwhile(lambda: released(1)), "/releases", skip=1)
    assert tags(listings) == ["v1.130.0", *before]


def test_what_is_listed_twice_stands_in_the_place_of_another(
    github: GitHubDouble, connection: Connection, listings: Listings, opened: Callable[[int], list[int]]
) -> None:
    opened(120)
    first = connection.caller("acme").ask("GET", f"/repos/{NAME}/pulls").data[-1]
    github.fault(Answer(200, text=json.dumps([first])), "[?&]page=2", times=None)
    with pytest.raises(UnavailableError, match="changes faster than it can be read"):
        listings.open_pull_requests(NAME)


def test_a_list_that_never_rests_is_an_error(
    github: GitHubDouble, repository: Repository, listings: Listings, opened: Callable[[int], list[int]]
) -> None:
    opened(120)
    closing = iter(list(repository.pull_requests))
    github.fault(Meanwhile(lambda: github.by().close(repository, next(closing))), "/pulls.*[?&]page=2", times=None)
    with pytest.raises(UnavailableError, match="changes faster than it can be read"):
        listings.open_pull_requests(NAME)


# --- what goes wrong


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize(
    "fault",
    [
        CutOff(0.5),
        CutOff(None),
        Answer(502, text="<html>Bad Gateway</html>"),
        Answer(200, text="[]x"),
        Answer(200, text="{}"),
    ],
    ids=["cut-off", "silence", "bad-gateway", "no-json", "no-list"],
)
def test_a_page_that_does_not_come_whole_is_an_error(
    github: GitHubDouble, listings: Listings, released: Callable[[int], list[str]], fault: Any, page: int
) -> None:
    everything = released(250)
    github.fault(fault, "/releases", skip=page - 1, times=None)
    with pytest.raises(UnavailableError):
        listings.releases(NAME)
    github.api.faults.clear()
    assert tags(listings) == everything


def test_a_list_without_an_end_is_an_error(
    github: GitHubDouble, repository: Repository, listings: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.hub.listings.MOST_PAGES", 3)
    link = f'<{github.url}/repositories/{repository.id}/releases?page=2>; rel="next"'
    github.fault(Answer(200, text="[]", headers={"Link": link}), times=None)
    with pytest.raises(UserError, match="more than 300 releases, which is too many"):
        listings.releases(NAME)
    assert len(github.calls()) == 3


def test_a_page_that_comes_late_is_waited_for(
    github: GitHubDouble, listings: Listings, released: Callable[[int], list[str]], recorder: Recorder
) -> None:
    everything = released(250)
    github.fault(Answer(503), "page=3", times=2)
    assert tags(listings) == everything
    assert recorder.waits == [0.5, 1.0]


def test_a_limit_within_a_list_is_an_error_that_says_when_to_ask_again(
    github: GitHubDouble, listings: Listings, released: Callable[[int], list[str]]
) -> None:
    released(250)
    github.fault(Answer(403, SECONDARY_LIMIT, {"Retry-After": "90"}), "page=2")
    with pytest.raises(LimitedError) as caught:
        listings.releases(NAME)
    assert caught.value.retry_after == 90


def test_something_else_on_a_page_is_an_error(github: GitHubDouble, listings: Listings) -> None:
    github.fault(Answer(200, text='[{"number": 1, "state": "open", "head": {"ref": "a", "sha": "none"}}]'), "/pulls")
    with pytest.raises(UnavailableError, match=r"lists something else than pulls: head\.sha"):
        listings.open_pull_requests(NAME)


@pytest.mark.parametrize("name", ["podinfo", "acme/", "acme/../user", "acme/pod info", "acme/a/b", "acme/.."])
def test_only_the_name_of_a_repository_is_asked_for(github: GitHubDouble, listings: Listings, name: str) -> None:
    with pytest.raises(UserError, match="is no repository"):
        listings.releases(name)
    assert github.calls() == []


def test_many_lists_are_read_at_once(github: GitHubDouble, listings: Listings) -> None:
    wanted = {}
    for number in range(40):
        made = github.repository(f"acme/service-{number}")
        github.by().create_release(made, f"v{number}")
        wanted[made.full_name] = f"v{number}"
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(wanted, pool.map(lambda name: listings.releases(name)[0].tag, wanted), strict=True))
    assert found == wanted


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": None, "author": None, "published_at": None, "target_commitish": None},
        {"prerelease": None, "draft": None, "html_url": None},
        {"html_url": "javascript:alert(1)", "name": "\ud800"},
        {"html_url": 'https://example.com/"onclick='},
        {"name": "x" * 1000, "tag_name": "x" * 255},
    ],
)
def test_a_release_is_what_a_webhook_says_of_it(change: Change) -> None:
    data = {**SHOWN_RELEASE, **change}
    event = parse("release", {"action": "published", "repository": {"full_name": "acme/podinfo"}, "release": data})
    assert isinstance(event, ReleaseEvent)
    assert release_of(data) == (7, event.release)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"title": None, "user": None, "labels": None, "draft": None, "updated_at": None},
        {"head": {"ref": "a", "sha": "f" * 64, "repo": None, "user": None}},
        {"head": {"ref": "a", "sha": "f" * 40, "repo": {"full_name": "someone/podinfo"}}},
        {"head": {"ref": "a", "sha": "f" * 40, "repo": {"full_name": "evil/pod..info"}}},
        {"head": {"ref": "a", "sha": "f" * 40, "repo": {"full_name": "evil/pod info"}}},
        {"state": "closed", "labels": []},
    ],
)
def test_a_pull_request_is_what_a_webhook_says_of_it(change: Change) -> None:
    data = {**SHOWN_PULL_REQUEST, **change}
    event = parse(
        "pull_request", {"action": "opened", "repository": {"full_name": "acme/podinfo"}, "pull_request": data}
    )
    assert isinstance(event, PullRequestEvent)
    assert pull_request_of(data) == (7, event.pull_request)


@pytest.mark.parametrize(
    ("read", "data", "key"),
    [
        (release_of, {**SHOWN_RELEASE, "tag_name": ""}, "tag_name"),
        (release_of, {**SHOWN_RELEASE, "tag_name": "x" * 256}, "tag_name"),
        (release_of, {**SHOWN_RELEASE, "tag_name": None}, "tag_name"),
        (release_of, {**SHOWN_RELEASE, "id": "7"}, "id"),
        (release_of, {**SHOWN_RELEASE, "published_at": "yesterday"}, "published_at"),
        (release_of, {**SHOWN_RELEASE, "author": "octocat"}, "author"),
        (release_of, [], ""),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "number": True}, "number"),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "number": 0}, "number"),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "head": None}, "head"),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "head": {"ref": "a", "sha": "main", "repo": None}}, "head.sha"),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "labels": "preview"}, "labels"),
        (pull_request_of, {**SHOWN_PULL_REQUEST, "base": {"ref": "main"}}, "base.repo"),
        (pull_request_of, "text", ""),
    ],
)
def test_what_is_something_else_is_told_by_its_key(read: Callable[[object], Any], data: object, key: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{key}: "):
        read(data)
