"""Finds and sets the fields that Flux's image policies own, by the marker comments beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.events import Source, children, parse
from generator.core.yamltext.find import followed, key_text, roots
from generator.core.yamltext.path import Path
from generator.core.yamltext.set import set_value

_COMMENT = re.compile(r"(?<=[ \t])#[ \t]*(\{[^\r\n]*\"\$imagepolicy\"[^\r\n]*\})[ \t]*(?=[\r\n]|\Z)")
_MARKER = re.compile(r"([^:\s]+:[^:\s]+)(?::(tag|name|digest))?")


@dataclass(frozen=True, slots=True)
class Marked:
    """A scalar with an image policy's marker on its line.

    Args:
        policy: The policy, as `namespace:name`.
        kind: Which part of the image the scalar is: `tag`, `name` or `digest`; empty for the whole image.
        path: Where the scalar stands.
        document: In which document of the file, from 0.
        line: On which line, from 1.
        column: In which column, from 1.
        value: Its text.
    """

    policy: str
    kind: str
    path: Path
    document: int
    line: int
    column: int
    value: str

    @property
    def marker(self) -> str:
        """The marker as it is written: `namespace:name` or `namespace:name:kind`."""
        return f"{self.policy}:{self.kind}" if self.kind else self.policy


def marked(text: bytes) -> tuple[Marked, ...]:
    """Find every scalar that has a marker (`# {"$imagepolicy": "flux-system:podinfo:tag"}`) at the end of its line.

    A marker that stands beside no scalar (on a line of its own, behind brackets, in a comment, in a text) marks
    nothing.

    Raises:
        UserError: The file is not YAML, or a marker does not name a policy.
    """
    source = parse(text)
    comments = list(_COMMENT.finditer(source.text)) if '"$imagepolicy"' in source.text else []
    leaves = {end: (path, document, index) for end, path, document, index in _leaves(source)} if comments else {}
    found: list[Marked] = []
    for comment in comments:
        leaf = leaves.get(len(source.text[: comment.start()].rstrip(" \t")))
        if leaf is not None:
            found.append(_read(source, comment, *leaf))
    return tuple(found)


def _read(source: Source, comment: re.Match[str], path: Path, document: int, index: int) -> Marked:
    mark = source.events[index].start_mark
    try:
        name = json.loads(comment.group(1))["$imagepolicy"]
    except (ValueError, KeyError):
        name = None
    parts = _MARKER.fullmatch(name) if isinstance(name, str) else None
    if parts is None:
        raise UserError(
            f"line {mark.line + 1}: the marker {comment.group(1)} does not name an image policy",
            hint='Write # {"$imagepolicy": "<namespace>:<policy>"}; add :tag, :name or :digest for that part alone.',
        )
    value = getattr(source.events[followed(source, index)], "value", "")
    return Marked(parts.group(1), parts.group(2) or "", path, document, mark.line + 1, mark.column + 1, value)


def _leaves(source: Source) -> Iterator[tuple[int, Path, int, int]]:
    """Give for every value that is a scalar or an alias: where it ends, its path, document and event."""
    for document, root in enumerate(roots(source)):
        waiting = [(Path(), root)]
        while waiting:
            path, index = waiting.pop()
            event: Any = source.events[index]
            kind = event.__class__
            if kind in {ScalarEvent, AliasEvent}:
                yield int(event.end_mark.index), path, document, index
                continue
            starts, _ = children(source.events, index)
            if kind is SequenceStartEvent:
                waiting.extend((path / number, item) for number, item in enumerate(starts))
            elif kind is MappingStartEvent:
                names = [key_text(source, key) for key in starts[::2]]
                pairs = zip(names, starts[1::2], strict=True)
                waiting.extend((path / name, value) for name, value in pairs if name is not None)


def set_marked(text: bytes, marker: str | Marked, value: str) -> bytes:
    """Set what a marker marks.

    Args:
        text: The file.
        marker: A marker as it is written (`flux-system:podinfo:tag`): every scalar that has it; or one that `marked`
            has found: that one.
        value: The new value, of the marker's kind: a tag for `tag`, the image with its tag for no kind.

    Returns:
        The file with the value; the same bytes when it has it already.

    Raises:
        UserError: Nothing has that marker, or a scalar cannot be set (see `set_value`).
    """
    there = marked(text)
    if isinstance(marker, Marked):
        wanted = (marker.marker, marker.path, marker.document)
        chosen = [one for one in there if (one.marker, one.path, one.document) == wanted]
    else:
        chosen = [one for one in there if one.marker == marker]
    if not chosen:
        name = marker.marker if isinstance(marker, Marked) else marker
        known = ", ".join(sorted({one.marker for one in there})) or "none"
        raise UserError(f'no field has the marker {{"$imagepolicy": "{name}"}}; markers in the file: {known}')
    for one in chosen:
        text = set_value(text, one.path, value, document=one.document)
    return text
