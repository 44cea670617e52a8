"""Turns the events of a node into the plain value that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yaml.events import AliasEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.events import Source, anchored_by, children
from generator.core.yamltext.find import MERGE, line, merged_mappings
from generator.core.yamltext.scalar import Scalar, read_scalar, same

Value = Scalar | list[Any] | dict[Any, Any]


def construct(source: Source, index: int) -> Value:
    """Give the value of a node: aliases are followed, merge keys merged, dates stay strings.

    Raises:
        UserError: A key stands in a mapping twice or is a collection, a tag is not known, the value contains itself,
            or it is nested too deeply.
    """
    try:
        return _Reader(source).value(index)
    except RecursionError as error:
        raise UserError(f"line {line(source, index)}: the value is nested too deeply") from error


class _Reader:
    """Reads nodes of one file, every anchored node once, so that aliases of aliases cost nothing."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.anchored: dict[int, Value] = {}
        self.open: set[int] = set()

    def value(self, index: int) -> Value:
        event = self.source.events[index]
        if event.__class__ is AliasEvent:
            index = anchored_by(self.source.events, index)
            if index not in self.anchored:
                self.anchored[index] = self.value(index)
            return self.anchored[index]
        if event.__class__ is ScalarEvent:
            return read_scalar(event)
        if index in self.open:
            raise UserError(f"line {line(self.source, index)}: the value contains itself")
        self.open.add(index)
        value = self._list(index) if event.__class__ is SequenceStartEvent else self._mapping(index)
        self.open.discard(index)
        return value

    def _list(self, index: int) -> list[Any]:
        return [self.value(item) for item in children(self.source.events, index)[0]]

    def _mapping(self, index: int) -> dict[Any, Any]:
        starts, _ = children(self.source.events, index)
        result: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        for key, value in zip(starts[::2], starts[1::2], strict=True):
            if self._is_merge(key):
                for mapping in merged_mappings(self.source, value):
                    merged = {**self._mapping(mapping), **merged}
                continue
            name = self.value(key)
            if isinstance(name, list | dict):
                raise UserError(f"line {line(self.source, key)}: a list or mapping as a key cannot be read")
            if name in result:
                raise UserError(f"line {line(self.source, key)}: the key {name!r} stands there twice")
            result[name] = self.value(value)
        return {**merged, **result}

    def _is_merge(self, key: int) -> bool:
        event: Any = self.source.events[key]
        return event.__class__ is ScalarEvent and event.value == MERGE and bool(event.implicit[0])


def equal(one: Any, other: Any) -> bool:
    """Tell whether two values are equal in every part and of the same types throughout."""
    if isinstance(one, dict) and isinstance(other, dict):
        return len(one) == len(other) and all(key in other and equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(*pair) for pair in zip(one, other, strict=True))
    return not isinstance(one, dict | list) and not isinstance(other, dict | list) and same(one, other)


def plain_value(value: Any) -> Any:
    """Give a value in the form in which `construct` reads it: dictionaries, lists and scalars of the base types."""
    if isinstance(value, Mapping):
        return {plain_value(key): plain_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    for base in (bool, int, float, str):
        if isinstance(value, base):
            return base(value) if base is not str else str.__str__(value)
    return value
