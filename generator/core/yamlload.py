"""Loads YAML at the C library's speed, without its crash on deep nesting and without what aliases can multiply.

A number has a bound, and a value that its tag does not fit is named with its line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import ComposerError
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.error import MarkedYAMLError
from yaml.parser import ParserError
from yaml.reader import ReaderError

from generator.core.errors import UserError

DEPTH_LIMIT = 200
"""Deeper than anybody writes; a thousand levels are too many for Python, some ten thousand for the C library."""
SIZE_LIMIT = 1_000_000
"""The most values that a file with aliases may expand to; ten lines can stand for more than a memory holds."""
NUMBER_LIMIT = 1000
"""The most characters of a number; a sexagesimal one takes time by the square of them, and Python writes down no number
of more than 4,300 digits."""

_UNFIT = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What Python says of a value that its tag does not fit: the 13th month, `!!int x`, `!!timestamp x`, `!!bool maybe`,
`1:1:…:1.0`. PyYAML lets all of it through."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a text that should be YAML.

    Attributes:
        what: What is wrong, as a clause.
        line: Where, counted from 1; None where that is unknown.
        column: Where in the line, counted from 1; None where that is unknown.
    """

    what: str
    line: int | None = None
    column: int | None = None


class NotYamlError(UserError):
    """A file is not YAML.

    Args:
        path: The file, as the error names it.
        problem: What is wrong with it.
        hint: What to do about it, as a sentence; may be empty.
    """

    def __init__(self, path: str, problem: Problem, *, hint: str = "") -> None:
        place = f"{path}:{problem.line}" if problem.line else path
        super().__init__(f"{place}: this is not YAML: {problem.what}.", hint=hint)
        self.problem = problem


class Loader(yaml.CSafeLoader):
    """PyYAML's safe loader, which refuses what its tag does not fit, and numbers of more than 1,000 characters.

    Both are told as a `ConstructorError`, with the place.
    """


def _careful(name: str, construct: Callable[[Any, Any], Any], longest: int | None) -> None:
    """Have the loader refuse scalars of a tag as it promises.

    Args:
        name: The tag, without what all of YAML's have in common.
        construct: What gives a node its value.
        longest: The most characters; None for any number of them.
    """

    def constructed(loader: Loader, node: Any) -> Any:
        text = str(loader.construct_scalar(node))
        if longest is not None and len(text) > longest:
            problem = f"a number of {len(text)} characters; {longest} are the most"
            raise ConstructorError(None, None, problem, node.start_mark)
        try:
            return construct(loader, node)
        except _UNFIT as error:
            reason = f": {error}" if type(error) is ValueError else ""
            problem = f"`{text[:40]}` does not fit its tag !!{name}{reason}"
            raise ConstructorError(None, None, problem, node.start_mark) from error

    Loader.add_constructor(f"tag:yaml.org,2002:{name}", constructed)


_careful("bool", SafeConstructor.construct_yaml_bool, None)
_careful("int", SafeConstructor.construct_yaml_int, NUMBER_LIMIT)
_careful("float", SafeConstructor.construct_yaml_float, NUMBER_LIMIT)
_careful("timestamp", SafeConstructor.construct_yaml_timestamp, None)


def load_all(data: bytes, path: str, *, hint: str = "") -> list[Any]:
    """Return the documents of a file.

    Args:
        data: The file's bytes.
        path: The file, as the error names it.
        hint: What to do where it cannot be read.

    Raises:
        NotYamlError: It is not YAML, nested or multiplied too far, or holds a value that its tag does not fit: a date
            or a number that there is not, or one that is too long.
    """
    try:
        check_bounds(data)
        return list(yaml.load_all(data, Loader=Loader))
    except (yaml.YAMLError, ValueError) as error:
        raise NotYamlError(path, problem_of(error), hint=hint) from error


def problem_of(error: yaml.YAMLError | ValueError) -> Problem:
    """Return what an error of the YAML library says of a text, without the library's own words for it."""
    if isinstance(error, ReaderError):
        return Problem(f"byte {error.position} is no character of YAML ({error.reason})")
    if not isinstance(error, MarkedYAMLError):
        return Problem(str(error).strip() or "it cannot be read")
    mark, start = error.problem_mark or error.context_mark, error.context_mark
    what = error.problem or error.context or "it is broken"
    if isinstance(error, ParserError) and error.context and start and mark and start.line < mark.line:
        what = f"{what}, {error.context} from line {start.line + 1} on"
    return Problem(what, mark.line + 1, mark.column + 1) if mark else Problem(what)


def check_bounds(text: str | bytes) -> None:
    """Refuse a text that is nested too deeply, or whose aliases multiply what it holds or lead back to themselves.

    Raises:
        yaml.YAMLError: The text is refused, or is not YAML.
        ValueError: It holds what is no text.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if _bound_of_depth(data) > DEPTH_LIMIT or (b"&" in data and b"*" in data):
        _walk(text)


def _bound_of_depth(data: bytes) -> int:
    """Return what the nesting cannot exceed: a level takes a bracket or a column, where a list may share its key's."""
    return data.count(b"[") + data.count(b"{") + 2 * max(map(len, data.splitlines()), default=0)


def _walk(text: str | bytes) -> None:
    bounds = _Bounds()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            bounds.close()
        elif isinstance(event, yaml.NodeEvent) and (problem := bounds.add(event)):
            raise ComposerError(None, None, problem, event.start_mark)  # type: ignore[arg-type]


class _Bounds:
    """How deep and how large a text is so far, its aliases written out."""

    def __init__(self) -> None:
        self._size = 0
        self._sizes: dict[str | None, int | None] = {}
        self._above: list[tuple[str | None, int]] = []

    def add(self, event: yaml.NodeEvent) -> str:
        """Count a node that begins and return what is wrong with it."""
        if isinstance(event, yaml.AliasEvent):
            # One that is not known is refused by whoever composes the text.
            held = self._sizes.get(event.anchor, 0)
            if held is None:
                return "an alias refers to the value that holds it"
            self._size += held
            return f"its aliases expand to more than {SIZE_LIMIT} values" if self._size > SIZE_LIMIT else ""
        self._size += 1
        self._sizes[event.anchor] = 1
        if isinstance(event, yaml.CollectionStartEvent):
            self._sizes[event.anchor] = None
            self._above.append((event.anchor, self._size))
        return "it is nested too deeply" if len(self._above) > DEPTH_LIMIT else ""

    def close(self) -> None:
        """End the innermost list or mapping."""
        anchor, before = self._above.pop()
        self._sizes[anchor] = self._size - before + 1
