"""Which addresses are asked on behalf of a registry, and when without TLS. Pure.

A registry names other addresses: where tokens are had, where a manifest is read. It may be hostile, or be reached over
a network that is; therefore:

- Plain http is spoken only with hosts of this machine and with those that the operator named, and an address without
  TLS is taken only from a registry that is itself spoken to without TLS.
- Nobody but a registry of this machine sends us to this machine. Names are not resolved for that: one that resolves to
  this machine is asked only over TLS, for which it would need a certificate that we trust.
- A registry's credentials go to the token server that the registry names, whatever its host: the token flow of
  https://distribution.github.io/distribution/spec/auth/token/ says so, and they are that registry's own: it learns
  nothing that it could not ask for directly. A token that was given to us for something else is not shown there.
- A redirect to another origin is followed without credentials, and what that one demands is not answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit

from generator.core.errors import UserError
from generator.core.hosts import is_loopback, without_port
from generator.core.visible import visible
from generator.registries.reference import is_registry


@dataclass(frozen=True)
class Hosts:
    """The hosts that are spoken to without TLS.

    Attributes:
        insecure: Those that the operator named, as `host` or `host:port`, beside the ones of this machine.
    """

    insecure: frozenset[str] = frozenset()

    def scheme(self, host: str) -> Literal["http", "https"]:
        """Return how a host, with its port where it has one, is spoken to."""
        names = {host.lower(), without_port(host).lower()}
        plain = is_loopback(host) or names & {name.lower() for name in self.insecure}
        return "http" if plain else "https"

    def lead(self, host: str, base: str, address: str) -> str:
        """Return the address that a registry leads to.

        Args:
            host: The registry, with its port where it has one.
            base: The address that was asked.
            address: What it said, relative to `base` or not.

        Raises:
            UserError: It is none that may be asked on behalf of this registry.
        """
        parts = _split(base, address)
        reason = "it is no address of a host" if parts is None else self._objection(host, parts)
        if parts is None or reason:
            raise UserError(
                f"{host} sends us to `{visible(address[:200])}`, which is not asked: {reason}.",
                hint="If this is your registry, mend the address in its configuration.",
            )
        return parts._replace(fragment="").geturl()

    def _objection(self, host: str, parts: SplitResult) -> str:
        if parts.scheme == "http" and "https" in {self.scheme(host), self.scheme(parts.netloc)}:
            return "it has no TLS"
        if is_loopback(parts.netloc) and not is_loopback(host):
            return "it lies on this machine, and the registry does not"
        return ""


def same_origin(one: str, other: str) -> bool:
    """Return whether two addresses belong to the same server."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _split(base: str, address: str) -> SplitResult | None:
    try:
        parts = urlsplit(urljoin(base, address))
    except ValueError:
        return None
    legal = parts.scheme in {"http", "https"} and is_registry(parts.netloc) and address.isprintable()
    return parts._replace(netloc=parts.netloc.lower()) if legal else None
