"""Strikes secrets out of texts: those that are known, and whatever looks like one of GitHub's."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from threading import Lock
from urllib.parse import quote

STRUCK = "***"
"""What stands in place of a secret."""

_FEW = 64
"""Up to how many forms it is quicker to look for each of them than to look through a text once."""
_START = 8
"""By how many of their first characters forms are looked up."""

_SHAPES = re.compile(
    r"""
      (?P<before> (?i:\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|digest|token)\s+)?) )
      [^\s"',;]+                                                                     # a header
    | (?P<scheme> (?i:\b(?:basic|bearer)\s+) ) [A-Za-z0-9+/_.~=-]{16,}                # its value alone
    | (?P<address> ://[^\s/:@]*: ) [^\s/]+ (?=@)                                     # the password in an address
    | (?P<login> \bhttps?:// ) [^\s/:@]+ (?=@)                                     # the user, which may be a token
    | (?:\b|(?<=_)|(?<=%[0-9A-Fa-f]{2}))(?:gh[oprsu]_|github_pat_)[A-Za-z0-9_.+/=-]{10,}  # GitHub's tokens
    | \beyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]+           # what an App signs
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----.*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)  # its key, whole or cut off
    """,
    re.VERBOSE | re.DOTALL,
)
_TOKEN = re.compile(r"(?:gh[oprsu]_|github_pat_)[A-Za-z0-9_.+/=-]{10,}")
_NAME = re.compile(r"(?:authorization|cookie|password|private[_-]?key|secret|token)$", re.IGNORECASE)


class KnownSecrets:
    """The secrets that no text may tell. Any thread may add to them; what is added counts from then on.

    None is forgotten, for what was a secret may be told late; but only so many are kept.

    Args:
        secrets: What is known at first.
        most: How many are kept, the ones that were added last.
    """

    def __init__(self, secrets: Iterable[str] = (), most: int = 20_000) -> None:
        self._most = most
        self._lock = Lock()
        self._secrets: dict[str, None] = {}
        self._forms = _Forms()
        for secret in secrets:
            self.add(secret)

    def __repr__(self) -> str:
        return f"KnownSecrets({len(self._secrets)})"

    def add(self, secret: str) -> None:
        """Let a secret be struck out of every text, in all the forms that it may have there."""
        # What looks like one of GitHub's is recognized without being kept, and these are new every hour.
        if not secret or secret in self._secrets or _TOKEN.fullmatch(secret):
            return
        with self._lock:
            self._secrets[secret] = None
            if len(self._secrets) <= self._most:
                self._forms.add(_forms_of(secret))
                return
            del self._secrets[next(iter(self._secrets))]
            forms = _Forms()
            for kept in self._secrets:
                forms.add(_forms_of(kept))
            self._forms = forms

    def struck_from(self, text: str) -> str:
        """Return a text with `***` in place of each of them."""
        return self._forms.struck_from(text)


class _Forms:
    """Texts that are struck out of others, in a time that hardly grows with their number."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()
        self._by_start: dict[str, tuple[str, ...]] = {}
        self._shortest = 0

    def add(self, forms: Collection[str]) -> None:
        """Strike these as well."""
        self._shortest = min(map(len, forms)) if not self._forms else min(self._shortest, *map(len, forms))
        for form in forms:
            start = form[:_START]
            self._by_start[start] = (*self._by_start.get(start, ()), form)
        if len(self._forms) <= _FEW:
            self._forms = (*self._forms, *forms)

    def struck_from(self, text: str) -> str:
        if len(text) < self._shortest:
            return text
        if len(self._forms) <= _FEW and not any(form in text for form in self._forms):
            return text
        return _without(text, self._spans(text))

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Return from where to where each form stands in a text, in their order."""
        lengths = range(min(self._shortest, _START), _START + 1)
        return [
            (begin, begin + len(form))
            for begin in range(len(text) - self._shortest + 1)
            for length in lengths
            for form in self._by_start.get(text[begin : begin + length], ())
            if text.startswith(form, begin)
        ]


def redacted(text: str, secrets: KnownSecrets | None = None) -> str:
    """Return a text with `***` in place of each secret.

    Args:
        text: Any text.
        secrets: Secrets that are known, of any shape.
    """
    return _SHAPES.sub(_struck, secrets.struck_from(text) if secrets else text)


def is_secret_name(name: str) -> bool:
    """Return whether what is called so is a secret, whatever it looks like: `Authorization`, `webhook_secret`."""
    return _NAME.search(name) is not None


def _forms_of(secret: str) -> frozenset[str]:
    """Return every form that a secret may have in a text: as it is, and as addresses, JSON and Python write it."""
    quoted = quote(secret, safe="", errors="surrogateescape")
    return frozenset((secret, quoted, json.dumps(secret)[1:-1], repr(secret)[1:-1]))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with `***` in place of parts of it; parts that overlap go together."""
    pieces, upto = [], 0
    end = -1
    for begin, until in spans:
        if begin >= end:
            pieces += [text[upto:begin], STRUCK]
        end = upto = max(end, until)
    return "".join([*pieces, text[upto:]])


def _struck(match: re.Match[str]) -> str:
    return (match["before"] or match["scheme"] or match["address"] or match["login"] or "") + STRUCK
