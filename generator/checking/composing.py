"""libyaml's nodes with the tags that Kubernetes' Go parsers give plain scalars, and a guard against deep nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from yaml import Node, ScalarNode
from yaml._yaml import CParser
from yaml.error import YAMLError

DEPTH_LIMIT = 200
"""libyaml's composer recurses without a bound, Python and jsonschema-rs with one; real manifests stay below 60."""

STR = "tag:yaml.org,2002:str"
NULL = "tag:yaml.org,2002:null"
BOOL = "tag:yaml.org,2002:bool"
INT = "tag:yaml.org,2002:int"
FLOAT = "tag:yaml.org,2002:float"
MERGE = "tag:yaml.org,2002:merge"

_WORDS = {"": NULL, "~": NULL, "null": NULL, "Null": NULL, "NULL": NULL, "<<": MERGE}
_WORDS |= {
    form(word): BOOL for word in ("true", "yes", "on", "false", "no", "off") for form in (str, str.title, str.upper)
}
TRUE = frozenset(form(word) for word in ("true", "yes", "on") for form in (str, str.title, str.upper))
_STARTS_NUMBER = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


_DEEP_RUN = re.compile(rb"[\x00\t ?:-]{50}")
"""What stands before a block 50 levels deep, in UTF-8 and UTF-16: each level takes a character at least, and a list may
stand at its mapping's own column."""
_DEEP_BRACKETS = 90
_RESOLVED_LIMIT = 50_000
_RESOLVED_LENGTH = 80


class _Composer(CParser):
    """libyaml's parser with a resolver that answers from a table."""

    def __init__(self, stream: bytes) -> None:
        CParser.__init__(self, stream)

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> str:
        if kind is not ScalarNode:
            return ""
        if not implicit[0]:
            return STR
        try:
            return _resolved[value]
        except KeyError:
            return _resolve(value)

    def descend_resolver(self, parent: Node | None, index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


_resolved: dict[str, str] = dict(_WORDS)
"""Tags of plain scalars met so far; bounded, because manifests repeat a few words and hold many that are unique."""


def _resolve(value: str) -> str:
    tag = STR
    if value[0] in _STARTS_NUMBER:
        if _INTEGER.fullmatch(value):
            tag = INT
        elif _DECIMAL.fullmatch(value) or _SPECIAL.fullmatch(value):
            tag = FLOAT
    if len(_resolved) < _RESOLVED_LIMIT and len(value) < _RESOLVED_LENGTH:
        _resolved[value] = tag
    return tag


def compose(data: bytes) -> Iterator[Node]:
    """Yield the root node of each document of a file.

    Raises:
        YAMLError: The file is not YAML, from here on.
    """
    composer = _Composer(data)
    try:
        while composer.check_node():
            node = composer.get_node()
            if node is not None:
                yield node
    finally:
        composer.dispose()


def too_deep(data: bytes) -> tuple[int, int] | None:
    """Return line and column where a file is nested too deep for the stack; cheap for every ordinary file.

    Only a file that could be too deep by its brackets and its indentation is walked event by event.
    """
    if data.count(b"[") + data.count(b"{") < _DEEP_BRACKETS and not _DEEP_RUN.search(data):
        return None
    parser = CParser(data)
    depth = 0
    try:
        while parser.check_event():
            event: Any = parser.get_event()
            name = type(event).__name__
            depth += name in {"MappingStartEvent", "SequenceStartEvent"}
            depth -= name in {"MappingEndEvent", "SequenceEndEvent"}
            if depth > DEPTH_LIMIT:
                return event.start_mark.line + 1, event.start_mark.column + 1
    except (YAMLError, ValueError):
        return None
    finally:
        parser.dispose()
    return None
