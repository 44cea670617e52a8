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
from prometheus_client.parser import text_string_to_metric_families

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
        enter: What starts it somewhere else: a command that is given the one to run.
    """

    arguments: Sequence[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    enter: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    def start(self) -> None:
        """Start it, and return once it answers."""
        command = [str(Path(sys.executable).parent / "gitopsmith"), "serve", "--host", "127.0.0.1", "--port"]
        variables = {**os.environ, "GITOPSMITH_WEBHOOK_SECRET": SECRET.decode(), **self.environment}
        begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.enter, *command, str(self.port), *self.arguments],
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

    def unready(self) -> list[str]:
        """Return why it says that it is not ready; nothing where it is."""
        answer = self.get("/readyz")
        reasons: list[str] = answer.json().get("reasons", [answer.json().get("error")] if not answer.ok else [])
        assert answer.ok == (not reasons)
        return reasons

    def counted(self, name: str, **labels: str) -> float:
        """Return the sum of what it counts under a name of `/metrics`, where the labels are these."""
        families = text_string_to_metric_families(self.get("/metrics").text)
        samples = (sample for family in families for sample in family.samples if sample.name == f"gitopsmith_{name}")
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def health(self) -> dict[str, Any]:
        """Return the details of `/healthz`."""
        details: dict[str, Any] = self.get("/healthz").json()["details"]
        return details


@contextmanager
def serving(
    arguments: Sequence[str],
    log: Path,
    environment: dict[str, str] | None = None,
    *,
    port: int = 0,
    enter: Sequence[str] = (),
) -> Iterator[Server]:
    """Yield a server that runs, and end it by its id."""
    server = Server(arguments, log, environment or {}, enter, port=port)
    try:
        server.start()
        yield server
    finally:
        server.send(signal.SIGKILL)
        if server.process is not None:
            server.process.wait(10)
