"""Reads GitHub's webhook payloads: JSON in, events out, no I/O (https://docs.github.com/webhooks)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from generator.core.api_objects import (
    AccountName,
    Action,
    Part,
    PullRequestObject,
    ReleaseObject,
    Repository,
    instant_of,
)
from generator.core.pull_requests import clean
from generator.sync.news.events import (
    Event,
    IgnoredEvent,
    InstallationEvent,
    PackageEvent,
    PullRequestEvent,
    ReleaseEvent,
    repository_key,
)
from generator.sync.news.package_parsing import parse_package, parse_registry_package
from generator.sync.news.payload import MalformedPayloadError, check, read_payload

__all__ = ["MalformedPayloadError", "occurred_at", "parse", "read_payload", "subject_of"]


def parse(event: str, payload: bytes | Mapping[str, Any]) -> Event:
    """Return what a delivery tells.

    Args:
        event: GitHub's `X-GitHub-Event`.
        payload: The body, or what `read_payload` made of it.

    Raises:
        MalformedPayloadError: The body is no JSON object, or lacks what that event must have, or has it in another
            form: a list for a text, a name longer than 255 characters, a repository that GitHub would not accept.
    """
    content = read_payload(payload) if isinstance(payload, bytes) else payload
    parser = _PARSERS.get(event)
    return parser(content) if parser else IgnoredEvent(f"`{clean(event)[:60]}` is not followed")


def subject_of(event: Event) -> str:
    """Return what an event is about, the same text for all events about it: `pull_request:acme/podinfo#7`.

    It is empty for an event whose order among others does not matter. It is ASCII without control characters: what
    else a tag holds is escaped as in JSON, so different tags stay different.
    """
    match event:
        case PullRequestEvent(repository=repository, pull_request=pull_request):
            return f"pull_request:{repository_key(repository)}#{pull_request.number}"
        case ReleaseEvent(repository=repository, release=release):
            return f"release:{repository_key(repository)}@{json.dumps(release.tag)[1:-1]}"
        case PackageEvent(name=name):
            return f"package:{name}"
        case _:
            return ""


def occurred_at(event: str, payload: bytes | Mapping[str, Any]) -> str:
    """Return when it happened, as GitHub says it: `2026-01-31T12:00:00Z`; empty where it does not, or not readably.

    Args:
        event: GitHub's `X-GitHub-Event`.
        payload: The body, or what `read_payload` made of it.
    """
    try:
        content = read_payload(payload) if isinstance(payload, bytes) else payload
    except MalformedPayloadError:
        return ""
    match event:
        case "pull_request":
            return instant_of(_at(content, "pull_request", "updated_at"))
        case "release":
            keys = ("published_at", "updated_at", "created_at")
            return max(instant_of(_at(content, "release", key)) for key in keys)
        case _:
            return ""


def _at(content: object, *keys: str) -> object:
    for key in keys:
        content = content.get(key) if isinstance(content, Mapping) else None
    return content


class _ReleasePayload(Part):
    action: Action
    repository: Repository
    release: ReleaseObject


def _parse_release(payload: Mapping[str, Any]) -> Event:
    # A release that is unpublished becomes a draft; that alone is news.
    if _at(payload, "release", "draft") is True and _at(payload, "action") != "unpublished":
        return IgnoredEvent("a draft of a release is nobody's release yet")
    checked = check(_ReleasePayload, "release", payload)
    return ReleaseEvent(checked.repository.full_name, checked.action, checked.release.read())


class _PullRequestPayload(Part):
    action: Action
    repository: Repository
    pull_request: PullRequestObject


def _parse_pull_request(payload: Mapping[str, Any]) -> Event:
    checked = check(_PullRequestPayload, "pull_request", payload)
    return PullRequestEvent(checked.repository.full_name, checked.action, checked.pull_request.read())


class _Account(Part):
    login: AccountName | None = None
    slug: AccountName | None = None


class _Installation(Part):
    account: _Account


class _InstallationPayload(Part):
    action: Action
    installation: _Installation


def _parse_installation(payload: Mapping[str, Any]) -> Event:
    checked = check(_InstallationPayload, "installation", payload)
    account = checked.installation.account
    # An enterprise has no login, but a slug.
    name = account.login or account.slug
    if not name:
        raise MalformedPayloadError("The payload of `installation` is not right: the account has no name.")
    return InstallationEvent(name, checked.action)


def _parse_ping(_: Mapping[str, Any]) -> Event:
    return IgnoredEvent("a ping: the webhook reaches us")


_PARSERS: Mapping[str, Callable[[Mapping[str, Any]], Event]] = {
    "installation": _parse_installation,
    "installation_repositories": _parse_installation,
    "package": parse_package,
    "ping": _parse_ping,
    "pull_request": _parse_pull_request,
    "registry_package": parse_registry_package,
    "release": _parse_release,
}
