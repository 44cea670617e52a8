"""Runs one benchmark by its module's name."""

from __future__ import annotations

from importlib import import_module
from inspect import signature

from bench.result import Result


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
