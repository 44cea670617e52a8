"""Runs the benchmarks of this folder and prints a table of ratios: `python -m bench [--short] [NAME …]`."""

from __future__ import annotations

import pkgutil
from argparse import ArgumentParser
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measuring import measure
from bench.result import Result, shown


def results(names: Sequence[str] = (), *, short: bool = False) -> list[Result]:
    """Return what modules of this folder that have a `main` found, each in a process of its own.

    So the memory that one holds is not counted as another's.

    Args:
        names: The modules; all where none is named.
        short: Whether those that take minutes shall measure for seconds.
    """
    names = names or sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return [result for found in pool.map(partial(measure, short=short), names) for result in found]


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


def main() -> None:
    """Measure what the command line names."""
    parser = ArgumentParser("python -m bench", description="Measures, and prints a table of ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a module of this folder; all where none is named")
    parser.add_argument("--short", action="store_true", help="measure for seconds what else takes minutes")
    asked = parser.parse_args()
    show(results(asked.names, short=asked.short))


if __name__ == "__main__":
    main()
