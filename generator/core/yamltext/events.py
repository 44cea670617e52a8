"""The events of a YAML file with their positions: what every edit reads first, and what it is verified with after.

Only this module talks to the parser: libyaml where PyYAML was built with it, else PyYAML's own, with the same marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from generator.core.errors import UserError

BOM = b"\xef\xbb\xbf"
# YAML 1.1 counts the last three as line breaks too, and so do libyaml and its ports.
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PROPERTY = re.compile(r"&[^\s,\[\]{}]+|!<[^>]*>|![^\s,\[\]{}]*")
_TRIVIA = re.compile("(?:[ \t\r\n\x85\u2028\u2029]+|(?<![^ \t\r\n\x85\u2028\u2029])#[^\r\n\x85\u2028\u2029]*)*")

_STARTS = (MappingStartEvent, SequenceStartEvent)
_ENDS = (MappingEndEvent, SequenceEndEvent)
_PARSER: Callable[[bytes | str], Any] = vars(yaml.cyaml)["CParser"] if yaml.__with_libyaml__ else yaml.SafeLoader
# What must stay equal in an event that an edit does not touch: everything but where it stands.
_IDENTITY: dict[type[Event], Callable[[Any], Any]] = {
    AliasEvent: attrgetter("anchor"),
    DocumentEndEvent: attrgetter("explicit"),
    DocumentStartEvent: attrgetter("explicit", "version", "tags"),
    MappingEndEvent: attrgetter("__class__"),
    MappingStartEvent: attrgetter("anchor", "tag", "implicit", "flow_style"),
    ScalarEvent: attrgetter("value", "style", "anchor", "tag", "implicit"),
    SequenceEndEvent: attrgetter("__class__"),
    SequenceStartEvent: attrgetter("anchor", "tag", "implicit", "flow_style"),
    StreamEndEvent: attrgetter("__class__"),
    StreamStartEvent: attrgetter("__class__"),
}


class YamlSyntaxError(UserError):
    """A file that is not YAML, or not YAML that can be edited safely.

    Args:
        what: What is wrong with it.
        line: Where, from 1.
        column: Where, from 1.
    """

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {what}", hint="Mend the file first, then run this again.")
        self.line = line
        self.column = column


class UnsoundEditError(UserError):
    """An edit that, tried and parsed again, did not do what was asked and nothing else; the file is not changed.

    Args:
        what: What would have happened.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what, hint="This shape of YAML is not edited safely: change this place by hand.")


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file.

    Args:
        text: Its text without the byte order mark; the positions of the events count its characters.
        bom: Whether a byte order mark stood before it.
        events: Its events, all of them.
    """

    text: str
    bom: bool
    events: list[Any]


def parse(data: bytes) -> Source:
    """Parse a YAML file (YAML 1.1 as libyaml reads it, in UTF-8).

    Raises:
        YamlSyntaxError: It is not UTF-8, or not YAML, or uses an alias that no anchor defines.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise YamlSyntaxError("the file is UTF-16; only UTF-8 is edited", 1, 1)
    bom = data.startswith(BOM)
    body = data[len(BOM) :] if bom else data
    if body.startswith(BOM):
        raise YamlSyntaxError("the file starts with two byte order marks", 1, 1)
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        column = error.start - (body.rfind(b"\n", 0, error.start) + 1) + 1
        raise YamlSyntaxError(f"byte 0x{body[error.start]:02x} is not UTF-8", line, column) from error
    source = Source(text, bom, _events(body))
    if "*" in text:
        _check_aliases(source)
    return source


def _events(body: bytes) -> list[Any]:
    try:
        return list(iter(_PARSER(body).get_event, None))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlSyntaxError(f"not YAML: {what}", line, column) from error
    except yaml.reader.ReaderError as error:
        line = body.count(b"\n", 0, error.position) + 1
        raise YamlSyntaxError(f"not YAML: {error.reason}", line, 1) from error


def _check_aliases(source: Source) -> None:
    known: set[str] = set()
    for event in source.events:
        if event.__class__ is DocumentStartEvent:
            known.clear()
        elif event.__class__ is AliasEvent:
            if event.anchor not in known:
                mark: Any = event.start_mark
                raise YamlSyntaxError(f"no anchor defines *{event.anchor}", mark.line + 1, mark.column + 1)
        elif getattr(event, "anchor", None):
            known.add(event.anchor)


