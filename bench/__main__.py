"""Runs every benchmark of this folder and prints a table of ratios: `python -m bench`."""

from __future__ import annotations

import pkgutil
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measuring import measure
from bench.result import Result, shown


def results() -> list[Result]:
    """Return what every module of this folder that has a `main` found, each in a process of its own.

    So the memory that one holds is not counted as another's.
    """
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return [result for found in pool.map(measure, names) for result in found]


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
