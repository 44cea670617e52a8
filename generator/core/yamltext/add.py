"""Adds keys to mappings and items to lists in a YAML file, and leaves every byte that is there."""

from __future__ import annotations

from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.begin import begin, begin_document
from generator.core.yamltext.edit import Edited, Patch, edited
from generator.core.yamltext.events import (
    Source,
    UnsoundEditError,
    after,
    children,
    column,
    line_break,
    line_end,
    line_start,
    parse,
    skip_trivia,
)
from generator.core.yamltext.find import Place, entered, find, key_text, line, roots, where
from generator.core.yamltext.path import Path, parse_path
from generator.core.yamltext.scalar import read_scalar
from generator.core.yamltext.span import Entry, ends_in_open_block, entries
from generator.core.yamltext.value import construct, equal, plain_value
from generator.core.yamltext.write import Addition, Plain, manner_at


def add_key(text: bytes, path: str | Path, key: str, value: Plain, *, document: int = 0) -> bytes:
    """Add a key at the end of a mapping, written as the mapping and its neighbours are.

    A mapping that is `{}`, null or not there yet (`key:`, an empty file) is begun; a key that a merge key brings is
    overridden.

    Args:
        text: The file.
        path: The mapping; an empty path is the whole document.
        key: The new key.
        value: Its value; dictionaries, lists and scalars may be nested.
        document: Which document of the file, from 0.

    Returns:
        The file with the key.

    Raises:
        UserError: The path names no mapping, the key is there already, the mapping is shared by an anchor, or the
            place cannot be extended without changing something else.
    """
    return _add(text, path, Addition(value, key), document)


def add_item(text: bytes, path: str | Path, value: Plain, *, index: int | None = None, document: int = 0) -> bytes:
    """Add an item to a list, written as the list and its neighbours are.

    A list that is `[]`, null or not there yet is begun. Comments above the item that stood at the position stay with
    it, but for the first: nothing tells them from comments on the whole list.

    Args:
        text: The file.
        path: The list; an empty path is the whole document.
        value: The item; dictionaries, lists and scalars may be nested.
        index: Its position, from 0 to the number of items; None puts it last.
        document: Which document of the file, from 0.

    Returns:
        The file with the item.

    Raises:
        UserError: The path names no list, the list is shared by an anchor or too short for the position, or the place
            cannot be extended without changing something else.
    """
    return _add(text, path, Addition(value), document, index)


def _add(text: bytes, path: str | Path, addition: Addition, document: int, index: int | None = None) -> bytes:
    source = parse(text)
    path = parse_path(path)
    if not path.steps and document == 0 and not roots(source) and not index:
        return begin_document(source, addition)
    place = _collection(source, path, document, addition)
    there = entries(source, place.index) if source.events[place.index].__class__ is not ScalarEvent else []
    _refuse_present(source, place, there, addition)
    at = len(there) if index is None else index
    if not 0 <= at <= len(there):
        raise UserError(
            f"{where(path)}: line {line(source, place.index)}: the list has {len(there)} items; no place {at}"
        )
    try:
        return _added(source, place, there, addition, at, literals=True)
    except UnsoundEditError:
        pass  # a literal would swallow a comment below it that is indented deeper; quotes would not
    try:
        return _added(source, place, there, addition, at, literals=False)
    except UnsoundEditError as error:
        here = f"{where(path)}: line {line(source, place.index)}"
        raise UnsoundEditError(f"{here}: nothing can be added here: {error.message}") from error


def _collection(source: Source, path: Path, document: int, addition: Addition) -> Place:
    """Find what is extended: a collection of the right kind, or nothing yet."""
    place = find(source, path, document, edit=True)
    entered(source, place.index, path, edit=True)
    event = source.events[place.index]
    kind = SequenceStartEvent if addition.key is None else MappingStartEvent
    if event.__class__ is kind or (event.__class__ is ScalarEvent and event.tag is None and read_scalar(event) is None):
        return place
    wanted = "a list" if addition.key is None else "a mapping"
    found = "a list" if event.__class__ is SequenceStartEvent else "a mapping"
    found = "a scalar" if event.__class__ in {ScalarEvent, AliasEvent} else found
    raise UserError(f"{where(path)}: line {line(source, place.index)}: expected {wanted}, found {found}")


