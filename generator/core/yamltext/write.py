"""Writes new keys and items, nested ones too, in the indentation and the quotes that their neighbours have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yaml.events import MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.events import Source, children, column, content_span
from generator.core.yamltext.scalar import one_line, printable, read_plain

Plain = str | int | float | bool | None | Sequence[Any] | Mapping[Any, Any]

_LONGEST_KEY = 1000  # a parser gives up on a key of more than 1,024 characters


@dataclass(frozen=True, slots=True)
class Manner:
    """How the neighbours are written.

    Args:
        step: How far a mapping is indented under its key.
        list_step: How far a list is indented under its key.
        quote: The quote that every string has, None where they are plain.
        literals: Whether a string of several lines may be written as a literal.
    """

    step: int = 2
    list_step: int = 2
    quote: str | None = None
    literals: bool = True


def manner_at(source: Source, index: int, *, literals: bool = True) -> Manner:
    """Look up how the neighbours of new content are written.

    Args:
        source: The parsed file.
        index: The event that starts the collection that is extended.
        literals: Whether a string of several lines may be written as a literal.
    """
    step = list_step = None
    for parent, kind, indent in _steps(source):
        near = parent <= index
        if kind is MappingStartEvent and (near or step is None):
            step = indent
        elif kind is SequenceStartEvent and (near or list_step is None):
            list_step = indent
    step = step or 2
    return Manner(step, step if list_step is None else list_step, _quote(source, index), literals)


def _steps(source: Source) -> Iterator[tuple[int, type[Any], int]]:
    """Give every block collection that is a mapping's value, and its indentation under its key, in file order."""
    columns: list[int | None] = []  # of the open block mappings' keys; None for any other collection
    for index, event in enumerate(source.events):
        kind = event.__class__
        if kind in {MappingStartEvent, SequenceStartEvent}:
            at = None if event.flow_style else column(source.text, content_span(source, index)[0])
            if at is not None and columns and columns[-1] is not None:
                yield index, kind, max(at - columns[-1], 0)
            columns.append(at if kind is MappingStartEvent else None)
        elif kind.__name__ in {"MappingEndEvent", "SequenceEndEvent"}:
            columns.pop()


def _quote(source: Source, index: int) -> str | None:
    """Give the quote that all strings of a collection have: of the whole flow collection it stands in, if any."""
    events = source.events
    if events[index].__class__ not in {MappingStartEvent, SequenceStartEvent}:
        return None
    starts, end = children(events, index)
    strings = events[index:end] if events[index].flow_style else [events[at] for at in starts]
    if events[index].__class__ is MappingStartEvent and not events[index].flow_style:
        strings = strings[1::2]
    styles = {event.style or "" for event in strings if event.__class__ is ScalarEvent and _is_string(event)}
    return styles.pop() if styles in ({'"'}, {"'"}) else None


def _is_string(event: Any) -> bool:
    return not event.implicit[0] or isinstance(read_plain(event.value), str)


def entry_lines(key: Any, value: Plain, indent: int, manner: Manner) -> list[str]:
    """Write a key with its value as lines of a block mapping.

    Raises:
        UserError: The value holds something that YAML has no plain form for, or the key is too long.
    """
    name = " " * indent + _key(key, manner, flow=False)
    if isinstance(value, Mapping) and value:
        return [f"{name}:", *mapping_lines(value, indent + manner.step, manner)]
    if _is_list(value) and value:
        return [f"{name}:", *list_lines(value, indent + manner.list_step, manner)]
    first, *more = _leaf_lines(value, indent + manner.step, manner)
    return [f"{name}: {first}", *more]


def mapping_lines(value: Mapping[Any, Any], indent: int, manner: Manner) -> list[str]:
    """Write a mapping that is not empty as lines of its own."""
    return [line for key, inner in value.items() for line in entry_lines(key, inner, indent, manner)]


def list_lines(value: Any, indent: int, manner: Manner) -> list[str]:
    """Write a list that is not empty as lines of its own."""
    return [line for item in value for line in item_lines(item, indent, manner)]


def item_lines(value: Plain, indent: int, manner: Manner, gap: int = 1) -> list[str]:
    """Write one item as lines of a block list, with `gap` spaces after its dash."""
    inner = indent + 1 + gap
    dash = " " * indent + "-" + " " * gap
    if isinstance(value, Mapping) and value:
        lines = mapping_lines(value, inner, manner)
    elif _is_list(value) and value:
        lines = list_lines(value, inner, manner)
    else:
        first, *more = _leaf_lines(value, inner, manner)
        return [dash + first, *more]
    return [dash + lines[0][inner:], *lines[1:]]


def _leaf_lines(value: Plain, indent: int, manner: Manner) -> list[str]:
    if isinstance(value, str) and manner.literals and _suits_literal(value):
        body, _, _ = value.rpartition("\n") if value.endswith("\n") else (value, "", "")
        header = "|" if value.endswith("\n") else "|-"
        return [header, *(" " * indent + line if line else "" for line in body.split("\n"))]
    return [flow_text(value, manner, flow=False)]


def _suits_literal(value: str) -> bool:
    if "\n" not in value or not printable(value) or not value.strip("\n") or value.endswith("\n\n"):
        return False
    lines = value.split("\n")
    return not value.lstrip("\n").startswith((" ", "\t")) and all(line.strip() or not line for line in lines)


def flow_text(value: Plain, manner: Manner, *, flow: bool = True) -> str:
    """Write a value on one line, collections in flow style.

    Raises:
        UserError: The value holds something that YAML has no plain form for.
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(flow_entry(key, inner, manner) for key, inner in value.items()) + "}"
    if isinstance(value, str | int | float | None):
        return one_line(value, manner.quote, flow=flow)
    if _is_list(value):
        return "[" + ", ".join(flow_text(item, manner) for item in value) + "]"
    raise UserError(f"a value of type {type(value).__name__} cannot be written to YAML: {value!r}")


def flow_entry(key: Any, value: Plain, manner: Manner) -> str:
    """Write a key with its value for a flow mapping."""
    return f"{_key(key, manner, flow=True)}: {flow_text(value, manner)}"


def _key(key: Any, manner: Manner, *, flow: bool) -> str:
    if not isinstance(key, str | int | float | None):
        raise UserError(f"a key of type {type(key).__name__} cannot be written to YAML: {key!r}")
    text = one_line(key, manner.quote if flow else None, flow=flow)
    if len(text) > _LONGEST_KEY:
        raise UserError(f"the key {text[:40]}… has {len(text)} characters; YAML keys have at most {_LONGEST_KEY}")
    return text


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


@dataclass(frozen=True, slots=True)
class Addition:
    """What is added to a collection.

    Args:
        value: The value.
        key: Its key in a mapping; None for an item of a list.
    """

    value: Plain
    key: str | None = None

    @property
    def parts(self) -> tuple[Any, ...]:
        """The nodes that are added, in their order."""
        return (self.value,) if self.key is None else (self.key, self.value)

    @property
    def alone(self) -> Plain:
        """A collection that holds nothing else."""
        return [self.value] if self.key is None else {self.key: self.value}

    def lines(self, indent: int, manner: Manner, gap: int = 1) -> list[str]:
        """Write it as lines of a block collection."""
        if self.key is None:
            return item_lines(self.value, indent, manner, gap)
        return entry_lines(self.key, self.value, indent, manner)

    def flow(self, manner: Manner) -> str:
        """Write it for a flow collection."""
        if self.key is None:
            return flow_text(self.value, manner)
        return flow_entry(self.key, self.value, manner)
