"""News as GitHub brings it: small payloads for pull requests, releases and packages, made into deliveries."""

from __future__ import annotations

import itertools
import json
from typing import Any

from generator.core.instants import show_instant
from generator.sync.news.delivery import Delivery
from generator.sync.news.parsing import occurred_at, parse, subject_of

REPOSITORY = {"name": "podinfo", "full_name": "acme/podinfo", "owner": {"login": "acme"}}
START = 1_769_860_800
"""2026-01-31T12:00:00Z."""

_ids = itertools.count(1)


def delivery(event: str, payload: dict[str, Any], *, received: float = START, name: str | None = None) -> Delivery:
    """Return a delivery as the server would keep it."""
    body = json.dumps(payload).encode()
    return Delivery(
        name or f"delivery-{next(_ids)}",
        event,
        payload.get("action", ""),
        payload["repository"]["full_name"],
        subject_of(parse(event, body)),
        occurred_at(event, body),
        received,
        body,
    )


def release(
    tag: str,
    *,
    action: str = "published",
    prerelease: bool = False,
    at: int = START,
    repository: dict[str, Any] = REPOSITORY,
) -> dict[str, Any]:
    """Return the payload of a release."""
    found = {
        "tag_name": tag,
        "prerelease": prerelease,
        "draft": False,
        "published_at": show_instant(at),
        "author": {"login": "ada"},
        "target_commitish": "main",
    }
    return {"action": action, "repository": repository, "release": found}


def pull_request(
    number: int,
    sha: str,
    *,
    action: str = "opened",
    at: int = START,
    state: str = "open",
    draft: bool = False,
    labels: tuple[str, ...] = (),
    fork: bool = False,
    repository: dict[str, Any] = REPOSITORY,
) -> dict[str, Any]:
    """Return the payload of a pull request."""
    head = {"ref": f"feat/{number}", "sha": sha, "repo": None if fork else repository}
    found = {
        "number": number,
        "state": state,
        "draft": draft,
        "title": f"Feature {number}",
        "head": head,
        "base": {"ref": "main", "repo": repository},
        "user": {"login": "ada"},
        "labels": [{"name": label} for label in labels],
        "updated_at": show_instant(at),
    }
    return {"action": action, "repository": repository, "number": number, "pull_request": found}


def package(name: str, tag: str) -> dict[str, Any]:
    """Return the payload of an image that was published on GitHub's registry."""
    owner, _, image = name.removeprefix("ghcr.io/").partition("/")
    version = {"container_metadata": {"tag": {"name": tag}}, "package_url": f"{name}:{tag}"}
    found = {
        "name": image,
        "namespace": owner,
        "package_type": "CONTAINER",
        "ecosystem": "CONTAINER",
        "owner": {"login": owner},
        "package_version": version,
    }
    return {"action": "published", "repository": REPOSITORY, "registry_package": found}
