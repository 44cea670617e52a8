"""`gitopsmith set-version`: one app, one environment, another version."""

from __future__ import annotations

from typing import Annotated

import typer

from generator.cli import options, pushing, sync_options


def set_version(
    app: Annotated[str, typer.Argument(help="The app.")],
    version: Annotated[str, typer.Argument(help="The version.")],
    env: Annotated[str, typer.Option("--env", help="The environment.")],
    cluster: Annotated[str | None, typer.Option(help="One cluster of the environment.", show_default="all")] = None,
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
    """Let an app run another version in an environment, on every cluster that it has there."""
    from generator.core.intents import SetVersion  # noqa: PLC0415
    from generator.core.versions import check_version  # noqa: PLC0415
    from generator.workspace.versions import set_version as propose  # noqa: PLC0415

    intent = SetVersion(app, env, check_version(version), cluster, allow_downgrade)
    where = pushing.Where(workspace, push or pull_request, remote, branch)
    how = pushing.How(by_request=pull_request, merge=merge, github_url=github_url, dry_run=dry_run)
    if where.is_remote:
        pushing.push_version(intent, where, how)
        return
    options.finish(propose(options.open_workspace(workspace), intent), dry_run=dry_run)
