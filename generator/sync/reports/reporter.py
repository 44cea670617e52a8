"""Tells GitHub what it should be told: takes it from the table piece by piece, and goes on where a crash ended it.

It shares nothing with those who commit: where GitHub limits us, is away or refuses, what should be told waits here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from generator.core.deployment_states import Report, described, shown_ref, with_evidence
from generator.core.errors import GitopsmithError, TemporaryError
from generator.hub.budget import Budget
from generator.hub.comments import Comments
from generator.hub.commit_statuses import CommitStatus, CommitStatuses
from generator.hub.deployments import Deployments, Standing
from generator.hub.failures import LimitedError, NotFoundError
from generator.sync.reports.evidence import Evidence
from generator.sync.reports.promotions import Promotions
from generator.sync.reports.report_items import report_of
from generator.sync.reports.reports_table import Reports, Taken

_FIRST_DELAY, _LONGEST_DELAY = 10.0, 300.0
"""GitHub works on a request for 10 s at most: before that nobody can tell that one which was cut off has no effect."""
_REFUSED_DELAY, _LONGEST_REFUSED_DELAY = 60.0, 3600.0
"""What GitHub refuses is tried again all the same: a permission is granted without telling us."""
_LOOKS = 4
"""How many addresses are asked at a time: each may take as long as its timeout."""

_log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Whoever counts reports."""

    def reported(self, kind: str, result: str) -> None:
        """Take note of an attempt: `deployment`, `comment`, `status` or `request`; `told`, `failed` or `refused`."""
        ...


