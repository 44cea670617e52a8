"""Objects against the schemas of their kinds; https://kubernetes.io/docs/reference/kubernetes-api/ (v1.36)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind

from generator.checking.documents import Path
from generator.checking.model import Fault, dotted

_DEFS = "#/$defs/"
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "empty",
    "number": "a number",
    "object": "a mapping",
    "string": "a string",
}
_NOT_OBJECTS = frozenset({"v1/Config", "v1/List"})
"""What looks built-in and is not: a kubeconfig, and lists, which are unpacked."""


@dataclass(frozen=True)
class _Data:
    kinds: dict[str, str]
    removed: dict[str, str]
    definitions: dict[str, Any]


@cache
def _data() -> _Data:
    """Read the data files once; a definition that both hold is the same in both."""
    kinds: dict[str, str] = {}
    removed: dict[str, str] = {}
    definitions: dict[str, Any] = {}
    for name in ("kubernetes", "argo-cd"):
        source = resources.files("generator.checking").joinpath("schemas", f"{name}.json")
        content = json.loads(source.read_text(encoding="utf-8"))
        kinds |= content["kinds"]
        removed |= content["removed"]
        definitions |= content["definitions"]
    return _Data(kinds, removed, definitions)


@cache
def _groups() -> dict[str, set[str]]:
    """Return the stable versions of every group whose kinds are all known."""
    groups: dict[str, set[str]] = {}
    for key in _data().kinds:
        version = key.rpartition("/")[0]
        group = version.rpartition("/")[0]
        if version and group != "argoproj.io":
            groups.setdefault(group, set()).add(version)
    return groups


@cache
def _validator(definition: str) -> Draft202012Validator:
    definitions = _data().definitions
    reached: dict[str, Any] = {}
    waiting = [definition]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = definitions[name]
            waiting.extend(_references(definitions[name]))
    return Draft202012Validator({"$ref": _DEFS + definition, "$defs": reached})


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_DEFS)
        for value in schema.values():
            yield from _references(value)


def is_built_in(api_version: str, kind: str) -> bool:
    """Return whether there is a schema for the kind."""
    return f"{api_version}/{kind}" in _data().kinds


def unserved(api_version: str, kind: str) -> Fault | None:
    """Return a fault for a kind that no API server has: one that is gone, or one that its group never had."""
    key = f"{api_version}/{kind}"
    data = _data()
    if key in data.removed:
        replacement = data.removed[key]
        hint = f"Use `{replacement}`; its fields may differ." if replacement else "There is no replacement; remove it."
        return Fault(("apiVersion",), f"`{kind}` of `{api_version}` is no longer served by Kubernetes.", hint)
    group = api_version.rpartition("/")[0]
    if key in data.kinds or key in _NOT_OBJECTS or api_version not in _groups().get(group, ()):
        return None
    kinds = [known.rpartition("/")[2] for known in data.kinds if known.rpartition("/")[0] == api_version]
    elsewhere = [known.rpartition("/")[0] for known in data.kinds if known.rpartition("/")[2] == kind]
    if elsewhere:
        return Fault(("apiVersion",), f"`{api_version}` has no kind `{kind}`.", f"Use `apiVersion: {elsewhere[0]}`.")
    return Fault(("kind",), f"`{api_version}` has no kind `{kind}`.", _nearest(kind, kinds))


def faults(value: dict[str, Any], api_version: str, kind: str, has_null: bool, partial: bool = False) -> list[Fault]:
    """Return where an object breaks its schema.

    Of a kind without a schema only the types in its metadata are looked at: labels and annotations are strings
    everywhere, but a file with `apiVersion` and `kind` need not be a Kubernetes object.

    Args:
        value: The object.
        api_version: Its `apiVersion`.
        kind: Its `kind`.
        has_null: Whether a null may stand in it; Kubernetes reads that as if the key were not there.
        partial: Whether Kustomize completes it, so that it may leave out what is required and hold `$patch`.
    """
    definition = _data().kinds.get(f"{api_version}/{kind}")
    place: Path = ()
    subject: Any = value
    custom = definition is None
    if definition is None:
        definition, place = _data().kinds["metadata"], ("metadata",)
        subject = value.get("metadata", {})
    validator = _validator(definition)
    if has_null:
        subject = _without_null(subject)
    if validator.is_valid(subject):
        return []
    found: list[Fault] = []
    for error in validator.iter_errors(subject):
        if not custom or isinstance(error.kind, ValidationErrorKind.Type):
            path: Path = (*place, *error.instance_path)
            found.extend(_explain(error, path, f"{kind} ({api_version})", partial))
    return found


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value] if isinstance(value, list) else value


def _explain(error: ValidationError, path: Path, what: str, partial: bool) -> Iterator[Fault]:
    kind = error.kind
    here = dotted(path) or "the object"
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        known = _fields(error.schema_path)
        for key in kind.unexpected:
            if not (partial and key.startswith("$")):
                yield Fault((*path, key), f"`{dotted((*path, key))}` is no field of {what}.", _nearest(key, known))
    elif isinstance(kind, ValidationErrorKind.Required):
        if not partial:
            yield Fault(path, f"`{dotted((*path, kind.property))}` is missing; {what} requires it.")
    elif isinstance(kind, ValidationErrorKind.Type):
        wanted = " or ".join(_TYPES[name] for name in kind.types)
        yield Fault(
            path, f"`{here}` is {_type(error.instance)}, but must be {wanted}.", _retype(error.instance, kind.types)
        )
    elif isinstance(kind, ValidationErrorKind.Enum):
        options = ", ".join(f"`{option}`" for option in kind.options)
        yield Fault(path, f"`{here}` is `{error.instance}`, but must be one of {options}.")
    elif isinstance(kind, ValidationErrorKind.Pattern):
        yield Fault(path, f"`{here}` is `{error.instance}`, which is no quantity.", "Write it as `500m`, `2` or `1Gi`.")
    else:
        yield Fault(path, f"`{here}` is out of range: {error.message}.")


def _fields(schema_path: list[str | int]) -> list[str]:
    """Return the fields of the definition in which an unknown field was met; the path ends in the broken keyword."""
    schema: Any = {"$defs": _data().definitions}
    for step in schema_path[:-1]:
        schema = schema[step]
    return list(schema.get("properties", ()))


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"Did you mean `{near[0]}`?" if near else "Remove it, or check its spelling and its indentation."


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "a string", int: "an integer", float: "a number", dict: "a mapping", list: "a list"}
    return names.get(type(value), "empty")


def _retype(value: Any, types: list[str]) -> str:
    if "string" in types and isinstance(value, bool | int | float):
        return "Put it in quotes."
    if isinstance(value, str) and {"integer", "number", "boolean"} & set(types):
        return "Write it without quotes."
    return "Check its indentation."
