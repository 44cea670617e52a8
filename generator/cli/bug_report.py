"""The report that a user pastes when gitopsmith has a bug."""

from __future__ import annotations

import platform
import re
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import version

_TELLING = 4
_SHORT = re.compile(r"-n*d(.*)", re.DOTALL)
"""`-d`, alone or behind the one flag that it can share its hyphen with."""


def report(bug: BaseException, arguments: Sequence[str]) -> str:
    """Return the report.

    Args:
        bug: What was raised and not expected.
        arguments: The command line; values of `--data` are left out, since they may be secret.
    """
    given = list(_given(arguments))
    said = " ".join(_without(argument, given) for argument in arguments)
    return (
        f"\ncommand:  gitopsmith {said}\n"
        f"version:  gitopsmith {version('gitopsmith')}, Python {platform.python_version()}, {platform.platform()}\n\n"
        + "".join(_without(line, given) for line in traceback.format_exception(bug))
    )


def _given(arguments: Sequence[str]) -> Iterator[str]:
    """Yield what stands behind each `--data`, in every way that it can be written."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        short = _SHORT.fullmatch(argument)
        if before == "--data" or ((option := _SHORT.fullmatch(before)) and not option[1]):
            yield argument
        elif argument.startswith("--data="):
            yield argument.removeprefix("--data=")
        elif short and short[1]:
            yield short[1]


def _without(text: str, given: Sequence[str]) -> str:
    for item in given:
        key, _, value = item.partition("=")
        text = text.replace(item, f"{key}=…")
        # The message of a bug may quote a value; a short one is a word of ours more often than a secret.
        if len(value) >= _TELLING:
            text = text.replace(value, "…")
    return text
