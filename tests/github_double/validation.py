"""Whether a request is one that GitHub takes, and an answer one that it gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.github_double.completion import complete
from tests.github_double.description import Operation, Parameter, faults, followed
from tests.github_double.exchange import Request

_VERSION = "2022-11-28"
_ERROR = {"$ref": "#/$defs/basic-error"}
_REFUSALS, _FAILURES = 300, 500
_ANYWHERE = frozenset((301, 307, 401, 403, 404, 429))
"""What GitHub answers to any operation, whether or not its description repeats it."""


class Unfit(Exception):
    """A request that GitHub does not take."""


def parameters_of(operation: Operation, in_path: Mapping[str, str], request: Request) -> dict[str, Any]:
    """Return the values in the path and the query of a request.

    Raises:
        Unfit: One is wrong, missing, or not a parameter of the operation.
    """
    found: dict[str, Any] = {}
    known = {(parameter.place, parameter.name): parameter for parameter in operation.parameters}
    given = {("path", name): [text] for name, text in in_path.items()}
    given |= {("query", name): list(texts) for name, texts in request.query.items()}
    for (place, name), texts in given.items():
        if (place, name) not in known:
            raise Unfit(f"`{name}` is no parameter of {operation.name}.")
        found[name] = _value(known[place, name], texts)
    for (place, name), parameter in known.items():
        if parameter.required and (place, name) not in given:
            raise Unfit(f"The parameter `{name}` is missing.")
    return found


def body_of(operation: Operation, request: Request) -> dict[str, Any]:
    """Return the body of a request; empty where it has none.

    Raises:
        Unfit: It is not as it should be, or has a field that means nothing to GitHub.
    """
    if not request.body:
        if operation.body_required:
            raise Unfit("The body is missing.")
        return {}
    if operation.body is None:
        raise Unfit(f"{operation.name} takes no body.")
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Unfit("The body is no JSON.") from None
    if wrong := faults(operation.body, body):
        raise Unfit(f"The body is wrong: {'; '.join(wrong)}")
    unknown = set(body) - set(followed(operation.body).get("properties", body))
    if unknown:
        raise Unfit(f"The body has fields that GitHub does not know: {', '.join(sorted(unknown))}.")
    return dict(body)


def check_headers(headers: Mapping[str, str]) -> None:
    """Let a request pass that says who sends it and speaks our version.

    Raises:
        Unfit: It does not.
    """
    if not headers.get("User-Agent"):
        raise Unfit("The header User-Agent is missing; GitHub answers such requests with 403.")
    if headers.get("X-GitHub-Api-Version", _VERSION) != _VERSION:
        raise Unfit(f"The API's version is {headers['X-GitHub-Api-Version']}, which is not the one described here.")


def completed(operation: Operation, status: int, facts: Any) -> Any:
    """Return the body of an answer as GitHub would give it; None where it has none.

    Raises:
        AssertionError: GitHub gives no such answer, so the double is wrong.
    """
    declared = operation.responses.get(str(status))
    if status < _REFUSALS:
        if str(status) not in operation.responses or (declared is None) != (facts is None):
            raise AssertionError(f"{operation.name} is not answered with {status} and {facts}.")
        if declared is None:
            return None
    elif declared is None and status not in _ANYWHERE and status < _FAILURES and str(status) not in operation.responses:
        raise AssertionError(f"{operation.name} is never answered with {status}.")
    schema = declared or _ERROR
    made = complete(schema, facts)
    if wrong := faults(schema, made):
        raise AssertionError(f"{operation.name} is not answered so: {'; '.join(wrong)}")
    return made


def _value(parameter: Parameter, texts: list[str]) -> Any:
    schema = followed(parameter.schema)
    if len(texts) != 1:
        raise Unfit(f"`{parameter.name}` is given {len(texts)} times.")
    for read in (json.loads, str):
        try:
            value = read(texts[0])
        except ValueError:
            continue
        if not faults(schema, value):
            return value
    raise Unfit(f"`{texts[0]}` is no value of `{parameter.name}`: {'; '.join(faults(schema, texts[0]))}.")
