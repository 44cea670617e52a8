"""What verbs do alike that can work straight on a remote: `--push`, `--remote`, and how the outcome is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli.options import open_workspace
from generator.cli.output import diff, say

if TYPE_CHECKING:
    from generator.workspace.remotes import Plan

Push = Annotated[
    bool,
    typer.Option("--push", help="Commit straight to the remote and push; a token is read from GITOPSMITH_TOKEN."),
]
RemoteUrl = Annotated[
    str | None,
    typer.Option(
        "--remote", metavar="URL", help="Application repository to push to.", show_default="`origin` of the workspace's"
    ),
]
Branch = Annotated[str, typer.Option("--branch", help="Branch that is deployed from --remote.")]


def push(plan: Plan, workspace: Path | None, url: str | None, branch: str, *, dry_run: bool) -> None:
    """Push what a plan decides, or with a dry run show it."""
    from generator.workspace.remotes import Remote, preview_push, remote_of, token_from_environment  # noqa: PLC0415
    from generator.workspace.remotes import push as push_to  # noqa: PLC0415

    remote = Remote(url, branch, token_from_environment()) if url else remote_of(open_workspace(workspace))
    if dry_run:
        if shown := preview_push(remote, plan):
            diff(f"Would push to {remote.url} ({remote.branch})", shown)
        else:
            say("Nothing to change.")
        return
    outcome = push_to(remote, plan)
    for note in outcome.change.notes if outcome.change else ():
        say(note)
    if outcome.commit and outcome.change:
        say(f"{remote.url} ({remote.branch} {outcome.commit[:7]}): {outcome.change.subject}, pushed")
    else:
        say("Nothing to change.")
