"""Loads YAML at the C library's speed, without its crash on deep nesting and without what aliases can multiply."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import ComposerError

from generator.core.errors import UserError

DEPTH_LIMIT = 200
"""Deeper than anybody writes; a thousand levels are too many for Python, some ten thousand for the C library."""
SIZE_LIMIT = 1_000_000
"""The most values that a file with aliases may expand to; ten lines can stand for more than a memory holds."""


def load_all(data: bytes, path: str, *, hint: str = "") -> list[Any]:
    """Return the documents of a file.

    Args:
        data: The file's bytes.
        path: The file, as the error names it.
        hint: What to do where it cannot be read.

    Raises:
        UserError: It is not YAML, nested or multiplied too far, or holds a date or a number that there is not.
    """
    try:
        check_bounds(data)
        return list(yaml.load_all(data, Loader=yaml.CSafeLoader))
    # PyYAML leaves what Python says of a value that its tag does not fit: the 13th month, `!!int x`, `!!timestamp x`.
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not YAML: {error}", hint=hint) from error


def check_bounds(text: str | bytes) -> None:
    """Refuse a text that is nested too deeply, or whose aliases multiply what it holds or lead back to themselves.

    Raises:
        yaml.YAMLError: The text is refused, or is not YAML.
        ValueError: It holds what is no text.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if _bound_of_depth(data) > DEPTH_LIMIT or (b"&" in data and b"*" in data):
        _walk(text)


def _bound_of_depth(data: bytes) -> int:
    """Return what the nesting cannot exceed: a level takes a bracket or a column, where a list may share its key's."""
    return data.count(b"[") + data.count(b"{") + 2 * max(map(len, data.splitlines()), default=0)


def _walk(text: str | bytes) -> None:
    bounds = _Bounds()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            bounds.close()
        elif isinstance(event, yaml.NodeEvent) and (problem := bounds.add(event)):
            raise ComposerError(None, None, problem, event.start_mark)  # type: ignore[arg-type]


class _Bounds:
    """How deep and how large a text is so far, its aliases written out."""

    def __init__(self) -> None:
        self._size = 0
        self._sizes: dict[str | None, int | None] = {}
        self._above: list[tuple[str | None, int]] = []

    def add(self, event: yaml.NodeEvent) -> str:
        """Count a node that begins and return what is wrong with it."""
        if isinstance(event, yaml.AliasEvent):
            # One that is not known is refused by whoever composes the text.
            held = self._sizes.get(event.anchor, 0)
            if held is None:
                return "an alias refers to the value that holds it"
            self._size += held
            return f"its aliases expand to more than {SIZE_LIMIT} values" if self._size > SIZE_LIMIT else ""
        self._size += 1
        self._sizes[event.anchor] = 1
        if isinstance(event, yaml.CollectionStartEvent):
            self._sizes[event.anchor] = None
            self._above.append((event.anchor, self._size))
        return "it is nested too deeply" if len(self._above) > DEPTH_LIMIT else ""

    def close(self) -> None:
        """End the innermost list or mapping."""
        anchor, before = self._above.pop()
        self._sizes[anchor] = self._size - before + 1
