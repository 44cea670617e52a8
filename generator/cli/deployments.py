"""`gitopsmith deployments`: how far each deployment is said to be, and a person's word for one that runs."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options, sync_options, sync_parts
from generator.cli.listing import show
from generator.cli.output import say

verbs = typer.Typer(no_args_is_help=True, help="List what GitHub is told of deployments, and confirm one that runs.")


@verbs.command("list")
def list_deployments(
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
    form: options.Json = "table",
) -> None:
    """List the deployments of which GitHub is told; one that ended, for a week more."""
    from generator.core.deployment_states import shown_ref  # noqa: PLC0415
    from generator.sync.reports.attesting import kept_deployments  # noqa: PLC0415
    from generator.sync.reports.reports_table import Reports  # noqa: PLC0415
    from generator.sync.store.database import open_database  # noqa: PLC0415
    from generator.workspace.listing import Listing  # noqa: PLC0415

    with open_database(sync_parts.database_in_use(database_url, folder, workspace, platform)) as database:
        kept = kept_deployments(Reports(database))
    rows = tuple(
        {
            "app": one.app,
            "where": one.where,
            "version": one.version,
            "ref": shown_ref(one.ref) if form == "table" else one.ref,
            "state": one.state,
            "url": one.url,
            "repository": one.repository,
            "description": one.description,
            "commit": one.commit,
        }
        for one in kept
    )
    show(Listing(("app", "where", "version", "ref", "state", "url"), rows, "No deployments."), form)


@verbs.command("confirm")
def confirm(
    app: Annotated[str, typer.Argument(help="The app.")],
    where: Annotated[str, typer.Argument(help="The environment, or preview-pr-N, as `list` shows it.")],
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="How that is known: what GitHub shows with it.", show_default=False)
    ] = "",
    workspace: sync_options.Workspace = None,
    platform: sync_options.Platform = None,
    folder: sync_options.State = None,
    database_url: sync_options.DatabaseUrl = None,
) -> None:
    """Take what is committed for running, where no address answers: `serve` tells GitHub so within 30 seconds."""
    import time  # noqa: PLC0415

    from generator.sync.reports.attesting import attest  # noqa: PLC0415
    from generator.sync.reports.reports_table import Reports  # noqa: PLC0415
    from generator.sync.store.database import open_database  # noqa: PLC0415

    with open_database(sync_parts.database_in_use(database_url, folder, workspace, platform)) as database:
        report, is_new = attest(Reports(database), app, where, reason, time.time())
    what = f"{app} {report.version} in {where}" if report.version else f"{app} in {where}"
    if is_new:
        say(f"{what} is taken for running; `serve` tells GitHub.")
    else:
        say(f"{what} runs already: {report.description}")
