"""What the sync does on GitHub with every pass: keeps webhooks, takes what they failed to bring, removes old ones.

News comes by the webhooks of repositories or by that of a GitHub App. From the one to the other nothing is lost: the
new one is there before the old one goes, and what both bring has one effect.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from generator.core.errors import GitopsmithError
from generator.sync.following import Following
from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.hook_notes import APP, HookNotes
from generator.sync.hooks.missed_deliveries import MissedDeliveries
from generator.sync.hooks.unfollowed import NOTHING, Unfollowed, unfollowed
from generator.sync.monitoring.github_gauges import Task
from generator.sync.monitoring.metric_families import CHANGES

THE_APP = "GitHub App"
"""What stands for the App where repositories are named."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class UpkeepReport:
    """What became of the webhooks in one pass.

    Attributes:
        at: When it ended, in seconds since 1970.
        done: How many were created, adopted, repaired, kept as they were, and removed.
        problems: By task and by repository, what went wrong.
        unfollowed: The webhooks that no app needs any more.
    """

    at: float
    done: Mapping[str, int] = field(default_factory=dict)
    problems: Mapping[Task, Mapping[str, str]] = field(default_factory=dict)
    unfollowed: Unfollowed = NOTHING

    @property
    def kept(self) -> int:
        """How many webhooks are as they should be."""
        return sum(self.done.get(name, 0) for name in ("create", "adopt", "repair", "keep"))


class Observer(Protocol):
    """Whoever counts what becomes of webhooks."""

    def webhooks_kept(self, kept: int, changes: Mapping[str, int], problems: Mapping[str, int], held_back: int) -> None:
        """Take note of a pass.

        Args:
            kept: How many webhooks are as they should be.
            changes: How many were changed for that, by what was done.
            problems: How many repositories there are problems with, by task.
            held_back: How many were not removed, on doubt.
        """
        ...


@dataclass
class Upkeep:
    """What looks after webhooks. One thread calls it, and any may read its report.

    Attributes:
        hooks: Keeps them; None where GitHub is not told an address of ours: then people look after them.
        missed: Takes what they failed to bring.
        notes: What is known of them.
        observer: Who counts.
        at_app: Whether the webhook of our GitHub App brings everything.
        is_app: Whether we are a GitHub App, which may have a webhook.
        clock: The time, in seconds since 1970.
        report: What became of the webhooks in the last pass of this process; None before that.
        looked_at: The repositories that were looked at for a webhook in whose place that of the App is.
    """

    hooks: HookKeeping | None
    missed: MissedDeliveries
    notes: HookNotes
    observer: Observer
    at_app: bool = False
    is_app: bool = False
    clock: Callable[[], float] = time.time
    report: UpkeepReport | None = None
    looked_at: set[str] = field(default_factory=set)

    def once(self, following: Following) -> int:
        """Look after the webhooks of all that is followed, and return how many deliveries had been missed.

        What goes wrong with one repository is logged and in the report, and keeps no other from being looked after.
        """
        work = _Pass(self, following)
        try:
            work.run()
        except GitopsmithError as error:  # of the notes: each repository's own are in the report already
            work.note("keep", {"": str(error)})
        self.report = UpkeepReport(self.clock(), work.done, work.problems, work.unfollowed)
        changes = {name: number for name, number in work.done.items() if name in CHANGES}
        problems: dict[str, int] = {task: len(names) for task, names in work.problems.items()}
        self.observer.webhooks_kept(self.report.kept, changes, problems, len(work.unfollowed.held_back))
        return work.found


class _Pass:
    """One pass, with what came of it so far."""

    def __init__(self, upkeep: Upkeep, following: Following) -> None:
        self._upkeep = upkeep
        self._following = following
        self._repositories = following.repositories()
        self.done: Counter[str] = Counter()
        self.found = 0
        self.problems: dict[Task, dict[str, str]] = {"keep": {}, "look": {}, "remove": {}}
        self.unfollowed = NOTHING

    def note(self, task: Task, problems: Mapping[str, str]) -> None:
        """Take note of problems."""
        self.problems[task] |= problems

    def run(self) -> None:
        """Look after everything."""
        hooks, at_app = self._upkeep.hooks, self._upkeep.at_app
        is_app_right = False
        if hooks is not None and at_app:
            is_app_right = self._keep_app(hooks)
        elif hooks is not None:
            self._keep(hooks)
        reached = self._look()
        if hooks is not None:
            self._remove(hooks, replaced=is_app_right and reached)

    def _keep(self, hooks: HookKeeping) -> None:
        kept = hooks.keep_all(self._repositories)
        _log.info("webhooks are kept", **kept.done)
        self.done += Counter(kept.done)
        self.note("keep", kept.problems)
        if self._upkeep.is_app:
            # It brings nothing here any more; should it again, that is begun anew.
            self._upkeep.notes.forget(APP)
            self._try_app("keep", lambda: hooks.problem_of_app(wanted=False))

    def _keep_app(self, hooks: HookKeeping) -> bool:
        """Keep the webhook of the App, and return whether it tells of everything."""

        def keep() -> str:
            self.done["repair" if hooks.keep_app() else "keep"] += 1
            return hooks.problem_of_app(wanted=True)

        return self._try_app("keep", keep)

    def _look(self) -> bool:
        """Take what was missed; return whether a delivery of the App was acknowledged since its webhook is right."""
        report = self._upkeep.missed.take_all(self._repositories)
        self.found += report.new
        self.note("look", report.problems)
        reached: list[bool] = []

        def look() -> str:
            found = self._upkeep.missed.take_app()
            self.found += found.new
            reached.append(found.taken > self._upkeep.notes.get(APP).secret_at)
            return ""

        # A pass by hand is not told that it is the App's; what is known tells it.
        if self._upkeep.at_app or (self._upkeep.is_app and self._upkeep.notes.get(APP).secret):
            self._try_app("look", look)
        if self.found:
            _log.info("took deliveries that GitHub had failed to deliver", number=self.found)
        return any(reached)

    def _remove(self, hooks: HookKeeping, *, replaced: bool) -> None:
        """Remove webhooks that no app needs any more, and those in whose place that of the App is."""
        noted = self._upkeep.notes.repositories()
        self.unfollowed = unfollowed(noted, self._following)
        if self.unfollowed.held_back:
            _log.warning(
                "webhooks that no app needs are not removed",
                reason=self.unfollowed.reason,
                repositories=self.unfollowed.held_back,
            )
        known = {*noted}
        gone = [*self.unfollowed.gone]
        if replaced:
            gone += self._replaced(known)
        report = hooks.remove_all(gone)
        self.done += Counter(report.done)
        # Where none is known of, we may have no right to look, and need none.
        self.note("remove", {name: why for name, why in report.problems.items() if name.casefold() in known})

    def _replaced(self, known: Collection[str]) -> list[str]:
        """Return the repositories whose own webhooks go: those that are known of, and once all others, to be sure."""
        looked_at = self._upkeep.looked_at
        found = [
            name
            for name in self._repositories
            if name not in self.problems["look"] and (name.casefold() in known or name not in looked_at)
        ]
        looked_at.update(found)
        return found

    def _try_app(self, task: Task, action: Callable[[], str]) -> bool:
        """Do something for the webhook of the App, and return whether it went well; an action may say what is wrong."""
        try:
            problem = action()
        except GitopsmithError as error:
            problem = str(error)
        if problem:
            _log.warning("the webhook of the GitHub App is not as it should be", reason=problem)
            self.note(task, {THE_APP: problem})
        return not problem
