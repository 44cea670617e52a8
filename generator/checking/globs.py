"""Patterns as Argo CD matches them: globs in projects and in directory sources, and URLs of repositories.

Follows Argo CD 3.x: `util/glob` (which is github.com/gobwas/glob), and `NormalizeGitURL` of `util/git`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, FancyRegexOptions

_SCP = re.compile(r"(?:[^@/]+@)?([^/:@]+):(?!//)(.*)")
_SSH = re.compile(r"(ssh://)?([^/:]*?)@[^@]+")
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_STEP_LIMIT = 100_000
"""Python's own engine has no limit: a short pattern and a short name can keep it busy for years."""


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Draft202012Validator | None:
    """Return what finds a regular expression in a text; None where it is none."""
    try:
        return Draft202012Validator(
            {"pattern": expression}, pattern_options=FancyRegexOptions(backtrack_limit=_STEP_LIMIT)
        )
    except ValueError:
        return None


def _is_in(expression: str, value: str) -> bool:
    compiled = _compiled(expression)
    # A path may hold bytes that are no text.
    return compiled is not None and compiled.is_valid(value.encode(errors="replace").decode())


@lru_cache(maxsize=4096)
def _expression(pattern: str, separator: str) -> str:
    return rf"\A(?s:{_translate(pattern, f'[^{separator}]' if separator else '.')})\z"


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
            parts.append(_literal(pattern[place]))
            place += 1
        else:
            parts.append(_literal(char))
    return "".join(parts)


def _literal(char: str) -> str:
    return f"\\{char}" if char in _SPECIAL else char


def _characters(pattern: str, place: int) -> tuple[int, str]:
    """Return where a `[class]` ends and the same class as a regular expression."""
    end = pattern.find("]", place + 1)
    if end < 0:
        return len(pattern), "(?!)"
    inside = pattern[place:end]
    negated = inside[:1] in {"!", "^"}
    # The hyphen makes a range; everything else stands for itself.
    escaped = "".join(f"\\{char}" if char in "\\[]^&~" else char for char in inside[negated:])
    return end + 1, f"[{'^' if negated else ''}{escaped}]"


def glob(pattern: str, value: str, separator: str = "") -> bool:
    """Return whether a glob matches the whole of `value`; a pattern that does not compile matches nothing.

    Args:
        pattern: `*`, `**`, `?`, `[a-z]`, `[!a]`, `{one,other}`.
        value: What is matched.
        separator: The character that `*` and `?` do not match; by default there is none.
    """
    return _is_in(_expression(pattern, separator), value)


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
        if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/") and _is_in(pattern[1:-1], namespace):
            return True
        if glob(pattern, namespace):
            return True
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
