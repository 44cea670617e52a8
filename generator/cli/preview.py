"""`gitopsmith preview`: one deployment for each pull request, opened, closed, listed and collected."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options
from generator.cli.listing import show

verbs = typer.Typer(no_args_is_help=True, help="Open, close, list and collect previews of pull requests.")

App = Annotated[str, typer.Argument(help="The app.")]
Number = Annotated[int, typer.Argument(help="Number of the pull request.")]


@verbs.command("open")
def open_preview(
    app: App,
    number: Number,
    sha: Annotated[str, typer.Option(help="Commit of the pull request's head.")],
    branch: Annotated[str, typer.Option(help="Branch of the pull request's head.")],
    base: Annotated[str, typer.Option(help="Branch that it aims at.")] = "",
    author: Annotated[str, typer.Option(help="Who opened it, for the commit.")] = "",
    label: Annotated[list[str] | None, typer.Option("--label", help="One of its labels; may be repeated.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="It is a draft.")] = False,
    fork: Annotated[bool, typer.Option("--fork", help="It comes from a fork.")] = False,
    updated_at: Annotated[
        str, typer.Option(metavar="TIME", help="Its last activity, as 2026-01-31T12:00:00Z.", show_default="now")
    ] = "",
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Deploy the head of a pull request, or bring its preview to a newer commit."""
    from generator.core.intents import EnsurePreview  # noqa: PLC0415
    from generator.core.pull_requests import PullRequest  # noqa: PLC0415
    from generator.workspace.previews import open_preview as propose  # noqa: PLC0415

    pull_request = PullRequest(
        number=number,
        sha=sha,
        branch=branch,
        base=base,
        author=author,
        labels=tuple(label or ()),
        draft=draft,
        fork=fork,
        updated_at=updated_at,
    )
    intent = EnsurePreview(app, pull_request, _now())
    options.finish(propose(options.open_workspace(workspace), intent, force=force), dry_run=dry_run)


@verbs.command("close")
def close_preview(
    app: App,
    number: Number,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove the preview of a pull request."""
    from generator.core.intents import RemovePreview  # noqa: PLC0415
    from generator.workspace.previews import close_preview as propose  # noqa: PLC0415

    intent = RemovePreview(app, number)
    options.finish(propose(options.open_workspace(workspace), intent, force=force), dry_run=dry_run)


@verbs.command("list")
def list_previews(
    app: Annotated[str | None, typer.Argument(help="The app.", show_default="all")] = None,
    workspace: options.WorkspaceOption = None,
    form: options.Json = "table",
) -> None:
    """List the previews with their commits, addresses and the times at which they go."""
    from generator.workspace.previews import previews  # noqa: PLC0415

    show(previews(options.open_workspace(workspace), app), form)


@verbs.command("gc")
def collect(
    app: Annotated[str | None, typer.Argument(help="The app.", show_default="all")] = None,
    allow_many: Annotated[
        bool, typer.Option("--allow-many", help="Remove even more than half of more than five at once.")
    ] = False,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove the previews that are expired, over their app's limit, or left without an app."""
    from generator.workspace.previews import collect_previews  # noqa: PLC0415

    proposal = collect_previews(options.open_workspace(workspace), _now(), app, allow_many=allow_many, force=force)
    options.finish(proposal, dry_run=dry_run)


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  (help is shown without it)

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
