"""Changes the value of one scalar in a YAML file, and no other byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent

from generator.core.errors import UserError
from generator.core.yamltext.block import fits, read_block, rewritten
from generator.core.yamltext.edit import Edited, Patch, edited
from generator.core.yamltext.events import (
    Source,
    UnsoundEditError,
    anchored_by,
    column,
    content_span,
    line_break,
    parse,
)
from generator.core.yamltext.find import Place, find, line, refuse_shared, where
from generator.core.yamltext.path import Path
from generator.core.yamltext.scalar import STR, Scalar, one_line, read_scalar, same

_NAMES = {"str": "a string", "int": "an integer", "float": "a number", "bool": "true or false", "NoneType": "null"}
_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_CORE = "tag:yaml.org,2002:"
_TYPES = {"int": int, "float": float, "bool": bool, "null": type(None)}


def set_value(text: bytes, path: str | Path, value: Scalar, *, document: int = 0) -> bytes:
    """Set a scalar.

    The style of the scalar (plain, quoted, literal, folded), its anchor, its tag and everything around it stay. A
    string that its plain or block style cannot hold, or that some reader of YAML 1.1 or 1.2 would take for something
    else than a string, is put in double quotes. An alias is replaced by the value.

    Args:
        text: The file.
        path: Which scalar; see `generator.core.yamltext.path.parse_path`.
        value: The new value. A string stays a string for every reader.
        document: Which document of the file, from 0.

    Returns:
        The file with the new value; the same bytes when it has that value already.

    Raises:
        UserError: The path names nothing, several things, a list or a mapping; the file is not YAML; the scalar is
            shared by an anchor; its tag does not allow the value; the value cannot be written in UTF-8.
        UnsoundEditError: The edit, tried and parsed again, would have changed something else as well.
    """
    source = parse(text)
    place = find(source, path, document, edit=True)
    present = _present(source, place)
    if _is_already(present, value, place):
        return text
    if source.events[place.index].__class__ is ScalarEvent:
        refuse_shared(source, place.index, place.path)
        patch = _patch(source, place, value)
    else:
        start, end = content_span(source, place.index)
        patch = Patch(start, end, one_line(value, None, flow=_in_flow(source, place)))
    if source.text[patch.end : patch.end + 1] == "#":
        patch = replace(patch, new=f"{patch.new} ")  # behind a quote that is a comment, behind a word it is not
    try:
        result = edited(source, [patch], place.index, place.index + 1)
        _verify(source, place, value, result)
    except UnsoundEditError as error:
        raise UnsoundEditError(f"{where(place.path)}: line {line(source, place.index)}: {error.message}") from error
    return result.data


def _present(source: Source, place: Place) -> Any:
    """Give the scalar event that the path leads to, behind an alias if need be."""
    event = source.events[place.index]
    if event.__class__ is AliasEvent:
        event = source.events[anchored_by(source.events, place.index)]
    if event.__class__ is not ScalarEvent:
        kind = "mapping" if event.__class__ is MappingStartEvent else "list"
        raise UserError(
            f"{where(place.path)}: line {line(source, place.index)}: found a {kind}, and only a scalar is set",
            hint="Name a key or an item inside it.",
        )
    return event


def _is_already(event: Any, value: Scalar, place: Place) -> bool:
    tag = event.tag
    if tag is None or tag in {STR, "!"}:
        return same(read_scalar(event), value)
    kind = tag.removeprefix(_CORE)
    if kind in _TYPES and tag != kind:
        if not isinstance(value, _TYPES[kind]) or (kind == "int" and isinstance(value, bool)):
            raise _tag_refused(event, value, place)
        return same(read_scalar(event), value)
    if tag.startswith(_CORE) or not isinstance(value, str):
        raise _tag_refused(event, value, place)
    return bool(event.value == value)  # a tag of somebody's own: its text is all that is known


def _tag_refused(event: Any, value: Scalar, place: Place) -> UserError:
    tag = event.tag.replace(_CORE, "!!")
    return UserError(
        f"{where(place.path)}: line {event.start_mark.line + 1}: the tag {tag} does not allow "
        f"{_NAMES[type(value).__name__]}",
        hint="Remove the tag by hand, or set a value that it allows.",
    )


def _patch(source: Source, place: Place, value: Scalar) -> Patch:
    event = source.events[place.index]
    tagged = event.tag is not None
    if tagged and event.tag in {STR, "!"} and not isinstance(value, str):
        raise _tag_refused(event, value, place)
    if event.style in {"|", ">"}:
        return _block_patch(source, place, value, tagged=tagged)
    flow = _in_flow(source, place)
    start, end = content_span(source, place.index)
    # A number without quotes in a flow collection may be JSON, where every string has its quotes.
    json = flow and event.implicit[0] and not tagged and not isinstance(read_scalar(event), str)
    new = one_line(value, '"' if json else event.style, flow=flow, tagged=tagged)
    if start == end:
        return filled(source, place, start, new)
    if flow and ":" in new and new == value and ":" not in event.value:
        new = one_line(value, '"', flow=flow)  # some readers take every colon in a flow collection for a key's
    return Patch(start, end, new)


def _block_patch(source: Source, place: Place, value: Scalar, *, tagged: bool) -> Patch:
    parent = content_span(source, place.parents[-1])[0] if place.parents else None
    block = read_block(source, place.index, 0 if parent is None else column(source.text, parent))
    if isinstance(value, str) and fits(value, block):
        end, new = rewritten(value, block, source.text, line_break(source.text, block.start))
        return Patch(block.start, end, new)
    new = one_line(value, '"', flow=False, tagged=tagged)
    gap = " " if block.rest.startswith("#") else ""  # after a header, libyaml takes a comment without a space
    return Patch(block.start, block.end, new + gap + block.rest)


def filled(source: Source, place: Place, at: int, new: str) -> Patch:
    """Write a value where there is none.

    Args:
        source: The parsed file.
        place: The empty scalar.
        at: Where it stands, after its anchor or tag.
        new: The value as it is written.

    Raises:
        UserError: It is not clear where a value would stand.
    """
    event = source.events[place.index]
    if not place.parents and event.start_mark.index == at:
        at = empty_document_at(source, at)
    if place.key is None or event.start_mark.index != at:
        spaced = at == 0 or source.text[at - 1] in " \t\r\n"
        return Patch(at, at, new if spaced else f" {new}")
    key_end = source.events[place.key].end_mark.index
    between = source.text[key_end:at]
    colon = between.find(":")
    if "#" in between or (colon < 0 and not _in_flow(source, place)):
        raise UserError(
            f"{where(place.path)}: line {line(source, place.key)}: the key has no value, and it is not clear where "
            "one would stand",
            hint="Write the key as `key: value` by hand.",
        )
    if colon < 0:
        return Patch(key_end, key_end, f": {new}")
    at = key_end + colon + 1
    return Patch(at, at, f" {new}")


def empty_document_at(source: Source, at: int) -> int:
    """Give where the content of a document that holds nothing would stand: after its `---`."""
    markers = [found.end() for found in _MARKER.finditer(source.text, 0, at)]
    return markers[-1] if markers else at


def _in_flow(source: Source, place: Place) -> bool:
    return bool(place.parents) and bool(source.events[place.parents[-1]].flow_style)


def _verify(source: Source, place: Place, value: Scalar, result: Edited) -> None:
    was, now = source.events[place.index], result.source.events[place.index]
    good = result.stop == place.index + 1 and now.__class__ is ScalarEvent
    if good and was.__class__ is ScalarEvent:
        good = was.anchor == now.anchor and was.tag == now.tag
    if good:
        good = _is_already(now, value, place)
    if not good:
        raise UnsoundEditError(f"the value would not read back as {value!r}")
