"""What tests of the double need: a caller without any comfort, and somebody whom deliveries reach."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import enterprise, github

__all__ = ["enterprise", "github"]

SECRET = "a secret"

Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(github: GitHubDouble) -> Ask:
    """Return what makes a call with a user's token."""
    token = github.token()

    def call(verb: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        headers = {"Authorization": f"token {token}", **options.pop("headers", {})}
        return requests.request(verb, github.url + path, json=body, headers=headers, timeout=30, **options)

    return call


@dataclass
class Receiver:
    """Takes deliveries.

    Attributes:
        url: Where.
        status: What it answers.
        taken: The headers and the payload of each.
    """

    url: str = ""
    status: int = 202
    taken: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    @property
    def told(self) -> list[str]:
        """What was delivered, in short."""
        return [f"{headers['X-GitHub-Event']} {payload.get('action', '')}".strip() for headers, payload in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Return somebody whom deliveries reach; one that is not signed fails the test."""
    found = Receiver()
    unsigned = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            wanted = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            if self.headers["X-Hub-Signature-256"] != wanted:
                unsigned.append(self.headers["X-GitHub-Event"])
            found.taken.append((dict(self.headers.items()), json.loads(body)))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the base class has it
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/payload"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()
    assert unsigned == []


def hook_body(url: str, *events: str) -> dict[str, Any]:
    """Return what asks for a hook."""
    return {
        "name": "web",
        "active": True,
        "events": list(events),
        "config": {"url": url, "content_type": "json", "secret": SECRET, "insecure_ssl": "0"},
    }
