"""Runs every benchmark of this folder and prints a table of ratios: `python -m bench`."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.result import Result, shown


def results() -> list[Result]:
    """Return what every module of this folder that has a `main` found."""
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    mains = [getattr(import_module(f"bench.{name}"), "main", None) for name in names if name != "__main__"]
    found = [main() for main in mains if main is not None]
    return [result for results in found for result in ([results] if isinstance(results, Result) else results)]


def show(found: list[Result]) -> None:
    """Print the results as a table, and what else was measured below it."""
    table = Table("work", "ours", "beside", "theirs", "ratio", "bar", "reached")
    for result in found:
        reached = "yes" if result.reached else "NO"
        ours, theirs = shown(result.ours), shown(result.theirs)
        table.add_row(result.what, ours, result.beside, theirs, result.ratio, result.demand, reached)
    console = Console(width=160)
    console.print(table)
    for result in found:
        if result.note:
            console.print(f"{result.what}: {result.note}")


if __name__ == "__main__":
    show(results())
