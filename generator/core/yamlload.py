"""Loads the YAML of our own files at the C library's speed, without its crash on deep nesting."""

from __future__ import annotations

from typing import Any

import yaml

from generator.core.errors import UserError

DEPTH_LIMIT = 1000
"""Deeper than anybody writes; some ten thousand levels overflow the C library's stack and end the process."""


def load_all(data: bytes, path: str, *, hint: str = "") -> list[Any]:
    """Return the documents of a file.

    Args:
        data: The file's bytes.
        path: The file, as the error names it.
        hint: What to do where it cannot be read.

    Raises:
        UserError: It is not YAML, nested too deeply, or holds a date or a number that there is not.
    """
    try:
        if _bound_of_depth(data) > DEPTH_LIMIT:
            _check_depth(data)
        return list(yaml.load_all(data, Loader=yaml.CSafeLoader))
    # PyYAML leaves what Python says of a value that its tag does not fit: the 13th month, `!!int x`, `!!timestamp x`.
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: not YAML: {error}", hint=hint) from error


def _bound_of_depth(data: bytes) -> int:
    """Return what the nesting cannot exceed: a level takes a bracket or a column, where a list may share its key's."""
    return data.count(b"[") + data.count(b"{") + 2 * max(map(len, data.splitlines()), default=0)


def _check_depth(data: bytes) -> None:
    depth = 0
    for event in yaml.parse(data, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            raise ValueError("it is nested too deeply")
