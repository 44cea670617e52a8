"""`gitopsmith check`: what is wrong, with file, line, key and what to do; what CI of the repositories runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from generator.cli.output import progress, raw

FINDINGS = 1


def check(
    path: Annotated[Path, typer.Argument(help="A workspace, a repository, or any folder of manifests.")] = Path(),
    form: Annotated[Literal["text", "json", "github"], typer.Option("--format", help="How to print it.")] = "text",
) -> None:
    """Check manifests as they lie on disk; exit with 1 where there are errors."""
    from generator.checking.findings import format_github, format_json, format_text, has_errors  # noqa: PLC0415
    from generator.workspace.checkup import check_folder  # noqa: PLC0415

    with progress("Checking") as on_progress:
        found = check_folder(path, on_progress)
    formatted = {"text": format_text, "json": format_json, "github": format_github}[form](found)
    raw(formatted)
    if has_errors(found):
        raise typer.Exit(FINDINGS)
