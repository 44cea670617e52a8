"""`gitopsmith status`: what the workspace holds, and what GitHub has of it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from generator.cli import options, sync_options, sync_parts
from generator.cli.listing import table
from generator.cli.output import raw, result, say
from generator.cli.webhook_tables import app_line, problem_lines, webhook_columns, webhook_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generator.workspace.workspace import Workspace

_PATIENCE = 10.0
"""The seconds that GitHub may take for an answer, which somebody waits for."""


def status(
    workspace: options.WorkspaceOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask GitHub.")] = False,
    public_url: sync_options.PublicUrl = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    form: options.Json = "table",
) -> None:
    """Show the organization: repositories, clusters, environments, and each app's version in each of them.

    With credentials in the environment GitHub is asked who we are there, what it has of the repositories, and for the
    webhook of each app's repository with its last delivery.
    """
    from generator.workspace.status import status as read_status  # noqa: PLC0415

    opened = options.open_workspace(workspace)
    found = read_status(opened)
    if offline:
        found["github"] = {"asked": False, "reason": "--offline is given."}
    else:
        found["github"] = _github(opened, github_url, state, public_url)
    if form == "json":
        raw(json.dumps(found, indent=2, ensure_ascii=False))
        return
    say(f"{found['organization']} in {found['workspace']}")
    _show(found)
    _show_github(found["github"])


def _github(workspace: Workspace, github_url: str, state: Path | None, public_url: str | None) -> dict[str, Any]:
    """Return what GitHub says, as plain values; nothing is asked where that would be in vain."""
    from generator.hub.credentials import credentials_in  # noqa: PLC0415

    credentials = credentials_in(os.environ)
    if credentials is None:
        return {"asked": False, "reason": "there are no credentials for it in the environment."}
    from generator.hub.conduct import Conduct, Patience  # noqa: PLC0415 - slow to import, as all that follows
    from generator.hub.connection import Connection  # noqa: PLC0415
    from generator.sync.hooks.hook_keeping import public_address  # noqa: PLC0415
    from generator.sync.hooks.hook_states import webhooks_seen  # noqa: PLC0415
    from generator.workspace.connection_status import connected_roles, connection_status  # noqa: PLC0415

    address = public_address(public_url) if public_url else ""
    folder = sync_parts.state_folder(state, workspace.folder, None)
    with Connection(credentials, github_url, Conduct(Patience(_PATIENCE, attempts=2))) as connection:
        if not connected_roles(workspace, connection.url):
            reason = f"no repository has its origin on {github_url}; `gitopsmith connect` sets that."
            return {"asked": False, "reason": reason}
        found = connection_status(workspace, connection)
        if not found["problem"]:
            found |= webhooks_seen(workspace, connection, folder, address)
    return {"asked": True, **found}


def _show(found: Mapping[str, Any]) -> None:
    hosted = {one["name"]: one for one in found["github"].get("repositories", ())}
    columns: tuple[str, ...] = ("repository", "role", "branch", "commit", "work_tree")
    rows = tuple(_repository_row(one, hosted.get(one["name"])) for one in found["repositories"])
    result(table((*columns, "github") if hosted else columns, rows))
    result(table(("name", "type", "cloud", "region", "environments"), tuple(found["clusters"])))
    if found["apps"]:
        result(table(tuple(found["apps"][0]), tuple(found["apps"])))


def _show_github(github: Mapping[str, Any]) -> None:
    if not github["asked"]:
        say(f"GitHub was not asked: {github['reason']}")
        return
    if github["problem"]:
        say(f"GitHub: {github['problem']}")
        return
    if github["webhooks"]:
        result(table(webhook_columns(), webhook_rows(github["webhooks"])))
    who = f"the GitHub App {github['app']}" if github["app"] else f"the user {github['user']}"
    installed = [_installed(one) for one in github["installations"] if not one["problem"]]
    say(f"Connected to {github['url']} as {who}{', installed in ' if installed else ''}{' and '.join(installed)}.")
    if github["app_webhook"]:
        say(app_line(github["app_webhook"]))
    for line in problem_lines(github):
        say(line)


def _installed(one: Mapping[str, Any]) -> str:
    return f"{one['account']}{' (suspended)' if one['suspended'] else ''}"


def _repository_row(repository: Mapping[str, Any], hosted: Mapping[str, Any] | None) -> dict[str, Any]:
    changed, shown = repository["uncommitted"], repository["checked_out"]
    state = f"{len(changed)} uncommitted" if changed else "clean"
    if shown != repository["branch"]:
        state += f", shows {shown or 'no branch'}"
    commit = (repository["commit"] or "none")[:7]
    return {
        **repository,
        "repository": repository["name"],
        "commit": commit,
        "work_tree": state,
        "github": _on_github(hosted),
    }


def _on_github(hosted: Mapping[str, Any] | None) -> str:
    """Return how GitHub has a repository, in a few words."""
    if hosted is None:
        return "not connected"
    words = [hosted["branch"] or "unknown"]
    words += ["public"] if hosted["private"] is False else []
    words += ["archived"] if hosted["archived"] else []
    return ", ".join(words)