@dataclass
class Reporter:
    """What tells GitHub. One thread calls it; several processes may have one each.

    Attributes:
        reports: What should be told.
        deployments: Makes Deployments.
        comments: Writes comments.
        statuses: Says something of commits.
        budget: How much GitHub may be told.
        evidence: Knows what runs.
        clock: The time, in seconds since 1970.
        luck: A random number from 0 to 1, which keeps those apart that failed together.
        executor: The name of this process; the same after a restart.
        promotions: Keeps the pull requests of versions.
        observer: Who counts.
        delete: Whether Deployments are deleted once they are inactive.
    """

    reports: Reports
    deployments: Deployments
    comments: Comments
    statuses: CommitStatuses
    budget: Budget
    evidence: Evidence
    clock: Callable[[], float]
    luck: Callable[[], float]
    executor: str
    promotions: Promotions
    observer: Observer
    delete: bool = False

    def begin(self) -> None:
        """Take up what this process left undone when it ended.

        Raises:
            TemporaryError: The database is away.
        """
        self.reports.give_back(self.executor)

    def once(self) -> float | None:
        """Tell one thing; where there is nothing to tell, look for evidence.

        Returns:
            The seconds until there is more to do; None where there is nothing.

        Raises:
            TemporaryError: The database is away. What was told by then is told again only where GitHub lost it.
        """
        if wait := self.budget.wait():
            return wait
        taken = self.reports.take(self.executor, self.clock())
        if taken is None:
            self._look()
            return self.reports.next_due(self.clock())
        self.budget.spend()
        self._attempt(taken)
        return 0.0

    def _attempt(self, taken: Taken) -> None:
        try:
            remote_id = self._tell(taken)
        except _TableError as error:
            raise error.cause from error
        except GitopsmithError as error:
            self._failed(taken, error)
        except Exception as bug:
            _log.exception("a bug: GitHub could not be told", kind=taken.item.kind, key=taken.item.key)
            self.reports.failed(taken, f"A bug: {type(bug).__name__}", self.clock() + _LONGEST_REFUSED_DELAY)
        else:
            self.reports.told(taken, remote_id, self.clock())
            self.observer.reported(taken.item.kind, "told")

    def _failed(self, taken: Taken, error: GitopsmithError) -> None:
        passes = isinstance(error, TemporaryError)
        first, longest = (_FIRST_DELAY, _LONGEST_DELAY) if passes else (_REFUSED_DELAY, _LONGEST_REFUSED_DELAY)
        delay = min(longest, first * 2.0 ** min(taken.attempts, 20)) * (0.5 + self.luck() / 2)
        if isinstance(error, LimitedError):
            delay = error.retry_after or delay
            self.budget.pause(delay)
        self.reports.failed(taken, str(error), self.clock() + delay)
        self.observer.reported(taken.item.kind, "failed" if passes else "refused")
        tell = _log.info if passes else _log.warning
        tell("GitHub could not be told", kind=taken.item.kind, key=taken.item.key, reason=str(error))

    def _tell(self, taken: Taken) -> int | None:
        """Tell one thing, and return GitHub's number of it."""
        content = taken.item.content
        if taken.item.kind == "deployment":
            return self._deployment(report_of(content), taken)
        if taken.item.kind == "comment":
            return self._comment(content, taken)
        if taken.item.kind == "request":
            return self.promotions.tell(content)
        status = CommitStatus(content["context"], content["state"], content["description"], content["target_url"])
        self.statuses.ensure(content["repository"], content["sha"], status)
        return None

    def _comment(self, content: Mapping[str, str], taken: Taken) -> int | None:
        number, make = int(content["number"]), taken.item.state != "inactive"
        return self.comments.ensure(
            content["repository"], number, content["marker"], content["body"], taken.remote_id, make=make
        )

    def _deployment(self, report: Report, taken: Taken) -> int | None:
        if taken.remote_id is not None:
            try:
                return self._said(report, Standing(taken.remote_id, made=False))
            except NotFoundError:
                pass  # somebody deleted it
        if report.state == "inactive":
            # Nothing is made to be ended; but what was made before a crash is ended.
            found = self.deployments.find(report)
            return self._said(report, found) if found is not None else None
        standing = self.deployments.ensure(report)
        self._end_strays(report, standing)
        try:
            self.reports.note_id(taken, standing.id)
        except TemporaryError as error:
            raise _TableError(error) from error
        return self._said(report, standing)

    def _said(self, report: Report, standing: Standing) -> int | None:
        if report.state == "inactive" and self._runs(report, standing):
            return standing.id  # its commit has another tag as well, and runs by that name
        self.deployments.say(report, standing)
        if report.state == "inactive" and self.delete:
            self.deployments.remove(report.repository, standing.id)
            return None
        return standing.id

    def _runs(self, report: Report, standing: Standing) -> bool:
        try:
            return self.reports.runs(report.series, standing.id)
        except TemporaryError as error:
            raise _TableError(error) from error

    def _end_strays(self, report: Report, standing: Standing) -> None:
        """End what nobody remembers: deployments of a table that was lost, and one that was made twice all the same."""
        if not standing.strays:
            return
        try:
            known = self.reports.refs(report.series)
        except TemporaryError as error:
            raise _TableError(error) from error
        ended = Report(**{**report.__dict__, "state": "inactive", "url": ""})
        for stray in standing.strays:
            if stray.sha not in known - {report.ref}:
                told = described(f"Superseded by {shown_ref(report.ref)}.")
                one = Report(**{**ended.__dict__, "description": told})
                self.deployments.say(one, Standing(stray.id, made=False))

    def _look(self) -> None:
        """Look for evidence of what is committed, a few at a time."""
        shown = {
            report.key: reason
            for report in self.reports.without_evidence(self.clock(), _LOOKS)
            if (reason := self.evidence.of(report))
        }
        if shown:
            self.reports.update(
                lambda kept: [with_evidence(one, shown[one.key]) if one.key in shown else one for one in kept],
                self.clock(),
            )


class _TableError(Exception):
    """The table failed in the midst of an item, which says nothing about GitHub."""

    def __init__(self, cause: TemporaryError) -> None:
        super().__init__(str(cause))
        self.cause = cause
