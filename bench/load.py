"""Delivers as GitHub does, from a process of its own, at a rate that no slow answer lowers.

Each delivery is sent when its time has come, over a connection that is free or a new one, and its answer is timed from
when it was to be sent: who makes others wait is charged with their waiting, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from generator.sync.news.delivery import Delivery
from generator.sync.web.signature import SIGNATURE_HEADER, sign
from generator.sync.web.webhook import DELIVERY_HEADER, EVENT_HEADER

ACCEPTED = 202
_PATIENCE = 10.0
"""GitHub waits so many seconds for an answer."""


@dataclass(frozen=True)
class Answer:
    """What a delivery was answered.

    Attributes:
        seconds: From when it was to be sent until the answer was there.
        late: The part of them that passed before it was sent, and that is this process's own fault.
        status: The HTTP status; 0 where no answer came.
    """

    seconds: float
    late: float
    status: int


def deliver(deliveries: Sequence[Delivery], ports: Sequence[int], *, rate: float, secret: bytes) -> list[Answer]:
    """Deliver from a process of its own, and return the answers in the order of the deliveries.

    Args:
        deliveries: What to deliver.
        ports: Where, on loopback, by turns.
        rate: How many in a second.
        secret: What signs them.
    """
    requests = [_request(one, secret) for one in deliveries]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_delivered, requests, ports, rate).result(timeout=60 + len(requests) / rate)


def _request(delivery: Delivery, secret: bytes) -> bytes:
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(delivery.payload)),
        EVENT_HEADER: delivery.event,
        DELIVERY_HEADER: delivery.id,
        SIGNATURE_HEADER: sign(delivery.payload, secret),
    }
    lines = [f"POST /payload/{delivery.repository} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + delivery.payload


class _Target:
    """One server, with the connections to it that are free."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, request: bytes) -> int:
        reader, writer = self._free.pop() if self._free else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        length = next(int(line.partition(":")[2]) for line in lines if line.startswith("content-length:"))
        await reader.readexactly(length)
        if "connection: close" in lines:
            writer.close()
        else:
            self._free.append((reader, writer))
        return int(lines[0].split()[1])

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()


async def _at_a_rate(requests: Sequence[bytes], targets: Sequence[_Target], rate: float) -> list[Answer]:
    start = time.perf_counter() + 0.1

    async def one(number: int, request: bytes, due: float) -> Answer:
        sent = time.perf_counter()
        try:
            async with asyncio.timeout(_PATIENCE):
                status = await targets[number % len(targets)].ask(request)
        except (OSError, EOFError, TimeoutError):
            status = 0
        return Answer(time.perf_counter() - due, sent - due, status)

    async with asyncio.TaskGroup() as group:
        tasks = []
        for number, request in enumerate(requests):
            due = start + number / rate
            # Also where it is late: what is sent in between must get its turn.
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(group.create_task(one(number, request, due)))
    return [task.result() for task in tasks]


def _delivered(requests: Sequence[bytes], ports: Sequence[int], rate: float) -> list[Answer]:
    targets = [_Target(port) for port in ports]

    async def run() -> list[Answer]:
        answers = await _at_a_rate(requests, targets, rate)
        for target in targets:
            target.close()
        return answers

    return asyncio.run(run())
