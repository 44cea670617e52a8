"""What a call asks for, in words that name nobody and nothing: metrics must stay few. Pure."""

from __future__ import annotations

import re

_NAMED = {
    "app-manifests": 1,
    "branches": 1,
    "commits": 1,
    "orgs": 1,
    "repos": 2,
    "repositories": 1,
    "statuses": 1,
    "tags": 1,
    "users": 1,
}
"""How many names follow a word of a path."""
_REST = frozenset({"contents", "ref", "refs"})
"""Words that a name of any number of parts follows."""
_WORD = re.compile(r"[a-z][a-z_-]*", re.ASCII)
_NAME = "{}"


def operation(verb: str, path: str) -> str:
    """Return what a call asks for: `GET /repos/{}/{}/releases`.

    Args:
        verb: Its verb.
        path: Its path below the API's address; a query behind it is left out.
    """
    shown: list[str] = []
    names = 0
    parts = path.partition("?")[0].strip("/").split("/")
    for index, part in enumerate(parts):
        shown.append(part if not names and _WORD.fullmatch(part) else _NAME)
        names = names - 1 if names else _NAMED.get(part, 0)
        if not names and part in _REST and shown[-1] == part:
            shown += [_NAME] * (index + 1 < len(parts))
            break
    return f"{verb} /{'/'.join(shown)}"
