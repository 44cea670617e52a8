"""`gitopsmith disconnect`: the end of a connection, which leaves the repositories where they are."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli import options, sync_options, sync_parts
from generator.cli.connect import workspace_of
from generator.cli.output import say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    """Take our webhooks away and forget where the repositories are on GitHub; these stay there and here.

    With credentials, the webhooks go whose numbers are noted in the folder for state; with --public-url all of ours.
    """
    from generator.sync.hooks.disconnecting import forget_app, hooked  # noqa: PLC0415
    from generator.sync.monitoring import logs  # noqa: PLC0415
    from generator.workspace import connecting  # noqa: PLC0415

    logs.configure("console", "warning", secrets=sync_parts.secret_values())
    found = workspace_of(workspace, org, None)
    removed = connecting.connected(found)
    folder = sync_parts.state_folder(state, found.folder, None)
    hooks = hooked(found, folder)
    outward = _outward(github_url, folder, public_url, webhook_secrets) if hooks.repositories else None
    with outward or nullcontext():
        going = () if outward is None else hooks.repositories if public_url else hooks.numbered
        if not removed and not hooks.app and not going:
            say("Nothing is connected.")
            return
        for line in (*_plan(removed, going), *_staying(removed, hooks, going, public_url)):
            say(line)
        if not yes:
            _ask()
        if outward is not None and going:
            _unhook(going, outward, folder)
    forget_app(folder)
    connecting.disconnect(found, say)


def _plan(removed: Mapping[str, str], going: Sequence[str]) -> Iterator[str]:
    """Yield what goes."""
    for repository in going:
        yield f"Will be removed: the webhook of {repository}."
    for slug, url in removed.items():
        yield f"Will be removed: the remote origin of {slug}, which is {url}"


def _staying(removed: Mapping[str, str], hooks: Hooked, going: Sequence[str], public_url: str | None) -> Iterator[str]:
    """Yield what stays."""
    for slug in removed:
        yield f"Stays: the repository {slug} on GitHub with all of its branches, and its folder here."
    if left := [repository for repository in hooks.repositories if repository not in going]:
        which = f"the webhook of {left[0]}" if len(left) == 1 else f"the webhooks of {len(left)} repositories"
        without_credentials = hooks.numbered and not going
        what = "credentials for GitHub" if without_credentials else "--public-url, as it was given to `serve`,"
        yield f"Stays: {which}; {what} would remove that."
    if hooks.app:
        where = f" to {public_url.rstrip('/')}/webhook" if public_url else ""
        yield f"Stays: the GitHub App's webhook, which delivers{where} until it is made inactive on the App's page."
    yield "Stays: the GitHub App and its installations, or the token; remove them on GitHub's own pages."


def _outward(github_url: str, folder: Path, public_url: str | None, webhook_secrets: Path | None) -> Outward | None:
    """Return how GitHub is spoken to; None without credentials.

    Raises:
        UserError: There are none, and our address is told; or they are not right.
    """
    from generator.sync.service import new_metrics  # noqa: PLC0415

    found = sync_parts.outward(github_url, new_metrics(), folder, address=public_url, secret_file=webhook_secrets)
    if found is None and public_url:
        raise UserError(
            "There are no credentials for GitHub, so the webhooks cannot be removed.",
            hint="Set GITOPSMITH_TOKEN, or those of a GitHub App; or leave --public-url out, and remove the webhooks "
            "on GitHub's own pages.",
        )
    return found


def _unhook(going: Sequence[str], outward: Outward, folder: Path) -> None:
    from generator.sync.hooks.disconnecting import unhook  # noqa: PLC0415

    try:
        unhook(going, outward, folder, say)
    except UserError as error:
        raise UserError(
            error.message,
            hint=f"{error.hint}\nWithout credentials in the environment all else is disconnected, and the webhooks "
            "stay.".lstrip(),
        ) from error


def _ask() -> None:
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask on; nothing was changed.", hint="Answer with --yes.")
    if not typer.confirm("Disconnect?", err=True):
        raise UserError("Nothing was changed.")
