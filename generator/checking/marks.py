"""What templates leave behind: tokens that were never replaced, and marks where no template language is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from generator.checking.documents import Path
from generator.checking.findings import Severity
from generator.checking.model import Fault, dotted
from generator.checking.schema import is_built_in

_TOKEN = re.compile(r"<([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)>")
_MARK = re.compile(r"\{\{|\{%")
_SUSPECT = re.compile(rb"\{\{|\{%|<[A-Z]")
_PROSE = frozenset({"description", "summary", "message", "help", "runbook"})
"""Fields that people read; a word in angle brackets is a placeholder for the reader there."""
_HELM_VALUES = frozenset({"values", "valuesObject", "parameters"})
_COMMANDS = frozenset({"args", "command", "env"})
_TEMPLATED_ANNOTATIONS = ("vault.hashicorp.com/", "argocd-image-updater.argoproj.io/", "notifications.argoproj.io/")


def suspect(data: bytes) -> bool:
    """Return whether a file may hold tokens or marks at all; almost none does, and the others need no walk."""
    return _SUSPECT.search(data) is not None


def check_marks(value: dict[str, Any], api_version: str, kind: str) -> Iterator[Fault]:
    """Yield the unresolved tokens of an object, and the template marks that cannot be legal where they stand.

    Marks are legal in the data of a ConfigMap, in templates of Argo CD and in kinds that we do not know; there only
    what identifies the object is looked at. In commands and environment variables a program may read them itself,
    which makes them a warning.
    """
    for path, scalar, is_key in _scalars(value, ()):
        if _is_prose(path, kind):
            continue
        for token in _tokens(scalar):
            yield _token_fault(path, token)
        if _MARK.search(scalar) and not _may_hold_marks(path, scalar, api_version, kind):
            yield _mark_fault(path, is_key)


def _scalars(value: Any, path: Path) -> Iterator[tuple[Path, str, bool]]:
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, dict):
        for key, item in value.items():
            if "{" in key or "<" in key:
                yield (*path, key), key, True
            yield from _scalars(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _scalars(item, (*path, index))


def _tokens(scalar: str) -> list[str]:
    """Return the tokens of a scalar. In a text of several lines a single word may be markup or a placeholder."""
    tokens = _TOKEN.findall(scalar)
    return [token for token in tokens if "_" in token] if "\n" in scalar else tokens


def _is_prose(path: Path, kind: str) -> bool:
    return bool(path) and (path[-1] in _PROSE or (kind == "CustomResourceDefinition" and path[0] == "spec"))


def _may_hold_marks(path: Path, scalar: str, api_version: str, kind: str) -> bool:
    if path[0] in {"apiVersion", "kind"}:
        return False
    custom = not is_built_in(api_version, kind) or kind == "ApplicationSet"
    if path[0] == "metadata" or ("annotations" in path and not custom):
        return "annotations" in path and ("\n" in scalar or _templated(str(path[-1])))
    if custom:
        return True
    if kind in {"ConfigMap", "Secret"}:
        return path[0] in {"data", "binaryData", "stringData"}
    if kind == "Application":
        return _in_helm_values(path)
    return kind == "CustomResourceDefinition"


def _templated(annotation: str) -> bool:
    return annotation.startswith(_TEMPLATED_ANNOTATIONS) or "template" in annotation


def _in_helm_values(path: Path) -> bool:
    below = [step for step in path if isinstance(step, str)]
    return any(a == "helm" and b in _HELM_VALUES for a, b in pairwise(below)) or "plugin" in below


def _token_fault(path: Path, token: str) -> Fault:
    message = f"`{dotted(path)}` holds the token `<{token}>`, which no template has replaced."
    return Fault(path, message, f"Replace `<{token}>` with its value.", "token")


def _mark_fault(path: Path, is_key: bool) -> Fault:
    what = "The key" if is_key else "The value of"
    severity = Severity.WARNING if _COMMANDS & set(path) else Severity.ERROR
    message = f"{what} `{dotted(path)}` holds marks of a template language, which nothing evaluates here."
    return Fault(path, message, "Replace them with what the template should have given.", "template-mark", severity)
