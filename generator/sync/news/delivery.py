"""A delivery: one piece of news, from when it was acknowledged until something became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generator.core.errors import UserError
from generator.core.instants import parse_instant

State = Literal["waiting", "done", "failed"]
"""`waiting`: something is still to do, at once or later; `done`: it had its effect or needed none; `failed`: it has
an end all the same, and a person may have it tried again."""

Result = Literal["committed", "unchanged", "superseded", "ignored", "refused", "gave-up"]
"""What became of it. `committed`: one commit or more; `unchanged`: all was so already; `superseded`: newer news of the
same thing came first; `ignored`: nothing follows from it; `refused`: a rule, a document or a remote says no; `gave-up`:
what it waited for did not come, or what may pass did not pass."""

MAX_DELAY = 120.0
"""The seconds that a delivery is parked for at most: nothing is tried less often than once a minute. What seems parked
for longer was parked by a clock that has been set back since."""

ENDINGS = frozenset({"closed", "deleted", "unpublished"})
"""Actions after which the subject is no more. GitHub's times are whole seconds, and a release keeps the time of its
publication: of two that happened at once, the end is the newer."""


@dataclass(frozen=True)
class Delivery:
    """One piece of news, as it is kept. All times are seconds since 1970, UTC.

    Attributes:
        id: GitHub's `X-GitHub-Delivery`, or a name of ours for what reconciliation found.
        event: GitHub's `X-GitHub-Event`, or `reconciliation`.
        action: The payload's `action`; may be empty.
        repository: The source repository, `owner/name`; may be empty.
        subject: What the news is about, so that later news of the same can be told: `pull_request:acme/podinfo#7`.
            Empty where it says nothing that could make other news stale: it cannot be read, or nothing ever follows
            from its kind.
        occurred_at: When it happened, in ISO 8601, as GitHub says it; empty where it does not.
        received_at: When it was acknowledged.
        payload: The body, JSON; empty in listings.
        state: How far it is.
        result: What became of it; None while it waits.
        reason: Why it waits, or why it ended so; for a person.
        commit: The commit that it led to; empty where there is none.
        attempts: How often it was tried.
        not_before: When it is tried next.
        waiting_for: The image that it waits for, or that did not come, with its tag; empty where there is none.
        waited: The seconds that it waited for the image so far.
        finished_at: When it ended; None while it waits.
        sequence: Its place in the order of receipt, from 1; 0 before it is kept.
    """

    id: str
    event: str
    action: str = ""
    repository: str = ""
    subject: str = ""
    occurred_at: str = ""
    received_at: float = 0.0
    payload: bytes = b"{}"
    state: State = "waiting"
    result: Result | None = None
    reason: str = ""
    commit: str = ""
    attempts: int = 0
    not_before: float = 0.0
    waiting_for: str = ""
    waited: float = 0.0
    finished_at: float | None = None
    sequence: int = 0

    @property
    def age(self) -> tuple[int, bool, int]:
        """What orders news of one subject, the newest last: when it happened, whether it ends the subject, its place.

        What does not say when it happened is taken to have happened when it was received.
        """
        return self._happened(), self.action in ENDINGS, self.sequence

    def _happened(self) -> int:
        try:
            return parse_instant(self.occurred_at)
        except UserError:
            return int(self.received_at)
