"""A payload is delivered as GitHub would: signed with the secret of its repository, and refused with what to do."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.sync.sending import send
from generator.sync.web.webhook_secrets import webhook_secrets

BODY = json.dumps({"repository": {"id": 1, "full_name": "acme/podinfo", "private": False}}).encode()
SHARED, OLD, NEW = "shared-by-all-0123456789", "old-0123456789abcdef", "new-0123456789abcdef"


class Listener(ThreadingHTTPServer):
    """Accepts everything, and keeps the path and the signature of what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Accepting)
        self.came: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Accepting(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, self.headers["X-Hub-Signature-256"]))  # type: ignore[attr-defined]
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def secrets_file(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.yaml"
    path.write_text(f"acme/podinfo: [{NEW}, {OLD}]\nacme/other: {OLD}\n")
    path.chmod(0o600)
    return path


def signature(secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), BODY, sha256).hexdigest()}"


@pytest.mark.parametrize("shared", [{}, {"GITOPSMITH_WEBHOOK_SECRET": SHARED}])
def test_the_newest_secret_of_the_repository_signs(
    listener: Listener, secrets_file: Path, shared: dict[str, str]
) -> None:
    secrets = webhook_secrets(shared, secrets_file)
    assert send(BODY, "release", listener.url, secrets, source="a.json", delivery="one", seconds=5) == "one"
    assert listener.came == [("/payload/acme/podinfo", signature(NEW))]


def test_the_shared_secret_signs_where_a_repository_has_none_of_its_own(listener: Listener) -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": SHARED})
    send(BODY, "release", listener.url, secrets, source="a.json", delivery=None, seconds=5)
    assert listener.came == [("/payload/acme/podinfo", signature(SHARED))]


def test_a_repository_without_any_secret_is_named(secrets_file: Path) -> None:
    secrets_file.write_text(f"acme/other: {OLD}\n")
    secrets = webhook_secrets({}, secrets_file)
    with pytest.raises(UserError, match="no webhook secret for acme/podinfo") as refused:
        send(BODY, "release", "http://127.0.0.1:1", secrets, source="a.json", delivery=None, seconds=0)
    assert "GITOPSMITH_WEBHOOK_SECRET" in refused.value.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"not json", "bad.json: The body is not JSON"),
        (b"[]", "bad.json: The body is not an object"),
        (b"{}", "bad.json: The payload names no repository"),
        (b'{"repository": 1}', "bad.json: The payload of `release` is not right"),
    ],
)
def test_a_file_that_is_no_payload_is_named(body: bytes, said: str) -> None:
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": SHARED})
    with pytest.raises(UserError) as refused:
        send(body, "release", "http://127.0.0.1:1", secrets, source="bad.json", delivery=None, seconds=0)
    assert refused.value.message.startswith(said)
    assert "content type" not in refused.value.hint


def test_where_nothing_listens_the_way_to_the_server_is_told() -> None:
    with closing(create_server(("127.0.0.1", 0))) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    secrets = webhook_secrets({"GITOPSMITH_WEBHOOK_SECRET": SHARED})
    with pytest.raises(TemporaryError, match=r"nothing listens there.*`gitopsmith serve`.*--url"):
        send(BODY, "release", url, secrets, source="a.json", delivery=None, seconds=0)
