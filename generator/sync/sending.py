"""Delivers a payload as GitHub would, and waits for what becomes of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import requests

from generator.core.errors import TemporaryError, UserError
from generator.sync.news.delivery import Delivery
from generator.sync.news.payload import MalformedPayloadError, read_payload
from generator.sync.store.inbox import opened_inbox
from generator.sync.web.signature import SIGNATURE_HEADER, sign
from generator.sync.web.webhook import DELIVERY_HEADER, EVENT_HEADER, repository_in
from generator.sync.web.webhook_secrets import SECRET_VARIABLE, WebhookSecrets

_PAUSE = 0.1

_T = TypeVar("_T")


def send(
    body: bytes, event: str, url: str, secrets: WebhookSecrets, *, source: str, delivery: str | None, seconds: float
) -> str:
    """Deliver a payload and return the id of the delivery.

    Args:
        body: The payload.
        event: GitHub's name for the event.
        url: Where the sync listens.
        secrets: The secrets; the newest one of the payload's repository signs.
        source: Where the payload is from, for errors.
        delivery: The id; None for a random one.
        seconds: How long the server is waited for while nothing listens.

    Raises:
        UserError: The payload is of no repository or of one without a secret, or the server refuses it.
        TemporaryError: Nothing listens there.
    """
    repository = _repository(body, event, source)
    secret = next(iter(secrets.of(repository)), None)
    if secret is None:
        raise UserError(
            f"There is no webhook secret for {repository}.",
            hint=f"Add it to the file of --webhook-secrets, or set {SECRET_VARIABLE}.",
        )
    delivery = delivery or str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        EVENT_HEADER: event,
        DELIVERY_HEADER: delivery,
        SIGNATURE_HEADER: sign(body, secret),
    }
    address = f"{url.rstrip('/')}/payload/{repository}"

    def post() -> requests.Response | None:
        try:
            return requests.post(address, data=body, headers=headers, timeout=10, allow_redirects=False)
        except (requests.ConnectionError, requests.Timeout):
            return None
        except (requests.RequestException, ValueError) as error:
            raise UserError(f"{url}: {error}", hint="It looks like http://127.0.0.1:8080.") from error

    way = "start `gitopsmith serve`, or say with --url where it listens"
    answer = _until(post, seconds, f"{url}: nothing listens there: {way}.")
    if answer.status_code != requests.codes.accepted:
        raise UserError(f"{address} answers {answer.status_code}: {answer.text[:500].strip()}")
    return delivery


def _repository(body: bytes, event: str, source: str) -> str:
    try:
        repository = repository_in(event, read_payload(body))
    except MalformedPayloadError as error:
        hint = "Name a file with the body of a delivery, JSON as GitHub sends it."
        raise UserError(f"{source}: {error.message}", hint=hint) from error
    if not repository:
        raise UserError(
            f"{source}: The payload names no repository.", hint="It needs `repository.full_name`: OWNER/NAME."
        )
    return repository


def await_result(database_url: str, delivery: str, *, seconds: float) -> Delivery:
    """Return a delivery once something became of it.

    Raises:
        UserError: The server keeps its deliveries elsewhere.
        TemporaryError: It still waits.
    """
    with opened_inbox(database_url) as inbox:

        def ended() -> Delivery | None:
            found = inbox.get(delivery)
            return None if found.state == "waiting" else found

        return _until(ended, seconds, f"{delivery} still waits: `gitopsmith deliveries show {delivery}` says why.")


def _until(look: Callable[[], _T | None], seconds: float, otherwise: str) -> _T:
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise TemporaryError(otherwise)
        time.sleep(_PAUSE)
    return found
