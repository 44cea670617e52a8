"""`gitopsmith env`: the environments of an organization, in promotion order."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.listing import show

verbs = typer.Typer(no_args_is_help=True, help="Add, remove and list environments.")


@verbs.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The environment.")],
    cluster: Annotated[str | None, typer.Option(help="Cluster that it runs on.")] = None,
    before: Annotated[
        str | None, typer.Option(help="Environment that a new one comes before.", show_default="last")
    ] = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Add an environment to the promotion order, and to a cluster."""
    from generator.workspace.environments import add_environment  # noqa: PLC0415

    proposal = add_environment(options.open_workspace(workspace), name, cluster, before=before, force=force)
    options.finish(proposal, dry_run=dry_run)


@verbs.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The environment.")],
    cluster: Annotated[
        str | None, typer.Option(help="The one cluster that it leaves.", show_default="all, and the promotion order")
    ] = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove an environment in which no app runs any more."""
    from generator.workspace.environments import remove_environment  # noqa: PLC0415

    proposal = remove_environment(options.open_workspace(workspace), name, cluster, force=force)
    options.finish(proposal, dry_run=dry_run)


@verbs.command("list")
def list_environments(workspace: options.WorkspaceOption = None, form: options.Json = "table") -> None:
    """List the environments in promotion order."""
    from generator.workspace.overview import environments  # noqa: PLC0415

    show(environments(options.open_workspace(workspace)), form)
