"""What the command line prints: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.core.visible import visible

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


@dataclass
class Settings:
    """How much is said.

    Attributes:
        quiet: Say nothing but errors and what was asked for.
    """

    quiet: bool = False


settings = Settings()


def console(*, stderr: bool = False) -> Console:
    """Return a console that colours only on a terminal and never wraps what another program may read."""
    from rich.console import Console  # noqa: PLC0415  (slow to import, and help is rendered without it)

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, emoji=False, soft_wrap=not stream.isatty())


def result(content: RenderableType) -> None:
    """Print what was asked for: a table, a listing, a diff."""
    console().print(content)


def raw(text: str) -> None:
    """Print text as it is: JSON, a diff for `git apply`, what a machine reads."""
    sys.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")


def say(message: str) -> None:
    """Print what happened, unless --quiet is given. Square brackets are text here, not colours."""
    if not settings.quiet:
        console(stderr=True).print(visible(message, keep="\n"), markup=False)


def error(message: str, hint: str = "") -> None:
    """Print an error and what to do about it."""
    out = console(stderr=True)
    out.print("error: ", style="bold red", end="")
    out.print(visible(message, keep="\n"), markup=False)
    if hint:
        out.print(visible(hint, keep="\n"), style="dim", markup=False)


def diff(heading: str, text: str) -> None:
    """Print a diff below a line that says what it is of, which `git apply` skips; in colours on a terminal."""
    raw(f"# {heading}\n")
    if not sys.stdout.isatty():
        raw(text)
        return
    from rich.syntax import Syntax  # noqa: PLC0415  (slow to import, needed here alone)

    result(Syntax(text, "diff", background_color="default", word_wrap=False))


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while the block runs; on a terminal alone, and not with --quiet.

    Args:
        what: What is under way.

    Yields:
        A function that takes how many of how many steps are done.
    """
    if settings.quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import Progress  # noqa: PLC0415  (slow to import, needed here alone)

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
