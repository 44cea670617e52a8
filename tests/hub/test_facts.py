"""What the API shows of releases and pull requests, read as what a webhook tells of them is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from generator.hub.facts import UnreadableError, pull_request_of, release_of
from generator.sync.news.events import PullRequestEvent, ReleaseEvent
from generator.sync.news.parsing import parse

TIME = "2026-01-31T12:00:00+01:00"
RELEASE = {
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
PULL_REQUEST = {
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
    data = {**RELEASE, **change}
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
    data = {**PULL_REQUEST, **change}
    event = parse(
        "pull_request", {"action": "opened", "repository": {"full_name": "acme/podinfo"}, "pull_request": data}
    )
    assert isinstance(event, PullRequestEvent)
    assert pull_request_of(data) == (7, event.pull_request)


@pytest.mark.parametrize(
    ("read", "data", "key"),
    [
        (release_of, {**RELEASE, "tag_name": ""}, "tag_name"),
        (release_of, {**RELEASE, "tag_name": "x" * 256}, "tag_name"),
        (release_of, {**RELEASE, "tag_name": None}, "tag_name"),
        (release_of, {**RELEASE, "id": "7"}, "id"),
        (release_of, {**RELEASE, "published_at": "yesterday"}, "published_at"),
        (release_of, {**RELEASE, "author": "octocat"}, "author"),
        (release_of, [], ""),
        (pull_request_of, {**PULL_REQUEST, "number": True}, "number"),
        (pull_request_of, {**PULL_REQUEST, "number": 0}, "number"),
        (pull_request_of, {**PULL_REQUEST, "head": None}, "head"),
        (pull_request_of, {**PULL_REQUEST, "head": {"ref": "a", "sha": "main", "repo": None}}, "head.sha"),
        (pull_request_of, {**PULL_REQUEST, "labels": "preview"}, "labels"),
        (pull_request_of, {**PULL_REQUEST, "base": {"ref": "main"}}, "base.repo"),
        (pull_request_of, "text", ""),
    ],
)
def test_what_is_something_else_is_told_by_its_key(read: Callable[[object], Any], data: object, key: str) -> None:
    with pytest.raises(UnreadableError, match=f"^{key}: "):
        read(data)
