"""`gitopsmith doctor`: what is missing, before anything is touched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli import options, sync_options
from generator.cli.listing import table
from generator.cli.output import raw, result, say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.workspace.doctor_lines import Line
    from generator.workspace.workspace import Workspace


def doctor(
    workspace: options.WorkspaceOption = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    webhook_secrets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="GITOPSMITH_WEBHOOK_SECRETS", help="As for `serve`: secrets of single repositories."
        ),
    ] = None,
    form: options.Json = "table",
) -> None:
    """Look at git, the credentials and what they may do, GitHub, and the repositories; change nothing."""
    from generator.hub.address import api_url  # noqa: PLC0415
    from generator.hub.conduct import Conduct  # noqa: PLC0415
    from generator.workspace.connection_check import Doctor  # noqa: PLC0415

    found = options.workspace_if_any(workspace)
    looks = Doctor(os.environ, api_url(github_url), found, Conduct(), _followed(found)).lines()
    lines = [*looks, _webhook_secret(webhook_secrets)]
    rows = tuple(line.row() for line in lines)
    if form == "json":
        raw(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        result(table(("check", "state", "found", "hint"), rows))
    if found is None:
        say("There is no workspace here, so its accounts and repositories were not looked at.")
    if missing := sum(not line.ok for line in lines):
        say(f"{missing} missing.")
        raise typer.Exit(1)


def _followed(workspace: Workspace | None) -> list[str]:
    from generator.sync.following import DocumentReader  # noqa: PLC0415

    if workspace is None:
        return []
    return DocumentReader().read(workspace.tree("application"), workspace.layout).repositories()


def _webhook_secret(file: Path | None) -> Line:
    from generator.sync.web.webhook_secrets import (  # noqa: PLC0415
        PREVIOUS_VARIABLE,
        SECRET_VARIABLE,
        webhook_secrets,
    )
    from generator.workspace.doctor_lines import Line  # noqa: PLC0415

    if file is None and not any(os.environ.get(name) for name in (SECRET_VARIABLE, PREVIOUS_VARIABLE)):
        hint = f"For `serve` set {SECRET_VARIABLE}, or name a file of secrets with --webhook-secrets."
        return Line("webhook secret", True, "There is none, and nothing but `serve` needs one.", hint)
    try:
        webhook_secrets(os.environ, file)
    except UserError as error:
        return Line("webhook secret", False, error.message, error.hint)
    return Line("webhook secret", True, "It is set.")