def children(events: list[Any], index: int) -> tuple[list[int], int]:
    """Give where the direct children of a collection start, and where its end event stands."""
    starts: list[int] = []
    depth = 0
    while True:
        index += 1
        kind = events[index].__class__
        if kind in _ENDS:
            if not depth:
                return starts, index
            depth -= 1
            continue
        if not depth:
            starts.append(index)
        if kind in _STARTS:
            depth += 1


def after(events: list[Any], index: int) -> int:
    """Give the index of the first event after the node that starts at `index`."""
    return children(events, index)[1] + 1 if events[index].__class__ in _STARTS else index + 1


def anchored_by(events: list[Any], alias: int) -> int:
    """Give the index of the node that an alias stands for."""
    name = events[alias].anchor
    for index in range(alias - 1, -1, -1):
        if events[index].__class__ is not AliasEvent and getattr(events[index], "anchor", None) == name:
            return index
    raise UnsoundEditError(f"alias *{name} without an anchor")  # parse() has refused it


def aliases_of(events: list[Any], index: int) -> list[int]:
    """Give the indexes of the aliases that stand for the node that starts at `index`."""
    name = getattr(events[index], "anchor", None)
    found: list[int] = []
    if name is None or events[index].__class__ is AliasEvent:
        return found
    for later in range(index + 1, len(events)):
        event = events[later]
        if event.__class__ is DocumentEndEvent:
            break
        if event.__class__ is AliasEvent:
            if event.anchor == name:
                found.append(later)
        elif getattr(event, "anchor", None) == name:
            break
    return found


def content_span(source: Source, index: int) -> tuple[int, int]:
    """Give where a node's content starts, after its anchor and tag, and where its first event ends."""
    event = source.events[index]
    start, end = event.start_mark.index, event.end_mark.index
    if event.__class__ is AliasEvent or (event.anchor is None and event.tag is None):
        return start, end
    properties_end = after_properties(source, index)
    start = skip_trivia(source.text, properties_end)
    if event.__class__ is ScalarEvent and start >= end:
        return properties_end, properties_end  # nothing follows the anchor or the tag
    return start, max(start, end)


def after_properties(source: Source, index: int) -> int:
    """Give where a node's anchor and tag end; where the node starts when it has neither."""
    event = source.events[index]
    at: int = event.start_mark.index
    following = at
    for _ in range((event.anchor is not None) + (event.tag is not None)):
        found = _PROPERTY.match(source.text, following)
        if found is None:
            break
        at = found.end()
        following = skip_trivia(source.text, at)
    return at


def skip_trivia(text: str, at: int) -> int:
    """Give the first position from `at` on that is neither white space nor a comment."""
    found = _TRIVIA.match(text, at)
    return found.end() if found else at


def first_difference(old: list[Any], new: list[Any]) -> int | None:
    """Compare two lists of events of the same length; give the first index at which they differ, or None."""
    for index, (was, now) in enumerate(zip(old, new, strict=True)):
        kind = was.__class__
        if kind is not now.__class__:
            return index
        identity = _IDENTITY[kind]
        if identity(was) != identity(now):
            return index
    return None


def column(text: str, at: int) -> int:
    """Give how many characters stand before a position on its line."""
    return at - line_start(text, at)


def line_start(text: str, at: int) -> int:
    """Give where the line of a position starts."""
    return max(text.rfind(char, 0, at) for char in "\n\r\x85\u2028\u2029") + 1


def line_end(text: str, at: int) -> tuple[int, int]:
    """Give where the line of a position ends: before its line break, and after it."""
    found = BREAK.search(text, at)
    return found.span() if found else (len(text), len(text))


def line_break(text: str, at: int) -> str:
    """Give the line break to use at a position: that of its line, else the file's first, else a line feed."""
    found = BREAK.search(text, at) or BREAK.search(text)
    return found.group() if found and found.group() in {"\n", "\r\n", "\r"} else "\n"
