"""Paths that name one place in a YAML document: their grammar, and nothing about documents themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from generator.core.errors import UserError

_BARE = re.compile(r"""[^.\[\]"']+""")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_SINGLE = re.compile(r"'([^']*)'")
_SELECTOR_BARE = re.compile(r"""[^=\[\]"']*""")
_VALUE_BARE = re.compile(r"""[^\[\]"']+""")
_HINT = (
    "A path is keys and list positions joined by dots: spec.source.targetRevision, dependencies.0.version, "
    'images[name=ghcr.io/acme/podinfo].newTag, metadata.annotations."example.com/key", resources[=../base].'
)


@dataclass(frozen=True, slots=True)
class Select:
    """The one item of a list for which something holds: `[name=podinfo]`, or `[=../base]` for the item itself.

    Args:
        key: The key of the item (a mapping) that is looked at; None when the item itself is a scalar.
        value: The text that it must have.
    """

    key: str | None
    value: str


Step = str | int | Select


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path; no steps name the whole document.

    Args:
        steps: Keys (str), list positions (int) and selections, from the outermost in. A key of digits alone also
            names a list position, and a position also names a key of those digits: the document decides.
    """

    steps: tuple[Step, ...] = ()

    def __truediv__(self, step: Step) -> Path:
        return Path((*self.steps, step))

    def __str__(self) -> str:
        text = "".join(_written(step) for step in self.steps)
        return text.removeprefix(".")


def parse_path(text: str | Path) -> Path:
    """Read a path.

    Grammar, where `""` (nothing at all) names the whole document:

        path      = [ first { rest } ]
        first     = name | selection
        rest      = "." name | selection
        name      = bare | quoted            bare: no dot, bracket or quote
        selection = "[" position "]" | "[" name "=" text "]" | "[=" text "]"
        text      = quoted | anything without a bracket or quote
        quoted    = "…" with \\" and \\\\ inside, or '…' with no escapes

    A name of digits alone is a position in a list and a key in a mapping. A selection must match exactly one item.

    Args:
        text: The path as written, or one that is parsed already.

    Returns:
        The path; `parse_path(str(path)) == path` for every path that this function returns.

    Raises:
        UserError: The text does not follow the grammar; the message shows where.
    """
    if isinstance(text, Path):
        return text
    steps: list[Step] = []
    at = 0
    while at < len(text):
        if text[at] == "[":
            step, at = _selection(text, at)
        else:
            if steps:
                if text[at] != ".":
                    raise _refused(text, at, "expected '.' or '['")
                at += 1
            step, at = _name(text, at)
        steps.append(step)
    return Path(tuple(steps))


def _name(text: str, at: int) -> tuple[Step, int]:
    quoted = _quoted(text, at)
    if quoted is not None:
        return quoted
    bare = _BARE.match(text, at)
    if bare is None:
        raise _refused(text, at, "expected a key")
    word = bare.group()
    return (int(word) if _is_position(word) else word), bare.end()


def _quoted(text: str, at: int) -> tuple[str, int] | None:
    if double := _DOUBLE.match(text, at):
        return re.sub(r"\\(.)", r"\1", double.group(1), flags=re.DOTALL), double.end()
    if single := _SINGLE.match(text, at):
        return single.group(1), single.end()
    if text[at : at + 1] in {'"', "'"}:
        raise _refused(text, at, "the quote is not closed")
    return None


def _selection(text: str, start: int) -> tuple[Step, int]:
    quoted = _quoted(text, start + 1)
    if quoted is None:
        bare = _SELECTOR_BARE.match(text, start + 1)
        key, at = (bare.group(), bare.end()) if bare else ("", start + 1)
    else:
        key, at = quoted
    if quoted is None and _is_position(key) and text[at : at + 1] == "]":
        return int(key), at + 1
    if text[at : at + 1] != "=":
        raise _refused(text, at, "expected '=' in the selection")
    value, at = _value(text, at + 1)
    if text[at : at + 1] != "]":
        raise _refused(text, at, "expected ']'")
    return Select(key if key or quoted else None, value), at + 1


def _value(text: str, at: int) -> tuple[str, int]:
    quoted = _quoted(text, at)
    if quoted is not None:
        return quoted
    bare = _VALUE_BARE.match(text, at)
    if bare is None:
        raise _refused(text, at, "expected a value after '='")
    return bare.group(), bare.end()


def _is_position(word: str) -> bool:
    return word.isascii() and word.isdecimal() and (word == "0" or not word.startswith("0"))


def _written(step: Step) -> str:
    if isinstance(step, int):
        return f".{step}"
    if isinstance(step, Select):
        key = "" if step.key is None else _bare_or_quoted(step.key, _SELECTOR_BARE)
        return f"[{key}={_bare_or_quoted(step.value, _VALUE_BARE)}]"
    return f".{_quote(step) if _is_position(step) else _bare_or_quoted(step, _BARE)}"


def _bare_or_quoted(word: str, bare: re.Pattern[str]) -> str:
    return word if word and bare.fullmatch(word) else _quote(word)


def _quote(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _refused(text: str, at: int, what: str) -> UserError:
    found = f"found {text[at]!r}" if at < len(text) else "the path ends"
    return UserError(f"path {text!r}, character {at + 1}: {what}, but {found}", hint=_HINT)
