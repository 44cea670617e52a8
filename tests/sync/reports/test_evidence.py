"""Evidence that something runs: an answer of its address, and nothing less."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from generator.core.deployment_states import Report
from generator.sync.reports.evidence import Answering, Trusting


def report(url: str) -> Report:
    return Report("acme/podinfo", "podinfo", "preview", "1" * 40, "in_progress", number=7, url=url)


class _Handler(BaseHTTPRequestHandler):
    shown: list[str | None] = []  # noqa: RUF012 - emptied by the fixture

    def do_GET(self) -> None:
        self.shown.append(self.headers.get("Authorization"))
        self.shown.append(self.headers.get("Cookie"))
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Set-Cookie", "who=gitopsmith; Path=/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    _Handler.shown.clear()
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [200, 302, 401, 404])
def test_whatever_answers_runs(address: str, status: int) -> None:
    assert Answering().of(report(f"{address}/{status}")) == f"Its address answers with {status}."


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_error_of_a_server_is_no_evidence(address: str, status: int) -> None:
    assert Answering().of(report(f"{address}/{status}")) == ""


def test_silence_is_no_evidence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert Answering(timeout=0.1).of(report(f"http://127.0.0.1:{port}/")) == ""
    assert Answering(timeout=0.5).of(report(f"http://127.0.0.1:{port}/")) == ""


def test_who_sends_an_answer_without_end_is_hung_up_on() -> None:
    given_up, tries = Event(), 300

    def dribble(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            for _ in range(tries):
                if given_up.wait(0.05):
                    return
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=dribble, args=(server,))
        thread.start()
        try:
            began = time.monotonic()
            assert Answering(timeout=0.2).of(report(f"http://127.0.0.1:{server.getsockname()[1]}/")) == ""
            assert time.monotonic() - began < tries * 0.05 / 2
        finally:
            given_up.set()
            thread.join()


def test_the_address_which_is_anybodys_is_shown_no_login_and_no_cookie(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    asked = Answering()
    for _ in range(2):
        assert asked.of(report(f"{address}/200"))
    assert _Handler.shown == [None] * 4


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "http://[", "https://" + "a" * 300])
def test_an_address_that_is_none_is_no_evidence(url: str) -> None:
    assert Answering(timeout=0.5).of(report(url)) == ""


def test_the_operator_may_want_none() -> None:
    assert Trusting().of(report("")) == "Committed; the operator takes it for running."
