"""Walks a path through the events of a YAML document to the one node that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yaml.events import AliasEvent, DocumentStartEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

from generator.core.errors import UserError
from generator.core.yamltext.events import Source, aliases_of, anchored_by, children
from generator.core.yamltext.path import Path, Select, Step, parse_path

MERGE = "<<"
_SHOWN = 8


class MissingError(UserError):
    """A path that names nothing in the document."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads.

    Args:
        path: The path.
        index: The event that starts the node.
        key: The event that starts its key, when it is the value of a mapping.
        parents: The events that start the collections around it, from the outermost in.
    """

    path: Path
    index: int
    key: int | None
    parents: tuple[int, ...]


def roots(source: Source) -> list[int]:
    """Give the event that starts the root node of every document."""
    return [index + 1 for index, event in enumerate(source.events) if event.__class__ is DocumentStartEvent]


def find(source: Source, path: str | Path, document: int, *, edit: bool) -> Place:
    """Find the node that a path names.

    Args:
        source: The parsed file.
        path: The path.
        document: Which document of the file, from 0.
        edit: Whether the node is to be changed: then aliases and merge keys are not followed.

    Raises:
        MissingError: The path names nothing.
        UserError: The path is ambiguous, or an edit there would change something else as well.
    """
    parsed = parse_path(path)
    starts = roots(source)
    if not 0 <= document < len(starts):
        raise MissingError(f"there is no document {document}: the file has {len(starts)} (counted from 0)")
    index, key, parents = starts[document], None, []
    for depth, step in enumerate(parsed.steps):
        trail = Path(parsed.steps[:depth])
        index = entered(source, index, trail, edit=edit)
        parents.append(index)
        key, index = _step(source, index, step, trail, edit=edit)
    return Place(parsed, index, key, tuple(parents))


def entered(source: Source, index: int, trail: Path, *, edit: bool) -> int:
    """Give the node to look into, behind the alias if there is one.

    Raises:
        UserError: It is to be edited, and other places of the document share it.
    """
    events = source.events
    if events[index].__class__ is AliasEvent:
        if edit:
            raise UserError(
                f"{where(trail)}: line {line(source, index)}: this is the alias *{events[index].anchor}; a change "
                "inside it would change everything else that shares it",
                hint=f"Change it where &{events[index].anchor} stands, or write the value out here first.",
            )
        index = anchored_by(events, index)
    elif edit:
        refuse_shared(source, index, trail)
    return index


def refuse_shared(source: Source, index: int, trail: Path) -> None:
    """Refuse an edit of a node that aliases stand for.

    Raises:
        UserError: The node has an anchor, and an alias repeats it.
    """
    repeated = aliases_of(source.events, index)
    if repeated:
        lines = ", ".join(str(line(source, alias)) for alias in repeated)
        raise UserError(
            f"{where(trail)}: line {line(source, index)}: the anchor &{source.events[index].anchor} is repeated by "
            f"an alias (line {lines}); a change here would change that as well",
            hint="Write the value out at the alias first, or change both by hand.",
        )


def _step(source: Source, index: int, step: Step, trail: Path, *, edit: bool) -> tuple[int | None, int]:
    event = source.events[index]
    if event.__class__ is MappingStartEvent:
        if isinstance(step, Select):
            raise MissingError(f"{where(trail)}: line {line(source, index)}: a selection needs a list, not a mapping")
        return entry(source, index, str(step), trail, edit=edit)
    if event.__class__ is SequenceStartEvent:
        return None, _item(source, index, step, trail)
    raise MissingError(
        f"{where(trail)}: line {line(source, index)}: found the scalar {shortened(event.value)}, "
        f"so there is no {where(trail / step)}"
    )


def entry(source: Source, index: int, name: str, trail: Path, *, edit: bool) -> tuple[int, int]:
    """Find a key of a mapping: the events that start the key and its value.

    Raises:
        MissingError: The mapping has no such key.
        UserError: The key stands there twice, or comes from a merge key and is to be edited.
    """
    starts, _ = children(source.events, index)
    keys = [key_text(source, key) for key in starts[::2]]
    count = keys.count(name)
    if count == 1:
        at = keys.index(name) * 2
        return starts[at], starts[at + 1]
    if count:
        lines = " and ".join(
            str(line(source, key)) for key, text in zip(starts[::2], keys, strict=True) if text == name
        )
        raise UserError(f"{where(trail / name)}: the key stands there {count} times, on lines {lines}")
    merged = _merged(source, starts, keys, name, trail) if MERGE in keys else None
    if merged is None:
        known = ", ".join(str(key) for key in keys[:_SHOWN]) + (", …" if len(keys) > _SHOWN else "")
        has = f"it has {known}" if keys else "it is empty"
        raise MissingError(f"{where(trail)}: line {line(source, index)}: there is no key {name!r}; {has}")
    if edit:
        raise UserError(
            f"{where(trail / name)}: the key comes from the merge key << (line {line(source, merged[0])}); a change "
            "there would change everything else that merges it",
            hint="Add the key to this mapping to override the merged one.",
        )
    return merged


def _merged(
    source: Source, starts: list[int], keys: list[str | None], name: str, trail: Path
) -> tuple[int, int] | None:
    for mapping in merged_mappings(source, starts[keys.index(MERGE) * 2 + 1]):
        try:
            return entry(source, mapping, name, trail, edit=False)
        except MissingError:
            continue
    return None


def merged_mappings(source: Source, value: int) -> list[int]:
    """Give the mappings that the value of a merge key names, the first of which wins.

    Raises:
        UserError: The value is no mapping and no list of mappings.
    """
    found = followed(source, value)
    kind = source.events[found].__class__
    several = children(source.events, found)[0] if kind is SequenceStartEvent else [found]
    mappings = [followed(source, item) for item in several]
    for mapping in mappings:
        if source.events[mapping].__class__ is not MappingStartEvent:
            raise UserError(f"line {line(source, value)}: the merge key << needs a mapping or a list of mappings")
        if mapping < value < children(source.events, mapping)[1]:
            raise UserError(f"line {line(source, value)}: the merge key << merges a mapping into itself")
    return mappings


def followed(source: Source, index: int) -> int:
    """Give the node itself, or the one that it is an alias of."""
    return anchored_by(source.events, index) if source.events[index].__class__ is AliasEvent else index


def _item(source: Source, index: int, step: Step, trail: Path) -> int:
    items, _ = children(source.events, index)
    if isinstance(step, Select):
        return _selected(source, index, items, step, trail)
    if not isinstance(step, int):
        raise MissingError(
            f"{where(trail)}: line {line(source, index)}: found a list, which has no key {step!r}",
            hint="Name an item by its position (0) or by what it holds ([name=…]).",
        )
    if step >= len(items):
        raise MissingError(f"{where(trail / step)}: line {line(source, index)}: the list has {len(items)} items")
    return items[step]


def _selected(source: Source, index: int, items: list[int], step: Select, trail: Path) -> int:
    texts = [_selectable(source, item, step.key) for item in items]
    found = [item for item, text in zip(items, texts, strict=True) if text == step.value]
    if len(found) == 1:
        return found[0]
    if found:
        lines = ", ".join(str(line(source, item)) for item in found)
        raise UserError(
            f"{where(trail / step)}: {len(found)} items match, on lines {lines}",
            hint="Select by another key, or name the item by its position.",
        )
    present = [shortened(text) for text in texts if text is not None]
    known = ", ".join(present[:_SHOWN]) + (", …" if len(present) > _SHOWN else "")
    has = f"it has {known}" if present else "none has that key" if step.key is not None else "none is a scalar"
    raise MissingError(f"{where(trail / step)}: line {line(source, index)}: no item matches; {has}")


def _selectable(source: Source, item: int, key: str | None) -> str | None:
    item = followed(source, item)
    if key is not None:
        if source.events[item].__class__ is not MappingStartEvent:
            return None
        try:
            item = followed(source, entry(source, item, key, Path(), edit=False)[1])
        except MissingError:
            return None
    event = source.events[item]
    return str(event.value) if event.__class__ is ScalarEvent else None


def key_text(source: Source, key: int) -> str | None:
    """Give the text of a key; None for a key that is a collection."""
    event: Any = source.events[key]
    if event.__class__ is AliasEvent:
        event = source.events[anchored_by(source.events, key)]
    return event.value if event.__class__ is ScalarEvent else None


def line(source: Source, index: int) -> int:
    """Give the line on which a node starts, from 1."""
    return int(source.events[index].start_mark.line) + 1


def where(path: Path) -> str:
    """Name a path in a message."""
    return str(path) or "the document"


def shortened(text: str) -> str:
    """Show a text in a message, cut to a size that a line can hold."""
    return repr(text if len(text) <= 60 else text[:59] + "…")  # noqa: PLR2004
