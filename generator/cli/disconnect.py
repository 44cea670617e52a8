"""`gitopsmith disconnect`: the end of a connection, which leaves the repositories where they are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli import options, sync_options
from generator.cli.connect import workspace_of
from generator.cli.output import say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.sync.outward import Outward


def disconnect(
    org: Annotated[str, typer.Argument(help="The organization.")],
    workspace: options.WorkspaceOption = None,
    webhook_secrets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="GITOPSMITH_WEBHOOK_SECRETS", help="The file of webhook secrets that `serve` keeps."
        ),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="GITOPSMITH_PUBLIC_URL", help="Address of `serve`, whose webhooks go."),
    ] = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take our webhooks away and forget where the repositories are on GitHub; these stay there and here."""
    from generator.sync.hooks.disconnecting import hooked, unhook  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.workspace import connecting  # noqa: PLC0415

    logs.configure("console", "warning", secrets=sync_options.secret_values())
    found = workspace_of(workspace, org, None)
    removed = connecting.connected(found)
    folder = sync_options.state_folder(state, found.folder, None)
    hooks = hooked(found, folder) if public_url else []
    if not removed and not hooks:
        say("Nothing is connected.")
        return
    for repository in hooks:
        say(f"Will be removed: the webhook of {repository}.")
    for slug, url in removed.items():
        say(f"Will be removed: the remote origin of {slug}, which is {url}")
    for slug in removed:
        say(f"Stays: the repository {slug} on GitHub with all of its branches, and its folder here.")
    say("Stays: the GitHub App and its installations, or the token; remove them on GitHub's own pages.")
    if not yes:
        _ask()
    if public_url and hooks:
        unhook(hooks, _outward(github_url, folder, public_url, webhook_secrets), folder, say)
    connecting.disconnect(found, say)


def _outward(github_url: str, folder: Path, public_url: str, webhook_secrets: Path | None) -> Outward:
    from generator.sync.service import new_metrics  # noqa: PLC0415

    found = sync_options.outward(github_url, new_metrics(), folder, address=public_url, secret_file=webhook_secrets)
    if found is None:
        raise UserError(
            "There are no credentials for GitHub, so the webhooks cannot be removed.",
            hint="Set GITOPSMITH_TOKEN; or leave --public-url out, and remove the webhooks on GitHub's own pages.",
        )
    return found


def _ask() -> None:
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask on; nothing was changed.", hint="Answer with --yes.")
    if not typer.confirm("Disconnect?", err=True):
        raise UserError("Nothing was changed.")
