"""`gitopsmith render`: the engine alone, any template to a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from generator.cli import options
from generator.cli.output import diff, say


def render(
    template: Annotated[Path, typer.Argument(help="Folder of a template in copier's format.")],
    folder: Annotated[Path, typer.Argument(help="Folder that is rendered to.")],
    defaults: Annotated[bool, typer.Option("--defaults", help="Ask nothing; take the defaults.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Overwrite files that differ.")] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Let the template run code: tasks, extensions.")] = False,
    data: options.Data = None,
    data_file: options.DataFile = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Show the diff to what the folder holds; write nothing.")
    ] = False,
) -> None:
    """Render a template in copier's format to a folder; no git, no organization."""
    from generator.workspace.folder_rendering import propose_files, write_files  # noqa: PLC0415

    told = options.answers(data, data_file)
    ask = not defaults and sys.stdin.isatty()
    rendering = propose_files(template, folder, told, ask=ask, trust=trust, overwrite=overwrite, dry_run=dry_run)
    if dry_run:
        diff(f"Would write to {folder}", rendering.diff())
        return
    write_files(folder, rendering)
    say(f"{folder}: {len(rendering.edits)} files written." if rendering.edits else f"{folder}: nothing to change.")
