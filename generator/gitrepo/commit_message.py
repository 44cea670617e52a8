"""The text of a commit: subject, body and trailers that `git interpret-trailers` reads back as they were given. Pure.

Nothing that comes from outside (a title, a branch name, release notes) can add a trailer or end the message early.
"""

from __future__ import annotations

import re
import unicodedata

from generator.core.change import Change

_SUBJECT = 250
_BODY = 20_000
_VALUE = 2_000

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# Marks that reorder what a reader sees: a message must read as it is.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Git ends a message at a divider before a patch, and at the scissors; a `#` begins a comment for some of its commands.
_ENDS_MESSAGE = re.compile(r"---|#|.*-{4,} ?>8 ?-{4,}")
# What git takes for a line of trailers, in the last paragraph of a message.
_LIKE_TRAILER = re.compile(r"[A-Za-z0-9-]+[ \t]*[:=#]|\(cherry picked from commit ")


def message(change: Change, *, trailers: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the whole message of a change, with one line end after its last line.

    Args:
        change: What the commit says.
        trailers: Trailers beyond the change's own; one that stands there already is not repeated.

    Raises:
        ValueError: The change has no subject, or a trailer's key is none.
    """
    subject = _bounded(_line(change.subject), _SUBJECT)
    if not subject:
        raise ValueError("a commit needs a subject")
    block = "\n".join(dict.fromkeys(_trailer(key, value) for key, value in (*change.trailers, *trailers)))
    body = _body(change.body, last=not block)
    return "\n\n".join(part for part in (_unmistakable(subject), body, block) if part) + "\n"


def read_trailers(text: str) -> dict[str, str]:
    """Return the trailers that git wrote by its format `%(trailers:only,unfold)`, the last one of each key."""
    return {key: value for key, _, value in (line.partition(": ") for line in text.split("\n")) if key and value}


def _body(text: str, *, last: bool) -> str:
    lines = [_printable(line).rstrip() for line in _bounded(text, _BODY).splitlines()]
    paragraphs = re.sub(r"\n{3,}", "\n\n", "\n".join(map(_unmistakable, lines))).strip("\n").split("\n\n")
    if last:
        # With no trailers of ours behind it, git would look for trailers in the last paragraph.
        paragraphs[-1] = "\n".join(
            f" {line}" if _LIKE_TRAILER.match(line) else line for line in paragraphs[-1].split("\n")
        )
    return "\n\n".join(paragraphs)


def _trailer(key: str, value: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of a trailer")
    lines = [stripped for line in _bounded(value, _VALUE).splitlines() if (stripped := _printable(line).strip())]
    # A line that begins with a space continues the value above it.
    return f"{key}: " + "\n ".join(lines) if lines else f"{key}:"


def _unmistakable(line: str) -> str:
    return f" {line}" if _ENDS_MESSAGE.match(line) else line


def _line(text: str) -> str:
    return " ".join(_printable(" ".join(text.splitlines())).split())


def _printable(text: str) -> str:
    kept = (" " if char == "\t" else char for char in text if char == "\t" or unicodedata.category(char) != "Cc")
    return "".join(char for char in kept if char not in _REORDERING).encode(errors="replace").decode()


def _bounded(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"
