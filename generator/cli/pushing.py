"""What verbs do alike that can work straight on a remote: `--push`, `--remote`, and how the outcome is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli import requesting
from generator.cli.commit_options import committing
from generator.cli.connect import connection
from generator.cli.options import finish, open_workspace, workspace_if_any
from generator.cli.output import diff, say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.core.change import Change
    from generator.core.promotion_request import Wanted
    from generator.gitrepo.writer import Outcome
    from generator.workspace.preview_pushing import PreviewRemotes
    from generator.workspace.previews import Decide
    from generator.workspace.remotes import Remote, TokenOf
    from generator.workspace.workspace import Workspace

Push = Annotated[
    bool,
    typer.Option("--push", help="Commit straight to the remote, as a GitHub App or with GITOPSMITH_TOKEN."),
]
PullRequest = Annotated[
    bool,
    typer.Option(
        "--pull-request",
        help="Push to the branch gitopsmith/APP/ENVIRONMENT, and open a pull request into the one that is deployed.",
    ),
]
Merge = Annotated[
    bool,
    typer.Option(
        "--merge", help="With --pull-request, merge it at once; or once it is approved, by running the same again."
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

    def remote(self, github_url: str | None = None) -> Remote:
        """Return the application repository.

        Args:
            github_url: Where GitHub's API is; None for where the environment says.
        """
        from generator.workspace.remotes import Remote, remote_of, rules_of  # noqa: PLC0415

        workspace = workspace_if_any(self.workspace) if self.url else open_workspace(self.workspace)
        token = self._token_of(workspace, github_url)
        if workspace and not self.url:
            remote = remote_of(workspace, token=token)
            return replace(remote, branch=self.branch or remote.branch)
        url = self.url or ""
        found = Remote(url, self.branch or "main", token(url))
        return replace(found, rules=rules_of(workspace.organization, url)) if workspace else found

    def preview_remotes(self) -> PreviewRemotes:
        """Return both repositories; a workspace around the current folder tells what is not said."""
        from generator.workspace.preview_pushing import PreviewRemotes  # noqa: PLC0415
        from generator.workspace.remotes import Remote, remote_of  # noqa: PLC0415

        if self.platform:
            token = self._token_of(None, None)
            platform: Remote | None = Remote(self.platform, self.platform_branch, token(self.platform))
            return PreviewRemotes(self.remote() if self.url else None, platform, self.branch, token)
        workspace = workspace_if_any(self.workspace) if self.url else open_workspace(self.workspace)
        platform = remote_of(workspace, "platform", self._token_of(workspace, None)) if workspace else None
        return PreviewRemotes(self.remote(), platform)

    def _token_of(self, workspace: Workspace | None, github_url: str | None) -> TokenOf:
        """Return what gives tokens: to the GitHub that is configured, and to the hosts that are named here."""
        from generator.workspace.access import access_in_environment, origins  # noqa: PLC0415

        found = origins(workspace) if workspace else ()
        return access_in_environment(github_url, (self.url, self.platform, *found)).token


@dataclass(frozen=True)
class How:
    """How a verb is asked to bring a version.

    Attributes:
        by_request: Whether it goes to a branch of a pull request.
        merge: Whether that is merged.
        github_url: Where GitHub's API is.
        dry_run: Whether it is shown only.
    """

    by_request: bool
    merge: bool
    github_url: str
    dry_run: bool

    def __post_init__(self) -> None:
        """Refuse what makes no sense together."""
        if self.merge and not self.by_request:
            raise UserError("--merge is of a pull request, and none is asked for.", hint="Add --pull-request.")


def push_version(wanted: Wanted, where: Where, how: How) -> None:
    """Bring an app a version on the remote, or with a dry run show it."""
    from generator.workspace.version_pushing import preview_version  # noqa: PLC0415
    from generator.workspace.version_pushing import push_version as push  # noqa: PLC0415

    remote, commits = where.remote(how.github_url), committing()
    remote = replace(remote, connect=partial(connection, how.github_url))
    if how.dry_run:
        branch, change, text = preview_version(remote, wanted, by_request=how.by_request)
        _show(replace(remote, branch=branch), commits.worded(change), text)
        return
    if not how.by_request:
        pushed = push(remote, wanted, commits)
        _tell(replace(remote, branch=pushed.branch), pushed.outcome)
        return
    with requesting.opened(remote, how.github_url, merge=how.merge) as github:
        remote = github.remote if github else remote
        pushed = push(remote, wanted, commits, by_request=True)
        _tell(replace(remote, branch=pushed.branch), pushed.outcome)
        if pushed.stands and not pushed.outcome.commit:
            say(f"{pushed.branch} stands as it is.")
        requesting.bring_up_to_date(remote, pushed, github, merge=how.merge)


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
