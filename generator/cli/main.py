"""The command `gitopsmith`: its verbs, and the one funnel through which every error leaves.

Exit codes: 0 done, 1 the user can mend it, 2 the command line is wrong, 3 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from generator.cli import (
    app,
    catalog,
    cluster,
    connect,
    deliveries,
    deployments,
    disconnect,
    doctor,
    env,
    init,
    preview,
    promote,
    reconcile,
    render,
    serve,
    set_version,
    status,
    webhooks,
)
from generator.cli import check as check_verb
from generator.cli.commit_options import commits, commits_in
from generator.cli.examples import with_examples
from generator.cli.output import error, settings
from generator.core.errors import TemporaryError, UserError

USER_ERROR, BUG, INTERRUPTED = 1, 3, 130
_QUIET = frozenset({"--quiet", "-q"})


class _Verbs(TyperGroup):
    """The verbs; ^C ends any of them with the shell's own code for it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            error("Interrupted.")
            raise typer.Exit(INTERRUPTED) from None


cli = typer.Typer(
    name="gitopsmith",
    cls=_Verbs,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Builds an organization's GitOps repositories from templates and keeps them moving.",
)
cli.command("init")(commits(init.init))
cli.add_typer(commits_in(cluster.verbs), name="cluster")
cli.add_typer(commits_in(env.verbs), name="env")
cli.add_typer(commits_in(catalog.verbs), name="catalog")
cli.add_typer(commits_in(app.verbs), name="app")
cli.command("set-version")(commits(set_version.set_version))
cli.command("promote")(commits(promote.promote))
cli.add_typer(commits_in(preview.verbs), name="preview")
cli.command("connect")(commits(connect.connect))
cli.command("doctor")(doctor.doctor)
cli.command("disconnect")(disconnect.disconnect)
cli.command("serve")(commits(serve.serve))
cli.add_typer(deliveries.verbs, name="deliveries")
cli.add_typer(deployments.verbs, name="deployments")
cli.add_typer(webhooks.verbs, name="webhooks")
cli.command("reconcile")(commits(reconcile.reconcile))
cli.command("check")(check_verb.check)
cli.command("status")(status.status)
cli.command("render")(render.render)


with_examples(cli)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  (only this option needs it)

        typer.echo(f"gitopsmith {version('gitopsmith')}")
        raise typer.Exit


@cli.callback()
def _options(
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing but errors and what was asked for.")
    ] = False,
    version: Annotated[  # noqa: ARG001  (its callback does the work)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    settings.quiet = quiet


def _with_quiet_first(arguments: list[str]) -> list[str]:
    """`--quiet` is an option of every verb, and people type it after the verb."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if _QUIET.isdisjoint(arguments[:end]):
        return arguments
    return ["--quiet", *(word for word in arguments[:end] if word not in _QUIET), *arguments[end:]]


def main() -> None:
    """Run the command line and exit."""
    # A name may hold what the terminal's encoding does not, and bytes that are no text at all.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        cli(args=_with_quiet_first(sys.argv[1:]))
    except UserError as problem:
        error(problem.message, problem.hint)
        sys.exit(USER_ERROR)
    except TemporaryError as problem:
        error(str(problem), "This may pass: run the command again.")
        sys.exit(USER_ERROR)
    except BrokenPipeError:
        # The reader of our output has gone (`gitopsmith … | head`); nothing more can be said to it.
        sys.stderr.close()
        sys.exit(USER_ERROR)
    except Exception as bug:
        from generator.cli.bug_report import report  # noqa: PLC0415  (only a bug needs it)

        error("This is a bug in gitopsmith, not your mistake. Please report it with everything below.")
        sys.stderr.write(report(bug, sys.argv[1:]))
        sys.exit(BUG)
