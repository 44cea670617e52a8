"""Releases as GitHub tells them: typed and bounded, not yet measured against what anybody wants."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Release:
    """A release of a source repository.

    Attributes:
        tag: Its tag, as it was pushed; any text of 1 to 255 characters.
        prerelease: Whether it is marked as one.
        draft: Whether it is one: then nobody but its authors can see it.
        name: Its title; may be empty.
        url: Its page.
        author: Who made it: a login.
        published_at: When it was published, in ISO 8601; empty for a draft.
        target: What the tag was made from: a commit or the name of a branch; may be empty.
    """

    tag: str
    prerelease: bool = False
    draft: bool = False
    name: str = ""
    url: str = ""
    author: str = ""
    published_at: str = ""
    target: str = ""
