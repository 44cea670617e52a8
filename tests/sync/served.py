"""`gitopsmith serve` as its users run it: a process of its own, spoken to over HTTP, that may die at any moment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests

from generator.sync.news.delivery import Delivery
from generator.sync.web.signature import SIGNATURE_HEADER, sign
from generator.sync.web.webhook import DELIVERY_HEADER, EVENT_HEADER

SECRET = b"a secret of these tests alone"
PATIENCE = 60.0

T = TypeVar("T")


def eventually(look: Callable[[], T | None], what: str, *, within: float = PATIENCE) -> T:
    """Return what `look` finds once it finds something."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)
    return found


@dataclass
class Server:
    """A process that serves.

    Attributes:
        arguments: What it is started with.
        log: The file that it writes to.
        environment: Its variables beside ours.
    """

    arguments: Sequence[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def start(self) -> None:
        """Start it, and return once it answers."""
        command = [str(Path(sys.executable).parent / "gitopsmith"), "serve", "--host", "127.0.0.1", "--port"]
        variables = {**os.environ, "GITOPSMITH_WEBHOOK_SECRET": SECRET.decode(), **self.environment}
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, str(self.port), *self.arguments],
                stdout=log,
                stderr=log,
                env=variables,
                start_new_session=True,
            )

        def listening() -> int:
            assert self.process is not None
            text = self.log.read_text(errors="replace")[begin:]
            assert self.process.poll() is None, text
            found = re.search(r"Listening on 127.0.0.1, port (\d+)", text)
            return int(found[1]) if found else 0

        self.port = eventually(listening, "the server listens")

    def kill(self) -> None:
        """Kill it, and every process of its own, as the kernel does when memory is short."""
        self.send(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all of it."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def deliver(self, delivery: Delivery, *, timeout: float = 10.0) -> int:
        """Deliver as GitHub does, and return the status; 0 where no answer came."""
        headers = {
            "Content-Type": "application/json",
            EVENT_HEADER: delivery.event,
            DELIVERY_HEADER: delivery.id,
            SIGNATURE_HEADER: sign(delivery.payload, SECRET),
        }
        address = f"http://127.0.0.1:{self.port}/payload/{delivery.repository}"
        try:
            return requests.post(address, data=delivery.payload, headers=headers, timeout=timeout).status_code
        except requests.RequestException:
            return 0

    def get(self, path: str) -> requests.Response:
        """Return what an address answers."""
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def health(self) -> dict[str, Any]:
        """Return the details of `/healthz`."""
        details: dict[str, Any] = self.get("/healthz").json()["details"]
        return details


@contextmanager
def serving(
    arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None, *, port: int = 0
) -> Iterator[Server]:
    """Yield a server that runs, and end it by its id."""
    server = Server(arguments, log, environment or {}, port=port)
    try:
        server.start()
        yield server
    finally:
        server.send(signal.SIGKILL)
        if server.process is not None:
            server.process.wait(10)
