"""However a server fails: the question ends in time, in an error that says whether to ask again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.registries.transport import Patience, Transport, UnavailableError
from tests.registries.scripted_server import Reply, Request, Script, ScriptedServer, found, reply

Serve = Callable[[Script], ScriptedServer]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def transport() -> Iterator[Transport]:
    with Transport(Patience()) as transport:
        yield transport


def ask(transport: Transport, server: ScriptedServer, method: str = "GET", limit: int = 1000) -> bytes:
    return transport.ask(method, f"http://{server.host}/x", {}, limit=limit).body


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_temporary(serve: Serve, transport: Transport, status: int) -> None:
    server = serve(lambda _request: reply(status))
    with pytest.raises(UnavailableError, match=f"{server.host} answers HTTP {status}") as error:
        ask(transport, server)
    assert error.value.retry_after is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "9" * 400}, 3600),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 30),
        ({"Retry-After": "Wed, 21 Oct 2015 07:27:00 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "Wed, 21 Oct 2095 07:27:00 GMT", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 3600),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 GMT"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:30 -0000", "Date": "Wed, 21 Oct 2015 07:28:00 GMT"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_tells_when_a_busy_server_wants_to_be_asked_again(
    serve: Serve, transport: Transport, headers: dict[str, str], seconds: float | None
) -> None:
    server = serve(lambda _request: reply(429, b"", **{name.replace("-", "_"): text for name, text in headers.items()}))
    with pytest.raises(UnavailableError) as error:
        ask(transport, server)
    assert error.value.retry_after == seconds


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(lambda server: server.hang(), id="says nothing"),
        pytest.param(lambda server: server.hang(HEAD), id="stops in the head"),
        pytest.param(lambda server: server.hang(HEAD + b"Content-Length: 9\r\n\r\nabc"), id="stops in the body"),
        pytest.param(lambda server: server.drip(b"", b"H"), id="drips a status"),
        pytest.param(lambda server: server.drip(HEAD, b"X: y\r\n"), id="drips a head"),
        pytest.param(lambda server: server.drip(HEAD + b"\r\n", b"x"), id="drips a body"),
        pytest.param(
            lambda server: server.drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), id="drips chunks"
        ),
        pytest.param(
            lambda server: server.drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"), id="drips a chunk"
        ),
    ],
)
def test_a_server_that_does_not_end_is_left(serve: Serve, script: Callable[[ScriptedServer], Iterator[bytes]]) -> None:
    server = serve(lambda _request: script(server))
    begin = time.monotonic()
    with (
        Transport(Patience(connect=5, read=0.2)) as impatient,
        pytest.raises(UnavailableError, match="does not answer, or too slowly"),
    ):
        ask(impatient, server)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 20",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_none(serve: Serve, transport: Transport, answer: bytes) -> None:
    server = serve(lambda _request: answer)
    with pytest.raises(UnavailableError, match=f"{server.host} cannot be asked"):
        ask(transport, server)


def test_a_body_over_the_limit_is_not_read(serve: Serve, transport: Transport) -> None:
    server = serve(lambda _request: reply(200, b"x" * 1001))
    with pytest.raises(UnavailableError, match="more than 1000 bytes"):
        ask(transport, server)
    assert ask(transport, server, limit=1001) == b"x" * 1001
    assert ask(transport, server, limit=0) == b""


def test_a_body_is_not_unpacked(serve: Serve, transport: Transport) -> None:
    server = serve(lambda _request: reply(200, b"packed", Content_Encoding="gzip"))
    assert ask(transport, server) == b"packed"
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_host_that_does_not_listen_is_named(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UnavailableError, match=f"127.0.0.1:{port} cannot be asked: Connection refused"):
        transport.ask("HEAD", f"http://127.0.0.1:{port}/", {})


def test_a_name_that_is_unknown_is_said(serve_as: Callable[..., ScriptedServer], transport: Transport) -> None:
    serve_as("registry.test", lambda _request: found())
    with pytest.raises(UnavailableError, match=r"unknown\.test cannot be asked: Name or service not known"):
        transport.ask("HEAD", "https://unknown.test/", {})


def test_a_certificate_that_is_not_trusted_is_for_the_user_to_mend(
    serve_as: Callable[..., ScriptedServer], transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve_as("registry.test", lambda _request: found())
    assert transport.ask("HEAD", "https://registry.test/", {}).status == 200
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with (
        Transport(Patience()) as other,
        pytest.raises(UserError, match=r"certificate of registry\.test is not trusted") as error,
    ):
        other.ask("HEAD", "https://registry.test/", {"Authorization": "Basic xyz"})
    assert "REQUESTS_CA_BUNDLE" in error.value.hint
    assert len(server.requests) == 1


def test_a_file_of_certificates_that_is_missing_is_for_the_user_to_mend(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    with pytest.raises(UserError, match=r"/nowhere/certificates\.pem"):
        transport.ask("HEAD", "https://registry.test/", {})


def test_an_error_can_be_stored_with_what_it_says() -> None:
    # Copied by the same means by which it is pickled.
    error = copy(UnavailableError("busy", retry_after=7))
    assert (str(error), error.retry_after) == ("busy", 7)


def test_what_is_not_asked_for_is_not_sent(
    serve: Serve, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login alice password of-netrc\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(lambda _request: reply(200, b"x", Set_Cookie="session=1"))
    for _ in range(2):
        ask(transport, server)
    for request in server.requests:
        assert request.authorization is None
        assert "cookie" not in request.headers
        assert request.headers["user-agent"] == "gitopsmith"


def test_a_redirect_is_not_followed(serve: Serve, transport: Transport) -> None:
    server = serve(lambda _request: reply(302, Location="/elsewhere"))
    answer = transport.ask("GET", f"http://{server.host}/x", {})
    assert (answer.status, answer.headers["location"]) == (302, "/elsewhere")
    assert len(server.requests) == 1


def test_this_machine_is_not_asked_through_a_proxy(
    serve: Serve, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(lambda _request: reply(200, b"proxy"))
    monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
    server = serve(lambda _request: reply(200, b"server"))
    assert ask(transport, server) == b"server"
    assert transport.ask("GET", "http://registry.test/", {}, limit=100).body == b"proxy"


def test_connections_are_used_again(serve: Serve, transport: Transport) -> None:
    answered = 0

    def script(_request: Request) -> Reply:
        nonlocal answered
        answered += 1
        return [reply(200, b"x")] if answered > 1 else reply(200, b"x")

    server = serve(script)
    assert ask(transport, server) == ask(transport, server) == b"x"
