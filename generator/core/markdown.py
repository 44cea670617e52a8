"""Text from outside in what GitHub shows: as code or plain, so that it mentions nobody and closes nothing. Pure."""

from __future__ import annotations

import re

from generator.core.pull_requests import clean

_APART = "\u200b"
"""A space of no width: it parts what GitHub would read as one, and nobody sees it."""
_MENTION = re.compile(r"(?<=@)(?=[\w-])")
# What GitHub reads as an issue: https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
_ISSUE = re.compile(r"(?<=#)(?=\d)|(?<=\bGH-)(?=\d)|(?<=/issues/)(?=\d)|(?<=/pull/)(?=\d)", re.IGNORECASE)
_URL = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]{0,1000})?", re.ASCII)


def code(text: str) -> str:
    """Return a text from outside as code on one line: nothing in it has a meaning, and nothing in it ends it."""
    line = clean(text)
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    # Without a space a backtick at either end would belong to the fence.
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}" if line else "–"


def defused(text: str) -> str:
    """Return a text on one line, as a title, that mentions nobody and closes nothing, also as a commit's subject."""
    return _ISSUE.sub(_APART, _MENTION.sub(_APART, clean(text)))


def link(url: str) -> str:
    """Return an address that can be followed; as code where it is none of a plain host."""
    return f"<{url}>" if _URL.fullmatch(url) else code(url)
