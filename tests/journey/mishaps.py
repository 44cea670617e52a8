"""What may go wrong with a call, by what the call is: without any effect, or after it had its effect."""

from __future__ import annotations

from dataclasses import dataclass

from tests.github_double.api import Seen
from tests.github_double.description import operation
from tests.github_double.faults import SECONDARY_LIMIT, Answer, Away, CutOff, Exhausted, Fault, Held, Unheard

_WRITES = ("POST", "PUT", "PATCH")
_BAD_GATEWAY = "<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True)
class Mishap:
    """Something that goes wrong.

    Attributes:
        name: What it is called.
        fault: How the double lets it go wrong.
    """

    name: str
    fault: Fault


_UNHEARD = Mishap("ends before it is looked at", Unheard())
_BROKEN = Mishap("503", Answer(503, "Service Unavailable"))
_GATEWAY = Mishap("502 of a proxy", Answer(502, text=_BAD_GATEWAY))
_TOO_MANY = Mishap("429", Answer(429, SECONDARY_LIMIT, {"Retry-After": "2"}))
_SECONDARY = Mishap("secondary limit", Answer(403, SECONDARY_LIMIT, {"Retry-After": "30"}))
_AWAY = Mishap("GitHub is away for three minutes", Away(180))
_PRIMARY = Mishap("primary limit", Exhausted(40))
# GitHub's description of 422: "Validation failed, or the endpoint has been spammed."
_SPAMMED = Mishap("422, as if it were spam", Answer(422, "Validation Failed"))

_UNANSWERED = Mishap("is done and not answered", CutOff(None))
_HALF = Mishap("is done and answered by half", CutOff(0.5))
_LATE = Mishap("is done and answered too late", Held())

_GIT_BROKEN = (_UNHEARD, _BROKEN, _AWAY, Mishap("429", Answer(429, "Too Many Requests")))
_API_BROKEN = (_UNHEARD, _GATEWAY, _SECONDARY, _BROKEN, _AWAY, _PRIMARY, _TOO_MANY)
_DONE = (_UNANSWERED, _HALF, _LATE)


def is_git(call: Seen) -> bool:
    return ".git/" in call.line


def changes(call: Seen) -> bool:
    """Return whether a call may have an effect."""
    return call.line.endswith("/git-receive-pack") if is_git(call) else not call.line.startswith("GET ")


def without_effect(call: Seen) -> tuple[Mishap, ...]:
    """Return what may go wrong with a call so that it has no effect."""
    if is_git(call):
        return _GIT_BROKEN
    verb, _, address = call.line.partition(" ")
    found = operation(verb, address.partition("?")[0])
    spam = verb in _WRITES and found is not None and "422" in found[0].responses
    return (*_API_BROKEN, _SPAMMED) if spam else _API_BROKEN


def with_effect() -> tuple[Mishap, ...]:
    """Return what may go wrong with a call after it had its effect; of a read there is none, and no answer either."""
    return _DONE