def _refuse_present(source: Source, place: Place, there: list[Entry], addition: Addition) -> None:
    for entry in there if addition.key is not None else []:
        if key_text(source, entry.key) == addition.key:
            raise UserError(
                f"{where(place.path / str(addition.key))}: line {line(source, entry.key)}: the key is there already",
                hint="Set its value instead.",
            )


def _added(source: Source, place: Place, there: list[Entry], addition: Addition, at: int, *, literals: bool) -> bytes:
    if not there:
        return begin(source, place, addition, literals=literals)
    event = children(source.events, place.index)[1] if at == len(there) else there[at].key
    if source.events[place.index].flow_style:
        patches = _flow_patches(source, place, there, addition, at)
    else:
        patches = _block_patches(source, place, there, addition, at, literals=literals)
    result = edited(source, patches, event, event)
    _verify(result, addition)
    return result.data


def _verify(result: Edited, addition: Addition) -> None:
    index = result.start
    for value in addition.parts:
        if index >= result.stop or not equal(construct(result.source, index), plain_value(value)):
            raise UnsoundEditError(f"what was added would not read back as {value!r}")
        index = after(result.source.events, index)
    if index != result.stop:
        raise UnsoundEditError("more would be added than it should")


def _block_patches(
    source: Source, place: Place, there: list[Entry], addition: Addition, at: int, *, literals: bool
) -> list[Patch]:
    text, first, last = source.text, there[0], there[max(at - 1, 0)]
    before, behind = line_end(text, last.end)
    finished = behind > before
    if not finished and ends_in_open_block(source, last):
        raise UnsoundEditError("the file ends in a block scalar without a line break")
    indent = column(text, first.start)
    manner = manner_at(source, place.index, literals=literals and finished)
    eol = line_break(text, last.end)
    joined = eol.join(addition.lines(indent, manner, _gap(source, last)))
    if at == 0:
        return [Patch(first.start, first.start, joined[indent:] + eol + " " * indent)]
    return [Patch(behind, behind, joined + eol if finished else eol + joined)]


def _gap(source: Source, last: Entry) -> int:
    """Give how many spaces follow the last dash."""
    between: Any = source.text[last.start + 1 : source.events[last.value].start_mark.index]
    return len(between) if last.key == last.value and between and not between.strip(" ") else 1


def _flow_patches(source: Source, place: Place, there: list[Entry], addition: Addition, at: int) -> list[Patch]:
    text, last = source.text, there[-1]
    new = addition.flow(manner_at(source, place.index))
    if at < len(there):
        return [_before_in_flow(text, there[at].start, new)]
    comma = skip_trivia(text, last.end)
    trailing = text[comma] == ","
    end = comma + 1 if trailing else last.end
    start = line_start(text, last.start)
    pad, eol = text[start : last.start], line_break(text, end)
    if pad.strip(" \t"):
        return [Patch(end, end, f" {new}," if trailing else f", {new}")]
    _, behind = line_end(text, end)
    close = children(source.events, place.index)[1]
    if behind > source.events[close].start_mark.index:
        return [Patch(end, end, f"{eol}{pad}{new}," if trailing else f",{eol}{pad}{new}")]
    put = Patch(behind, behind, pad + new + ("," if trailing else "") + eol)
    return [put] if trailing else [Patch(end, end, ","), put]


def _before_in_flow(text: str, start: int, new: str) -> Patch:
    pad = text[line_start(text, start) : start]
    gap = " " if pad.strip(" \t") else line_break(text, start) + pad
    return Patch(start, start, f"{new},{gap}")
