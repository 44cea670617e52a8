"""Edits of the documents that people and gitopsmith share: what is named changes, every other byte stays."""

from __future__ import annotations

from typing import Any

from generator.core.yamltext import Scalar, add_item, add_key, has, set_value


def appended(text: bytes, mapping: str, key: str, item: Any, *, document: int = 0) -> bytes:
    """Return a file with an item at the end of the list under a key, which is begun where it is missing.

    Args:
        text: The file.
        mapping: The path of the mapping that has the list.
        key: The list's key in it.
        item: The item.
        document: Which document of the file, from 0.

    Raises:
        UserError: The place cannot be extended without changing something else.
    """
    if has(text, f"{mapping}.{key}", document=document):
        return add_item(text, f"{mapping}.{key}", item, document=document)
    return add_key(text, mapping, key, [item], document=document)


def set_key(text: bytes, mapping: str, key: str, *, value: Scalar) -> bytes:
    """Return a file whose mapping has this value under a key, which is added where it is missing.

    Args:
        text: The file.
        mapping: The path of the mapping.
        key: The key in it.
        value: The value.

    Raises:
        UserError: The place cannot be changed or extended without changing something else.
    """
    if has(text, f"{mapping}.{key}"):
        return set_value(text, f"{mapping}.{key}", value)
    return add_key(text, mapping, key, value)
