"""Which hosts are this machine: what goes there crosses no network. Pure."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Return whether a host, with a port or without, is this machine; names are not resolved for that."""
    name = without_port(host).strip("[]").lower()
    try:
        address = ip_address(name)
    except ValueError:
        return name == "localhost"
    inner = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    return inner.is_loopback or inner.is_unspecified


def without_port(host: str) -> str:
    """Return a host as it stands before its port, if it has one."""
    name, _, port = host.rpartition(":")
    return name if port.isdigit() and (host.startswith("[") or ":" not in name) else host
