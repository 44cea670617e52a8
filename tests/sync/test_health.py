"""What `/healthz` tells: the queue, and what is wrong, bounded in length, also while the database is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import cast

import pytest

from generator.core.errors import TemporaryError
from generator.sync.health import Health
from generator.sync.hooks.unfollowed import Unfollowed
from generator.sync.hooks.upkeep import Upkeep, UpkeepReport
from generator.sync.knowledge import Knowledge
from generator.sync.monitoring.metrics import Metrics
from generator.sync.monitoring.redaction import KnownSecrets
from generator.sync.store.database import Database, open_database
from generator.sync.store.inbox import Inbox
from generator.sync.web.webhook_secrets import WebhookSecrets


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    with closing(open_database(sqlite_url)) as database:
        yield database


def health(
    database: Database, report: UpkeepReport | None = None, *, tells: bool = True, known: KnownSecrets | None = None
) -> Health:
    upkeep = cast(Upkeep, SimpleNamespace(report=report))
    return Health(database, Inbox(database), Knowledge(Metrics("0")), WebhookSecrets(), upkeep, tells, known)


def test_where_all_is_well_nothing_is_wrong(database: Database) -> None:
    assert health(database).details() == {
        "repositories": None,
        "problem": "",
        "broken": [],
        "queue": {"waiting": 0, "waiting_for_image": 0, "failed": 0, "oldest_waiting_seconds": 0.0},
        "webhooks": None,
        "reports": {"waiting": 0, "failing": 0, "problems": {}},
    }
    assert health(database, tells=False).details()["reports"] is None


def test_what_is_wrong_with_webhooks_is_named_up_to_a_number(database: Database) -> None:
    problems = {f"acme/app-{number:02}": "403" for number in range(30)}
    report = UpkeepReport(
        1_770_000_000.5,
        {"keep": 3, "create": 1, "remove": 2},
        problems={"keep": problems, "look": {"acme/x": "502"}, "remove": {}},
        unfollowed=Unfollowed((), ("acme/old",), "1 of 1 would go."),
    )
    found = health(database, report).details()["webhooks"]
    assert isinstance(found, dict)
    assert len(found.pop("problems")) == 20
    assert found == {
        "looked_at": "2026-02-02T02:40:00Z",
        "kept": 4,
        "problem_count": 31,
        "held_back": ["acme/old"],
        "held_back_reason": "1 of 1 would go.",
    }


def test_no_secret_is_told_to_whoever_asks(database: Database) -> None:
    known, shaped, user = "the secret of one webhook", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "0123456789abcdef"
    texts = (f"cannot read http://{user}@git.example/x.git", f"no such image: {shaped}", f"signed with `{known}`")
    report = UpkeepReport(0.0, problems={"keep": {"acme/x": texts[2]}}, unfollowed=Unfollowed((), (), texts[1]))
    one = health(database, report, known=KnownSecrets([known]))
    one.knowledge.unread, one.knowledge.broken = texts[0], texts
    told = json.dumps(one.details())
    assert not [secret for secret in (known, shaped, user) if secret in told]
    assert told.count("***") == 6
    assert "cannot read http://***@git.example/x.git" in told


def test_a_database_that_is_away_hides_nothing_else(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> object:
        raise TemporaryError("the database is away")

    monkeypatch.setattr(Database, "read", away)
    found = health(database, UpkeepReport(0.0)).details()
    assert found["queue"] == found["reports"] == {"problem": "the database is away"}
    assert found["webhooks"]
