"""The payloads of webhooks, each as GitHub's description of its event wants it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.github_double.completion import complete
from tests.github_double.description import faults, webhook
from tests.github_double.model import Hook, Installation, News, PullRequest, Release, Repository, State
from tests.github_double.views import Views

_PACKAGES = frozenset({"package", "registry_package"})


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
    if news.event == "push" and news.repository is not None:
        facts["repository"] = _pushed(news.repository, facts["repository"])
    if news.event in _PACKAGES and news.repository is not None:
        facts[news.event] = {**news.more[news.event], "owner": views.account(news.repository.owner)}
    if isinstance(news.about, Release) and news.repository is not None:
        facts["release"] = views.release(news.repository, news.about)
    elif isinstance(news.about, PullRequest) and news.repository is not None:
        facts["pull_request"] = views.pull_request(news.repository, news.about)
        facts["number"] = news.about.number
    elif isinstance(news.about, Installation):
        facts["installation"] = views.installation(news.about)
    return _checked(news.event, news.action, facts)


def _pushed(repository: Repository, facts: dict[str, Any]) -> dict[str, Any]:
    """Return a repository as pushes show it, which is otherwise than all else does."""
    owner = {**facts["owner"], "name": repository.owner.login, "email": "nobody@example.com"}
    created = int(datetime.fromisoformat(repository.created_at).timestamp())
    more = {"owner": owner, "created_at": created, "pushed_at": created, "stargazers": 0}
    return {**facts, **more, "master_branch": repository.default_branch}


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
