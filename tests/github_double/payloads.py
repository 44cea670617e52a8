"""The payloads of webhooks, each as GitHub's description of its event wants it."""

from __future__ import annotations

from typing import Any

from tests.github_double.completion import complete
from tests.github_double.description import faults, webhook
from tests.github_double.model import Hook, Installation, News, PullRequest, Release, State
from tests.github_double.views import Views


def payload(state: State, news: News, installation: Installation | None) -> dict[str, Any]:
    """Return what is sent of some news.

    Args:
        state: What the double knows.
        news: What happened.
        installation: The installation that it is sent for; None for the hook of a repository.
    """
    views = Views(state)
    facts: dict[str, Any] = {"sender": views.account(news.sender), **news.more}
    if news.action:
        facts["action"] = news.action
    if news.repository is not None:
        facts["repository"] = views.repository(news.repository)
        if news.repository.owner.kind == "Organization":
            facts["organization"] = views.organization(news.repository.owner)
    if installation is not None:
        facts["installation"] = {"id": installation.id, "node_id": ""}
    if isinstance(news.about, Release) and news.repository is not None:
        facts["release"] = views.release(news.repository, news.about)
    elif isinstance(news.about, PullRequest) and news.repository is not None:
        facts["pull_request"] = views.pull_request(news.repository, news.about)
        facts["number"] = news.about.number
    elif isinstance(news.about, Installation):
        facts["installation"] = views.installation(news.about)
    return _checked(news.event, news.action, facts)


def ping(state: State, hook: Hook) -> dict[str, Any]:
    """Return what a new hook is sent."""
    views = Views(state)
    facts: dict[str, Any] = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": views.hook(hook)}
    if hook.repository is not None:
        facts["repository"] = views.repository(hook.repository)
        facts["sender"] = views.account(hook.repository.owner)
    return _checked("ping", "", facts)


def _checked(event: str, action: str, facts: dict[str, Any]) -> dict[str, Any]:
    schema = webhook(event, action)
    if schema is None:
        raise NotImplementedError(f"The double knows no event {event} {action}; see scripts/refresh_github_api.py.")
    made: dict[str, Any] = complete(schema, facts)
    wrong = faults(schema, made)
    if wrong:
        raise AssertionError(f"GitHub sends no such {event} {action}: {wrong}")
    return made
