"""What a registry says about how it wants to be asked: its `WWW-Authenticate` header taken apart. Pure.

The form is that of https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1: several challenges may stand in one header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LIMIT = 8192
"""Characters of a header that are read; those of registries have some hundred."""
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the word of the RFC for a name, no secret
_PART = re.compile(
    rf"""[\s,]*(?:
        (?P<name>{_TOKEN})[ \t]*=[ \t]*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s",]+))
        |(?P<scheme>{_TOKEN})(?:[ ]+[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$)))?
    )""",
    re.ASCII | re.VERBOSE,
)


@dataclass(frozen=True)
class Challenge:
    """One way to authenticate.

    Attributes:
        scheme: `bearer`, `basic` or another, in lower case.
        parameters: What it says beside, by names in lower case.
    """

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Return the challenges of a header, in its order, as far as it can be read."""
    header = header[:_LIMIT]
    found: list[tuple[str, dict[str, str]]] = []
    match = _PART.match(header)
    while match:
        if match["scheme"]:
            found.append((match["scheme"].lower(), {}))
        elif found:
            value = match["plain"] if match["quoted"] is None else re.sub(r"\\(.)", r"\1", match["quoted"])
            found[-1][1].setdefault(match["name"].lower(), value)
        match = _PART.match(header, match.end())
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)
