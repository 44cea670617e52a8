"""Renders a template to a folder that is no repository of ours: all files or, where one is in the way, none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.core.change import Edits, needed
from generator.core.diff import diff
from generator.core.errors import UserError
from generator.core.tree import File, Tree, as_memory
from generator.gitrepo.folder_tree import FolderTree
from generator.gitrepo.work_tree import blocked, write_file
from generator.templating.answers import resolve
from generator.templating.asking import ask as ask_on_terminal
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template
from generator.templating.through_copier import render_through_copier


@dataclass(frozen=True)
class FolderRendering:
    """What would be written to a folder.

    Attributes:
        before: What the folder holds at the paths that are rendered.
        edits: The files that differ.
    """

    before: Tree
    edits: Edits

    def diff(self) -> str:
        """Return what would be written as `git diff` would show it."""
        return diff(self.before, self.edits)


def propose_files(
    source: Path,
    folder: Path,
    data: Mapping[str, Any],
    *,
    ask: bool,
    trust: bool,
    overwrite: bool,
    dry_run: bool = False,
) -> FolderRendering:
    """Render a template and hold it against what a folder has already.

    Args:
        source: The template's folder.
        folder: Where it goes; it may be missing.
        data: What the user answered.
        ask: Whether the other questions are asked on the terminal.
        trust: Whether the template may run code of its own.
        overwrite: Whether files that differ are replaced.
        dry_run: Whether nothing may run that leaves a trace, such as a template's tasks.

    Raises:
        UserError: The template or an answer is refused, or files are in the way.
    """
    template = Template.parse(read_folder(source), name=source.resolve().name, trust=trust)
    if ask:
        data = ask_on_terminal(source, data, trust=trust)
    if template.needs_copier and dry_run:
        raise UserError(
            f"{source}: what it would render is known only after it has run: {', '.join(template.needs_copier)}.",
            hint="Render it to a new folder instead of with --dry-run.",
        )
    if template.needs_copier:
        rendered, _ = render_through_copier(template, data, trust=trust, folder=folder.resolve().name)
    else:
        rendered = render(template, resolve(template, data), existing=FolderTree(folder))
    there = FolderTree(folder)
    before = as_memory(there, rendered.under(""))
    edits = needed(before, {path: rendered.get(path) for path in rendered.under("")})
    in_the_way = [path for path in edits if blocked(folder, path) or (before.get(path) and not overwrite)]
    if in_the_way:
        listed = "\n".join(f"  {path}" for path in in_the_way)
        raise UserError(
            f"{folder} holds something else already:\n{listed}", hint="Choose another folder, or --overwrite."
        )
    return FolderRendering(before, edits)


def write_files(folder: Path, rendering: FolderRendering) -> None:
    """Write what was proposed; where that fails, what was written so far is taken back.

    Raises:
        UserError: The folder cannot be written.
    """
    written: list[str] = []
    try:
        for path, file in rendering.edits.items():
            if file is not None:
                written.append(path)
                write_file(folder / path, file)
    except OSError as error:
        for path in written:
            _take_back(folder / path, rendering.before.get(path))
        raise UserError(f"{folder}: cannot be written: {error.strerror}: {error.filename}") from error


def _take_back(path: Path, before: File | None) -> None:
    # The disk that refused a file may refuse its former content too: then git or a backup must help, not we.
    with suppress(OSError):
        if before is None:
            path.unlink(missing_ok=True)
        else:
            write_file(path, before)
