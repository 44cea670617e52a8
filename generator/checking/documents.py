"""YAML read the way Kubernetes' tools read it: plain values, and the line and column of any key on demand.

A file is composed once by libyaml. Values follow the Go parsers behind kubectl and Argo CD rather than PyYAML: `1e3`
is a number, `12:30` and `2024-01-01` are strings, keys of mappings become strings.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

from yaml import MappingNode, Node, ScalarNode, SequenceNode
from yaml.error import MarkedYAMLError, YAMLError
from yaml.parser import ParserError
from yaml.reader import ReaderError

from generator.checking.composing import BOOL, DEPTH_LIMIT, FLOAT, INT, MERGE, NULL, STR, TRUE, compose, too_deep

Path = tuple[str | int, ...]
"""Where something stands inside a document: keys of mappings and indexes of sequences."""

SIZE_LIMIT = 1_000_000
"""The most values that one document may expand to through its aliases."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with the YAML itself.

    Attributes:
        line: Counted from 1.
        column: Counted from 1.
        message: What is wrong, as a clause.
        key: The key that it is about, or empty.
        duplicate: Whether the problem is a key that a mapping holds twice.
    """

    line: int
    column: int
    message: str
    key: str = ""
    duplicate: bool = False


@dataclass(slots=True)
class Document:
    """One YAML document of a file.

    Attributes:
        value: Its plain value.
        node: The composed node, which knows the positions.
        has_null: Whether a null stands anywhere in it.
    """

    value: Any
    node: Node
    has_null: bool

    def position(self, path: Path) -> tuple[int, int]:
        """Return line and column, from 1, of the key or item at `path`, or of the nearest thing above it."""
        place = self.node
        mark = place.start_mark
        for step in path:
            found = _child(place, step)
            if found is None:
                break
            mark, place = found
        return mark.line + 1, mark.column + 1


@dataclass(slots=True)
class Content:
    """What a file holds: its documents, and what is wrong with its YAML."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(data: bytes) -> Content:
    """Return the documents of a YAML file; a broken file gives those before the break, and the problem."""
    content = Content()
    deep = too_deep(data)
    if deep is not None:
        content.problems.append(Problem(*deep, f"values are nested more than {DEPTH_LIMIT} deep"))
        return content
    try:
        for node in compose(data):
            _add(content, node)
    except (YAMLError, ValueError) as error:
        content.problems.append(_problem(error))
    return content


def _add(content: Content, node: Node) -> None:
    builder = _Builder()
    try:
        value = builder.build(node)
    except _Refused as refused:
        mark = refused.node.start_mark
        content.problems.append(Problem(mark.line + 1, mark.column + 1, refused.message))
        return
    content.problems.extend(builder.problems)
    content.documents.append(Document(value, node, builder.has_null))


def _problem(error: Exception) -> Problem:
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        context = f", {error.context}" if error.context and isinstance(error, ParserError) else ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(line, column, f"{error.problem or error.context}{context}")
    if isinstance(error, ReaderError):
        return Problem(1, 1, f"it holds a character that YAML refuses at byte {error.position} ({error.reason})")
    return Problem(1, 1, str(error).strip() or "it cannot be read")


class _Refused(Exception):
    """A node that has no plain value."""

    def __init__(self, node: Node, message: str) -> None:
        super().__init__(message)
        self.node = node
        self.message = message


class _Builder:
    """Builds plain values of nodes, and notes duplicate keys and nulls on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.has_null = False
        self._built: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()
        self._size = 0

    def build(self, node: Node) -> Any:
        if type(node) is ScalarNode:
            self._size += 1
            tag = node.tag
            return node.value if tag == STR else self._scalar(node)
        known = self._built.get(id(node))
        if known is not None:
            value, size = known
            self._grow(size, node)
            return value
        if id(node) in self._open:
            raise _Refused(node, "an alias refers to the value that holds it")
        self._open.add(id(node))
        before = self._size
        self._grow(1, node)
        value = self._mapping(node) if type(node) is MappingNode else [self.build(item) for item in node.value]
        self._open.discard(id(node))
        self._built[id(node)] = value, self._size - before
        return value

    def _grow(self, size: int, node: Node) -> None:
        self._size += size
        if self._size > SIZE_LIMIT:
            raise _Refused(node, f"its aliases expand to more than {SIZE_LIMIT} values")

    def _scalar(self, node: ScalarNode) -> Any:
        tag, text = node.tag, node.value
        if tag == NULL:
            self.has_null = True
            return None
        if tag == BOOL:
            return text in TRUE
        if tag in {INT, FLOAT}:
            return _number(tag, text)
        return text

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        merges: list[Any] = []
        for key_node, value_node in node.value:
            if type(key_node) is not ScalarNode:
                raise _Refused(key_node, "a key is a mapping or a list")
            if key_node.tag == MERGE:
                merges.append((value_node, self.build(value_node)))
                continue
            key = key_node.value
            if key_node.tag != STR:
                key = _key(key, key_node.tag)
            if key in mapping:
                self._duplicate(key, key_node)
            mapping[key] = self.build(value_node)
        for value_node, merged in merges:
            _merge(mapping, merged, value_node)
        return mapping

    def _duplicate(self, key: str, node: Node) -> None:
        mark = node.start_mark
        self.problems.append(
            Problem(mark.line + 1, mark.column + 1, f"the key `{key}` stands twice in one mapping", key, True)
        )


def _number(tag: str, text: str) -> int | float | str:
    plain = text.replace("_", "")
    try:
        if tag == FLOAT:
            return float(plain.replace(".inf", "inf").replace(".nan", "nan")) if plain[-1:].isdigit() else text
        if plain.lstrip("+-").startswith("0") and plain.lstrip("+-0") and plain.lstrip("+-")[1] in "01234567":
            return int(plain, 8)
        return int(plain, 0)
    except ValueError:
        return text


def _key(text: str, tag: str) -> str:
    if tag == NULL:
        return "null"
    return ("true" if text in TRUE else "false") if tag == BOOL else text


def _merge(mapping: dict[str, Any], merged: Any, node: Node) -> None:
    for source in merged if isinstance(merged, list) else [merged]:
        if not isinstance(source, dict):
            raise _Refused(node, "`<<` merges something that is not a mapping")
        for key, value in source.items():
            mapping.setdefault(key, value)


def _child(node: Node, step: Hashable) -> tuple[Any, Node] | None:
    if isinstance(node, SequenceNode):
        if isinstance(step, int) and step < len(node.value):
            item = node.value[step]
            return item.start_mark, item
        return None
    if not isinstance(node, MappingNode):
        return None
    for key, value in reversed(node.value):
        if isinstance(key, ScalarNode) and _key(key.value, key.tag) == step:
            return key.start_mark, value
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.tag == MERGE:
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                found = _child(source, step)
                if found is not None:
                    return found
    return None
