"""Runs one benchmark by its module's name."""

from __future__ import annotations

from importlib import import_module

from bench.result import Result


def measure(name: str) -> list[Result]:
    """Return what one module of this folder found; nothing where it measures nothing."""
    main = getattr(import_module(f"bench.{name}"), "main", None) if name != "__main__" else None
    found = main() if main else []
    return [found] if isinstance(found, Result) else list(found)
