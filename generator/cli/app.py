"""`gitopsmith app`: the apps of an organization and the environments that they are in."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.listing import show

verbs = typer.Typer(no_args_is_help=True, help="Add, remove and list apps.")


@verbs.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The app.")],
    env: Annotated[list[str], typer.Option("--env", help="An environment; may be repeated.")],
    repo: Annotated[
        str | None,
        typer.Option(help="Its source on GitHub; once an app is there, its document says it.", metavar="OWNER/NAME"),
    ] = None,
    image: Annotated[str | None, typer.Option(help="Container image, without a tag.")] = None,
    chart: Annotated[str | None, typer.Option(help="OCI chart, oci://…, in place of an image.")] = None,
    version: Annotated[str | None, typer.Option(help="Version that is deployed at first.")] = None,
    template: Annotated[
        str | None, typer.Option(help="Template of the app.", show_default="`service`; `chart` with --chart")
    ] = None,
    cluster: Annotated[str | None, typer.Option(help="One cluster of the environment.", show_default="all")] = None,
    data: options.Data = None,
    data_file: options.DataFile = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Add an app to environments, or change what is answered about one that is there."""
    from generator.workspace.app_documents import NewApp  # noqa: PLC0415
    from generator.workspace.apps import add_app  # noqa: PLC0415

    app = NewApp(
        name=name,
        repository=repo or "",
        template=template or "",
        image=image,
        chart=chart,
        version=version,
        data=options.answers(data, data_file),
    )
    options.finish(add_app(options.open_workspace(workspace), app, env, cluster, force=force), dry_run=dry_run)


@verbs.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The app.")],
    env: Annotated[
        list[str] | None, typer.Option("--env", help="An environment; may be repeated.", show_default="all")
    ] = None,
    cluster: Annotated[str | None, typer.Option(help="One cluster of the environment.", show_default="all")] = None,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove an app from environments; from all of them, with its documents, where none is named."""
    from generator.workspace.apps import remove_app  # noqa: PLC0415

    proposal = remove_app(options.open_workspace(workspace), name, env or [], cluster, force=force)
    options.finish(proposal, dry_run=dry_run)


@verbs.command("list")
def list_apps(workspace: options.WorkspaceOption = None, form: options.Json = "table") -> None:
    """List the apps with their version in each environment."""
    from generator.workspace.overview import apps  # noqa: PLC0415

    show(apps(options.open_workspace(workspace)), form)
