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
    for column in columns:
        heading = column.replace("_", " ").upper()
        shown.add_column(heading, overflow="fold", min_width=len(heading))
    for row in rows:
        shown.add_row(*(Text(visible(cell(row.get(column, "")))) for column in columns))
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
