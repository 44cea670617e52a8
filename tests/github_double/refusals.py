"""What GitHub refuses by its own rules, beside what its description forbids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Refusal(Exception):
    """An answer that says no.

    Args:
        status: Its status.
        message: GitHub's words.
        errors: What is wrong in which field.
        headers: More headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.facts: dict[str, Any] = {
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": str(status),
        }
        if errors:
            self.facts["errors"] = [dict(error) for error in errors]
        self.headers = dict(headers or {})


def not_found() -> Refusal:
    return Refusal(404, "Not Found")


def invalid(resource: str, field: str, code: str, message: str = "") -> Refusal:
    """Return the refusal of a body that GitHub's rules, not its description, find wrong."""
    error = {"resource": resource, "field": field, "code": code, **({"message": message} if message else {})}
    return Refusal(422, "Validation Failed", errors=[error])
