"""How a host is known to be on this machine: by its name and its addresses, however they are written."""

from __future__ import annotations

import pytest

from generator.core.hosts import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:5000", "0.0.0.0:1"),
        *("::1", "[::1]", "[::1]:5000", "[::ffff:7f00:1]"),
    ],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "ghcr.io", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1:80", "[2001:db8::1]:5000", "::2"]
)
def test_another_one(host: str) -> None:
    assert not is_loopback(host)
