"""Where the entries of a collection start and end in the text, so that lines can be put after them or taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.block import read_block
from generator.core.yamltext.events import Source, after, children, column, content_span, skip_trivia
from generator.core.yamltext.find import line

_COLLECTIONS = {MappingStartEvent, SequenceStartEvent}


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value, or one item.

    Args:
        key: The event that starts it: the key's, or the item's.
        value: The event that starts the value.
        stop: The first event after it.
        start: Where it starts in the text: at the key, the dash, or the item of a flow list.
        end: Where its content ends, before any comment or comma.
    """

    key: int
    value: int
    stop: int
    start: int
    end: int


def entries(source: Source, index: int) -> list[Entry]:
    """Give the entries of a block or flow collection.

    Raises:
        UserError: It is written in a way that is not edited: keys with `?`, a pair without braces.
    """
    events, text = source.events, source.text
    mapping = events[index].__class__ is MappingStartEvent
    flow = bool(events[index].flow_style)
    at, _ = content_span(source, index)
    if flow:
        if text[at] not in "{[":
            raise _refused(source, index, "a pair without braces")
        at += 1
    starts, _ = children(events, index)
    found: list[Entry] = []
    for first in starts[:: 2 if mapping else 1]:
        value = after(events, first) if mapping else first
        start = _entry_start(source, at, first, block_list=not flow and not mapping)
        at = content_end(source, value, index) if not flow else _flow_end(source, first, value)
        found.append(Entry(first, value, after(events, value), start, at))
    return found


def _entry_start(source: Source, at: int, first: int, *, block_list: bool) -> int:
    text = source.text
    start = skip_trivia(text, at)
    if block_list:
        if text[start : start + 1] == "-":
            return start
    else:
        if text[start : start + 1] == ",":
            start = skip_trivia(text, start + 1)
        if start == source.events[first].start_mark.index:
            return start
    raise _refused(source, first, "a key with '?'")


def _refused(source: Source, index: int, what: str) -> UserError:
    return UserError(
        f"line {line(source, index)}: {what} is not edited here",
        hint="Write it as `key: value` first, or edit by hand.",
    )


def content_end(source: Source, index: int, parent: int) -> int:
    """Give where the content of a node in a block collection ends: before the comment and the break after it."""
    events = source.events
    while events[index].__class__ in _COLLECTIONS:
        starts, end = children(events, index)
        if events[index].flow_style:
            return int(events[end].end_mark.index)
        parent, index = index, starts[-1]
    if events[index].__class__ is ScalarEvent and events[index].style in {"|", ">"}:
        block = read_block(source, index, column(source.text, content_span(source, parent)[0]))
        if "+" not in block.indicators:
            return block.end
        whole = block.whole_end
        whole -= 2 if source.text[whole - 2 : whole] == "\r\n" else source.text[whole - 1] in "\r\n"
        return max(whole, block.end)
    return int(events[index].end_mark.index)


def _flow_end(source: Source, key: int, value: int) -> int:
    event = source.events[value]
    if event.__class__ in _COLLECTIONS:
        return int(source.events[children(source.events, value)[1]].end_mark.index)
    start, end = event.start_mark.index, event.end_mark.index
    if start < end or key == value:
        return int(end)
    key_end = int(source.events[key].end_mark.index)
    colon = skip_trivia(source.text, key_end)
    if source.text[colon] != ":":
        return key_end
    return colon + 1 + (source.text[colon + 1] in " \t")  # `{a:,` would be read as one plain scalar


def ends_in_open_block(source: Source, entry: Entry) -> bool:
    """Tell whether an entry ends the file in a block scalar that a line break after it would change."""
    for index in range(entry.stop - 1, entry.value - 1, -1):
        event: Any = source.events[index]
        kind = event.__class__
        if kind in {ScalarEvent, AliasEvent}:
            if getattr(event, "style", None) not in {"|", ">"} or event.value.endswith("\n"):
                return False
            return "-" not in read_block(source, index, 0).indicators
    return False
