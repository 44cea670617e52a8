"""The server as a process: it comes up, it ends cleanly, and it says what keeps it from either."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from generator.core.errors import UserError
from generator.sync.web.http_connection import BoundedConnection
from generator.sync.web.serving import HEAD_BYTES, Serving, listen
from tests.sync.http_calls import PATIENCE, Conversation, Server, call, connected, head, running, until

# A server whose requests to /slow last until its standard input ends; it tells what happens, a word a line.
PROGRAM = """
import asyncio, os, sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from generator.sync.web.serving import Serving

def tell(*words):
    print(*words, flush=True)

async def slow(request):
    tell("begun")
    await asyncio.to_thread(sys.stdin.read)
    return PlainTextResponse("done")

def stop_second():
    tell("stop-2")
    HANG and sys.stdin.read()

app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here")), Route("/slow", slow)])
Serving(app, host="127.0.0.1", port=0, started=lambda port: tell("port", port),
        stops=[lambda: tell("stop-1"), stop_second], grace=GRACE).run()
tell("ended")
"""


@contextmanager
def process(*, grace: int = 10, hang: bool = False) -> Iterator[tuple[subprocess.Popen[str], int]]:
    program = PROGRAM.replace("GRACE", str(grace)).replace("HANG", str(hang))
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            yield server, int(server.stdout.readline().removeprefix("port "))
        finally:
            server.kill()


def told(server: subprocess.Popen[str]) -> list[str]:
    """Wait for the end, and return the words that came before it."""
    return server.communicate(timeout=PATIENCE)[0].split()


def test_who_connects_without_end_keeps_nobody_from_being_answered_and_fills_no_log(tmp_path: Path) -> None:
    program = "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (160, 160))\n" + PROGRAM
    program = "import logging\nlogging.basicConfig()\n" + program.replace("GRACE", "1").replace("HANG", "False")
    log = tmp_path / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=errors, text=True) as server,
        ExitStack() as idle,
    ):
        try:
            assert server.stdout
            port = int(server.stdout.readline().removeprefix("port "))
            for number in range(400):
                idle.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
                if number % 100 == 99:
                    assert call(port, "GET", "/").body == b"here"
        finally:
            server.kill()
    assert len(log.read_text().splitlines()) < 10


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_in_flight_finish_and_stops_all_in_order(number: signal.Signals) -> None:
    with process() as (server, port), connected(port) as idle, connected(port) as busy:
        assert server.stdout
        idle.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.answer().body == b"here"
        busy.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.stdout.readline() == "begun\n"
        server.send_signal(number)
        until(lambda: is_refused(port))
        assert idle.is_closed()
        assert server.poll() is None
        assert server.stdin
        server.stdin.close()
        assert busy.answer().body == b"done"
        assert busy.is_closed()
        server.stdin = None
        assert told(server) == ["stop-1", "stop-2", "ended"]
        assert server.returncode == 0


def test_a_second_signal_ends_the_process_at_once() -> None:
    with process() as (server, port), connected(port) as busy:
        assert server.stdout
        busy.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.stdout.readline() == "begun\n"
        server.send_signal(signal.SIGTERM)
        until(lambda: is_refused(port))
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 128 + signal.SIGTERM
        assert server.stdout.read() == ""


def test_a_second_signal_ends_the_process_while_something_will_not_stop() -> None:
    with process(hang=True) as (server, _):
        assert server.stdout
        server.send_signal(signal.SIGINT)
        assert [server.stdout.readline() for _ in range(2)] == ["stop-1\n", "stop-2\n"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_request_that_does_not_end_is_waited_for_a_bounded_time() -> None:
    begun = threading.Event()
    stopped: list[int] = []
    ports: list[int] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        begun.set()
        await asyncio.Event().wait()

    serving = Serving(
        endless, host="127.0.0.1", port=0, started=ports.append, stops=[lambda: stopped.append(1)], grace=1
    )
    thread = threading.Thread(target=serving.run)
    thread.start()
    until(lambda: ports)
    with connected(ports[0]) as connection:
        connection.send(head(content_length="0"))
        assert begun.wait(PATIENCE)
        serving.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert stopped == [1]


def test_everything_is_stopped_though_something_before_it_fails() -> None:
    stopped: list[str] = []

    def broken() -> None:
        stopped.append("first")
        raise RuntimeError("does not stop")

    serving = Serving(Starlette(), host="127.0.0.1", port=0, stops=[broken, lambda: stopped.append("second")])
    serving.stop()
    with pytest.raises(RuntimeError, match="does not stop"):
        serving.run()
    assert stopped == ["first", "second"]


def test_signals_are_given_back_as_they_were() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    serving = Serving(Starlette(), host="127.0.0.1", port=0)
    serving.stop()
    serving.run()
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


# The port


def test_a_port_in_use_is_told_and_everything_is_stopped() -> None:
    stopped: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1 is in use") as error:
            Serving(Starlette(), host="127.0.0.1", port=port, stops=[lambda: stopped.append(1)]).run()
    assert "Choose another one" in error.value.hint
    assert stopped == [1]


def test_a_port_that_is_not_allowed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UserError, match=r"Port 80 of 0\.0\.0\.0 is not allowed") as error:
        listen("0.0.0.0", 80)  # noqa: S104 - nothing listens
    assert "below 1024" in error.value.hint


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_number_that_is_no_port_is_told(port: int) -> None:
    with pytest.raises(UserError, match=f"{port} is no port"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "a..b", "x" * 300, "\x00"])
def test_a_host_that_is_not_this_machine_is_told(host: str) -> None:
    with pytest.raises(UserError, match="is no address to listen on") as error:
        listen(host, 0)
    assert "0.0.0.0" in error.value.hint  # noqa: S104 - a hint


def test_a_name_that_nobody_knows_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(UserError, match="'nowhere' is no address to listen on: Name or service not known"):
        listen("nowhere", 0)


def test_what_is_answered_is_sent_at_once() -> None:
    # A head and a body are two writes: held together, each answer would take the 40 ms that a receipt may take.
    with closing(listen("127.0.0.1", 0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY on no other connections"


def test_all_addresses_may_be_listened_on() -> None:
    with listen("::", 0) as both:
        port = both.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=PATIENCE).close()


# Connections


@pytest.fixture
def port() -> Iterator[int]:
    with running(Server().application()) as port:
        yield port


def test_a_connection_serves_many_requests(port: int) -> None:
    with connected(port) as connection:
        for _ in range(3):
            connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.answer()
            assert answer.json == {"status": "alive"}
            assert "connection" not in answer.headers


def test_requests_may_come_before_the_answers_to_those_before(port: int) -> None:
    with connected(port) as connection:
        connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert [connection.answer().status for _ in range(3)] == [200, 200, 200]


def test_answers_do_not_say_what_serves_them(port: int) -> None:
    assert "server" not in call(port, "GET", "/livez").headers


@pytest.mark.parametrize(
    "start", [b"", b"P", b"POST /webhook HTTP/1.1\r\nHost: x\r\n", b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET"]
)
def test_who_does_not_say_what_it_wants_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(BoundedConnection, "head_seconds", 0.3)
    with running(Server().application()) as port, connected(port) as connection:
        connection.send(start)
        if start.startswith(b"GET"):
            assert connection.answer().status == 200
        assert connection.is_closed()


def test_who_was_answered_may_wait_before_it_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedConnection, "head_seconds", 0.2)
    with running(Server().application()) as port, connected(port) as connection, connected(port) as other:
        for _ in range(2):
            connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.answer().status == 200
            assert other.is_closed()  # as long as the head of a request may take


def test_a_head_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedConnection, "head_seconds", 0.3)
    with running(Server().application()) as port, connected(port) as connection:
        with pytest.raises(ConnectionError):
            drip(connection)
        assert connection.is_closed()


def test_who_waits_longest_makes_room_for_who_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.sync.web.serving.room_for_connections", lambda: 2)
    with running(Server().application()) as port, connected(port) as first, connected(port) as second:
        for connection in (second, first, second):
            connection.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.answer().status == 200
        with capture_logs() as logs, connected(port) as third:
            assert first.is_closed()
            with connected(port) as fourth:
                assert second.is_closed()
                fourth.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                assert fourth.answer().status == 200
                third.send(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
                assert third.answer().status == 200
    assert [(entry["log_level"], entry["most"]) for entry in logs] == [("warning", 2)], "once a minute"


def test_no_request_under_way_makes_room_for_who_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.sync.web.serving.room_for_connections", lambda: 1)
    server = Server()
    server.store.free.clear()
    with running(server.application()) as server.port, ThreadPoolExecutor() as pool:
        busy = pool.submit(server.post)
        assert server.store.entered.wait(PATIENCE)
        with connected(server.port) as other:
            assert other.is_closed()
        server.store.free.set()
        assert busy.result().status == 202


def drip(connection: Conversation) -> None:
    """Send a byte now and then, until nobody takes it."""
    for _ in range(1000):
        connection.send(b"x")
        threading.Event().wait(0.01)


@pytest.mark.parametrize(
    "head",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n",
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + b"x" * HEAD_BYTES,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda head: repr(head)[:40],
)
def test_what_is_no_request_is_refused(port: int, head: bytes) -> None:
    with connected(port) as connection:
        connection.send(head)
        assert connection.answer().status in {400, 501}
        assert connection.is_closed()
    assert call(port, "GET", "/livez").status == 200


def test_a_web_socket_is_not_for_us(port: int) -> None:
    with connected(port) as connection:
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        connection.send(b"GET /webhook HTTP/1.1\r\nHost: x\r\n" + upgrade + b"Sec-WebSocket-Key: eA==\r\n\r\n")
        assert connection.answer().status == 405


def test_who_asks_first_whether_to_send_the_body_is_answered_without_it(port: int) -> None:
    with connected(port) as connection:
        connection.send(head("/payload/acme/other", content_length="1000000", expect="100-continue"))
        assert connection.answer().status == 404
