"""`gitopsmith promote`: what runs in one environment, in the next."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options, pushing, sync_options


def promote(
    app: Annotated[str, typer.Argument(help="The app.")],
    source: Annotated[str, typer.Option("--from", help="Environment that is copied from.")],
    target: Annotated[str, typer.Option("--to", help="Environment that is copied to.")],
    allow_downgrade: Annotated[bool, typer.Option("--allow-downgrade", help="An older version is meant.")] = False,
    push: pushing.Push = False,
    pull_request: pushing.PullRequest = False,
    merge: pushing.Merge = False,
    remote: pushing.RemoteUrl = None,
    branch: pushing.Branch = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    workspace: options.WorkspaceOption = None,
    dry_run: options.DryRun = False,
) -> None:
    """Let an app run in one environment what it runs in another."""
    from generator.core.intents import Promote  # noqa: PLC0415
    from generator.workspace.versions import promote as propose  # noqa: PLC0415

    intent = Promote(app, source, target, allow_downgrade)
    where = pushing.Where(workspace, push or pull_request, remote, branch)
    how = pushing.How(by_request=pull_request, merge=merge, github_url=github_url, dry_run=dry_run)
    if where.is_remote:
        pushing.push_version(intent, where, how)
        return
    options.finish(propose(options.open_workspace(workspace), intent), dry_run=dry_run)
