"""Prints listings and details, as tables for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from generator.cli.output import raw, result, say
from generator.core.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

    from generator.workspace.listing import Listing


def show(listing: Listing, form: str) -> None:
    """Print a listing, as `table` or as `json`."""
    if form == "json":
        raw(json.dumps([dict(row) for row in listing.rows], indent=2, ensure_ascii=False))
    elif listing.rows:
        result(table(listing.columns, listing.rows))
    else:
        say(listing.empty)


def table(columns: tuple[str, ...], rows: tuple[Mapping[str, Any], ...]) -> Table:
    """Return rows as a table."""
    from rich.box import SIMPLE  # noqa: PLC0415  (slow to import, and JSON does without)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = Table(box=SIMPLE, pad_edge=False)
    cells = [[visible(cell(row.get(column, ""))) for column in columns] for row in rows]
    for at, column in enumerate(columns):
        heading = column.replace("_", " ").upper()
        widest = max((len(texts[at]) for texts in cells), default=0)
        # An id is copied into the next command, which an id in pieces cannot be. And what is no wider than its heading
        # has no room to give: what is taken from it would push the last columns off the terminal.
        kept = column == "id" or widest <= len(heading)
        shown.add_column(heading, overflow="fold", min_width=len(heading), no_wrap=kept)
    for texts in cells:
        shown.add_row(*map(Text, texts))
    return shown


def cell(value: Any) -> str:
    """Return a value as a table shows it."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return "" if value is None else str(value)
