"""What GitHub's description of its API says of one operation, and whether a value is as it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft202012Validator

Schema = dict[str, Any]

_DEFS = "#/$defs/"
_FILE = Path(__file__).parent / "openapi" / "api.json"


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation.

    Attributes:
        name: Its name.
        place: `path` or `query`.
        required: Whether it must be given.
        schema: What it may be.
    """

    name: str
    place: str
    required: bool
    schema: Schema


@dataclass(frozen=True)
class Operation:
    """An operation of GitHub's API.

    Attributes:
        name: Its verb and the template of its path: `GET /repos/{owner}/{repo}`.
        parameters: What it takes beside a body.
        body: The schema of its body; None where it takes none.
        body_required: Whether there must be one.
        responses: The schema of the body of each status; None where it has none.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: Schema | None
    body_required: bool
    responses: dict[str, Schema | None]


def operation(verb: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation that a path, still quoted, is for, and the parameters in it; None where there is none."""
    for pattern, found in _patterns():
        if match := pattern.fullmatch(f"{verb} {path}"):
            return found, {name: unquote(value) for name, value in match.groupdict().items()}
    return None


def webhook(event: str, action: str) -> Schema | None:
    """Return the schema of a webhook's payload; None where GitHub has no such event, or the double none."""
    found: Schema | None = _data()["webhooks"].get(f"{event}.{action}" if action else event)
    return found


def followed(schema: Schema) -> Schema:
    """Return the schema itself where a schema is a reference."""
    while "$ref" in schema:
        schema = _data()["schemas"][schema["$ref"].removeprefix(_DEFS)]
    return schema


def faults(schema: Schema, value: Any) -> list[str]:
    """Return where a value is not as its schema says."""
    validator = _validator(json.dumps(schema, sort_keys=True))
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(value)]


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return data


@cache
def _patterns() -> list[tuple[re.Pattern[str], Operation]]:
    """Return the operations by the form of their paths; one that says more stands before one that fits the same too."""
    names = sorted(_data()["operations"], key=lambda name: (name.count("{"), -len(name)))
    return [(_pattern(name), _operation(name)) for name in names]


def _pattern(name: str) -> re.Pattern[str]:
    slashes = {item["name"] for item in _data()["operations"][name]["parameters"] if item["slashes"]}
    parts = re.split(r"\{(\w+)\}", name)
    for index in range(1, len(parts), 2):
        parts[index] = f"(?P<{parts[index]}>{'.+' if parts[index] in slashes else '[^/]+'})"
    for index in range(0, len(parts), 2):
        parts[index] = re.escape(parts[index])
    return re.compile("".join(parts))


def _operation(name: str) -> Operation:
    data = _data()["operations"][name]
    body = data.get("body", {})
    return Operation(
        name,
        tuple(Parameter(item["name"], item["in"], item["required"], item["schema"]) for item in data["parameters"]),
        body.get("schema"),
        body.get("required", False),
        data["responses"],
    )


@cache
def _validator(schema: str) -> Draft202012Validator:
    root = json.loads(schema)
    reached: dict[str, Schema] = {}
    waiting = list(_references(root))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = _data()["schemas"][name]
            waiting.extend(_references(reached[name]))
    return Draft202012Validator({**root, "$defs": reached}, validate_formats=True)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(_DEFS)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _references(item)
