"""Brings deliveries to the URLs of hooks, signed and in their order, beside the thread that made the news."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import time
import uuid
from threading import Condition, Thread
from urllib.parse import urlencode

import requests

from tests.github_double.model import Delivery, Hook, News, State
from tests.github_double.payloads import payload, ping

_PATIENCE = 10.0
"""The seconds in which GitHub wants an answer."""


class Courier:
    """Sends what happened to whoever asked for it.

    Attributes:
        errors: What went wrong here, which is a bug of the double.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: queue.Queue[tuple[Hook, Delivery] | None] = queue.Queue()
        self._open = 0
        self._change = Condition()
        self._lost = self._spared = 0
        self._thread = Thread(target=self._work, name="courier", daemon=True)
        self.errors: list[BaseException] = []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._waiting.put(None)
        self._thread.join(2 * _PATIENCE)

    def lose(self, times: int, *, skip: int = 0) -> None:
        """Let so many deliveries reach nobody, after some that do; GitHub lists them as failed."""
        with self._change:
            self._lost, self._spared = times, skip

    def settle(self, seconds: float = 20.0) -> None:
        """Wait until every delivery was tried."""
        with self._change:
            if not self._change.wait_for(lambda: self._open == 0, seconds):
                raise TimeoutError(f"{self._open} deliveries are still under way after {seconds} s.")

    def take(self, news: News) -> None:
        """Send news to every hook that is for it."""
        for hook in list(news.repository.hooks) if news.repository else []:
            if hook.active and (news.event in hook.events or "*" in hook.events):
                self._send(hook, news.event, news.action, payload(self._state, news, None), None)
        for installation in list(self._state.installations.values()):
            central = installation.app.hook
            concerned = installation.covers(news.repository) if news.repository else news.about is installation
            told = news.event in installation.app.events or news.event == "installation"
            if central is not None and central.active and concerned and told:
                sent = payload(self._state, news, installation if news.repository else None)
                self._send(central, news.event, news.action, sent, installation.id)

    def ping(self, hook: Hook) -> None:
        self._send(hook, "ping", "", ping(self._state, hook), None)

    def repeat(self, hook: Hook, delivery: Delivery) -> None:
        """Send a delivery once more, under its old name."""
        again = Delivery(
            self._state.new_id(),
            delivery.guid,
            delivery.event,
            delivery.action,
            delivery.repository_id,
            delivery.installation_id,
            delivery.payload,
            self._state.now(),
            redelivery=True,
        )
        self._enqueue(hook, again)

    def _send(self, hook: Hook, event: str, action: str, sent: dict[str, object], installation: int | None) -> None:
        repository = hook.repository.id if hook.repository else None
        guid = str(uuid.UUID(int=self._state.new_id()))
        now = self._state.now()
        self._enqueue(
            hook, Delivery(self._state.new_id(), guid, event, action or None, repository, installation, sent, now)
        )

    def _enqueue(self, hook: Hook, delivery: Delivery) -> None:
        hook.deliveries.append(delivery)
        with self._change:
            self._open += 1
        self._waiting.put((hook, delivery))

    def _work(self) -> None:
        while job := self._waiting.get():
            try:
                self._deliver(*job)
            except Exception as error:  # the test that made the news shall fail of it
                self.errors.append(error)
            with self._change:
                self._open -= 1
                self._change.notify_all()

    def _deliver(self, hook: Hook, delivery: Delivery) -> None:
        kind = hook.config.get("content_type", "form")
        text = json.dumps(delivery.payload, ensure_ascii=False)
        body = (text if kind == "json" else urlencode({"payload": text})).encode()
        delivery.request_headers = _headers(hook, delivery, kind, body)
        with self._change:
            lost = self._is_lost()
        began = time.monotonic()
        try:
            if lost:
                raise requests.ConnectionError
            answer = requests.post(
                str(hook.config.get("url")), data=body, headers=delivery.request_headers, timeout=_PATIENCE
            )
        except requests.Timeout:
            delivery.status, delivery.status_code = "timed out", 504
        except requests.RequestException:
            delivery.status, delivery.status_code = "failed to connect to host", 502
        else:
            delivery.status_code, delivery.response = answer.status_code, answer.text
            delivery.status = "OK" if answer.ok else f"Invalid HTTP Response: {answer.status_code}"
            delivery.response_headers = dict(answer.headers)
        delivery.duration = round(time.monotonic() - began, 2)

    def _is_lost(self) -> bool:
        if self._spared:
            self._spared -= 1
            return False
        self._lost, lost = max(0, self._lost - 1), self._lost > 0
        return lost


def _headers(hook: Hook, delivery: Delivery, kind: str, body: bytes) -> dict[str, str]:
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json" if kind == "json" else "application/x-www-form-urlencoded",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.repository.id if hook.repository else hook.id),
        "X-GitHub-Hook-Installation-Target-Type": "repository" if hook.repository else "integration",
    }
    if secret := hook.config.get("secret"):
        for name, digest in (("X-Hub-Signature", hashlib.sha1), ("X-Hub-Signature-256", hashlib.sha256)):
            signature = hmac.new(str(secret).encode(), body, digest)
            headers[name] = f"{signature.name.removeprefix('hmac-')}={signature.hexdigest()}"
    return headers
