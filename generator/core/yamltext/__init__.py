"""Byte-exact edits of YAML files: bytes in, bytes out, and no byte changes but those that must.

The one module of the family that others import. What cannot be done safely is refused with a reason.
"""

from __future__ import annotations

from generator.core.yamltext.add import add_item, add_key
from generator.core.yamltext.events import UnsoundEditError, YamlSyntaxError, parse
from generator.core.yamltext.find import MissingError, find, roots
from generator.core.yamltext.markers import Marked, marked, set_marked
from generator.core.yamltext.path import Path, Select, parse_path
from generator.core.yamltext.remove import remove_item, remove_key
from generator.core.yamltext.scalar import Scalar
from generator.core.yamltext.set import set_value
from generator.core.yamltext.value import Value, construct

__all__ = [
    "Marked",
    "MissingError",
    "Path",
    "Scalar",
    "Select",
    "UnsoundEditError",
    "Value",
    "YamlSyntaxError",
    "add_item",
    "add_key",
    "documents",
    "get_value",
    "has",
    "marked",
    "parse_path",
    "position",
    "remove_item",
    "remove_key",
    "set_marked",
    "set_value",
]


def documents(text: bytes) -> int:
    """Count the documents of a file; a file that is empty or holds only comments has none.

    Raises:
        YamlSyntaxError: The file is not YAML.
    """
    return len(roots(parse(text)))


def get_value(text: bytes, path: str | Path, *, document: int = 0) -> Value:
    """Read the value at a path; aliases and merge keys are followed.

    Args:
        text: The file.
        path: Which node; an empty path gives the whole document.
        document: Which document of the file, from 0.

    Returns:
        What PyYAML's safe loader reads (YAML 1.1), but dates stay strings, and what only YAML 1.2 takes for a number
        (`1e5`, `0o17`) is a number.

    Raises:
        MissingError: The path names nothing.
        UserError: The path is ambiguous or ill-formed, the file is not YAML, or the value cannot be read.
    """
    source = parse(text)
    return construct(source, find(source, path, document, edit=False).index)


def has(text: bytes, path: str | Path, *, document: int = 0) -> bool:
    """Tell whether a path names something.

    Raises:
        UserError: The path is ambiguous or ill-formed, or the file is not YAML.
    """
    try:
        find(parse(text), path, document, edit=False)
    except MissingError:
        return False
    return True


def position(text: bytes, path: str | Path, *, document: int = 0) -> tuple[int, int]:
    """Give the line and the column, both from 1, at which the value at a path starts.

    Raises:
        MissingError: The path names nothing.
        UserError: The path is ambiguous or ill-formed, or the file is not YAML.
    """
    source = parse(text)
    mark = source.events[find(source, path, document, edit=False).index].start_mark
    return mark.line + 1, mark.column + 1
