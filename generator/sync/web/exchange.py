"""A request and its answer, watched from outside: measured, never without an answer, and ended so that it arrives.

A sender whose body is not read to its end would see a broken connection in place of the answer, because the kernel
resets a connection that is closed with bytes unread. So the answer is sent, and the body is read on for a while.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generator.sync.web.answers import Answer

CLIENT_GONE = 499
"""The status under which a request counts whose sender went away before the answer, as in other servers' logs."""

_log = structlog.get_logger(__name__)


class Observer(Protocol):
    """Whoever counts answers."""

    def answered(self, status: int, seconds: float, event: str) -> None:
        """Take note of the answer to a POST.

        Args:
            status: Its status; 499 where the sender went away before it.
            seconds: From the end of the request's head to the answer's head.
            event: GitHub's name for the event; empty where no right signature vouches for it.
        """
        ...


class Exchanges:
    """The outermost part of the application.

    Args:
        app: What answers.
        observer: Whoever counts answers.
        linger_seconds: How long a body that nobody wants is read on.
    """

    def __init__(self, app: ASGIApp, *, observer: Observer, linger_seconds: float) -> None:
        self._app = app
        self._observer = observer
        self._linger_seconds = linger_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, receive, send, self._linger_seconds)
        try:
            await self._answer(exchange)
        finally:
            if scope["method"] == "POST":
                self._observer.answered(exchange.status, exchange.seconds, exchange.noted("github_event"))

    async def _answer(self, exchange: _Exchange) -> None:
        try:
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            _log.info("sender went away", delivery=exchange.noted("delivery"))
        except Exception:
            _log.exception("unexpected error", delivery=exchange.noted("delivery"), path=exchange.scope["path"])
            if exchange.is_answered:
                raise
            answer = Answer({"error": "Something went wrong here; the log knows more."}, status_code=500)
            await answer(exchange.scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, linger_seconds: float) -> None:
        self.scope = scope
        self.status = CLIENT_GONE
        self._receive = receive
        self._send = send
        self._linger_seconds = linger_seconds
        self._started = time.monotonic()
        self._answered: float | None = None
        headers = Headers(scope=scope)
        self._is_read = "Transfer-Encoding" not in headers and headers.get("Content-Length", "0") == "0"

    @property
    def is_answered(self) -> bool:
        """Whether the answer has begun."""
        return self._answered is not None

    @property
    def seconds(self) -> float:
        """How long the answer took, or until now."""
        return (self._answered or time.monotonic()) - self._started

    def noted(self, name: str) -> str:
        """Return what the application noted about the request in its state; empty where it did not."""
        return str(self.scope.get("state", {}).get(name, ""))

    async def receive(self) -> Message:
        """Return the next part of the body."""
        message = await self._receive()
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_read = True
        return message

    async def send(self, message: Message) -> None:
        """Send the next part of the answer."""
        if message["type"] == "http.response.start":
            self._answered = time.monotonic()
            self.status = message["status"]
            if not self._is_read:
                MutableHeaders(scope=message)["Connection"] = "close"
        elif not self._is_read and not message.get("more_body", False):
            await self._send({**message, "more_body": True})
            await self._linger()
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def _linger(self) -> None:
        try:
            async with asyncio.timeout(self._linger_seconds):
                while not self._is_read:
                    await self.receive()
        except TimeoutError:
            _log.info("gave up reading a body that is not wanted", path=self.scope["path"])
