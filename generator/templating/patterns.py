"""Patterns of paths as gitignore writes them, with their decisions remembered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

from pathspec import PathSpec

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Patterns:
    """A list of gitignore patterns of which the last that matches decides.

    Made by `of` or `of_lines`; the same patterns give the same object, which remembers what it decided.
    """

    def __init__(self, patterns: tuple[str, ...]) -> None:
        # Copier brings patterns, not paths, to Unicode's decomposed form; to match what it matches, so do we.
        spec = PathSpec.from_lines("gitignore", [normalize("NFD", pattern) for pattern in patterns])
        self.match = lru_cache(maxsize=8192)(spec.match_file)

    @staticmethod
    def of(patterns: Iterable[str]) -> Patterns:
        """Return the patterns, each as it is."""
        return _patterns(tuple(patterns))

    @staticmethod
    def of_lines(texts: Iterable[str]) -> Patterns:
        """Return the patterns that stand one per line in some texts."""
        return _patterns(tuple(line for text in texts for line in _LINE_BREAK.split(text)))


@lru_cache(maxsize=256)
def _patterns(patterns: tuple[str, ...]) -> Patterns:
    return Patterns(patterns)
