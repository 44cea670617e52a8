"""The HTTP server of the sync: takes GitHub's deliveries, and answers once they are on disk.

In what order a delivery is judged: is the address known, may it be signed, is it small and quick enough, is it signed.
Only then anything is read of it, and only its sender is told what is wrong with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Lifespan

from generator.core.errors import GitopsmithError
from generator.sync.news.delivery import Delivery
from generator.sync.web.answers import Answer, Refusal, exception_handlers, not_found, unavailable
from generator.sync.web.exchange import Exchanges, Observer
from generator.sync.web.intake import Intake, Store
from generator.sync.web.probes import Probes
from generator.sync.web.request_body import Bodies, Limits
from generator.sync.web.signature import SIGNATURE_HEADER, is_signature, is_signed
from generator.sync.web.webhook import (
    DELIVERY_HEADER,
    EVENT_HEADER,
    Ignored,
    Message,
    delivery_of,
    is_delivery_id,
    is_event,
)

_INLINE_BYTES = 2**18
"""A body up to this size is verified and read at once; a larger one in a thread, so that others need not wait."""

_KNOWN = "the secret of the webhook must be the one that is known here."
_OWN = "`{repository}` has a webhook secret of its own, which counts at `/payload/{repository}`."

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Secrets(Protocol):
    """The secrets that webhooks are signed with."""

    def of(self, repository: str) -> tuple[bytes, ...]:
        """Return the secrets that count for a repository, `owner/name` in any case; none where it has none."""
        ...

    def shared(self) -> tuple[bytes, ...]:
        """Return the secrets that count at the one address for all repositories; none where there are none."""
        ...

    def shared_count_for(self, repository: str) -> bool:
        """Return whether they count there for a repository, `owner/name` in any case, which may have its own."""
        ...


def application(
    *,
    store: Store,
    secrets: Secrets,
    knows: Callable[[str], bool],
    on_accepted: Callable[[], None],
    observer: Observer,
    readiness: Callable[[], list[str]],
    exposition: Callable[[], tuple[bytes, str]],
    details: Callable[[], Mapping[str, object]] = dict,
    clock: Callable[[], float] = time.time,
    limits: Limits | None = None,
) -> Starlette:
    """Return the application that serves webhooks and probes.

    Args:
        store: Where deliveries are kept; called in a thread of its own, one call at a time.
        secrets: The secrets that webhooks are signed with.
        knows: Whether a repository is one of ours, in whatever case it is written; from memory, and from any thread.
        on_accepted: Called in the store's thread, once for each transaction that succeeded.
        observer: Whoever counts answers; called in the loop.
        readiness: Return why the process is not ready; nothing where it is. May block.
        exposition: Return what `/metrics` shows: text for Prometheus, and the type of that text. May block.
        details: Return more for `/healthz`, as JSON has it. May block.
        clock: The seconds since 1970.
        limits: What a request may cost.
    """
    limits = limits or Limits()
    intake = Intake(store, on_accepted)
    webhooks = _Webhooks(intake, secrets, knows, clock, limits)
    result = Starlette(
        routes=[*webhooks.routes(), *Probes(readiness, details, exposition).routes()],
        middleware=[Middleware(Exchanges, observer=observer, linger_seconds=limits.linger_seconds)],
        exception_handlers=exception_handlers(),
        lifespan=_closing(intake),
    )
    # GitHub follows no redirect, so a path with a slash too many is one that there is not.
    result.router.redirect_slashes = False
    return result


def _closing(intake: Intake) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        intake.close()

    return lifespan


class _Webhooks:
    """The addresses that GitHub delivers to."""

    def __init__(
        self,
        intake: Intake,
        secrets: Secrets,
        knows: Callable[[str], bool],
        clock: Callable[[], float],
        limits: Limits,
    ) -> None:
        self._intake = intake
        self._secrets = secrets
        self._knows = knows
        self._clock = clock
        self._limits = limits
        self._bodies = Bodies(limits)

    def routes(self) -> list[Route]:
        """Return what to serve."""
        return [
            Route("/payload/{owner}/{repo}", self._of_repository, methods=["POST"]),
            Route("/webhook", self._of_app, methods=["POST"]),
        ]

    async def _of_repository(self, request: Request) -> Response:
        repository = f"{request.path_params['owner']}/{request.path_params['repo']}"
        if not self._knows(repository):
            raise not_found()
        return await self._take(request, repository, self._secrets.of(repository))

    async def _of_app(self, request: Request) -> Response:
        secrets = self._secrets.shared()
        if not secrets:
            raise not_found()
        return await self._take(request, "", secrets)

    async def _take(self, request: Request, repository: str, secrets: tuple[bytes, ...]) -> Response:
        deadline = asyncio.get_running_loop().time() + self._limits.answer_seconds
        delivery_id = _header(request, DELIVERY_HEADER)
        request.state.delivery = delivery_id if is_delivery_id(delivery_id) else ""
        if not is_signature(_header(request, SIGNATURE_HEADER)):
            raise _unsigned(request, repository)
        async with self._bodies.read(request) as body:
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._judge(request, repository, secrets, body)
            except TimeoutError as error:
                _log.warning("storage is too slow", delivery=request.state.delivery)
                raise unavailable("The storage does not answer in time.") from error

    async def _judge(self, request: Request, repository: str, secrets: tuple[bytes, ...], body: bytes) -> Response:
        if not await _computed(len(body), is_signed, body, _header(request, SIGNATURE_HEADER), secrets):
            raise _unsigned(request, repository)
        message = Message(
            event=_header(request, EVENT_HEADER),
            id=_header(request, DELIVERY_HEADER),
            content_type=_header(request, "Content-Type"),
            body=body,
            repository=repository,
            received_at=self._clock(),
        )
        request.state.github_event = message.event if is_event(message.event) else ""
        delivery = await _computed(len(body), delivery_of, message, self._knows)
        if isinstance(delivery, Ignored):
            return Answer({"delivery": message.id, "ignored": delivery.reason}, status_code=202)
        if not repository and not self._secrets.shared_count_for(delivery.repository):
            raise _unsigned(request, delivery.repository, hint=_OWN.format(repository=delivery.repository))
        return await self._store(delivery)

    async def _store(self, delivery: Delivery) -> Response:
        log = _log.bind(delivery=delivery.id, github_event=delivery.event, repository=delivery.repository)
        try:
            is_new = await self._intake.add(delivery)
        except GitopsmithError as error:
            log.warning("storage is not available", reason=str(error))
            raise unavailable("The storage is not available.") from error
        log.info("delivery accepted" if is_new else "delivery came again", action=delivery.action)
        answer = {"delivery": delivery.id}
        return Answer(answer if is_new else {**answer, "repeated": True}, status_code=202)


async def _computed(size: int, compute: Callable[..., T], *arguments: object) -> T:
    """Return what `compute` returns, worked out in a thread where that takes long."""
    if size <= _INLINE_BYTES:
        return compute(*arguments)
    return await asyncio.to_thread(compute, *arguments)


def _header(request: Request, name: str) -> str:
    """Return a header; nothing where it comes more than once, for then nobody knows which one is meant."""
    values = request.headers.getlist(name)
    return values[0] if len(values) == 1 else ""


def _unsigned(request: Request, repository: str, hint: str = _KNOWN) -> Refusal:
    _log.warning("signature is missing or wrong", delivery=request.state.delivery, repository=repository)
    return Refusal(401, f"{SIGNATURE_HEADER} is missing or wrong: {hint}")
