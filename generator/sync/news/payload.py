"""Payloads as they come: JSON from outside, read into models that refuse what is not of the right form. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from generator.core.api_objects import Part
from generator.core.errors import UserError
from generator.core.pull_requests import clean

M = TypeVar("M", bound=Part)

_NAMES = {"dict": "an object", "list": "a list", "bool": "a truth value", "int": "a number", "float": "a number"}
_SHOWN_PROBLEMS = 3
_SHOWN_LENGTH = 60
_AS_SENT = "Deliver it as GitHub sent it."


class MalformedPayloadError(UserError):
    """The body of a delivery is not what GitHub sends with its event."""


def read_payload(body: bytes) -> dict[str, Any]:
    """Return the object that the body of a delivery holds. Of a key that comes twice the last counts.

    Raises:
        MalformedPayloadError: The body is no JSON in UTF-8, is nested too deeply, or is no object.
    """
    try:
        content = json.loads(body.decode(), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise MalformedPayloadError("The body is nested too deeply.", hint=_AS_SENT) from error
    except ValueError as error:
        raise MalformedPayloadError(
            f"The body is not JSON: {clean(str(error))}",
            hint="Set the content type of the webhook to `application/json`.",
        ) from error
    if not isinstance(content, dict):
        raise MalformedPayloadError("The body is not an object.", hint=_AS_SENT)
    return content


def check(model: type[M], event: str, payload: Mapping[str, Any]) -> M:
    """Return a payload as its model.

    Raises:
        MalformedPayloadError: Something is missing or of the wrong form; at most three problems are named.
    """
    try:
        return model.model_validate(dict(payload))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)[:_SHOWN_PROBLEMS]
        raise MalformedPayloadError(
            f"The payload of `{event}` is not right: {'; '.join(_problem(problem) for problem in problems)}.",
            hint=_AS_SENT,
        ) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _problem(problem: Mapping[str, Any]) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "model_type":
        message = "must be an object"
    return f"{key}: {message} (found: {_found(problem['input'])})"


def _found(value: object) -> str:
    """A whole value may be megabytes, and a number longer than Python writes one."""
    if isinstance(value, str):
        return f"`{clean(value)[:_SHOWN_LENGTH]}`"
    return _NAMES.get(type(value).__name__, "null")
