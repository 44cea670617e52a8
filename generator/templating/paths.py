"""Rendered paths: what a template may call a file, so that none leaves the folder that it is rendered to."""

from __future__ import annotations

import re
from itertools import takewhile

from generator.core.errors import UserError

# A name of these characters alone needs no closer look.
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_. -]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def checked_part(part: str, source: str) -> str:
    """Return one rendered name, which may hold `/`, without what means nothing: `./`, a doubled or last `/`.

    Args:
        part: The name as rendered.
        source: What was rendered, for messages.

    Raises:
        UserError: The name is absolute, holds `..`, a `.git` or a control character, or is no text.
    """
    if _PLAIN.fullmatch(part):
        return part
    if part.startswith("/"):
        raise _refused(part, source, "it is absolute")
    if _CONTROL.search(part):
        raise _refused(part, source, "it holds a control character")
    steps = [step for step in part.split("/") if step not in {"", "."}]
    if ".." in steps:
        raise _refused(part, source, "it holds `..`")
    if any(step.lower() == ".git" for step in steps):
        raise _refused(part, source, "git would take it for a part of its own")
    return "/".join(steps)


def checked_target(path: str, target: bytes, source: str) -> None:
    """Refuse a symlink that leads out of the tree.

    Args:
        path: Where the symlink stands.
        target: What it points to.
        source: What was rendered, for messages.

    Raises:
        UserError: The target is absolute, empty, or leaves the root of the tree.
    """
    text = target.decode("utf-8", "surrogateescape")
    steps = [step for step in text.split("/") if step not in {"", "."}]
    climbs = len(list(takewhile(lambda step: step == "..", steps)))
    # Behind a name `..` may mean another folder than it seems to, where that name is a symlink itself.
    if not text or text.startswith("/") or "\0" in text or climbs > path.count("/") or ".." in steps[climbs:]:
        raise UserError(
            f"{source}: the symlink points to {text!r}.",
            hint="It may point only to what is inside its folder, by a relative path with `..` at the beginning.",
        )


def join(prefix: str, name: str) -> str:
    """Return a path below another; either may be empty."""
    return f"{prefix}/{name}" if prefix and name else prefix or name


def _refused(part: str, source: str, reason: str) -> UserError:
    return UserError(f"{source} is rendered to the path {part!r}, which is refused: {reason}.")
