"""Begins a mapping or a list where there is none yet: in place of `{}`, `[]` or null, or in an empty file."""

from __future__ import annotations

from dataclasses import replace

from generator.core.yamltext.edit import Patch, edited
from generator.core.yamltext.events import (
    Source,
    UnsoundEditError,
    after,
    after_properties,
    column,
    content_span,
    line_break,
    line_end,
    line_start,
)
from generator.core.yamltext.find import Place, roots
from generator.core.yamltext.set import empty_document_at, filled
from generator.core.yamltext.value import construct, equal, plain_value
from generator.core.yamltext.write import Addition, Manner, manner_at


def begin_document(source: Source, addition: Addition) -> bytes:
    """Begin the document of a file that has none; its comments stay above it.

    Raises:
        UnsoundEditError: The file cannot hold it.
    """
    text = source.text
    eol = line_break(text, 0)
    lead = eol if text and text[-1] not in "\r\n" else ""
    written = eol.join(addition.lines(0, Manner(literals=False)))
    start = len(source.events) - 1
    result = edited(source, [Patch(len(text), len(text), lead + written + eol)], start, start)
    whole = plain_value(addition.alone)
    if len(roots(result.source)) != 1 or not equal(construct(result.source, start + 1), whole):
        raise UnsoundEditError(f"the document would not read back as {addition.alone!r}")
    return result.data


def begin(source: Source, place: Place, addition: Addition, *, literals: bool) -> bytes:
    """Put a collection with one entry in place of an empty one or of null; its anchor stays.

    Raises:
        UserError: It is not clear where the collection would stand.
        UnsoundEditError: Something else would change.
    """
    stop = after(source.events, place.index)
    result = edited(source, _patches(source, place, stop, addition, literals=literals), place.index, stop)
    was, now = source.events[place.index], result.source.events[place.index]
    whole = after(result.source.events, place.index) == result.stop and was.anchor == now.anchor
    if not whole or not equal(construct(result.source, place.index), plain_value(addition.alone)):
        raise UnsoundEditError(f"it would not read back as {addition.alone!r}")
    return result.data


def _patches(source: Source, place: Place, stop: int, addition: Addition, *, literals: bool) -> list[Patch]:
    text = source.text
    start, _ = content_span(source, place.index)
    end = max(start, source.events[stop - 1].end_mark.index)
    if not place.parents and start == end and source.events[place.index].anchor is None:
        start = end = empty_document_at(source, start)
    if place.parents and source.events[place.parents[-1]].flow_style:
        return [_in_flow(source, place, addition, start, end)]
    before, behind = line_end(text, end)
    manner = manner_at(source, place.index, literals=literals and behind > before)
    if place.key is None and place.parents:
        return [_as_item(text, addition, start, end, manner)]
    indent = _indent(source, place, addition, manner)
    eol = line_break(text, end)
    pad = start - line_start(text, start)
    if start < end and not text[start - pad : start].strip(" \t"):
        return [Patch(start - pad, end, eol.join(addition.lines(max(indent, pad), manner)))]
    joined = eol.join(addition.lines(indent, manner))
    put = Patch(behind, behind, joined + eol if behind > before else eol + joined)
    head = len(text[:start].rstrip(" \t"))
    if start == end:
        head = max(head, after_properties(source, place.index))
    return [Patch(head, end, ""), put] if head < end else [put]


def _in_flow(source: Source, place: Place, addition: Addition, start: int, end: int) -> Patch:
    new = addition.flow(manner_at(source, place.parents[-1]))
    new = f"[{new}]" if addition.key is None else f"{{{new}}}"
    return filled(source, place, start, new) if start == end else Patch(start, end, new)


def _indent(source: Source, place: Place, addition: Addition, manner: Manner) -> int:
    if not place.parents:
        return 0
    step = manner.list_step if addition.key is None else manner.step
    return column(source.text, content_span(source, place.parents[-1])[0]) + step


def _as_item(text: str, addition: Addition, start: int, end: int, manner: Manner) -> Patch:
    """Write it behind the dash of the list that it is an item of."""
    spaced = text[start - 1] in " \t"
    at = column(text, start) + (not spaced)
    written = addition.lines(at, replace(manner, literals=False))
    new = line_break(text, end).join(written)[at:]
    return Patch(start, end, new if spaced else f" {new}")
