"""What operators and their tools ask: is it alive, is it ready, how is it, what does it count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from generator.sync.web.answers import Answer, unavailable

ASK_SECONDS = 3.0
"""How long a question may take; probes and scrapes give up themselves soon after."""

T = TypeVar("T")


class _Question(Generic[T]):
    """A question that may block: asked in a daemon thread, by one at a time, whoever else wants to know waits along.

    So a storage that hangs makes the answer late, which is told, but piles up no threads and blocks no delivery.
    """

    def __init__(self, name: str, ask: Callable[[], T]) -> None:
        self._name = name
        self._ask = ask
        self._asked: Future[T] | None = None

    async def answer(self) -> T:
        """Return the answer.

        Raises:
            Refusal: There is none in time (503).
        """
        if self._asked is None or self._asked.done():
            self._asked = Future()
            Thread(target=self._run, args=(self._asked,), name=self._name, daemon=True).start()
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._asked)), ASK_SECONDS)
        except TimeoutError as error:
            raise unavailable(f"There is no answer about {self._name} within {ASK_SECONDS:g} seconds.") from error

    def _run(self, asked: Future[T]) -> None:
        try:
            asked.set_result(self._ask())
        except Exception as error:  # goes to whoever asked
            asked.set_exception(error)


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
        self._readiness = _Question("readiness", readiness)
        self._details = _Question("health", details)
        self._metrics = _Question("metrics", exposition)

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
        return _readiness(await self._readiness.answer())

    async def _healthz(self, _: Request) -> Response:
        return _readiness(await self._readiness.answer(), details=await self._details.answer())

    async def _exposition(self, _: Request) -> Response:
        text, media_type = await self._metrics.answer()
        return Response(text, media_type=media_type)


def _readiness(reasons: list[str], **more: object) -> Response:
    if reasons:
        return Answer({"status": "not ready", "reasons": reasons, **more}, status_code=503)
    return Answer({"status": "ready", **more})
