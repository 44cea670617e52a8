"""What operators and their tools ask: is it alive, is it ready, how is it, what does it count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from generator.sync.asked import Asked
from generator.sync.web.answers import Answer, unavailable

ASK_SECONDS = 3.0
"""How long a question may take; probes and scrapes give up themselves soon after."""

T = TypeVar("T")


class Probes:
    """The addresses for operators.

    Args:
        readiness: Return why the process is not ready; nothing where it is.
        details: Return more for a person, as JSON has it.
        exposition: Return what is counted, as text for Prometheus, and the type of that text.
    """

    def __init__(
        self,
        readiness: Callable[[], list[str]],
        details: Callable[[], Mapping[str, object]],
        exposition: Callable[[], tuple[bytes, str]],
    ) -> None:
        self._readiness = Asked("readiness", readiness)
        self._details = Asked("health", details)
        self._metrics = Asked("metrics", exposition)

    def routes(self) -> list[Route]:
        """Return what to serve."""
        return [
            Route("/livez", self._livez),
            Route("/readyz", self._readyz),
            Route("/healthz", self._healthz),
            Route("/metrics", self._exposition),
        ]

    async def _livez(self, _: Request) -> Response:
        return Answer({"status": "alive"})

    async def _readyz(self, _: Request) -> Response:
        return _readiness(await _answer(self._readiness))

    async def _healthz(self, _: Request) -> Response:
        reasons, details = await _answer(self._readiness), await _answer(self._details)
        return _readiness(reasons, details=details)

    async def _exposition(self, _: Request) -> Response:
        text, media_type = await _answer(self._metrics)
        return Response(text, media_type=media_type)


async def _answer(asked: Asked[T]) -> T:
    """Return the answer; whoever else wants to know meanwhile waits along.

    So a storage that hangs makes the answer late, which is told, but piles up no threads and blocks no delivery.

    Raises:
        Refusal: There is none in time (503).
    """
    try:
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(asked.begin())), ASK_SECONDS)
    except TimeoutError as error:
        raise unavailable(f"There is no answer about {asked.what} within {ASK_SECONDS:g} seconds.") from error


def _readiness(reasons: list[str], **more: object) -> Response:
    if reasons:
        return Answer({"status": "not ready", "reasons": reasons, **more}, status_code=503)
    return Answer({"status": "ready", **more})
