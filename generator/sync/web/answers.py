"""What the server answers: JSON, whatever happens, and never more about an error than its sender may know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

RETRY_SECONDS = 30
"""When it is worth while to try again what failed for a reason that may pass."""


class Answer(JSONResponse):
    """An answer in JSON, in ASCII: what came from outside may hold halves of characters, which UTF-8 cannot write."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content).encode()


class Refusal(Exception):
    """An answer that ends a request early.

    Attributes:
        status: The status, 400 or more.
        reason: Why, for whoever reads the delivery on GitHub.
        headers: Headers that belong to the status.
    """

    def __init__(self, status: int, reason: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})


def not_found() -> Refusal:
    """Return the one answer for paths and for repositories that there are not, so that it tells neither apart."""
    return Refusal(404, "There is nothing here.")


def unavailable(reason: str) -> Refusal:
    """Return the answer for what may pass: GitHub shows the delivery as failed, and it can be sent again."""
    return Refusal(503, reason, headers={"Retry-After": str(RETRY_SECONDS)})


def exception_handlers() -> dict[Any, ExceptionHandler]:
    """Return what turns refusals, ours and the router's, into answers."""
    return {Refusal: _refused, HTTPException: _not_routed}


def _refused(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - what it is registered for
    return Answer({"error": refusal.reason}, status_code=refusal.status, headers=refusal.headers)


def _not_routed(request: Request, error: Exception) -> Response:
    """Answer what the router refuses: a path that there is not, or a method that the path does not take."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    if error.status_code == 404:  # noqa: PLR2004 - HTTP's own number
        return _refused(request, not_found())
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    return _refused(
        request, Refusal(error.status_code, f"The method must be one of: {allowed}.", headers={"Allow": allowed})
    )
