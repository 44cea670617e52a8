"""`gitopsmith connect`: the workspace's repositories on GitHub, and the GitHub App that works there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator.cli import options, sync_options
from generator.cli.commit_options import committing
from generator.cli.output import say
from generator.core.errors import UserError

if TYPE_CHECKING:
    from generator.hub.connection import Connection
    from generator.workspace.workspace import Workspace

_APP = "Creating a GitHub App"
_APP_ALONE = frozenset({"any_account", "app_name", "webhook_url", "keys", "timeout"})
"""The options that only the creation of an App heeds."""
_APP_TOO = frozenset({"org", "app_org", "github_url", "create_app"})
"""Those that it heeds as well."""
_TEN_MINUTES = 600


def connect(
    context: typer.Context,
    org: Annotated[str, typer.Argument(help="The organization, as it was named to `init`.")],
    app_org: Annotated[
        str | None,
        typer.Option(
            help="Owner of the application repository, to be sure; with --create-app, who installs the App as well.",
            show_default="as `init` was told",
        ),
    ] = None,
    workspace: options.WorkspaceOption = None,
    protect: Annotated[
        bool, typer.Option("--protect", help="Protect the deployed branches: they change by pull requests alone.")
    ] = False,
    github_url: sync_options.GitHubUrl = sync_options.GITHUB,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Say what would be done; change nothing.")] = False,
    create_app: Annotated[
        bool,
        typer.Option(
            "--create-app",
            help="Create a GitHub App for ORG in the browser, and no repositories.",
            rich_help_panel=_APP,
        ),
    ] = False,
    any_account: Annotated[
        bool,
        typer.Option(
            "--any-account",
            help="Let others than ORG install the App, as owners of apps' repositories: it is public then, as it is "
            "with another --app-org.",
            rich_help_panel=_APP,
        ),
    ] = False,
    app_name: Annotated[
        str | None, typer.Option(help="The App's name.", show_default="gitopsmith-ORG", rich_help_panel=_APP)
    ] = None,
    webhook_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Where `serve` takes deliveries, for one webhook at the App.", rich_help_panel=_APP
        ),
    ] = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the App's private key and webhook secret.",
            show_default="~/.config/gitopsmith",
            rich_help_panel=_APP,
        ),
    ] = None,
    timeout: Annotated[
        int, typer.Option(min=1, max=3600, help="Seconds to wait for the browser.", rich_help_panel=_APP)
    ] = _TEN_MINUTES,
) -> None:
    """Create the private repositories on GitHub and push them, or adopt those that are there and empty, or ours.

    Nothing is ever overwritten. Run again after an interruption, the command completes what is missing; run again after
    success, it changes nothing. The credentials of a GitHub App or a token are read from the environment.
    """
    _refuse_unheeded(context, create_app=create_app)
    if create_app:
        from generator.cli.app_creation import create  # noqa: PLC0415

        public = any_account or (app_org or org).casefold() != org.casefold()
        create(org, github_url, public=public, app_name=app_name, webhook_url=webhook_url, keys=keys, timeout=timeout)
        return
    from generator.workspace import connecting  # noqa: PLC0415
    from generator.workspace.connection_plan import examine  # noqa: PLC0415

    found = workspace_of(workspace, org, app_org)
    with connection(github_url) as github:
        plan = examine(found, github, protect=protect)
        for note in [note for examined in plan for note in examined.notes]:
            say(note)
        steps = [step for examined in plan for step in examined.steps()]
        if not steps:
            say("Nothing to change.")
        elif dry_run:
            for step in steps:
                say(f"Would {step}")
        else:
            connecting.connect(plan, github, say, committing())


def _refuse_unheeded(context: typer.Context, *, create_app: bool) -> None:
    """Refuse options that would be dropped: an App is created alone, and nothing else creates one."""
    unheeded = [
        max(parameter.opts, key=len)
        for parameter in context.command.params
        if (found := context.get_parameter_source(parameter.name or "")) is not None
        and found.name == "COMMANDLINE"
        and (parameter.name not in _APP_ALONE | _APP_TOO if create_app else parameter.name in _APP_ALONE)
    ]
    if not unheeded:
        return
    if create_app:
        raise UserError(
            f"--create-app creates a GitHub App and does nothing else, so {' and '.join(unheeded)} would be dropped.",
            hint="Create the App; then run the command with these options, without --create-app.",
        )
    raise UserError(
        f"Without --create-app {' and '.join(unheeded)} would be dropped.", hint="Add it, or leave these out."
    )


def connection(github_url: str) -> Connection:
    """Return the connection to GitHub.

    Raises:
        UserError: There are no credentials, or they are not right.
    """
    from generator.workspace.on_github import connection_to  # noqa: PLC0415

    return connection_to(github_url)


def workspace_of(folder: Path | None, org: str, app_org: str | None) -> Workspace:
    """Return the workspace, which must be of the organization that is meant."""
    found = options.open_workspace(folder)
    repositories = found.organization.spec.repositories
    for option, told, owner in (
        ("ORG", org, repositories.platform.owner),
        ("--app-org", app_org, repositories.application.owner),
    ):
        if told is not None and told.casefold() != owner.casefold():
            raise UserError(
                f"{found.folder} is the workspace of {owner}, and {option} is {told}.",
                hint="Name the workspace that is meant with --workspace, or make one: "
                f"`gitopsmith init {org}{f' --app-org {app_org}' if app_org else ''} --output FOLDER`.",
            )
    return found
