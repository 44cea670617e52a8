"""How webhooks are told of to people: in few words, however many there are."""

from __future__ import annotations

from typing import Any

import pytest

from generator.cli.webhook_tables import app_line, last_delivery, problem_lines

LAST = {"at": "2026-01-31T12:00:00Z", "status": 202, "event": "release", "delivery": "x"}


def test_the_last_delivery_is_its_status_and_its_time() -> None:
    assert last_delivery(LAST) == "202 at 2026-01-31T12:00:00Z"
    assert last_delivery(None) == ""


@pytest.mark.parametrize(
    ("app", "told"),
    [
        ({"url": None}, "The App has no webhook of its own."),
        ({"url": "https://x/webhook"}, "The App's own webhook delivers to https://x/webhook."),
        (
            {"url": "https://x/webhook", "last_delivery": LAST},
            "The App's own webhook delivers to https://x/webhook, the last time 202 at 2026-01-31T12:00:00Z.",
        ),
        ({"url": None, "problem": "502"}, "The App's own webhook: 502"),
    ],
)
def test_the_webhook_of_an_app_is_a_sentence(app: dict[str, Any], told: str) -> None:
    assert app_line({"last_delivery": None, "problem": "", **app}) == told


def test_of_many_that_cannot_be_seen_a_few_are_explained() -> None:
    webhooks = [{"repository": f"acme/app-{number}", "problem": "403"} for number in range(30)]
    lines = list(problem_lines({"webhooks": [*webhooks, {"repository": "acme/x", "problem": ""}]}))
    assert lines[0] == "acme/app-0, webhook: 403"
    assert lines[5:] == ["25 more webhooks cannot be seen; `--format json` says why."]
