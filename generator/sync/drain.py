"""Drains the inbox: takes everything that is due, commits each piece of news, pushes once, and says what became of it.

Whoever is killed here loses nothing: what was not settled is drained again, and a planner that finds its change in the
tree already makes no second commit.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol, TypeVar

import structlog

from generator.core.errors import GitopsmithError, UserError
from generator.core.instants import show_instant
from generator.core.intents import SetVersion
from generator.gitrepo.writer import Outcome, Planner, WithPristine, write
from generator.sync import watched_branch
from generator.sync.batch import Work, coalesce
from generator.sync.following import DocumentReader, Following
from generator.sync.gitops import Gitops, View
from generator.sync.images import Registry, images_of, presence_of
from generator.sync.knowledge import Knowledge
from generator.sync.news.delivery import Delivery
from generator.sync.news.events import PackageEvent
from generator.sync.news.parsing import parse
from generator.sync.planning import planners
from generator.sync.reports.reporting import Reporting
from generator.sync.rules import Reaction, Step, react
from generator.sync.settlement import (
    Settlement,
    after_failure,
    after_writing,
    ignored,
    refused,
    superseded,
    waiting_for_image,
    with_arrivals,
    with_winners,
)
from generator.sync.sparing_registry import SparingRegistry
from generator.sync.store.inbox import Inbox
from generator.sync.stored_steps import EVENT as RECONCILIATION
from generator.sync.stored_steps import load_steps
from generator.sync.unexpected import as_error, guarded
from generator.sync.watched_branch import OvertakenError, WatchedBranch
from generator.workspace.arrivals import arrived
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.version_pushing import push_version

BATCH = 500
"""The most deliveries that go together: what is read of them is held in memory."""

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class Observer(watched_branch.Observer, Protocol):
    """Whoever counts what happens."""

    def settled(self, delivery: Delivery, settlement: Settlement, now: float) -> None:
        """Take note of what became of a delivery."""
        ...

    def pushed(self, size: int, seconds: float, result: str) -> None:
        """Take note of a push: how many deliveries went together, how long it took, and how it ended."""
        ...


@dataclass
class Drain:
    """What drains the inbox of one organization.

    Attributes:
        gitops: Where its repositories are.
        inbox: What is drained.
        registry: Who is asked for images.
        knowledge: What is known of the organization, renewed with every batch.
        observer: Who counts.
        clock: The time, in seconds since 1970.
        image_timeout: The seconds that an image is waited for.
        committing: How commits are made.
        reporting: What decides what GitHub should be told; None where it is told nothing.
        luck: A random number from 0 to 1, which keeps those apart that failed together.
    """

    gitops: Gitops
    inbox: Inbox
    registry: Registry
    knowledge: Knowledge
    observer: Observer
    clock: Callable[[], float]
    image_timeout: float = 1800.0
    committing: Committing = PLAIN
    reporting: Reporting | None = None
    luck: Callable[[], float] = random.random
    _reader: DocumentReader = field(default_factory=DocumentReader)
    _sparing: SparingRegistry = field(init=False)

    def __post_init__(self) -> None:
        self._sparing = SparingRegistry(self.registry)

    def once(self) -> bool:
        """Settle everything that is due, at most a batch of it.

        Returns:
            Whether anything was due: then more may be.

        Raises:
            TemporaryError: The inbox cannot be read or written.
        """
        due = self.inbox.due(self.clock(), BATCH)
        if not due:
            return False
        settlements = self._drained(due)
        now = self.clock()
        self.inbox.settle(settlements, now)
        by_id = {delivery.id: delivery for delivery in due}
        for settlement in settlements:
            self.observer.settled(by_id[settlement.id], settlement, now)
            _tell(by_id[settlement.id], settlement)
        return True

    def look(self) -> None:
        """Read which apps follow what, and tell it.

        Raises:
            UserError: A repository does not let us in, or is missing.
            TemporaryError: A remote is away.
        """
        with self.gitops.view() as view:
            self._following(view)
            if self.reporting is not None:
                self.reporting.learn(view)

    def _drained(self, due: Sequence[Delivery]) -> list[Settlement]:
        try:
            with self.gitops.view() as view:
                works, settlements = self._works(due, view)
                settlements += self._written(works, view)
                proposed = any(step.mode == "pull-request" for work in works for step in work.steps)
                self._report(due, settlements, view, proposed=proposed)
                return settlements
        except OvertakenError:
            return []
        except GitopsmithError as error:
            # What is wrong with a repository is no fault of the news: it is tried again until that is mended.
            return self._unread(due, error)
        except Exception as error:
            # It would come again with every batch: so it is told, and the news waits, ever longer, until it is mended.
            _log.exception("unexpected: nothing of this batch could be done", deliveries=len(due))
            return self._unread(due, as_error(error))

    def _unread(self, due: Sequence[Delivery], error: GitopsmithError) -> list[Settlement]:
        self.knowledge.unread = str(error)
        return [after_failure(delivery, error, self.clock(), self.luck()) for delivery in due]

    def _report(
        self, due: Sequence[Delivery], settlements: Sequence[Settlement], view: View, *, proposed: bool
    ) -> None:
        """Bring what GitHub should be told up to date, before it is written down what became of the deliveries."""
        if self.reporting is not None:
            by_id = {delivery.id: delivery for delivery in due}
            settled = [(by_id[settlement.id], settlement) for settlement in settlements]
            self.reporting.look(view, self._reader.read(view.main, view.layout), settled, proposed=proposed)

    def _following(self, view: View) -> Following:
        following = self._reader.read(view.main, view.layout)
        self.knowledge.learn(following, view)
        return following

    def _works(self, due: Sequence[Delivery], view: View) -> tuple[list[Work], list[Settlement]]:
        """Return what the deliveries ask for, and what became of those that need no writing."""
        following, newer = self._following(view), self.inbox.newer_than(due)
        works: list[Work] = []
        settlements: list[Settlement] = []
        for delivery in due:
            if (later := newer.get(delivery.id)) is not None:
                settlements.append(superseded(delivery, [later.id]))
                continue
            try:
                found = self._work(delivery, following, view)
            except GitopsmithError as error:
                found = self._failed(delivery, error)
            except Exception as error:
                _log.exception("unexpected: this delivery could not be understood", delivery=delivery.id)
                found = self._failed(delivery, as_error(error))
            if isinstance(found, Work):
                works.append(found)
            else:
                settlements.append(found)
        return works, settlements

    def _failed(self, delivery: Delivery, error: GitopsmithError) -> Settlement:
        if isinstance(error, UserError):
            return refused(delivery, error)
        return after_failure(delivery, error, self.clock(), self.luck())

    def _work(self, delivery: Delivery, following: Following, view: View) -> Work | Settlement:
        reaction = self._reaction(delivery, following, view)
        if not reaction.steps:
            return ignored(delivery, reaction.reasons)
        for image in images_of(reaction.steps, view.main, view.layout):
            presence = presence_of(self._sparing, image)
            if not presence.found:
                return waiting_for_image(delivery, image, presence.reason, self.clock(), self.image_timeout)
        return Work(delivery, reaction.steps, reaction.reasons)

    def _reaction(self, delivery: Delivery, following: Following, view: View) -> Reaction:
        if delivery.event == RECONCILIATION:
            return Reaction(tuple(_named(step, delivery.id) for step in load_steps(delivery.payload)))
        event = parse(delivery.event, delivery.payload)
        if isinstance(event, PackageEvent):
            self.inbox.wake(event.name, event.tags)
        apps = following.of(delivery.repository)
        now, git_url = show_instant(int(self.clock())), view.organization.spec.git_url
        reaction = react(event, apps, now=now, delivery=delivery.id, git_url=git_url)
        return reaction if apps or reaction.reasons else Reaction(reasons=(f"no app follows {delivery.repository}",))

    def _written(self, works: Sequence[Work], view: View) -> list[Settlement]:
        """Write what the works ask for, each its own commits, all in one push."""
        batch = coalesce(works)
        asked: list[Planner | WithPristine] = []
        shares = []
        for work in batch:
            steps = [step for step in work.steps if step.mode == "commit"]
            mine = [guarded(self.committing.planner(one)) for one in planners(steps, view.organization, view.platform)]
            shares.append(len(mine))
            asked += mine
        branch = WatchedBranch(view.branch, self.inbox, self.observer, [work.delivery.id for work in batch])
        began = time.monotonic()
        try:
            outcomes = write(branch, asked, authorship=self.committing.authorship) if asked else []
        except GitopsmithError as error:
            self.observer.pushed(len(batch), time.monotonic() - began, "failed")
            if isinstance(error, OvertakenError):
                raise
            self.knowledge.unwritten = str(error)
            return [after_failure(work.delivery, error, self.clock(), self.luck()) for work in batch]
        if any(outcome.commit for outcome in outcomes):
            self.observer.pushed(len(batch), time.monotonic() - began, "pushed")
        self.knowledge.unwritten = ""
        written = iter(outcomes)
        settlements = []
        for work, share in zip(batch, shares, strict=True):
            parts = [*(next(written) for _ in range(share)), *self._proposed(work, view)]
            settlements.append(after_writing(work, parts, self.clock(), self.luck()))
        if (remote := view.remote) is not None:
            merged = bool(remote.rules and remote.rules.protected)
            settlements = with_arrivals(settlements, partial(arrived, remote), merged=merged)
        return with_winners(settlements, batch, self.clock())

    def _proposed(self, work: Work, view: View) -> list[Outcome]:
        """Write what goes by pull request: one branch for each app and environment, pushed by itself."""
        found = []
        for step in work.steps:
            if step.mode == "pull-request" and isinstance(step.intent, SetVersion):
                try:
                    found.append(_propose(step.intent, view, self.committing))
                except GitopsmithError as error:
                    found.append(Outcome(error=error))
        return found


def _propose(intent: SetVersion, view: View, committing: Committing) -> Outcome:
    if view.remote is None:
        raise UserError(
            f"{intent.app} goes to {intent.environment} by pull request, and nothing is pushed here.",
            hint="Start with --push or --platform, or let spec.delivery say `mode: commit`.",
        )
    pushed = push_version(view.remote, intent, committing, by_request=True)
    change = pushed.outcome.change
    if change is None or not pushed.stands:
        return pushed.outcome
    where = f"proposed on {pushed.branch}" + (f": {pushed.address}" if pushed.address else "")
    return replace(pushed.outcome, change=replace(change, notes=(*change.notes, where)))


def _named(step: Step, delivery: str) -> Step:
    """Return a step whose commit names the delivery."""
    return replace(step, intent=replace(step.intent, provenance=replace(step.intent.provenance, delivery=delivery)))


def _tell(delivery: Delivery, settlement: Settlement) -> None:
    _log.info(
        settlement.result or "waits",
        delivery=delivery.id,
        github_event=delivery.event,
        repository=delivery.repository,
        reason=settlement.reason,
        commit=settlement.commit,
    )
