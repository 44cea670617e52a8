"""Strikes secrets out of texts: those that are known, and whatever looks like one of GitHub's. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

STRUCK = "***"
"""What stands in place of a secret."""

_SHAPES = re.compile(
    r"""
      (?P<before> (?i:\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|digest|token)\s+)?) )
      [^\s"',;]+                                                                     # a header
    | (?P<scheme> (?i:\b(?:basic|bearer)\s+) ) [A-Za-z0-9+/_.~=-]{16,}                # its value alone
    | (?P<address> ://[^\s/:@]*: ) [^\s/]+ (?=@)                                     # the password in an address
    | \b(?:gh[oprsu]_|github_pat_)[A-Za-z0-9_.+/=-]{10,}                             # GitHub's tokens
    | \beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]+           # what an App signs
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)  # its key, whole or cut off
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME = re.compile(r"(?:authorization|cookie|password|private[_-]?key|secret|token)$", re.IGNORECASE)


def forms_of(secrets: Iterable[str]) -> tuple[str, ...]:
    """Return every form that secrets may have in a text: as they are, and as addresses, JSON and Python write them."""
    return _forms(frozenset(secrets))


def redacted(text: str, forms: Iterable[str] = ()) -> str:
    """Return a text with `***` in place of each secret.

    Args:
        text: Any text.
        forms: Secrets that are known, of any shape, see `forms_of`.
    """
    for form in forms:
        if form in text:
            text = text.replace(form, STRUCK)
    return _SHAPES.sub(_struck, text)


def is_secret_name(name: str) -> bool:
    """Return whether what is called so is a secret, whatever it looks like: `Authorization`, `webhook_secret`."""
    return _NAME.search(name) is not None


@lru_cache(maxsize=8)
def _forms(secrets: frozenset[str]) -> tuple[str, ...]:
    forms = {
        form
        for secret in secrets
        for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1])
        if form
    }
    # Longer ones first: a part of a secret may be another one.
    return tuple(sorted(forms, key=len, reverse=True))


def _struck(match: re.Match[str]) -> str:
    return (match["before"] or match["scheme"] or match["address"] or "") + STRUCK
