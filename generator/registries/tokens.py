"""The tokens that registries want to see: had from the server that a registry names, kept until they expire.

The flow is that of https://distribution.github.io/distribution/spec/auth/token/, and for a secret that is itself a
token that of https://distribution.github.io/distribution/spec/auth/oauth/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from urllib.parse import parse_qsl, urlencode, urlsplit

from generator.core.errors import UserError
from generator.registries.challenge import Challenge
from generator.registries.credentials import Login, advice
from generator.registries.hosts import Hosts
from generator.registries.reference import ImageReference
from generator.registries.transport import Answer, Transport, UnavailableError

_CLIENT = "gitopsmith"
_BODY_LIMIT = 262_144
_LEAST_LIFE = 60.0
"""Seconds that a token lives where nothing else is said."""
_LONGEST_LIFE = 3600.0
_SPARE = 0.9
"""The share of its life in which a token is used, so that it does not expire on its way."""
_KEPT = 4096
_LEGAL = re.compile(r"[\x21-\x7e]+", re.ASCII)


@dataclass(frozen=True)
class _Token:
    authorization: str = field(repr=False)
    end: float


class Tokens:
    """Tokens for repositories; several threads may use it at once.

    Args:
        transport: How servers are asked.
        hosts: Which servers may be asked.
        clock: Seconds that only grow.
    """

    def __init__(self, transport: Transport, hosts: Hosts, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._hosts = hosts
        self._clock = clock
        self._lock = Lock()
        self._tokens: dict[tuple[str, str], _Token] = {}

    def kept(self, reference: ImageReference) -> str | None:
        """Return the `Authorization` for a repository, if there is one that has not expired."""
        with self._lock:
            token = self._tokens.get(_key(reference))
        return token.authorization if token and token.end > self._clock() else None

    def forget(self, reference: ImageReference) -> None:
        """Forget the token for a repository: it was refused."""
        with self._lock:
            self._tokens.pop(_key(reference), None)

    def fetch(self, reference: ImageReference, challenge: Challenge, login: Login | None) -> str | None:
        """Get a token, keep it, and return it as an `Authorization`; None where the server denies one.

        Args:
            reference: What is to be read.
            challenge: What the registry said about it.
            login: Who asks; None for a stranger.

        Raises:
            UserError: The registry names no server that may be asked, or that takes the credentials for wrong.
            UnavailableError: The server cannot answer now, or what it says is no token.
        """
        realm = challenge.parameters.get("realm")
        if not realm:
            raise UserError(f"{reference.host} wants a token and does not say where one is had: `realm` is missing.")
        host = reference.host
        address = self._hosts.lead(host, f"{self._hosts.scheme(host)}://{host}/", realm)
        if login and login.borrowed and urlsplit(address).netloc != host:
            return None
        answer = self._ask(address, _fields(reference, challenge), login)
        if answer.status == HTTPStatus.UNAUTHORIZED and login and not login.borrowed:
            raise refused(reference, login)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return None
        if answer.status != HTTPStatus.OK:
            raise UserError(f"{_host(answer)}, where {host} sends us for a token, answers HTTP {answer.status}.")
        return self._keep(reference, _read(answer))

    def _ask(self, address: str, fields: Mapping[str, str], login: Login | None) -> Answer:
        if login and login.identity:
            form = {**fields, "grant_type": "refresh_token", "client_id": _CLIENT, "refresh_token": login.secret}
            return self._transport.ask("POST", address, {}, form=form, limit=_BODY_LIMIT)
        parts = urlsplit(address)
        # The scopes of one challenge stand in one text; by this method each is a field of its own.
        asked = [
            (name, value) for name, text in fields.items() for value in (text.split() if name == "scope" else [text])
        ]
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *asked])
        headers = {"Authorization": login.basic} if login else {}
        return self._transport.ask("GET", parts._replace(query=query).geturl(), headers, limit=_BODY_LIMIT)

    def _keep(self, reference: ImageReference, given: tuple[str, float]) -> str:
        now = self._clock()
        token = _Token(f"Bearer {given[0]}", now + given[1] * _SPARE)
        with self._lock:
            if len(self._tokens) >= _KEPT:
                self._tokens = {key: kept for key, kept in self._tokens.items() if kept.end > now}
            if len(self._tokens) >= _KEPT:
                self._tokens.clear()
            self._tokens[_key(reference)] = token
        return token.authorization


def refused(reference: ImageReference, login: Login) -> UserError:
    """Return the error that says that a registry takes credentials for wrong."""
    return UserError(
        f"{reference.registry} refuses the credentials in {login.source}: they are wrong or expired.",
        hint=advice(reference.registry),
    )


def _fields(reference: ImageReference, challenge: Challenge) -> dict[str, str]:
    service = challenge.parameters.get("service") or reference.host
    scope = challenge.parameters.get("scope") or f"repository:{reference.repository}:pull"
    return {"service": service, "scope": scope}


def _read(answer: Answer) -> tuple[str, float]:
    """Return the token of an answer and the seconds that it lives.

    Raises:
        UnavailableError: There is none: something else than a token server has answered.
    """
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    content = document if isinstance(document, dict) else {}
    token = content.get("token") or content.get("access_token")
    if not isinstance(token, str) or not _LEGAL.fullmatch(token):
        # Without the answer: a part of it may be a token.
        raise UnavailableError(f"{_host(answer)} was asked for a token, and its answer holds none.")
    life = content.get("expires_in")
    seconds = life if isinstance(life, int | float) and life > 0 else _LEAST_LIFE
    return token, float(min(seconds, _LONGEST_LIFE))


def _host(answer: Answer) -> str:
    return urlsplit(answer.address).netloc


def _key(reference: ImageReference) -> tuple[str, str]:
    return reference.host, reference.repository
