"""Versions: which tags name one, which of two is newer, which ones a range admits.

Versions follow https://semver.org/spec/v2.0.0.html; ranges are those of npm
(https://github.com/npm/node-semver#ranges): `1.x`, `^1.2`, `>=1.2 <2`, `*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from semantic_version import NpmSpec, Version

from generator.core.errors import UserError

_VERSION = "{version}"


@dataclass(frozen=True)
class TagPattern:
    """How the tags of a repository hold versions: `v{version}`, `podinfo@{version}`.

    Attributes:
        text: A text with `{version}` in it, once.
    """

    text: str = "v{version}"

    def version_of(self, tag: str) -> str | None:
        """Return the version that a tag names, or None where the tag is none of this pattern or names no version."""
        before, _, after = self.text.partition(_VERSION)
        version = tag[len(before) : len(tag) - len(after)]
        return version if f"{before}{version}{after}" == tag and is_version(version) else None


def check_version(text: str) -> str:
    """Return `text` if it can be the tag of an image or the version of a chart.

    Raises:
        UserError: It cannot (tags: OCI distribution specification 1.1; charts add `+`).
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}", text, re.ASCII):
        raise UserError(
            f"`{text}` cannot be a version.", hint="Use letters, digits, `.`, `_`, `+` and `-`, 128 at most: 6.7.1."
        )
    return text


def is_version(text: str) -> bool:
    """Return whether `text` is a semantic version, all three numbers given."""
    return _parse(text) is not None


def is_older(version: str, than: str) -> bool:
    """Return whether `version` comes before `than`.

    Build metadata does not count. Where one of them is no semantic version nothing can be said: the answer is no.
    """
    one, other = _parse(version), _parse(than)
    return one is not None and other is not None and one.truncate("prerelease") < other.truncate("prerelease")


def check_range(text: str) -> str:
    """Return `text` if it is a range of versions.

    Raises:
        UserError: It is not.
    """
    try:
        NpmSpec(text)
    except ValueError as error:
        raise UserError(f"`{text}` is not a range of versions.", hint="Use `^1.2`, `>=1.2 <2` or `*`.") from error
    return text


def is_in_range(version: str, text: str, *, prereleases: bool = False) -> bool:
    """Return whether a range admits a version.

    Args:
        version: A version; what is no semantic version is admitted by `*` alone.
        text: The range.
        prereleases: Whether a prerelease counts as the release that it leads to; npm's ranges leave prereleases out.

    Raises:
        UserError: `text` is no range.
    """
    parsed = _parse(version)
    if parsed is None:
        return check_range(text).strip() == "*"
    spec = NpmSpec(check_range(text))
    return spec.match(parsed) or (prereleases and spec.match(parsed.truncate("patch")))


def _parse(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None
