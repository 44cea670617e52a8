"""What `gitopsmith serve` runs beside each other, run step by step, on a time that passes only where it has to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from generator.sync import outward, service
from generator.sync.reports.reporter import Reporter
from tests.clock import Clock
from tests.github_double.courier import Courier

_STEPS = 500


class Door:
    """Where deliveries come in: open as long as a server runs, and at one address for all of them."""

    def __init__(self) -> None:
        self._behind: Starlette | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lived(receive, send)
        else:
            await (self._behind or PlainTextResponse("Nobody is there.", 503))(scope, receive, send)

    @contextmanager
    def opened(self, application: Starlette) -> Iterator[None]:
        self._behind = application
        try:
            yield
        finally:
            self._behind = None
            asyncio.run(_ended(application))


@dataclass
class Companion:
    """The parts of a server that runs.

    Attributes:
        clock: The time.
        courier: Brings deliveries to it.
        engine: What drains and reconciles.
        reporter: What tells GitHub.
    """

    clock: Clock
    courier: Courier
    engine: SimpleNamespace
    reporter: Reporter

    def settle(self) -> None:
        """Let everything happen that happens before the next pass of reconciliation."""
        until = self._next_pass()
        for _ in range(_STEPS):
            self.courier.settle()
            if self.engine.drain():
                continue
            waits = [
                wait for wait in (self.engine.inbox.next_due(self.clock()), self.reporter.once()) if wait is not None
            ]
            if not waits or self.clock() + min(waits) >= until:
                return
            self.clock.sleep(min(waits))
        raise AssertionError("it never comes to rest")

    def reconcile(self) -> None:
        """Let the time of the next pass come, and what follows from it."""
        self.clock.now = max(self.clock.now, self._next_pass())
        self.engine.reconcile()
        self.settle()

    def _next_pass(self) -> float:
        period: float = self.engine.period
        return (self.clock() // period + 1) * period


@dataclass
class Backstage:
    """Stands in for whatever of the server has threads or a socket of its own.

    Attributes:
        door: Where deliveries come in.
        clock: The time.
        courier: Brings them.
        act: What is done while the server runs.
        failure: Why that failed.
    """

    door: Door
    clock: Clock
    courier: Courier
    act: Callable[[Companion], None]
    failure: BaseException | None = None
    _engine: SimpleNamespace = field(default_factory=SimpleNamespace)
    _reporter: list[Reporter] = field(default_factory=list)

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(service, "Engine", self._made_engine)
        patch.setattr(service, "Serving", self._made_serving)
        patch.setattr(service, "put_answers_first", lambda: None)
        patch.setattr(outward, "ReportThread", self._made_thread)

    def _made_engine(self, **parts: Any) -> SimpleNamespace:
        self._engine = SimpleNamespace(**parts, start=_nothing, stop=_nothing, nudge=_nothing)
        return self._engine

    def _made_thread(self, reporter: Reporter) -> SimpleNamespace:
        self._reporter = [reporter]
        return SimpleNamespace(start=reporter.begin, stop=_nothing, nudge=_nothing)

    def _made_serving(self, application: Starlette, **parts: Any) -> SimpleNamespace:
        def run() -> None:
            try:
                with self.door.opened(application):
                    self.act(Companion(self.clock, self.courier, self._engine, *self._reporter))
            except BaseException as error:  # past the command line, whoever asked for it raises it
                self.failure = error
            for stop in parts["stops"]:
                stop()

        return SimpleNamespace(run=run)


def _nothing() -> None:
    """Do what is done step by step instead."""


async def _lived(receive: Receive, send: Send) -> None:
    for moment in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{moment}.complete"})


async def _ended(application: Starlette) -> None:
    """Let an application close what it opened."""
    async with application.router.lifespan_context(application):
        pass
