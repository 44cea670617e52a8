"""Runs every benchmark of this folder and prints a table of ratios: `python -m bench`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.result import Result


def results() -> list[Result]:
    """Return what every module of this folder that has a `main` found."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    mains = [getattr(import_module(f"bench.{name}"), "main", None) for name in names if name != "__main__"]
    return [main() for main in mains if main is not None]


def show(found: list[Result]) -> None:
    """Print the results as a table."""
    table = Table("work", "ours", "beside", "theirs", "ratio", "bar")
    for result in found:
        table.add_row(
            result.what,
            f"{result.ours * 1000:.2f} ms",
            result.beside,
            f"{result.theirs * 1000:.1f} ms",
            f"{result.ratio:.0f} ×",
            f"≥ {result.bar:g} ×",
        )
    Console().print(table)


if __name__ == "__main__":
    show(results())
