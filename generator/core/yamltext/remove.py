"""Takes keys out of mappings and items out of lists in a YAML file, with their lines and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.events import MappingStartEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.edit import Patch, edited
from generator.core.yamltext.events import (
    Source,
    UnsoundEditError,
    after,
    after_properties,
    aliases_of,
    children,
    content_span,
    line_end,
    line_start,
    parse,
    skip_trivia,
)
from generator.core.yamltext.find import Place, find, line, where
from generator.core.yamltext.path import Path
from generator.core.yamltext.span import Entry, entries

_LAST_BREAK = re.compile(r"(?:\r\n|\n|\r)\Z")


def remove_key(text: bytes, path: str | Path, *, document: int = 0) -> bytes:
    """Remove a key with its value and the comments on and between its lines.

    Comments on lines above it stay. A mapping that loses its only key becomes `{}`.

    Args:
        text: The file.
        path: The key.
        document: Which document of the file, from 0.

    Returns:
        The file without the key.

    Raises:
        MissingError: There is no such key.
        UserError: The path names no key, an alias elsewhere needs an anchor inside it, or it cannot be taken out
            without changing something else.
    """
    return _remove(text, path, document, MappingStartEvent)


def remove_item(text: bytes, path: str | Path, *, document: int = 0) -> bytes:
    """Remove an item of a list with the comments on and between its lines.

    Comments on lines above it stay. A list that loses its only item becomes `[]`.

    Args:
        text: The file.
        path: The item: `resources.0`, `resources[=../base]`, `containers[name=app]`.
        document: Which document of the file, from 0.

    Returns:
        The file without the item.

    Raises:
        MissingError: There is no such item.
        UserError: The path names no item, an alias elsewhere needs an anchor inside it, or it cannot be taken out
            without changing something else.
    """
    return _remove(text, path, document, SequenceStartEvent)


def _remove(text: bytes, path: str | Path, document: int, kind: type[object]) -> bytes:
    source = parse(text)
    place = find(source, path, document, edit=True)
    if not place.parents or source.events[place.parents[-1]].__class__ is not kind:
        wanted = "a key of a mapping" if kind is MappingStartEvent else "an item of a list"
        raise UserError(f"{where(place.path)}: line {line(source, place.index)}: this is not {wanted}")
    parent = place.parents[-1]
    there = entries(source, parent)
    number = next(at for at, entry in enumerate(there) if entry.value == place.index)
    _refuse_needed(source, place, there[number])
    try:
        return _first_sound(source, place, there, number)
    except UnsoundEditError as error:
        here = f"{where(place.path)}: line {line(source, place.index)}"
        raise UnsoundEditError(f"{here}: this cannot be removed: {error.message}") from error


def _refuse_needed(source: Source, place: Place, entry: Entry) -> None:
    for index in range(entry.key, entry.stop):
        outside = [alias for alias in aliases_of(source.events, index) if alias >= entry.stop]
        if outside:
            raise UserError(
                f"{where(place.path)}: line {line(source, index)}: the alias on line {line(source, outside[0])} needs "
                f"the anchor &{source.events[index].anchor}",
                hint="Remove or write out the alias first.",
            )


def _first_sound(source: Source, place: Place, there: list[Entry], number: int) -> bytes:
    """Try the ways to take an entry out, the tidiest first."""
    parent, entry = place.parents[-1], there[number]
    failure: UnsoundEditError | None = None
    for patches in _ways(source, place, there, number):
        try:
            if len(there) > 1:
                result = edited(source, patches, entry.key, entry.stop)
                if result.start == result.stop:
                    return result.data
            else:
                result = edited(source, patches, parent, after(source.events, parent))
                was, now = source.events[parent], result.source.events[parent]
                kept = (was.__class__, was.anchor, was.tag) == (now.__class__, now.anchor, now.tag)
                if kept and result.stop == parent + 2:
                    return result.data
            failure = UnsoundEditError("something would be left of it")
        except UnsoundEditError as error:
            failure = error
    assert failure is not None  # noqa: S101  there is always a way to try
    raise failure


def _ways(source: Source, place: Place, there: list[Entry], number: int) -> Iterator[list[Patch]]:
    if source.events[place.parents[-1]].flow_style:
        yield _from_flow(source, place, there, number)
    elif len(there) == 1:
        yield from _emptied(source, place, there[0])
    else:
        yield from _lines(source, there, number)


def _from_flow(source: Source, place: Place, there: list[Entry], number: int) -> list[Patch]:
    text, entry = source.text, there[number]
    parent = place.parents[-1]
    if len(there) == 1:
        start = content_span(source, parent)[0] + 1
        end = source.events[children(source.events, parent)[1]].start_mark.index
        around = [text[start : entry.start], text[entry.end : end]]
    elif number + 1 < len(there):
        start, end = entry.start, there[number + 1].start
        around = [text[entry.end : end]]
    else:
        start, end = there[number - 1].end, entry.end
        around = [text[start : entry.start]]
    if any("#" in part for part in around):
        raise UserError(
            f"{where(place.path)}: line {line(source, place.index)}: a comment stands beside it inside the brackets, "
            "and it is not clear what the comment belongs to",
            hint="Edit this place by hand.",
        )
    return [Patch(start, end, "")]


def _emptied(source: Source, place: Place, entry: Entry) -> Iterator[list[Patch]]:
    """Give the ways to turn a block collection with one entry into an empty one."""
    text, parent = source.text, place.parents[-1]
    empty = "{}" if source.events[parent].__class__ is MappingStartEvent else "[]"
    begin = line_start(text, entry.start)
    key = _key_before(source, place)
    if key is not None and not text[begin : entry.start].strip(" \t"):
        head = after_properties(source, parent)
        if source.events[parent].anchor is None and source.events[parent].tag is None:
            head = skip_trivia(text, source.events[key].end_mark.index) + 1
        for removed in _whole_lines(text, begin, entry.end):
            yield [Patch(head, head, f" {empty}"), removed]
    yield [Patch(entry.start, entry.end, empty)]


def _key_before(source: Source, place: Place) -> int | None:
    """Give the key whose value the collection is, if it is one."""
    if len(place.parents) < 2 or source.events[place.parents[-2]].__class__ is not MappingStartEvent:  # noqa: PLR2004
        return None
    starts, _ = children(source.events, place.parents[-2])
    return starts[starts.index(place.parents[-1]) - 1]


def _lines(source: Source, there: list[Entry], number: int) -> Iterator[list[Patch]]:
    text, entry = source.text, there[number]
    begin = line_start(text, entry.start)
    if not text[begin : entry.start].strip(" \t"):
        for removed in _whole_lines(text, begin, entry.end):
            yield [removed]
        return
    following = there[number + 1].start
    before, _ = line_end(text, entry.end)
    if not text[before:following].strip():
        yield [Patch(entry.start, following, "")]
    else:
        head = len(text[: entry.start].rstrip(" \t"))
        yield [Patch(head, before, "")]


def _whole_lines(text: str, begin: int, end: int) -> Iterator[Patch]:
    """Give the ways to take lines away; a file without a last line break keeps having none where that can be."""
    before, behind = line_end(text, end)
    if before == behind and (found := _LAST_BREAK.search(text[:begin])):
        yield Patch(found.start(), behind, "")
    yield Patch(begin, behind, "")
