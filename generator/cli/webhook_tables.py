"""How webhooks are shown to people, by the verbs that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_MOST = 5
"""How many webhooks that cannot be seen are explained: mostly all have one cause."""


def webhook_columns() -> tuple[str, ...]:
    """Return the columns of the table of webhooks."""
    return "repository", "webhook", "last_delivery"


def webhook_rows(webhooks: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return the rows of the table of webhooks."""
    return tuple({**one, "last_delivery": last_delivery(one["last_delivery"])} for one in webhooks)


def last_delivery(attempt: Mapping[str, Any] | None) -> str:
    """Return the last attempt to deliver, in a few words; empty where there was none."""
    return f"{attempt['status']} at {attempt['at']}" if attempt else ""


def app_line(app: Mapping[str, Any]) -> str:
    """Return how the webhook of the GitHub App is, in a sentence."""
    if app["problem"]:
        return f"The App's own webhook: {app['problem']}"
    if not app["url"]:
        return "The App has no webhook of its own."
    last = last_delivery(app["last_delivery"])
    return f"The App's own webhook delivers to {app['url']}{f', the last time {last}' if last else ''}."


def problem_lines(github: Mapping[str, Any]) -> Iterator[str]:
    """Yield what could not be looked at on GitHub, and why."""
    for one in github.get("installations", ()):
        if one["problem"]:
            yield f"{one['account']}: {one['problem']}"
    for one in github.get("repositories", ()):
        if one["problem"]:
            yield f"{one['name']}: {one['problem']}"
    unseen = [f"{one['repository']}, webhook: {one['problem']}" for one in github["webhooks"] if one["problem"]]
    yield from unseen[:_MOST]
    if len(unseen) > _MOST:
        yield f"{len(unseen) - _MOST} more webhooks cannot be seen; `--format json` says why."
