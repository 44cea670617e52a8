"""Literal (`|`) and folded (`>`) scalars: where one ends, and how another text is written in its style."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from generator.core.yamltext.events import BREAK, Source, content_span
from generator.core.yamltext.scalar import printable

_HEADER = re.compile(r"([|>])([-+1-9]{0,2})([^\r\n\x85\u2028\u2029]*)")
_ONLY_SPACES = re.compile(r" +\Z")
_MAX_INDICATOR = 9


@dataclass(frozen=True, slots=True)
class Block:
    """A block scalar as it stands in a file.

    Args:
        start: Where its header starts.
        end: Where its last line of content ends, before the line break.
        whole_end: Where it ends with all the blank lines after it.
        style: `|` or `>`.
        indicators: What follows the style: indentation and chomping.
        rest: What follows on the header's line: white space, a comment.
        indent: How far its content is indented.
        digit: The indentation indicator that this indentation has here.
    """

    start: int
    end: int
    whole_end: int
    style: str
    indicators: str
    rest: str
    indent: int
    digit: int


def read_block(source: Source, index: int, parent_indent: int) -> Block:
    """Read the block scalar that an event stands for.

    Args:
        source: The parsed file.
        index: The scalar's event.
        parent_indent: The column of the collection that it stands in; 0 for a whole document.
    """
    start, whole_end = content_span(source, index)
    if _ONLY_SPACES.match(source.text, whole_end):
        whole_end = len(source.text)  # libyaml leaves a last line of spaces out
    header = _HEADER.match(source.text, start)
    assert header is not None  # noqa: S101  the parser has read it
    style, indicators, rest = header.groups()
    declared = re.sub(r"[-+]", "", indicators)
    lines = _lines(source.text, header.end(), whole_end)
    indent = _indent(source.events[index], [source.text[begin:stop] for begin, stop in lines])
    if indent is None:
        indent = parent_indent + (int(declared) if declared else 2)
    content = [stop for begin, stop in lines if source.text[begin:stop].strip(" ") or stop - begin > indent]
    end = content[-1] if content else header.end()
    return Block(start, end, whole_end, style, indicators, rest, indent, indent - parent_indent)


def _lines(text: str, header_end: int, end: int) -> list[tuple[int, int]]:
    """Give where each line of a block scalar's body starts and ends."""
    first = BREAK.match(text, header_end)
    if first is None:
        return []
    lines: list[tuple[int, int]] = []
    begin = first.end()
    for found in BREAK.finditer(text, begin, end):
        lines.append((begin, found.start()))
        begin = found.end()
    if begin < end:
        lines.append((begin, end))
    return lines


def _indent(event: Any, raw: list[str]) -> int | None:
    """Give the content's indentation: what a line has in the file beyond what it has in the value."""
    in_file = next((line for line in raw if line.strip(" ")), None)
    in_value = next((line for line in event.value.split("\n") if line.strip(" ")), None)
    if in_file is None or in_value is None:
        return None
    return _leading(in_file) - _leading(in_value)


def _leading(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def fits(value: str, block: Block) -> bool:
    """Tell whether a text can be written where the block scalar stands, in its style."""
    if not value.strip("\n") or not printable(value):
        return False
    if _needs_digit(value) and not 1 <= block.digit <= _MAX_INDICATOR:
        return False
    return block.indent > 0 or not re.search(r"^(---|\.\.\.)", value, re.MULTILINE)


def rewritten(value: str, block: Block, text: str, eol: str) -> tuple[int, str]:
    """Write another text in a block scalar's style and indentation, under its header with its comment.

    Args:
        value: The text, for which `fits` holds.
        block: What is replaced.
        text: The file's text.
        eol: The file's line break.

    Returns:
        Where the replaced part ends, and what stands there instead.
    """
    body = value.rstrip("\n")
    breaks = len(value) - len(body)
    had_keep = "+" in block.indicators
    chomp = "-" if not breaks else "+" if breaks > 1 or had_keep else ""
    digit = str(block.digit) if _needs_digit(value) or re.search("[1-9]", block.indicators) else ""
    indicators = block.indicators if set(block.indicators) == set(digit + chomp) else digit + chomp
    lines = folded_lines(body) if block.style == ">" else body.split("\n")
    indented = eol.join(" " * block.indent + line if line else "" for line in lines)
    new = block.style + indicators + block.rest + eol + indented
    if chomp == "+":
        return block.whole_end, new + eol * breaks
    unfinished = BREAK.match(text, block.end) is None  # the file ends without a line break
    return block.end, new + (eol if unfinished and breaks else "")


def folded_lines(body: str) -> list[str]:
    """Give the lines under a `>` that fold to a text: a break between two unindented lines is written twice."""
    lines: list[str] = []
    pieces = re.split(r"(\n+)", body)
    for position in range(0, len(pieces), 2):
        piece = pieces[position]
        if position:
            breaks = len(pieces[position - 1])
            foldable = pieces[position - 2] and not _starts_blank(pieces[position - 2]) and not _starts_blank(piece)
            lines.extend([""] * (breaks if foldable else breaks - 1))
        lines.append(piece)
    return lines


def _starts_blank(line: str) -> bool:
    return line[:1] in {" ", "\t"}


def _needs_digit(value: str) -> bool:
    """Tell whether the indentation cannot be seen from the content: its first line starts with white space."""
    return _starts_blank(value.lstrip("\n"))
