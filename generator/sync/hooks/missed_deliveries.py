"""Takes the deliveries that GitHub could not bring here from its own copy, through the way that all deliveries go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from generator.core.errors import GitopsmithError
from generator.hub.hook_decision import EVENTS
from generator.hub.hook_deliveries import KEPT, Attempt, Deliveries, HookPlace
from generator.sync.each_repository import each_repository
from generator.sync.hooks.hook_notes import APP, HookNotes
from generator.sync.news.delivery import Delivery
from generator.sync.web.answers import Refusal
from generator.sync.web.webhook import Ignored, Message, delivery_of

_OVERLAP = 300.0
"""The seconds that are looked through again: an attempt is listed when it has ended, which may be after newer ones."""

_log = structlog.get_logger(__name__)


class Store(Protocol):
    """Where deliveries are kept."""

    def add(self, delivery: Delivery) -> bool:
        """Keep a delivery, on disk when this returns; return whether it is new."""
        ...


@dataclass(frozen=True)
class Found:
    """What was found of one webhook.

    Attributes:
        new: How many deliveries were put into the inbox that it did not have.
        taken: When the newest attempt was made that was acknowledged, in seconds since 1970; 0 where there was none.
    """

    new: int = 0
    taken: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Report:
    """What was found of several webhooks.

    Attributes:
        new: How many deliveries were put into the inbox that it did not have.
        problems: Why deliveries could not be looked through, by repository: the next pass does.
    """

    new: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass
class MissedDeliveries:
    """Takes what was missed. Several threads may use it at once, each for another repository.

    Attributes:
        deliveries: The deliveries of GitHub.
        inbox: Where they go.
        notes: Which webhooks there are, and what of them was seen.
        knows: Whether a repository is one of ours, in whatever case it is written.
        clock: The time, in seconds since 1970.
    """

    deliveries: Deliveries
    inbox: Store
    notes: HookNotes
    knows: Callable[[str], bool]
    clock: Callable[[], float] = time.time

    def take_all(self, repositories: Sequence[str]) -> Report:
        """Take what was missed of repositories; what goes wrong with one keeps no other from being looked through."""
        results, problems = each_repository(repositories, self.take)
        for repository, reason in problems.items():
            _log.warning("missed deliveries cannot be looked for", repository=repository, reason=reason)
        return Report(sum(found.new for found in results.values()), problems)

    def take(self, repository: str) -> Found:
        """Take what was missed of the webhook of a repository, `owner/name`; nothing where none of it is known.

        Raises:
            UserError: GitHub does not let us.
            TemporaryError: GitHub or the inbox is away. What was taken before stays so, and no more is taken for seen.
        """
        note = self.notes.get(repository)
        return self._take(HookPlace(repository, note.hook)) if note.hook else Found()

    def take_app(self) -> Found:
        """Take what was missed of the webhook of our GitHub App.

        Raises:
            UserError: There is no App, or GitHub does not let us.
            TemporaryError: As for `take`.
        """
        return self._take(HookPlace())

    def _take(self, place: HookPlace) -> Found:
        key = place.repository or APP
        note = self.notes.get(key)
        since = max(note.seen - _OVERLAP, self.clock() - KEPT)
        # An App is told of much more, and of each delivery that is taken the payload is asked for by itself.
        attempts = self.deliveries.since(place, since, EVENTS)
        if not attempts.whole:
            # To stop here would be to begin here again in each pass; what they told of, reconciliation finds.
            _log.warning("more deliveries failed than are looked through", repository=place.repository)
        seen = max(note.seen, float(attempts.newest))
        handled = dict(note.handled)
        new = 0
        try:
            for attempt in attempts.missed:
                if attempt.guid not in handled:
                    new += self._is_new(place, attempt)
                    handled[attempt.guid] = attempt.delivered_at
        except GitopsmithError:
            # The next pass looks from the same moment, and asks for what is left.
            self.notes.put(key, replace(note, handled=handled))
            raise
        recent = {guid: at for guid, at in handled.items() if at >= seen - _OVERLAP}
        if (seen, recent) != (note.seen, note.handled):
            self.notes.put(key, replace(note, seen=seen, handled=recent))
        return Found(new, float(attempts.taken))

    def _is_new(self, place: HookPlace, attempt: Attempt) -> bool:
        """Take one delivery, and return whether the inbox did not have it: it may have been brought again meanwhile."""
        log = _log.bind(delivery=attempt.guid, github_event=attempt.event, repository=place.repository)
        delivery = self._delivery(place, attempt)
        if isinstance(delivery, Ignored):
            log.info("missed delivery ignored", reason=delivery.reason)
            return False
        is_new = self.inbox.add(delivery)
        if is_new:
            log.info("missed delivery taken", action=delivery.action, status=attempt.status)
        return is_new

    def _delivery(self, place: HookPlace, attempt: Attempt) -> Delivery | Ignored:
        body = self.deliveries.payload(place, attempt)
        if body is None:
            return Ignored("GitHub has its payload no more")
        # GitHub's copy is JSON, however the hook delivers.
        message = Message(attempt.event, attempt.guid, "application/json", body, place.repository, self.clock())
        try:
            return delivery_of(message, self.knows)
        except Refusal as refusal:
            return Ignored(refusal.reason)
