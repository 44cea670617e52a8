"""Completes what the double knows to what GitHub would say: a schema requires much that no test looks at."""

from __future__ import annotations

from typing import Any

from tests.github_double.description import Schema, followed

_UNKNOWN = {
    "string": "",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "uri": "https://not-served.invalid/",
    "email": "nobody@example.com",
}
_MISSING = object()


def complete(schema: Schema, facts: Any) -> Any:
    """Return facts as a schema wants them: without what it does not list, and with something for all it requires.

    Facts of the wrong type are returned as they are, for the validation to find.

    Args:
        schema: What is wanted.
        facts: What is known; may hold more.
    """
    schema = followed(schema)
    if "allOf" in schema:
        parts = [complete(part, facts) for part in schema["allOf"]]
        return {key: value for part in parts for key, value in part.items()} if isinstance(facts, dict) else facts
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return complete(_choice(choices, facts), facts)
    if isinstance(facts, dict) and ("properties" in schema or schema.get("additionalProperties") is False):
        return _object(schema, facts)
    if isinstance(facts, list) and "items" in schema:
        return [complete(schema["items"], item) for item in facts]
    return facts


def _object(schema: Schema, facts: dict[str, Any]) -> dict[str, Any]:
    known = schema.get("properties", {})
    required = schema.get("required", ())
    found = {name: complete(known[name], facts[name]) for name in known if name in facts}
    found |= {name: _unknown(known[name]) for name in required if name in known and name not in facts}
    if isinstance(others := schema.get("additionalProperties"), dict):
        found |= {name: complete(others, value) for name, value in facts.items() if name not in known}
    return found


def _choice(choices: list[Schema], facts: Any) -> Schema:
    """Return the first of some schemas that is for values of this type, and of this kind where they say their kind."""
    for choice in choices:
        if _type(facts) in _types(followed(choice)) and _is_kind(choice, facts):
            return choice
    return choices[0]


def _is_kind(schema: Schema, facts: Any) -> bool:
    """Return whether facts are of the one kind that a schema is for, by their `type`."""
    schema = followed(schema)
    if not isinstance(facts, dict) or "type" not in facts:
        return True
    kinds = schema.get("properties", {}).get("type", {}).get("enum", [facts["type"]])
    return facts["type"] in kinds and all(_is_kind(part, facts) for part in schema.get("allOf", ()))


def _unknown(schema: Schema) -> Any:
    schema = followed(schema)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return None if any("null" in _types(followed(choice)) for choice in choices) else _unknown(choices[0])
    if "allOf" in schema:
        return complete(schema, {})
    if "enum" in schema:
        return schema["enum"][0]
    types = _types(schema)
    if "null" in types:
        return None
    if types[0] == "object":
        return _object(schema, {})
    return [] if types[0] == "array" else _UNKNOWN.get(schema.get("format", ""), _UNKNOWN[types[0]])


def _types(schema: Schema) -> list[str]:
    found = schema.get("type", _MISSING)
    if found is _MISSING:
        return ["object"] if "properties" in schema or "allOf" in schema else ["string", "object", "array", "integer"]
    return found if isinstance(found, list) else [found]


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", int: "integer", float: "number", list: "array"}.get(type(value), "object")
