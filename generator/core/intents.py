"""Intents: what should be true, said without saying how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.core.layout import Place
from generator.core.provenance import UNKNOWN, Provenance
from generator.core.pull_requests import PullRequest
from generator.core.tree import File


@dataclass(frozen=True)
class SetVersion:
    """An app should run a version in an environment.

    Attributes:
        app: The app.
        environment: The environment.
        version: The version, as it stands in the manifests.
        cluster: The one cluster that is meant; None for every cluster of the environment.
        allow_downgrade: Whether an older version than what runs is meant.
        provenance: Where the version comes from.
        supersedes: The deliveries that it came after and stands for as well, each as `DELIVERY (VERSION)`.
    """

    app: str
    environment: str
    version: str
    cluster: str | None = None
    allow_downgrade: bool = False
    provenance: Provenance = UNKNOWN
    supersedes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promote:
    """An app should run in an environment what it runs in another.

    Attributes:
        app: The app.
        source: The environment that is copied from.
        target: The environment that is copied to.
        allow_downgrade: Whether an older version than what runs is meant.
        provenance: Where the version comes from.
    """

    app: str
    source: str
    target: str
    allow_downgrade: bool = False
    provenance: Provenance = UNKNOWN


@dataclass(frozen=True)
class EnsurePreview:
    """The head of a pull request should be deployed as a preview.

    Attributes:
        app: The app.
        pull_request: The pull request.
        now: The time, in ISO 8601; it stands for the last activity where the pull request does not tell its own.
        provenance: Where the news comes from.
    """

    app: str
    pull_request: PullRequest
    now: str
    provenance: Provenance = UNKNOWN


@dataclass(frozen=True)
class RemovePreview:
    """The preview of a pull request should be gone.

    Attributes:
        app: The app.
        number: The pull request's number.
        reason: Why, for the commit's body.
        provenance: Where the news comes from.
    """

    app: str
    number: int
    reason: str = ""
    provenance: Provenance = UNKNOWN


@dataclass(frozen=True)
class AddInstance:
    """An instance should stand as its template renders it now; one that stands already is brought there.

    Attributes:
        place: Where it stands.
        files: What it consists of, by path in the repository, its record included.
    """

    place: Place
    files: Mapping[str, File]


@dataclass(frozen=True)
class RemoveInstance:
    """An instance should be gone, with all that belongs to it.

    Attributes:
        place: Where it stands.
    """

    place: Place


InstanceIntent = AddInstance | RemoveInstance
"""What should be true of one instance."""
