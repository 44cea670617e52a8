"""`gitopsmith cluster`: the clusters of an organization."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from generator.cli import options
from generator.cli.listing import show

verbs = typer.Typer(no_args_is_help=True, help="Add, remove and list clusters.")

ClusterType = Literal["management", "physical", "virtual"]


@verbs.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The cluster.")],
    cluster_type: Annotated[
        ClusterType | None, typer.Option("--type", help="What it is for.", show_default="physical")
    ] = None,
    cloud: Annotated[str | None, typer.Option(help="aws, google, civo or existing.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the cloud.")] = None,
    domain: Annotated[str | None, typer.Option(help="DNS domain of what runs on it.")] = None,
    host: Annotated[
        str | None, typer.Option(help="Cluster that a virtual cluster runs on.", show_default="management")
    ] = None,
    data: options.Data = None,
    data_file: options.DataFile = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Add a cluster with the catalog items that it comes with, or change what is answered about one."""
    from generator.workspace.clusters import add_cluster  # noqa: PLC0415

    told = options.answers(data, data_file, cloud=cloud, region=region, domain=domain, host_cluster=host)
    proposal = add_cluster(options.open_workspace(workspace), name, cluster_type, told, force=force)
    options.finish(proposal, dry_run=dry_run)


@verbs.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The cluster.")],
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove a cluster on which no environment runs any more."""
    from generator.workspace.clusters import remove_cluster  # noqa: PLC0415

    options.finish(remove_cluster(options.open_workspace(workspace), name, force=force), dry_run=dry_run)


@verbs.command("list")
def list_clusters(workspace: options.WorkspaceOption = None, form: options.Json = "table") -> None:
    """List the clusters."""
    from generator.workspace.overview import clusters  # noqa: PLC0415

    show(clusters(options.open_workspace(workspace)), form)
