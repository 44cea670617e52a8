"""What a webhook's request says, once its signature is right: a delivery, or why it is none. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.core.api_objects import Part, Repository
from generator.sync.news.delivery import Delivery
from generator.sync.news.events import IgnoredEvent, repository_key
from generator.sync.news.parsing import MalformedPayloadError, occurred_at, parse, read_payload, subject_of
from generator.sync.news.payload import check
from generator.sync.web.answers import Refusal

EVENT_HEADER = "X-GitHub-Event"
DELIVERY_HEADER = "X-GitHub-Delivery"

_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_ACTION = _EVENT
# GitHub sends a UUID. No colon: ids of ours have one, and none of theirs may be taken for one.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)
_JSON = "application/json"


@dataclass(frozen=True)
class Message:
    """A request whose signature is right.

    Attributes:
        event: The header `X-GitHub-Event`; any text.
        id: The header `X-GitHub-Delivery`; any text.
        content_type: The header `Content-Type`; any text.
        body: The body.
        repository: The repository that the address names, `owner/name`; empty for the address of an App.
        received_at: When it came, in seconds since 1970, UTC.
    """

    event: str
    id: str
    content_type: str
    body: bytes
    repository: str
    received_at: float


@dataclass(frozen=True)
class Ignored:
    """A message that nothing follows from.

    Attributes:
        reason: Why.
    """

    reason: str


def is_event(text: str) -> bool:
    """Return whether a text may name one of GitHub's events."""
    return _EVENT.fullmatch(text) is not None


def is_delivery_id(text: str) -> bool:
    """Return whether a text may be the id of a delivery."""
    return _ID.fullmatch(text) is not None


def delivery_of(message: Message, knows: Callable[[str], bool]) -> Delivery | Ignored:
    """Return the delivery that a message is.

    Args:
        message: The message.
        knows: Whether a repository is one of ours, in whatever case it is written.

    Raises:
        Refusal: A header or the body is not what GitHub sends, or is about another repository than the address.
    """
    _check_headers(message)
    try:
        payload = read_payload(message.body)
        repository = repository_in(message.event, payload)
        _check_repository(message.repository, repository)
        event = parse(message.event, payload)
    except MalformedPayloadError as error:
        raise Refusal(400, f"{error.message} {error.hint}") from error
    if isinstance(event, IgnoredEvent):
        return Ignored(event.reason)
    if repository and not knows(repository):
        return Ignored(f"`{repository}` is none of the repositories that are looked after here")
    return Delivery(
        id=message.id,
        event=message.event,
        action=_action(payload),
        repository=repository or message.repository,
        subject=subject_of(event),
        occurred_at=occurred_at(message.event, payload),
        received_at=message.received_at,
        payload=message.body,
    )


def _check_headers(message: Message) -> None:
    if not is_event(message.event):
        raise Refusal(400, f"{EVENT_HEADER} is missing, comes twice, or names no event.")
    if not is_delivery_id(message.id):
        raise Refusal(400, f"{DELIVERY_HEADER} is missing, comes twice, or is no id: letters, digits, `.`, `_`, `-`.")
    if message.content_type.partition(";")[0].strip().lower() != _JSON:
        raise Refusal(415, f"Set the webhook's content type to {_JSON}; a form is not read.")


class _Addressed(Part):
    """What payloads of all events have in common."""

    repository: Repository | None = None


def repository_in(event: str, payload: Mapping[str, Any]) -> str:
    """Return the repository that a payload is about; empty where it is about none, as that of an installation."""
    repository = check(_Addressed, event, payload).repository
    return repository.full_name if repository else ""


def _check_repository(addressed: str, found: str) -> None:
    if addressed and found and repository_key(addressed) != repository_key(found):
        raise Refusal(400, f"The address is that of `{addressed}`, but the payload is about `{found}`.")


def _action(payload: Mapping[str, Any]) -> str:
    action = payload.get("action")
    return action if isinstance(action, str) and _ACTION.fullmatch(action) else ""
