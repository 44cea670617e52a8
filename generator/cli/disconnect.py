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
    from collections.abc import Iterator, Mapping

    from generator.sync.hooks.disconnecting import Hooked
    from generator.sync.outward import Outward


def disconnect(
    org: Annotated[str, typer.Argument(help="The organization.")],
    workspace: options.WorkspaceOption = None,
    webhook_secrets: sync_options.WebhookSecretsFile = None,
    public_url: sync_options.PublicUrl = None,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    state: sync_options.State = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take our webhooks away and forget where the repositories are on GitHub; these stay there and here."""
    from generator.sync.hooks.disconnecting import forget_app, hooked, unhook  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.workspace import connecting  # noqa: PLC0415

    logs.configure("console", "warning", secrets=sync_options.secret_values())
    found = workspace_of(workspace, org, None)
    removed = connecting.connected(found)
    folder = sync_options.state_folder(state, found.folder, None)
    hooks = hooked(found, folder)
    if not removed and not hooks.app and not (public_url and hooks.repositories):
        say("Nothing is connected.")
        return
    for line in _plan(removed, hooks, public_url):
        say(line)
    if not yes:
        _ask()
    if public_url and hooks.repositories:
        unhook(hooks.repositories, _outward(github_url, folder, public_url, webhook_secrets), folder, say)
    forget_app(folder)
    connecting.disconnect(found, say)


def _plan(removed: Mapping[str, str], hooks: Hooked, public_url: str | None) -> Iterator[str]:
    """Yield what goes and what stays."""
    if public_url:
        for repository in hooks.repositories:
            yield f"Will be removed: the webhook of {repository}."
    for slug, url in removed.items():
        yield f"Will be removed: the remote origin of {slug}, which is {url}"
    for slug in removed:
        yield f"Stays: the repository {slug} on GitHub with all of its branches, and its folder here."
    if not public_url and hooks.repositories:
        many = len(hooks.repositories)
        which = f"the webhook of {hooks.repositories[0]}" if many == 1 else f"the webhooks of {many} repositories"
        yield f"Stays: {which}; --public-url, as it was given to `serve`, would remove that."
    if hooks.app:
        where = f" to {public_url.rstrip('/')}/webhook" if public_url else ""
        yield f"Stays: the GitHub App's webhook, which delivers{where} until it is made inactive on the App's page."
    yield "Stays: the GitHub App and its installations, or the token; remove them on GitHub's own pages."


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
