"""`gitopsmith preview`: one deployment for each pull request, opened, closed, listed and collected."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options, pushing
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
    opened_by: Annotated[str, typer.Option(help="Who opened it, for the commit's provenance.")] = "",
    label: Annotated[list[str] | None, typer.Option("--label", help="One of its labels; may be repeated.")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="It is a draft.")] = False,
    fork: Annotated[bool, typer.Option("--fork", help="It comes from a fork.")] = False,
    updated_at: Annotated[
        str, typer.Option(metavar="TIME", help="Its last activity, as 2026-01-31T12:00:00Z.", show_default="now")
    ] = "",
    push: pushing.Push = False,
    remote: pushing.RemoteUrl = None,
    remote_branch: pushing.RemoteBranch = None,
    platform: pushing.Platform = None,
    platform_branch: pushing.PlatformBranch = "main",
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Deploy the head of a pull request, or bring its preview to a newer commit."""
    from generator.core.intents import EnsurePreview  # noqa: PLC0415
    from generator.core.pull_requests import PullRequest  # noqa: PLC0415
    from generator.workspace.previews import plan_open  # noqa: PLC0415

    pull_request = PullRequest(
        number=number,
        sha=sha,
        branch=branch,
        base=base,
        author=opened_by,
        labels=tuple(label or ()),
        draft=draft,
        fork=fork,
        updated_at=updated_at,
    )
    intent = EnsurePreview(app, pull_request, _now())
    where = pushing.Where(workspace, push, remote, remote_branch, platform, platform_branch)
    pushing.decide_previews(lambda source: plan_open(source, intent, force=force), where, dry_run=dry_run)


@verbs.command("close")
def close_preview(
    app: App,
    number: Number,
    push: pushing.Push = False,
    remote: pushing.RemoteUrl = None,
    branch: pushing.Branch = None,
    platform: pushing.Platform = None,
    platform_branch: pushing.PlatformBranch = "main",
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove the preview of a pull request."""
    from generator.core.intents import RemovePreview  # noqa: PLC0415
    from generator.workspace.previews import plan_close  # noqa: PLC0415

    intent = RemovePreview(app, number)
    where = pushing.Where(workspace, push, remote, branch, platform, platform_branch)
    pushing.decide_previews(lambda source: plan_close(source, intent, force=force), where, dry_run=dry_run)


@verbs.command("list")
def list_previews(
    app: Annotated[str | None, typer.Argument(help="The app.", show_default="all")] = None,
    remote: pushing.RemoteUrl = None,
    branch: pushing.Branch = None,
    workspace: options.WorkspaceOption = None,
    form: options.Json = "table",
) -> None:
    """List the previews with their commits, addresses and the times at which they go."""
    if remote:
        from generator.workspace.preview_pushing import list_previews as listed  # noqa: PLC0415

        show(listed(pushing.Where(workspace, False, remote, branch).remote(), app), form)
        return
    from generator.workspace.previews import previews  # noqa: PLC0415

    show(previews(options.open_workspace(workspace), app), form)


@verbs.command("gc")
def collect(
    app: Annotated[str | None, typer.Argument(help="The app.", show_default="all")] = None,
    allow_many: Annotated[
        bool, typer.Option("--allow-many", help="Remove even more than half of more than five at once.")
    ] = False,
    push: pushing.Push = False,
    remote: pushing.RemoteUrl = None,
    branch: pushing.Branch = None,
    platform: pushing.Platform = None,
    platform_branch: pushing.PlatformBranch = "main",
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Remove the previews that are expired, over their app's limit, or left without an app."""
    from generator.workspace.previews import plan_collection  # noqa: PLC0415

    now, where = _now(), pushing.Where(workspace, push, remote, branch, platform, platform_branch)
    pushing.decide_previews(
        lambda source: plan_collection(source, now, app, allow_many=allow_many, force=force), where, dry_run=dry_run
    )


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  (help is shown without it)

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
