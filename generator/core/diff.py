"""Shows edits as `git diff` would: what a dry run prints and `git apply` accepts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import unified_diff

from generator.core.change import Edits
from generator.core.tree import SYMLINK, File, Tree

_NO_NEWLINE = "\\ No newline at end of file"
_ESCAPES = {"\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f\udc80-\udcff]')


def diff(tree: Tree, edits: Edits) -> str:
    """Return the edits to `tree` in git's unified format, files sorted by path; empty where nothing differs.

    Bytes that are no UTF-8 are shown as `Binary files … differ`, which `git apply` refuses. Paths are written as git
    writes them with `core.quotePath` off: letters of any script as they are, control characters quoted.
    """
    return "".join(
        f"{line}\n"
        for path in sorted(edits)
        for before, after in _steps(tree.get(path), edits[path])
        for line in _file_diff(path, before, after)
    )


def _steps(before: File | None, after: File | None) -> Iterator[tuple[File | None, File | None]]:
    """A link that becomes a file, or a file that becomes a link, goes and comes anew, as in git."""
    if before and after and (before.mode == SYMLINK) != (after.mode == SYMLINK):
        yield before, None
        yield None, after
    elif before != after:
        yield before, after


def _file_diff(path: str, before: File | None, after: File | None) -> Iterator[str]:
    yield f"diff --git {_quoted(f'a/{path}')} {_quoted(f'b/{path}')}"
    yield from _mode_lines(before, after)
    old, new = _text(before), _text(after)
    if old is None or new is None:
        if before is None or after is None or before.data != after.data:
            yield f"Binary files {_label('a', path, before)} and {_label('b', path, after)} differ"
        return
    labels = (_ended(_label("a", path, before)), _ended(_label("b", path, after)))
    for line in unified_diff(_lines(old), _lines(new), *labels, lineterm=""):
        yield from line.split("\n")


def _mode_lines(before: File | None, after: File | None) -> Iterator[str]:
    if before is None and after is not None:
        yield f"new file mode {after.mode:o}"
    elif after is None and before is not None:
        yield f"deleted file mode {before.mode:o}"
    elif before is not None and after is not None and before.mode != after.mode:
        yield f"old mode {before.mode:o}"
        yield f"new mode {after.mode:o}"


def _label(side: str, path: str, file: File | None) -> str:
    return "/dev/null" if file is None else _quoted(f"{side}/{path}")


def _ended(label: str) -> str:
    """A tab ends a name with a space in it, so that no reader takes what follows the space for a date."""
    return f"{label}\t" if " " in label else label


def _quoted(path: str) -> str:
    """Return a path as git quotes it: within double quotes where a character of it must be escaped."""
    escaped = _ESCAPED.sub(_escape, path)
    return path if escaped == path else f'"{escaped}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    (byte,) = character.encode(errors="surrogateescape")
    return "\\" + _ESCAPES.get(character, f"{byte:03o}")


def _text(file: File | None) -> str | None:
    if file is None:
        return ""
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _lines(text: str) -> list[str]:
    """Split at line feeds alone, as git does; the mark of a missing last newline stays with its line."""
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n{_NO_NEWLINE}"] if last else lines
