"""What `/healthz` tells a person beside whether the process is ready: the queue, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from generator.core.errors import GitopsmithError
from generator.core.instants import show_instant
from generator.sync.hooks.upkeep import Upkeep, UpkeepReport
from generator.sync.knowledge import Knowledge
from generator.sync.monitoring.redaction import KnownSecrets, redacted
from generator.sync.store.counts import count_reports
from generator.sync.store.database import Database
from generator.sync.store.inbox import Inbox
from generator.sync.web.webhook_secrets import WebhookSecrets

_MOST = 20
"""How many problems of a kind are named; their number is told beside."""


@dataclass(frozen=True)
class Health:
    """What is known of the health of a process. Any thread may ask.

    Attributes:
        database: Where deliveries and reports are kept.
        inbox: The deliveries.
        knowledge: What is known of the organization.
        secrets: What webhooks are signed with.
        upkeep: Looks after webhooks; None where nobody does.
        tells: Whether GitHub is told of deployments.
        known: What no text may tell; whatever looks like a secret is told neither way.
    """

    database: Database
    inbox: Inbox
    knowledge: Knowledge
    secrets: WebhookSecrets
    upkeep: Upkeep | None
    tells: bool
    known: KnownSecrets | None = None

    def details(self) -> Mapping[str, object]:
        """Return it all, as JSON has it, without secrets: nobody has to log in to see it."""
        details = self._details()
        return {name: _redacted(value, self.known) for name, value in details.items()}

    def _details(self) -> Mapping[str, object]:
        followed = self.knowledge.repositories
        return {
            "repositories": None if followed is None else len(followed),
            "problem": self.knowledge.problem or self.secrets.problem(),
            "broken": list(self.knowledge.broken),
            "queue": _or_problem(self._queue),
            "webhooks": _webhooks(self.upkeep.report if self.upkeep else None),
            "reports": _or_problem(self._reports) if self.tells else None,
        }

    def _queue(self) -> Mapping[str, object]:
        counts = self.inbox.counts(time.time())
        return {
            "waiting": counts.waiting,
            "waiting_for_image": counts.waiting_for_image,
            "failed": counts.failed,
            "oldest_waiting_seconds": round(counts.oldest_waiting, 3),
        }

    def _reports(self) -> Mapping[str, object]:
        counts = self.database.read(lambda connection: count_reports(connection, _MOST))
        return {"waiting": counts.waiting, "failing": counts.failing, "problems": dict(counts.problems)}


def _redacted(value: object, known: KnownSecrets | None) -> object:
    """Return a value of JSON without the secrets in its texts."""
    if isinstance(value, str):
        return redacted(value, known)
    if isinstance(value, Mapping):
        return {redacted(str(name), known): _redacted(each, known) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [_redacted(each, known) for each in value]
    return value


def _or_problem(look: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    try:
        return look()
    except GitopsmithError as error:
        return {"problem": str(error)}


def _webhooks(report: UpkeepReport | None) -> Mapping[str, object] | None:
    """Return what became of the webhooks; where processes take turns, `looked_at` tells who looked last."""
    if report is None:
        return None
    problems = [
        {"repository": repository, "task": task, "reason": reason}
        for task, of_task in report.problems.items()
        for repository, reason in of_task.items()
    ]
    return {
        "looked_at": show_instant(int(report.at)),
        "kept": report.kept,
        "problem_count": len(problems),
        "problems": problems[:_MOST],
        "held_back": list(report.unfollowed.held_back[:_MOST]),
        "held_back_reason": report.unfollowed.reason,
    }
