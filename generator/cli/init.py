"""`gitopsmith init`: an organization's repositories, in one command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from generator.cli import options
from generator.cli.commit_options import committing
from generator.cli.output import say
from generator.core.errors import UserError


def init(
    org: Annotated[str | None, typer.Argument(help="Owner of the platform repository on GitHub.")] = None,
    app_org: Annotated[
        str | None, typer.Option(help="Owner of the application repository.", show_default="ORG")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder that will hold the repositories.")] = Path(),
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing; take the defaults.")] = False,
    topology: Annotated[
        Literal["two", "single"] | None, typer.Option(help="Two repositories, or one.", show_default="two")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="DNS domain of the organization.")] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option("--environment", help="Environment, in promotion order; may be repeated."),
    ] = None,
    cloud: Annotated[str | None, typer.Option(help="Cloud of the management cluster.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the management cluster.")] = None,
    data: options.Data = None,
    data_file: options.DataFile = None,
    dry_run: options.DryRun = False,
) -> None:
    """Create an organization's GitOps repositories, with its management cluster and its catalog.

    Every question of the repositories and of the management cluster can be answered with --data. Run again after an
    interruption, the command completes what is missing; run again after success, it changes nothing.
    """
    from generator.gitrepo.authorship import decide  # noqa: PLC0415
    from generator.gitrepo.git_process import Git  # noqa: PLC0415
    from generator.workspace.bootstrap import propose_organization  # noqa: PLC0415

    told = options.answers(
        data,
        data_file,
        org=org,
        app_org=app_org,
        topology=topology,
        domain=domain,
        environments=environment,
        cloud=cloud,
        region=region,
    )
    decide(Git(Path.cwd()), committing().authorship)
    answered = told if defaults else _ask(told)
    proposal = propose_organization(output.resolve(), answered)
    options.finish(proposal, dry_run=dry_run)
    if proposal.repositories and not dry_run:
        say(f"Done. Next: cd {output} && gitopsmith status")


def _ask(told: dict[str, Any]) -> dict[str, Any]:
    if not sys.stdin.isatty():
        raise UserError(
            "There is no terminal to ask the questions on.",
            hint="Answer with --defaults, and with --data KEY=VALUE what the defaults should not decide.",
        )
    from generator.workspace.bootstrap import ask_about_organization  # noqa: PLC0415

    return ask_about_organization(told)
