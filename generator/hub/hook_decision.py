"""What to do about the webhook of a repository: make one, take one over, repair ours, or nothing. Pure.

GitHub shows that a hook has a secret, never which. So whether it is the right one is known only from when it was set
last, and from deliveries that are answered 401.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from urllib.parse import SplitResult, urlsplit

EVENTS = frozenset({"package", "pull_request", "registry_package", "release"})
"""What is subscribed to."""

Field = Literal["url", "content_type", "insecure_ssl", "events", "active", "secret"]

_MARK = "/payload/"
_PAYLOAD = re.compile(r"(?P<prefix>.*)/payload/[^/]+/[^/]+/?", re.ASCII)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Hook:
    """A webhook as GitHub shows it.

    Attributes:
        id: GitHub's number of it.
        url: Where it delivers to.
        content_type: How: `json` or `form`.
        insecure_ssl: Whether it takes any certificate.
        has_secret: Whether its deliveries are signed.
        active: Whether it delivers.
        events: What it tells of.
        last_status: The status that its last delivery was answered with; 0 where there was none.
    """

    id: int
    url: str
    content_type: str = "json"
    insecure_ssl: bool = False
    has_secret: bool = True
    active: bool = True
    events: frozenset[str] = EVENTS
    last_status: int = 0


@dataclass(frozen=True)
class WantedHook:
    """The webhook that should be there.

    Attributes:
        url: Where it delivers to: `https://HOST/payload/OWNER/REPO`.
        events: What it tells of.
        known: The number of the hook that was ours last; 0 where that is not known.
        has_secret: Whether the secret that counts now was set on that hook.
        patient: Whether deliveries that are answered 401 are left alone, since the secret was just set because of them.
    """

    url: str
    events: frozenset[str] = EVENTS
    known: int = 0
    has_secret: bool = False
    patient: bool = False


@dataclass(frozen=True)
class Create:
    """There is none."""


@dataclass(frozen=True)
class Adopt:
    """There is one of ours that nothing is known of: all of it is set, its secret too.

    Attributes:
        hook: The hook.
        spare: The numbers of others that deliver to the same place, which go before.
    """

    hook: Hook
    spare: tuple[int, ...] = ()


@dataclass(frozen=True)
class Repair:
    """Ours is not as it should be.

    Attributes:
        hook: The hook.
        fields: What differs; nothing where only others are too many.
        spare: The numbers of others that deliver to the same place, which go before.
    """

    hook: Hook
    fields: frozenset[Field]
    spare: tuple[int, ...] = ()


@dataclass(frozen=True)
class Keep:
    """Ours is as it should be: nothing is written.

    Attributes:
        hook: The hook.
    """

    hook: Hook


Decision = Create | Adopt | Repair | Keep


def decide(hooks: Sequence[Hook], wanted: WantedHook) -> Decision:
    """Return what to do.

    Args:
        hooks: Every webhook of the repository.
        wanted: The one that should be there.
    """
    ours = ours_of(hooks, wanted)
    if not ours:
        return Create()
    hook = ours[0]
    spare = tuple(other.id for other in ours[1:] if same_place(other.url, wanted.url))
    if hook.id != wanted.known:
        return Adopt(hook, spare)
    fields = _differences(hook, wanted)
    return Repair(hook, fields, spare) if fields or spare else Keep(hook)


def ours_of(hooks: Sequence[Hook], wanted: WantedHook) -> list[Hook]:
    """Return the hooks that are ours, the best first: the one that is known, those of the same URL, those alike."""
    ranked = [(rank, hook) for hook in hooks if (rank := _rank(hook, wanted)) is not None]
    return [hook for _, hook in sorted(ranked, key=lambda found: (found[0], found[1].id))]


def same_place(url: str, wanted: str) -> bool:
    """Return whether deliveries to two URLs reach the same; names of repositories have no case."""
    (one, mark, name), (other, _, other_name) = url.rpartition(_MARK), wanted.rpartition(_MARK)
    return url == wanted or (bool(mark) and one == other and name.casefold() == other_name.casefold())


def is_payload_of(url: str, repository: str) -> bool:
    """Return whether a URL is where a server of ours, whichever it is, takes the deliveries of a repository."""
    _, mark, name = url.rpartition(_MARK)
    return bool(mark) and name.casefold().rstrip("/") == repository.casefold()


def _rank(hook: Hook, wanted: WantedHook) -> int | None:
    if hook.id == wanted.known:
        return 0
    if same_place(hook.url, wanted.url):
        return 1
    return 2 if _alike(hook.url, wanted.url) else None


def _alike(url: str, wanted: str) -> bool:
    """Return whether a URL is one of this server, under whatever name the repository had there.

    Another port is another server: two that run beside each other must not take each other's hooks.
    """
    try:
        one, other = urlsplit(url), urlsplit(wanted)
        if one.hostname != other.hostname or _port(one) != _port(other):
            return False
    except ValueError:
        return False
    shape, shape_wanted = _PAYLOAD.fullmatch(one.path), _PAYLOAD.fullmatch(other.path)
    return bool(shape and shape_wanted and shape["prefix"] == shape_wanted["prefix"])


def _port(url: SplitResult) -> int | None:
    """Return a port; None for the usual one, so that a server which has got TLS is still the same."""
    return None if url.port == _PORTS.get(url.scheme) else url.port


def _differences(hook: Hook, wanted: WantedHook) -> frozenset[Field]:
    is_refused = hook.last_status == HTTPStatus.UNAUTHORIZED and not wanted.patient
    found: dict[Field, bool] = {
        "url": not same_place(hook.url, wanted.url),
        "content_type": hook.content_type != "json",
        "insecure_ssl": hook.insecure_ssl,
        "events": hook.events != wanted.events,
        "active": not hook.active,
        "secret": not wanted.has_secret or not hook.has_secret or is_refused,
    }
    return frozenset(field for field, differs in found.items() if differs)
