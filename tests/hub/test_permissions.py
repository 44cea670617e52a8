"""What is asked for is what the documentation lists, and what is missing is found."""

from __future__ import annotations

import re
from pathlib import Path

from generator.hub.permissions import (
    ADMINISTRATION,
    CONTENTS,
    EVENTS,
    PERMISSIONS,
    SCOPES,
    lacking,
    lacking_events,
    lacking_scopes,
)
from tests.github_double import description

DOCS = Path(__file__).parents[2] / "docs"
APP, TOKEN = "github-app.md", "github-token.md"


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of a page, without its first two lines."""
    text = (DOCS / page).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_page_lists_each_permission_with_its_reason() -> None:
    listed = []
    for permission in PERMISSIONS:
        reason = f"{permission.reason} (optional)" if permission is ADMINISTRATION else permission.reason
        listed.append([permission.name, permission.level, reason])
    assert rows(APP, "Permissions") == listed


def test_who_may_write_a_repository_may_keep_its_webhooks() -> None:
    """https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#available-scopes."""
    assert lacking_scopes(["repo", "workflow"]) == ()


def test_the_page_lists_each_event_with_its_reason() -> None:
    assert rows(APP, "Events") == [[event.name, event.reason] for event in EVENTS]


def test_the_page_lists_each_scope_with_its_reason() -> None:
    assert rows(TOKEN, "Scopes of a classic token") == [[scope.name, scope.reason] for scope in SCOPES]


def test_github_knows_each_permission_and_each_event_has_its_own() -> None:
    known = description.followed({"$ref": "#/$defs/app-permissions"})["properties"]
    asked = {permission.name: permission.level for permission in PERMISSIONS}
    for name, level in asked.items():
        assert level in known[name]["enum"], name
    assert {event.permission for event in EVENTS} <= set(asked)
    assert all(permission.reason for permission in PERMISSIONS)


def test_a_higher_level_is_as_good() -> None:
    granted = {permission.name: "write" for permission in PERMISSIONS}
    assert lacking(granted) == ()
    assert lacking({**granted, "contents": "read"}) == (CONTENTS,)
    assert lacking({**granted, "contents": "admin"}) == ()
    assert lacking({**granted, "contents": "nonsense"}) == (CONTENTS,)
    assert lacking({}) == PERMISSIONS


def test_events_and_scopes_that_are_missing_are_found() -> None:
    assert lacking_events(["release", "push", "pull_request", "star"]) == tuple(EVENTS[2:])
    assert [scope.name for scope in lacking_scopes(["repo", "write:repo_hook"])] == ["workflow"]
    assert [scope.name for scope in lacking_scopes(["write:repo_hook"])] == ["repo", "workflow"]
    assert [scope.name for scope in lacking_scopes(["workflow"])] == ["repo", "admin:repo_hook"]
    assert lacking_scopes(["repo", "admin:repo_hook", "workflow", "gist"]) == ()
