"""Runs one benchmark by its module's name."""

from __future__ import annotations

import os
import time
from importlib import import_module
from inspect import signature
from pathlib import Path

from bench.result import Result

_SAMPLE = 1.0


def measure(name: str, *, short: bool = False) -> list[Result]:
    """Return what one module of this folder found; nothing where it measures nothing.

    Args:
        name: The module.
        short: Whether one that takes minutes, whose `main` has such a parameter, shall measure for seconds.
    """
    main = getattr(import_module(f"bench.{name}"), "main", None) if name != "__main__" else None
    if main is None:
        return []
    found = main(short=short) if "short" in signature(main).parameters else main()
    return [found] if isinstance(found, Result) else list(found)


def others() -> str:
    """Return how busy the machine is with other work while a benchmark does nothing: what its figures suffer from."""
    before, started = _busy(), time.perf_counter()
    time.sleep(_SAMPLE)
    busy = (_busy() - before) / (time.perf_counter() - started)
    return f"other work on the machine before: {busy:.1f} of {os.cpu_count()} processors"


def _busy() -> float:
    """Return the seconds for which all processors together did something since the machine was started (proc(5))."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
