"""Asks registries whether an image or a chart can be pulled.

The interface is that of the OCI distribution specification 1.1,
https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests: the head of a manifest is
asked for, so that no content moves and Docker Hub counts no pull.

What a registry denies us is not there as far as we can tell: to strangers ghcr.io says of an image that was never
pushed the same as of a private one, and others do so even to those whom they know. Such an answer is therefore no error
but a `Presence` with its reason. Credentials that are wrong, or missing where nobody is served without, are an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from urllib.parse import urlsplit

from generator.core.errors import UserError
from generator.core.visible import visible
from generator.registries.challenge import Challenge, parse_challenges
from generator.registries.credentials import FindLogin, Login, advice
from generator.registries.hosts import Hosts, same_origin
from generator.registries.reference import ImageReference
from generator.registries.tokens import Tokens, refused
from generator.registries.transport import Answer, Patience, Transport, UnavailableError

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""The kinds of manifest that can be pulled: registries answer 404 for one whose kind is not asked for."""
_MOVED = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
_MOST_MOVES = 5
_DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_NO_SUCH_METHOD = frozenset({HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED})


@dataclass(frozen=True)
class Presence:
    """Whether an image or a chart can be pulled.

    Attributes:
        found: Whether it can, as far as we can tell.
        reason: Why it cannot, as a sentence for people; empty where it can.
    """

    found: bool
    reason: str = ""


@dataclass(frozen=True)
class _Asked:
    """The answer of a registry, and who asked where it wanted to know."""

    answer: Answer
    login: Login | None = None


class RegistryClient:
    """Asks registries; several threads may do so at once. Use it in a `with`, or close it.

    Args:
        find_login: Finds the credentials for a reference; None to ask as a stranger.
        insecure: Registries, as `host` or `host:port`, that are spoken to without TLS, as those of this machine are.
        patience: How long servers may take.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        find_login: FindLogin | None = None,
        *,
        insecure: frozenset[str] = frozenset(),
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._find_login = find_login or _nobody
        self._hosts = Hosts(insecure)
        self._transport = Transport(patience or Patience())
        self._tokens = Tokens(self._transport, self._hosts, clock)

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def presence(self, reference: ImageReference) -> Presence:
        """Return whether an image or a chart can be pulled, and if not, why.

        Args:
            reference: What is asked for, by its digest, its tag, or as `latest`.

        Raises:
            UserError: Asking again does not help: credentials are missing or wrong, a certificate is not trusted, or
                what answers is no registry.
            UnavailableError: It may: the registry or its token server is out of reach, broken or too busy.
            TemporaryError: It may: a credential helper took too long.
        """
        asked = self._ask(reference, "HEAD")
        if asked.answer.status in _NO_SUCH_METHOD:
            asked = self._ask(reference, "GET")
        return _judge(reference, asked)

    def _ask(self, reference: ImageReference, method: str) -> _Asked:
        """Ask with the token that we have, or without; then, if that is denied, with what the registry demands."""
        kept = self._tokens.kept(reference)
        answer = self._manifest(reference, method, kept)
        if kept and answer.status in _DENIED:
            # Our rights may have changed since.
            self._tokens.forget(reference)
            answer = self._manifest(reference, method, None)
        if answer.status != HTTPStatus.UNAUTHORIZED or not self._is_own(reference, answer):
            return _Asked(answer)
        challenges = parse_challenges(answer.headers.get("WWW-Authenticate", ""))
        login = self._find_login(reference)
        for candidate in (login, None) if login and login.borrowed else (login,):
            authorization = self._authorization(reference, challenges, candidate)
            if authorization is None:
                continue
            answer = self._manifest(reference, method, authorization)
            if answer.status not in _DENIED or not self._is_own(reference, answer):
                break
            self._tokens.forget(reference)
            if answer.status == HTTPStatus.UNAUTHORIZED and candidate and authorization == candidate.basic:
                raise refused(reference, candidate)
        return _Asked(answer, login)

    def _is_own(self, reference: ImageReference, answer: Answer) -> bool:
        """Return whether the registry itself has answered: nobody else gets its credentials."""
        return same_origin(answer.address, self._address(reference))

    def _authorization(
        self, reference: ImageReference, challenges: tuple[Challenge, ...], login: Login | None
    ) -> str | None:
        """Return the `Authorization` that a registry demands; None where its token server denies one."""
        by_scheme = {challenge.scheme: challenge for challenge in challenges}
        if "bearer" in by_scheme:
            return self._tokens.fetch(reference, by_scheme["bearer"], login)
        if "basic" not in by_scheme:
            known = visible(", ".join(by_scheme)[:100]) or "nothing"
            raise UserError(f"{reference.host} wants to be shown {known}, where registries want Bearer or Basic.")
        if login is None or login.identity:
            raise UserError(
                f"{reference.registry} answers nobody without a password, and none was given.",
                hint=advice(reference.registry),
            )
        return login.basic

    def _manifest(self, reference: ImageReference, method: str, authorization: str | None) -> Answer:
        """Ask for a manifest where the registry has it, which may be elsewhere."""
        address = start = self._address(reference)
        for _ in range(_MOST_MOVES):
            headers = {"Accept": ", ".join(MANIFESTS)}
            if authorization and same_origin(address, start):
                headers["Authorization"] = authorization
            answer = self._transport.ask(method, address, headers)
            if answer.status not in _MOVED or "Location" not in answer.headers:
                return answer
            address = self._hosts.lead(reference.host, address, answer.headers["Location"])
        raise UserError(f"{reference.host} sends us on more than {_MOST_MOVES} times for {reference}.")

    def _address(self, reference: ImageReference) -> str:
        host = reference.host
        return f"{self._hosts.scheme(host)}://{host}/v2/{reference.repository}/manifests/{reference.version}"


def _judge(reference: ImageReference, asked: _Asked) -> Presence:
    answer = asked.answer
    host = urlsplit(answer.address).netloc
    if answer.status == HTTPStatus.NOT_FOUND:
        return Presence(found=False, reason=f"{host} has no {_said(reference)}.")
    if answer.status in _DENIED:
        return Presence(found=False, reason=_denial(reference, host, asked.login))
    if answer.status != HTTPStatus.OK:
        raise UserError(f"{host} answers HTTP {answer.status} when asked for {reference}.")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if "Docker-Content-Digest" not in answer.headers and not kind.startswith("application/"):
        if not kind:
            raise UnavailableError(f"{host} broke off its answer about {reference}.")
        raise UserError(f"{host} is no registry: asked for {reference} it sends `{visible(kind[:100])}`.")
    return Presence(found=True)


def _denial(reference: ImageReference, host: str, login: Login | None) -> str:
    what = f"{reference.registry} denies access to {_said(reference)}"
    if host != reference.host:
        return f"{reference.host} sends us on to {host}, which denies access to {_said(reference)}."
    if login:
        return f"{what}, also with the credentials in {login.source}: it is not there yet, or they may not read it."
    return f"{what} without credentials: it is not there yet, or private. {advice(reference.registry)}"


def _said(reference: ImageReference) -> str:
    """Return the version that was asked for, as people write it."""
    return f"{reference.repository}{'@' if reference.digest else ':'}{reference.version}"


def _nobody(_reference: ImageReference) -> Login | None:
    return None
