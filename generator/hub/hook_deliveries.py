"""Finds the deliveries of a webhook that nobody took, and gets their payloads: GitHub keeps both for three days."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.core.errors import UserError
from generator.core.instants import parse_instant
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, UnavailableError
from generator.hub.pages import KeptPage, Pages, kept_page
from generator.hub.requester import Caller

KEPT = 3 * 86_400.0
"""The seconds for which GitHub keeps deliveries."""
_MOST_PAGES = 300


@dataclass(frozen=True)
class HookPlace:
    """A webhook.

    Attributes:
        repository: The repository, `owner/name`; empty for the one of our GitHub App.
        hook: GitHub's number of it; 0 for the one of our GitHub App.
    """

    repository: str = ""
    hook: int = 0


@dataclass(frozen=True)
class Attempt:
    """One attempt to deliver.

    Attributes:
        id: GitHub's number of the attempt.
        guid: The `X-GitHub-Delivery`, the same for each attempt.
        event: The `X-GitHub-Event`.
        delivered_at: When it was made, in seconds since 1970.
        status: The HTTP status that it was answered with, or GitHub's own where no answer came.
    """

    id: int
    guid: str
    event: str
    delivered_at: int
    status: int

    @property
    def is_taken(self) -> bool:
        """Whether it was acknowledged."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


@dataclass(frozen=True)
class Attempts:
    """The attempts since a moment.

    Attributes:
        missed: Of each delivery that nobody took the newest attempt, the oldest delivery first.
        newest: When the newest of all attempts was made; 0 where there was none.
        taken: When the newest one was made that was acknowledged; 0 where there was none.
        whole: Whether nothing is left out: of more than 30,000 that failed the older ones are.
    """

    missed: tuple[Attempt, ...]
    newest: int
    taken: int = 0
    whole: bool = True


class Deliveries:
    """The deliveries of one GitHub. Several threads may use it at once.

    Every method raises `UserError` where there is no such webhook or GitHub does not let us in, `UnavailableError`
    where it is away or limits us, and `TemporaryError` where what is kept of its answers cannot be read or written.

    Args:
        connection: Who asks.
        pages: What is kept: where nothing was delivered since, asking costs no call of GitHub's limit.
    """

    def __init__(self, connection: Connection, pages: Pages) -> None:
        self._connection = connection
        self._pages = pages

    def since(self, place: HookPlace, since: float, events: Collection[str] = ()) -> Attempts:
        """Return what was attempted since a moment.

        Where there is more than is read of a list, those that failed are read by themselves: they are few, as a rule.

        Args:
            place: The webhook.
            since: The moment, in seconds since 1970.
            events: The events of which it matters what was missed; all where there are none.
        """
        path, caller = self._of(place)
        found, whole = self._listed(caller, f"{path}?per_page=100", since)
        if not whole:
            failed, whole = self._listed(caller, f"{path}?per_page=100&status=failure", since)
            known = {attempt.id for attempt in found}
            found += [attempt for attempt in failed if attempt.id not in known]
        newest = max((attempt.delivered_at for attempt in found), default=0)
        taken = max((attempt.delivered_at for attempt in found if attempt.is_taken), default=0)
        return Attempts(tuple(missed_of(found, events)), newest, taken, whole)

    def _listed(self, caller: Caller, url: str, since: float) -> tuple[list[Attempt], bool]:
        """Return what a list holds since a moment, the newest first, and whether that is all of it."""
        found: list[Attempt] = []
        for number in range(_MOST_PAGES):
            # Only the first page has an address that comes again.
            page = self._page(caller, url, keep=not number)
            attempts = [Attempt(**item) for item in page.items]
            found += [attempt for attempt in attempts if attempt.delivered_at >= since]
            if not page.next or (attempts and attempts[-1].delivered_at < since):
                return found, True
            url = page.next
        return found, False

    def last(self, place: HookPlace) -> Attempt | None:
        """Return the last attempt of all; None where there was none in the last three days."""
        path, caller = self._of(place)
        page = self._page(caller, f"{path}?per_page=1", keep=True)
        return Attempt(**page.items[0]) if page.items else None

    def payload(self, place: HookPlace, attempt: Attempt) -> bytes | None:
        """Return the payload of a delivery as JSON; None where GitHub has it no more."""
        path, caller = self._of(place)
        try:
            data = caller.ask("GET", f"{path}/{attempt.id}").data
        except NotFoundError:
            return None
        request = data.get("request") if isinstance(data, dict) else None
        payload = request.get("payload") if isinstance(request, dict) else None
        if not isinstance(payload, dict):
            return None
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

    def _page(self, caller: Caller, url: str, *, keep: bool) -> KeptPage:
        def read(data: list[Any]) -> list[Any]:
            return [vars(_read(item, url)) for item in data]

        return kept_page(caller, self._pages if keep else None, f"{self._connection.url} {url}", url, read)

    def _of(self, place: HookPlace) -> tuple[str, Caller]:
        if not place.repository:
            return "/app/hook/deliveries", self._connection.app()
        path, caller = self._connection.of(place.repository)
        return f"{path}/hooks/{place.hook}/deliveries", caller


def missed_of(attempts: Sequence[Attempt], events: Collection[str] = ()) -> list[Attempt]:
    """Return of each delivery that nobody took the newest attempt, the oldest delivery first. Pure.

    Args:
        attempts: Attempts, the newest first.
        events: Only these events; all where there are none.
    """
    taken = {attempt.guid for attempt in attempts if attempt.is_taken}
    newest: dict[str, Attempt] = {}
    for attempt in attempts:
        if attempt.guid not in taken and (not events or attempt.event in events):
            newest.setdefault(attempt.guid, attempt)
    first = {attempt.guid: attempt.id for attempt in attempts}
    return sorted(newest.values(), key=lambda attempt: first[attempt.guid])


class _Delivery(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    guid: str
    event: str
    delivered_at: str
    status_code: int


def _read(data: object, asked: str) -> Attempt:
    try:
        found = _Delivery.model_validate(data)
        return Attempt(found.id, found.guid, found.event, parse_instant(found.delivered_at), found.status_code)
    except (ValidationError, UserError) as error:
        raise UnavailableError(f"GitHub, asked for `GET {asked}`, lists something else than deliveries.") from error
