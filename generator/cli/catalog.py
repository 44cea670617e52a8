"""`gitopsmith catalog`: reusable items, and the clusters that they are on."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from generator.cli import options
from generator.cli.listing import show, table
from generator.cli.output import raw, result

verbs = typer.Typer(no_args_is_help=True, help="Add, remove, list and show catalog items.")


@verbs.command("add")
def add(
    item: Annotated[str, typer.Argument(help="The catalog item.")],
    cluster: Annotated[
        str | None, typer.Option(help="Cluster that it goes to.", show_default="the catalog alone")
    ] = None,
    data: options.Data = None,
    data_file: options.DataFile = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Put a catalog item on a cluster, or change what is answered about one that is there."""
    from generator.workspace.components import add_item  # noqa: PLC0415

    told = options.answers(data, data_file)
    options.finish(add_item(options.open_workspace(workspace), item, cluster, told, force=force), dry_run=dry_run)


@verbs.command("remove")
def remove(
    item: Annotated[str, typer.Argument(help="The catalog item.")],
    cluster: Annotated[str | None, typer.Option(help="Cluster that it leaves.", show_default="the catalog")] = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Take a catalog item off a cluster, or out of the catalog."""
    from generator.workspace.components import remove_item  # noqa: PLC0415

    options.finish(remove_item(options.open_workspace(workspace), item, cluster, force=force), dry_run=dry_run)


@verbs.command("list")
def list_items(
    cluster: Annotated[str | None, typer.Option(help="Only what is on this cluster.")] = None,
    workspace: options.WorkspaceOption = None,
    form: options.Json = "table",
) -> None:
    """List the catalog items; outside of a workspace those that ship with gitopsmith."""
    from generator.workspace.overview import catalog  # noqa: PLC0415

    show(catalog(options.workspace_if_any(workspace), cluster), form)


@verbs.command("show")
def show_item(
    item: Annotated[str, typer.Argument(help="The catalog item.")],
    workspace: options.WorkspaceOption = None,
    form: options.Json = "table",
) -> None:
    """Show a catalog item: what it is, what it asks, where it is used."""
    from generator.workspace.overview import catalog_item  # noqa: PLC0415

    found = catalog_item(options.workspace_if_any(workspace), item)
    if form == "json":
        raw(json.dumps(found, indent=2, ensure_ascii=False))
        return
    questions = [question for question in found.pop("questions") if not question["supplied"]]
    result(table(("key", "value"), tuple({"key": key, "value": value} for key, value in found.items())))
    result(table(("name", "type", "default", "help"), tuple(questions)))
