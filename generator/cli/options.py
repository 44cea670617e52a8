"""The options that several verbs share, and what those verbs do alike: answers in, a proposal shown or committed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from generator.cli.commit_options import committing
from generator.cli.output import diff, say

if TYPE_CHECKING:
    from generator.workspace.proposal import Proposal
    from generator.workspace.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Folder that holds the organization's repositories.", show_default="here"),
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show the diff that would be committed; change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Let go of hand edits that are in the way (git keeps them).")]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", "-d", metavar="KEY=VALUE", help="Answer a question of the template; may be repeated."),
]
DataFile = Annotated[
    Path | None, typer.Option("--data-file", metavar="FILE", help="Answer questions from a YAML file; --data wins.")
]
Json = Annotated[Literal["table", "json"], typer.Option("--format", help="How to print it.")]


def open_workspace(folder: Path | None) -> Workspace:
    """Return the workspace in `folder`, by default the one around the current folder."""
    from generator.workspace.workspace import find_workspace  # noqa: PLC0415  (verbs import what they need)

    return find_workspace(folder or Path.cwd())


def answers(data: list[str] | None, data_file: Path | None, **told: object) -> dict[str, Any]:
    """Return what the user answered: from the file, then the options of the verb, then --data.

    Args:
        data: `key=value` texts.
        data_file: A YAML mapping.
        told: Answers that have an option of their own; None where it was not used.
    """
    from generator.templating.values import load_data_file, parse_data  # noqa: PLC0415

    from_file = load_data_file(data_file) if data_file else {}
    from_options = {key: value for key, value in told.items() if value is not None}
    return {**from_file, **from_options, **parse_data(data or [])}


def finish(proposal: Proposal, *, dry_run: bool) -> None:
    """Show what a proposal would commit, or commit it and say so."""
    proposal = proposal.made(committing())
    for note in proposal.notes:
        say(note)
    if not proposal.repositories:
        say("Nothing to change.")
    if dry_run:
        for change in proposal.repositories:
            diff(f"Would commit to {_shown(change.path)} ({change.branch}): {change.change.subject}", change.diff())
        return
    committed = []
    with proposal.reserved():
        for change in proposal.repositories:
            commit, files = change.commit(), len(change.change.edits)
            committed += [change.path] if commit else []
            many = "1 file" if files == 1 else f"{files} files"
            done = f"{change.change.subject}, {many}" if files else "nothing to change there."
            say(f"{_shown(change.path)} ({change.branch} {(commit or '')[:7]}): {done}")
            if shown := change.elsewhere():
                say(f"The work tree shows {shown}, not {change.branch}; it stays as it is.")
    from generator.workspace.unpushed import unpushed  # noqa: PLC0415

    if line := unpushed(committed, Path.cwd()):
        say(line)


def _shown(path: Path) -> Path:
    """Return a path as the user would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) and path != Path.cwd() else path


def workspace_if_any(folder: Path | None) -> Workspace | None:
    """Return the workspace in `folder`; where none is named and the current folder is in none, return None."""
    from generator.workspace.workspace import is_workspace  # noqa: PLC0415

    return open_workspace(folder) if folder is not None or is_workspace(Path.cwd()) else None
