"""Patterns as Argo CD matches them: globs in projects and in directory sources, and URLs of repositories.

Follows Argo CD 3.x: `util/glob` (which is github.com/gobwas/glob), and `NormalizeGitURL` of `util/git`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SCP = re.compile(r"(?:[^@/]+@)?([^/:@]+):(?!//)(.*)")
_SSH = re.compile(r"(ssh://)?([^/:]*?)@[^@]+")
_NEVER = re.compile(r"(?!)")


@lru_cache(maxsize=4096)
def _compiled(pattern: str, separator: str) -> re.Pattern[str]:
    one = f"[^{re.escape(separator)}]" if separator else "."
    try:
        return re.compile(_translate(pattern, one), re.DOTALL)
    except re.error:
        return _NEVER


def _translate(pattern: str, one: str) -> str:
    parts: list[str] = []
    depth = 0
    place = 0
    while place < len(pattern):
        char = pattern[place]
        place += 1
        if char == "*":
            several = pattern[place : place + 1] == "*"
            place += several
            parts.append(".*" if several else f"{one}*")
        elif char == "?":
            parts.append(one)
        elif char == "[":
            place, part = _characters(pattern, place)
            parts.append(part)
        elif char == "{":
            depth += 1
            parts.append("(?:")
        elif char == "}" and depth:
            depth -= 1
            parts.append(")")
        elif char == "," and depth:
            parts.append("|")
        elif char == "\\" and place < len(pattern):
            parts.append(re.escape(pattern[place]))
            place += 1
        else:
            parts.append(re.escape(char))
    return "".join(parts)


def _characters(pattern: str, place: int) -> tuple[int, str]:
    """Return where a `[class]` ends and the same class as a regular expression."""
    end = pattern.find("]", place + 1)
    if end < 0:
        return len(pattern), "(?!)"
    inside = pattern[place:end]
    negated = inside[:1] in {"!", "^"}
    escaped = inside[negated:].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return end + 1, f"[{'^' if negated else ''}{escaped}]"


def glob(pattern: str, value: str, separator: str = "") -> bool:
    """Return whether a glob matches the whole of `value`; a pattern that does not compile matches nothing.

    Args:
        pattern: `*`, `**`, `?`, `[a-z]`, `[!a]`, `{one,other}`.
        value: What is matched.
        separator: The character that `*` and `?` do not match; by default there is none.
    """
    return _compiled(pattern, separator).fullmatch(value) is not None


def permits(pattern: str, value: str, separator: str = "") -> bool:
    """Return whether a pattern of a project matches; one that begins with `!` matches what the rest does not."""
    if is_denial(pattern):
        return not glob(pattern[1:], value, separator)
    return pattern == "*" or glob(pattern, value, separator)


def is_denial(pattern: str) -> bool:
    """Return whether a pattern of a project denies."""
    return pattern.startswith("!")


def in_namespaces(patterns: list[str], namespace: str) -> bool:
    """Return whether a namespace is in a list of globs and of regular expressions between slashes."""
    for pattern in patterns:
        if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/") and _search(pattern[1:-1], namespace):
            return True
        if glob(pattern, namespace):
            return True
    return False


def _search(expression: str, value: str) -> bool:
    try:
        return re.search(expression, value) is not None
    except re.error:
        return False


def normalized_url(url: str) -> str:
    """Return a repository's URL as Argo CD writes it before it compares two."""
    url = url.strip().lower()
    if _SSH.fullmatch(url) and not url.startswith("ssh://"):
        url = "ssh://" + url.replace(":", "/", 1)
    return url.removesuffix(".git").removeprefix("ssh://")


def same_place(url: str) -> str:
    """Return `host/owner/repository` of a URL, however it is written: the same for HTTPS and SSH, with `.git` or not.

    Case does not matter: GitHub's owners and repositories, and hosts, have none.
    """
    url = url.strip().lower()
    scp = _SCP.fullmatch(url)
    if scp and "://" not in url:
        url = f"{scp[1]}/{scp[2]}"
    rest = url.partition("://")[2] or url
    host, slash, path = rest.partition("/")
    host = host.rpartition("@")[2].partition(":")[0]
    path = path.split("?")[0].strip("/").removesuffix(".git").strip("/")
    return f"{host}{slash}{path}"
