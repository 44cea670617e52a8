"""How one scalar is read and written: which type a plain scalar has for any reader, and which style can hold a text."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.nodes import ScalarNode
from yaml.resolver import Resolver

from generator.core.errors import UserError
from generator.core.yamlload import NUMBER_LIMIT

Scalar = str | int | float | bool | None

STR = "tag:yaml.org,2002:str"
_INT, _FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
_BOOL, _NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"

_RESOLVE: Any = Resolver().resolve
_CONSTRUCTOR = SafeConstructor()
_CONSTRUCT: dict[str, Any] = {
    _INT: _CONSTRUCTOR.construct_yaml_int,
    _FLOAT: _CONSTRUCTOR.construct_yaml_float,
    _BOOL: _CONSTRUCTOR.construct_yaml_bool,
    _NULL: _CONSTRUCTOR.construct_yaml_null,
}

# YAML 1.2 and go-yaml read these as numbers where YAML 1.1 reads strings.
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"[-+]?0o[0-7]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# Strings for every rule above, and yet something else for some reader: single-letter booleans, dates, `=`, `<<`,
# and whatever resembles a number in any base, with underscores or colons.
_AMBIGUOUS = re.compile(
    r"""[yYnN] | = | << | ---.* | \.\.\..*
      | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\ ].*)?
      | [-+]?0[xX][0-9a-fA-F_]* | [-+]?0[oO][0-7_]* | [-+]?0[bB][01_]*
      | [-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9_]*)?
      | [-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?
      | [-+]?\.(?:[iI][nN][fF]|[nN][aA][nN])""",
    re.VERBOSE,
)
_UNPRINTABLE = re.compile(
    "[^\\t\\x20-\\x7e\\xa0-\\u2027\\u202a-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd\\U00010000-\\U0010ffff]"
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\x85": "\\N"}
_TO_ESCAPE = re.compile(r'[\\"\t]|' + _UNPRINTABLE.pattern)
_NOT_PLAIN = re.compile(r"""[,\[\]{}#&*!|>'"%@`] | [-?:](?:[ ]|$) | .*(?::(?:[ ]|$)|[ ]\#|\t)""", re.VERBOSE)
_NOT_PLAIN_IN_FLOW = re.compile(r".*[,\[\]{}?]|-$|-[,\[\]{}]")


def read_plain(text: str) -> Scalar:
    """Give the value of a plain scalar.

    It is what PyYAML's safe loader reads (YAML 1.1), and a number where only YAML 1.2 reads one (`1e5`, `0o17`, `089`).
    Dates stay strings, as in Kubernetes' JSON, and so does what is too long to be a number.
    """
    if len(text) > NUMBER_LIMIT:
        return text
    tag = _RESOLVE(ScalarNode, text, (True, False))
    if tag in _CONSTRUCT:
        return _construct(tag, text)
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text.replace("0o", "", 1), 8)
    return float(text) if _NUMBER.fullmatch(text) else text


def read_scalar(event: Any) -> Scalar:
    """Give the value of a scalar event.

    Raises:
        UserError: It has a tag that is no plain YAML type, or its text does not fit its tag.
    """
    if event.tag is None:
        return read_plain(event.value) if event.implicit[0] else str(event.value)
    if event.tag in {STR, "!"}:
        return str(event.value)
    if event.tag not in _CONSTRUCT:
        raise UserError(f"line {event.start_mark.line + 1}: the tag {event.tag} has no value that is known here")
    value = _construct(event.tag, event.value)
    if isinstance(value, str):
        raise UserError(f"line {event.start_mark.line + 1}: {event.value[:80]!r} does not fit its tag {event.tag}")
    return value


def _construct(tag: str, text: str) -> Scalar:
    if len(text) > NUMBER_LIMIT:
        return text
    try:
        value: Scalar = _CONSTRUCT[tag](ScalarNode(tag, text))
    except (ValueError, LookupError, ArithmeticError, yaml.YAMLError):
        return text  # such as `0b_`, which PyYAML takes for a number and then cannot read
    return value


def same(one: Scalar, other: Scalar) -> bool:
    """Tell whether two values are equal and of one type (`1`, `1.0` and `True` differ; NaN equals itself)."""
    if one.__class__ is not other.__class__:
        return False
    return one == other or (isinstance(one, float) and one != one and other != other)  # noqa: PLR0124


def is_ambiguous(text: str) -> bool:
    """Tell whether a plain scalar with this text is not a string for some reader of YAML 1.1 or 1.2."""
    return _AMBIGUOUS.fullmatch(text) is not None or not isinstance(read_plain(text), str)


def can_be_plain(text: str, *, flow: bool, tagged: bool = False) -> bool:
    """Tell whether a string can be written without quotes.

    Args:
        text: The string.
        flow: Whether it stands inside `{}` or `[]`.
        tagged: Whether a tag before it says that it is a string, whatever it looks like.
    """
    if not text or text != text.strip(" ") or _UNPRINTABLE.search(text) or _NOT_PLAIN.match(text):
        return False
    if flow and _NOT_PLAIN_IN_FLOW.match(text):
        return False
    return text[:3] not in {"---", "..."} and (tagged or not is_ambiguous(text))


def plain(value: int | float | bool | None) -> str:
    """Write a value that is no string."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if math.isfinite(value):
        # YAML 1.1 reads 1e+16 as a string: a float needs its dot.
        mantissa, exponent, power = repr(float(value)).partition("e")
        return (mantissa if "." in mantissa else f"{mantissa}.0") + exponent + power
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def quoted(text: str, quote: str = '"') -> str:
    """Write a string in quotes on one line: in single quotes where they are asked for and can hold it.

    Raises:
        UserError: It holds half a surrogate pair, which no UTF-8 file can hold.
    """
    if quote == "'" and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004
        raise UserError(f"the value holds U+{code:04X}, half a character, which no UTF-8 file can hold")
    return _ESCAPES.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")  # noqa: PLR2004


def printable(text: str) -> bool:
    """Tell whether every character, line feeds apart, can stand in YAML as it is and is no line break there."""
    return _UNPRINTABLE.search(text.replace("\n", "")) is None


def one_line(value: Scalar, style: str | None, *, flow: bool, tagged: bool = False) -> str:
    """Write a scalar on one line.

    Args:
        value: The value.
        style: The style to keep where it can hold the value: `'`, `"`, or anything else for plain.
        flow: Whether it stands inside `{}` or `[]`.
        tagged: Whether a tag before it says that it is a string.
    """
    if not isinstance(value, str):
        return plain(value)
    if style in {"'", '"'}:
        return quoted(value, str(style))
    return value if can_be_plain(value, flow=flow, tagged=tagged) else quoted(value)
