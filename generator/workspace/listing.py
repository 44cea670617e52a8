"""A listing: rows that the command line prints as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Listing:
    """Rows of the same keys.

    Attributes:
        columns: The keys that a table shows, in order; JSON shows all.
        rows: The rows; values are strings, numbers, booleans, lists and mappings of these.
        empty: What is said where there is no row.
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    empty: str
