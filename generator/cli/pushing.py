"""What verbs do alike that can work straight on a remote: `--push`, `--remote`, and how the outcome is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli.commit_options import committing
from generator.cli.options import finish, open_workspace, workspace_if_any
from generator.cli.output import diff, say

if TYPE_CHECKING:
    from generator.core.change import Change
    from generator.core.promotion_request import Wanted
    from generator.gitrepo.writer import Outcome
    from generator.workspace.preview_pushing import PreviewRemotes
    from generator.workspace.previews import Decide
    from generator.workspace.remotes import Remote
    from generator.workspace.version_pushing import Pushed

Push = Annotated[
    bool,
    typer.Option("--push", help="Commit straight to the remote and push; a token is read from GITOPSMITH_TOKEN."),
]
PullRequest = Annotated[
    bool,
    typer.Option(
        "--pull-request",
        help="Push to the branch gitopsmith/APP/ENVIRONMENT, for a pull request into the one that is deployed.",
    ),
]
RemoteUrl = Annotated[
    str | None,
    typer.Option(
        "--remote",
        metavar="URL",
        help="Application repository to work on, in place of the workspace.",
        show_default="`origin` of the workspace's",
    ),
]
Branch = Annotated[
    str | None,
    typer.Option(
        "--branch",
        "--remote-branch",
        help="Branch of the remote that is deployed.",
        show_default="the workspace's; main with --remote",
    ),
]
RemoteBranch = Annotated[
    str | None,
    typer.Option(
        "--remote-branch",
        help="Branch of the remote that is deployed.",
        show_default="the workspace's; main with --remote",
    ),
]
Platform = Annotated[
    str | None,
    typer.Option(
        "--platform",
        metavar="URL",
        help="Platform repository to read from, where the remote is not both; tells --remote, too.",
        show_default="`origin` of the workspace's",
    ),
]
PlatformBranch = Annotated[str, typer.Option("--platform-branch", help="Branch that is deployed from --platform.")]


@dataclass(frozen=True)
class Where:
    """Where a verb is asked to work.

    Attributes:
        workspace: The workspace's folder; None for the one around the current folder.
        push: Whether it works on the remote in place of the workspace.
        url: The application repository's remote; None for the workspace's.
        branch: Its branch that is deployed; None for the workspace's, or `main`.
        platform: The platform repository's remote, likewise.
        platform_branch: Its branch that is deployed.
    """

    workspace: Path | None
    push: bool
    url: str | None
    branch: str | None
    platform: str | None = None
    platform_branch: str = "main"

    @property
    def is_remote(self) -> bool:
        """Whether the verb works on remotes."""
        return self.push or bool(self.url or self.platform)

    def remote(self) -> Remote:
        """Return the application repository."""
        from generator.workspace.remotes import Remote, remote_of, token_from_environment  # noqa: PLC0415

        if self.url:
            return Remote(self.url, self.branch or "main", token_from_environment())
        remote = remote_of(open_workspace(self.workspace))
        return replace(remote, branch=self.branch or remote.branch)

    def preview_remotes(self) -> PreviewRemotes:
        """Return both repositories; a workspace around the current folder tells what is not said."""
        from generator.workspace.preview_pushing import PreviewRemotes  # noqa: PLC0415
        from generator.workspace.remotes import Remote, remote_of, token_from_environment  # noqa: PLC0415

        if self.platform:
            platform: Remote | None = Remote(self.platform, self.platform_branch, token_from_environment())
            return PreviewRemotes(self.remote() if self.url else None, platform, self.branch)
        workspace = workspace_if_any(self.workspace) if self.url else open_workspace(self.workspace)
        platform = remote_of(workspace, "platform") if workspace else None
        return PreviewRemotes(self.remote(), platform)


def push_version(wanted: Wanted, where: Where, *, by_request: bool, dry_run: bool) -> None:
    """Bring an app a version on the remote, or with a dry run show it."""
    from generator.workspace.version_pushing import preview_version  # noqa: PLC0415
    from generator.workspace.version_pushing import push_version as push  # noqa: PLC0415

    remote, how = where.remote(), committing()
    if dry_run:
        branch, change, text = preview_version(remote, wanted, by_request=by_request)
        _show(replace(remote, branch=branch), how.worded(change), text)
        return
    pushed = push(remote, wanted, how, by_request=by_request)
    _tell(replace(remote, branch=pushed.branch), pushed.outcome)
    if by_request:
        _tell_request(remote, pushed)


def decide_previews(decide: Decide, where: Where, *, dry_run: bool) -> None:
    """Commit what is decided about previews, on the remote or in the workspace, or with a dry run show it."""
    if not where.is_remote:
        from generator.workspace.previews import propose  # noqa: PLC0415

        finish(propose(open_workspace(where.workspace), decide), dry_run=dry_run)
        return
    from generator.workspace.preview_pushing import push_previews, show_previews  # noqa: PLC0415

    remotes, how = where.preview_remotes(), committing()
    if dry_run:
        remote, change, text = show_previews(remotes, decide)
        _show(remote, how.worded(change), text)
        return
    _tell(*push_previews(remotes, decide, how))


def _show(remote: Remote, change: Change, text: str) -> None:
    for note in change.notes:
        say(note)
    if text:
        diff(f"Would push to {remote.url} ({remote.branch}): {change.subject}", text)
    else:
        say("Nothing to change.")


def _tell(remote: Remote, outcome: Outcome) -> None:
    for note in outcome.change.notes if outcome.change else ():
        say(note)
    if outcome.commit and outcome.change:
        say(f"{remote.url} ({remote.branch} {outcome.commit[:7]}): {outcome.change.subject}, pushed")
    elif outcome.pristine:
        say(f"{remote.url} (gitopsmith/pristine {outcome.pristine[:7]}): nothing to change in {remote.branch}, pushed")
    else:
        say("Nothing to change.")


def _tell_request(remote: Remote, pushed: Pushed) -> None:
    if not pushed.stands:
        return
    if not pushed.outcome.commit:
        say(f"{pushed.branch} stands as it is.")
    if pushed.address:
        say(f"Open the pull request, if it is not open yet: {pushed.address}")
    else:
        say(f"Open a pull request of {pushed.branch} into {remote.branch}, if it is not open yet.")
