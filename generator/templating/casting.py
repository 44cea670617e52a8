"""Types of answers: what a string or a YAML value becomes for a question of each type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import yaml

from generator.templating.yamltext import compose_all, load

RECORDABLE = (dict, list, str, int, float, bool, type(None))
"""The types of answers that can be written down."""

_TRUE = frozenset({"y", "yes", "t", "true", "on"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "~", "null", "none"})


class CastError(ValueError):
    """A value does not fit its question; the message goes on where the value was named."""


def to_bool(value: Any) -> bool:
    """Return the truth of a value: of a number, of a YAML word, else Python's."""
    try:
        return bool(float(value))
    except (TypeError, ValueError, OverflowError):
        pass
    if isinstance(value, str):
        word = value.strip().lower()
        if not word or word in _FALSE:
            return False
        if word in _TRUE:
            return True
    return bool(value)


def is_bool(value: Any) -> bool:
    """Return whether a value says plainly that it is true or false."""
    if isinstance(value, str):
        word = value.strip().lower()
        return word in _TRUE or word in _FALSE or word in {"0", "1"}
    return isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1))


def to_text(value: Any) -> str:
    """Return a string or number as a string.

    Raises:
        ValueError: The value is neither.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode()
    raise ValueError(f"{value!r} is no string")


def parse_yaml(text: Any) -> Any:
    """Return the value of a YAML text; a value that is no text is returned as it is.

    Raises:
        ValueError: The text is not YAML.
    """
    return load(text) if isinstance(text, (str, bytes)) else text


def parse_yaml_list(text: str) -> list[str]:
    """Return the items of a YAML list as raw texts, so that each can be read as its question's type.

    Raises:
        CastError: The text is not a YAML list.
    """
    nodes = compose_all(text)
    node = nodes[0] if len(nodes) == 1 else None
    if not isinstance(node, yaml.SequenceNode):
        raise CastError("is not a list: write it as `[a, b]`")
    return [_raw_item(text, item) for item in node.value]


def cast(type_name: str, value: Any) -> Any:
    """Return a value as a question's type.

    Args:
        type_name: One of `TYPES`.
        value: What was answered.

    Raises:
        CastError: The value does not fit.
    """
    if value is None and type_name not in {"json", "yaml"}:
        raise CastError(f"is not of type {type_name}")
    try:
        return TYPES[type_name](value)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        reason = f": {error}" if type_name in {"json", "yaml"} else ""
        raise CastError(f"is not of type {type_name}{reason}") from error


def check_given(type_name: str, value: Any) -> None:
    """Refuse a value that a person gave and that a cast would bend into something else.

    Copier casts `maybe` to true, 3.7 to 3 and an unquoted 1.10 to "1.1"; a person who writes that is mistaken.

    Raises:
        CastError: The value is of another type than the question's.
    """
    if type_name == "bool" and not is_bool(value):
        raise CastError("is not of type bool: write true or false")
    if type_name == "int" and (isinstance(value, bool) or (isinstance(value, float) and not value.is_integer())):
        raise CastError("is not of type int: write a whole number")
    if type_name == "float" and isinstance(value, bool):
        raise CastError("is not of type float: write a number")
    if type_name in {"str", "path"} and (isinstance(value, bool) or not isinstance(value, (str, int))):
        raise CastError(f"is not of type {type_name}: put it in quotes")


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, (str, bytes, bytearray)) else value


def _raw_item(text: str, item: yaml.Node) -> str:
    raw = text[item.start_mark.index : item.end_mark.index].strip()
    is_string = isinstance(item, yaml.ScalarNode) and item.tag == "tag:yaml.org,2002:str"
    if is_string and len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "\"'":
        return raw[1:-1]
    return raw


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "str": to_text,
    "int": int,
    "float": float,
    "bool": to_bool,
    "yaml": parse_yaml,
    "json": _json,
    "path": str,
}
"""The types that a question can have."""
