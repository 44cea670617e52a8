"""Applies an edit to a parsed file and proves, by parsing again, that nothing but what was meant has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.core.yamltext.events import BOM, Source, UnsoundEditError, YamlSyntaxError, first_difference, parse


@dataclass(frozen=True, slots=True)
class Patch:
    """One replaced part of a file.

    Args:
        start: Where it starts, in characters.
        end: Where it ends; the same position inserts.
        new: What stands there instead.
    """

    start: int
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A file after a verified edit.

    Args:
        data: Its bytes.
        source: What they parse to.
        start: The first event of the part that the edit was allowed to change.
        stop: The first event after that part.
    """

    data: bytes
    source: Source
    start: int
    stop: int


def edited(source: Source, patches: Sequence[Patch], start: int, stop: int) -> Edited:
    """Apply patches, and check that the events outside `source.events[start:stop]` stay as they are.

    Args:
        source: The parsed file.
        patches: What to replace, in the order of the file, without overlap.
        start: The first event that may change.
        stop: The first event after those that may change.

    Raises:
        UnsoundEditError: The result is not YAML, or something else changed as well.
    """
    text = patched(source.text, patches)
    data = BOM + text.encode() if source.bom else text.encode()
    try:
        result = parse(data)
    except YamlSyntaxError as error:
        raise UnsoundEditError(f"the edit would leave a file that is not YAML: {error.message}") from error
    old, new = source.events, result.events
    new_stop = len(new) - (len(old) - stop)
    if new_stop < start:
        raise UnsoundEditError("the edit would remove more than it should")
    for before, now in ((old[:start], new[:start]), (old[stop:], new[new_stop:])):
        difference = first_difference(before, now)
        if difference is not None:
            line = before[difference].start_mark.line + 1
            raise UnsoundEditError(f"the edit would change what stands on line {line} as well")
    return Edited(data, result, start, new_stop)


def patched(text: str, patches: Sequence[Patch]) -> str:
    """Give a text with its patches applied; every other character stays."""
    parts: list[str] = []
    at = 0
    for patch in patches:
        parts += text[at : patch.start], patch.new
        at = patch.end
    parts.append(text[at:])
    return "".join(parts)
