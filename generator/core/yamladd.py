"""Adds keys to mappings and items to lists in a YAML file, and leaves every byte that is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamledit import Edited, Patch, edited
from generator.core.yamlevents import (
    Source,
    UnsoundEditError,
    after,
    after_properties,
    children,
    column,
    content_span,
    line_break,
    line_end,
    line_start,
    parse,
    skip_trivia,
)
from generator.core.yamlfind import Place, entered, find, key_text, line, roots, where
from generator.core.yamlpath import Path, parse_path
from generator.core.yamlscalar import read_scalar
from generator.core.yamlset import empty_document_at, filled
from generator.core.yamlspan import Entry, ends_in_open_block, entries
from generator.core.yamlvalue import construct, equal, plain_value
from generator.core.yamlwrite import Manner, Plain, entry_lines, flow_entry, flow_text, item_lines, manner_at

# Writes what is added as lines of a block collection at an indentation, after a dash with so many spaces.
Lines = Callable[[int, Manner, int], list[str]]
# Writes what is added for a flow collection.
Flow = Callable[[Manner], str]


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
    source = parse(text)
    path = parse_path(path)
    if not path.steps and document == 0 and not roots(source):
        return _first(source, {key: value}, entry_lines(key, value, 0, Manner(literals=False)))
    place = _collection(source, path, document, MappingStartEvent)
    return _add(
        source,
        place,
        lambda indent, manner, _: entry_lines(key, value, indent, manner),
        lambda manner: flow_entry(key, value, manner),
        (key, value),
    )


def add_item(text: bytes, path: str | Path, value: Plain, *, document: int = 0) -> bytes:
    """Add an item at the end of a list, written as the list and its neighbours are.

    A list that is `[]` or null is begun.

    Args:
        text: The file.
        path: The list; an empty path is the whole document.
        value: The item; dictionaries, lists and scalars may be nested.
        document: Which document of the file, from 0.

    Returns:
        The file with the item.

    Raises:
        UserError: The path names no list, the list is shared by an anchor, or the place cannot be extended without
            changing something else.
    """
    source = parse(text)
    path = parse_path(path)
    if not path.steps and document == 0 and not roots(source):
        return _first(source, [value], item_lines(value, 0, Manner(literals=False)))
    place = _collection(source, path, document, SequenceStartEvent)
    return _add(
        source,
        place,
        lambda indent, manner, gap: item_lines(value, indent, manner, gap),
        lambda manner: flow_text(value, manner),
        (value,),
    )


def _collection(source: Source, path: Path, document: int, kind: type[Any]) -> Place:
    """Find what is extended: a collection of that kind, or nothing yet."""
    place = find(source, path, document, edit=True)
    entered(source, place.index, path, edit=True)
    event = source.events[place.index]
    if event.__class__ is kind or (event.__class__ is ScalarEvent and event.tag is None and read_scalar(event) is None):
        return place
    wanted = "mapping" if kind is MappingStartEvent else "list"
    found = "a list" if event.__class__ is SequenceStartEvent else "a mapping"
    found = "a scalar" if event.__class__ in {ScalarEvent, AliasEvent} else found
    raise UserError(f"{where(path)}: line {line(source, place.index)}: expected a {wanted}, found {found}")


def _add(source: Source, place: Place, lines: Lines, flow: Flow, added: tuple[Any, ...]) -> bytes:
    event = source.events[place.index]
    there = entries(source, place.index) if event.__class__ is not ScalarEvent else []
    if event.__class__ is MappingStartEvent:
        _refuse_present(source, place, there, added[0])
    try:
        if not there:
            return _begin(source, place, lines, flow, added)
        patches = _flow_patches if event.flow_style else _block_patches
        end = children(source.events, place.index)[1]
        result = edited(source, patches(source, place, there, flow if event.flow_style else lines), end, end)
        _verify_added(result, added)
    except UnsoundEditError as error:
        raise UserError(
            f"{where(place.path)}: line {line(source, place.index)}: nothing can be added here: {error}",
            hint="Edit this place by hand.",
        ) from error
    return result.data


def _refuse_present(source: Source, place: Place, there: list[Entry], key: str) -> None:
    for entry in there:
        if key_text(source, entry.key) == key:
            raise UserError(
                f"{where(place.path / key)}: line {line(source, entry.key)}: the key is there already",
                hint="Set its value instead.",
            )


def _verify_added(result: Edited, added: tuple[Any, ...]) -> None:
    index = result.start
    for value in added:
        if index >= result.stop or not equal(construct(result.source, index), plain_value(value)):
            raise UnsoundEditError(f"what was added would not read back as {value!r}")
        index = after(result.source.events, index)
    if index != result.stop:
        raise UnsoundEditError("more would be added than it should")


def _block_patches(source: Source, place: Place, there: list[Entry], lines: Any) -> list[Patch]:
    text, last = source.text, there[-1]
    before, behind = line_end(text, last.end)
    finished = behind > before
    if not finished and ends_in_open_block(source, last):
        raise UnsoundEditError("the file ends in a block scalar without a line break")
    manner = manner_at(source, place.index, literals=finished)
    indent = column(text, there[0].start)
    written = lines(indent, manner, _gap(source, last))
    eol = line_break(text, last.end)
    joined = eol.join(written)
    return [Patch(behind, behind, joined + eol if finished else eol + joined)]


def _gap(source: Source, last: Entry) -> int:
    """Give how many spaces follow the last dash."""
    between = source.text[last.start + 1 : source.events[last.value].start_mark.index]
    return len(between) if last.key == last.value and between and not between.strip(" ") else 1


def _flow_patches(source: Source, place: Place, there: list[Entry], flow: Any) -> list[Patch]:
    text, last = source.text, there[-1]
    new = flow(manner_at(source, place.index))
    comma = skip_trivia(text, last.end)
    trailing = text[comma] == ","
    end = comma + 1 if trailing else last.end
    begin = line_start(text, last.start)
    if text[begin : last.start].strip(" \t"):
        return [Patch(end, end, f" {new}," if trailing else f", {new}")]
    pad, eol = text[begin : last.start], line_break(text, end)
    _, behind = line_end(text, end)
    close = children(source.events, place.index)[1]
    if behind <= source.events[close].start_mark.index:
        put = Patch(behind, behind, pad + new + ("," if trailing else "") + eol)
        return [put] if trailing else [Patch(end, end, ","), put]
    return [Patch(end, end, f"{eol}{pad}{new}," if trailing else f",{eol}{pad}{new}")]


def _begin(source: Source, place: Place, lines: Lines, flow: Flow, added: tuple[Any, ...]) -> bytes:
    stop = after(source.events, place.index)
    result = edited(source, _begin_patches(source, place, stop, lines, flow, len(added) == 2), place.index, stop)  # noqa: PLR2004
    was, now = source.events[place.index], result.source.events[place.index]
    expected = {added[0]: added[1]} if len(added) == 2 else [added[0]]  # noqa: PLR2004
    whole = after(result.source.events, place.index) == result.stop
    if not whole or was.anchor != now.anchor or not equal(construct(result.source, place.index), plain_value(expected)):
        raise UnsoundEditError(f"it would not read back as {expected!r}")
    return result.data


def _begin_patches(source: Source, place: Place, stop: int, lines: Lines, flow: Flow, mapping: bool) -> list[Patch]:
    text = source.text
    start, _ = content_span(source, place.index)
    end = max(start, source.events[stop - 1].end_mark.index)
    if not place.parents and start == end and source.events[place.index].anchor is None:
        start = end = empty_document_at(source, start)
    if place.parents and source.events[place.parents[-1]].flow_style:
        new = flow(manner_at(source, place.parents[-1]))
        new = f"{{{new}}}" if mapping else f"[{new}]"
        return [filled(source, place, start, new) if start == end else Patch(start, end, new)]
    before, behind = line_end(text, end)
    manner = manner_at(source, place.index, literals=behind > before)
    eol = line_break(text, end)
    if place.key is None and place.parents:
        return _begin_item(source, start, end, lines, manner)
    indent = 0
    if place.parents:
        indent = column(text, content_span(source, place.parents[-1])[0])
        indent += manner.step if mapping else manner.list_step
    begin = line_start(text, start)
    if not text[begin:start].strip(" \t") and start < end:
        written = lines(max(indent, start - begin), manner, 1)
        return [Patch(begin, end, eol.join(written))]
    joined = eol.join(lines(indent, manner, 1))
    put = Patch(behind, behind, joined + eol if behind > before else eol + joined)
    head = text[:start].rstrip(" \t")
    head_end = max(len(head), after_properties(source, place.index) if start == end else 0)
    return [Patch(head_end, end, ""), put] if head_end < end else [put]


def _begin_item(source: Source, start: int, end: int, lines: Lines, manner: Manner) -> list[Patch]:
    spaced = source.text[start - 1] in " \t"
    at = column(source.text, start) + (not spaced)
    written = lines(at, replace(manner, literals=False), 1)
    new = line_break(source.text, end).join(written)[at:]
    return [Patch(start, end, new if spaced else f" {new}")]


def _first(source: Source, value: Any, written: list[str]) -> bytes:
    """Begin the document of a file that has none."""
    text = source.text
    eol = line_break(text, 0)
    lead = eol if text and text[-1] not in "\r\n" else ""
    start = len(source.events) - 1
    result = edited(source, [Patch(len(text), len(text), lead + eol.join(written) + eol)], start, start)
    if len(roots(result.source)) != 1 or not equal(construct(result.source, start + 1), plain_value(value)):
        raise UnsoundEditError(f"the document would not read back as {value!r}")
    return result.data
