"""Which addresses are asked on behalf of a registry."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.registries.hosts import Hosts, same_origin

HERE, NAMED, FAR = "localhost:5000", "registry.lan:5000", "ghcr.io"
HOSTS = Hosts(frozenset({NAMED, "other.lan"}))


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.9.9:5000", "[::1]", "[::1]:5000", "0.0.0.0:1", "[::ffff:7f00:1]"],
)
def test_speaks_without_tls_with_this_machine(host: str) -> None:
    assert Hosts().scheme(host) == "http"


@pytest.mark.parametrize(
    "host", ["ghcr.io", "localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1:80", "[2001:db8::1]:5000"]
)
def test_speaks_tls_with_others(host: str) -> None:
    assert Hosts().scheme(host) == "https"


def test_speaks_without_tls_where_the_operator_says_so() -> None:
    assert HOSTS.scheme("registry.lan:5000") == "http"
    assert HOSTS.scheme("Other.lan:7000") == "http"
    assert HOSTS.scheme("registry.lan:5001") == "https"
    assert HOSTS.scheme("registry.lan") == "https"


@pytest.mark.parametrize(
    ("host", "address", "leads_to"),
    [
        (FAR, "/token?a=b#c", "https://ghcr.io/token?a=b"),
        (FAR, "https://auth.docker.io/token", "https://auth.docker.io/token"),
        (FAR, "https://AUTH.docker.io:444/x", "https://auth.docker.io:444/x"),
        (HERE, "http://127.0.0.1:5001/token", "http://127.0.0.1:5001/token"),
        (HERE, "https://auth.docker.io/token", "https://auth.docker.io/token"),
        (NAMED, "http://other.lan/token", "http://other.lan/token"),
    ],
)
def test_leads_on(host: str, address: str, leads_to: str) -> None:
    assert HOSTS.lead(host, f"{HOSTS.scheme(host)}://{host}/v2/x", address) == leads_to


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (FAR, "http://ghcr.io/token"),
        (FAR, "http://other.lan/token"),
        (FAR, "http://localhost/token"),
        (FAR, "https://localhost/token"),
        (NAMED, "http://elsewhere.lan/token"),
        (NAMED, "http://localhost/token"),
        (HERE, "http://ghcr.io/token"),
        (FAR, "ftp://ghcr.io/token"),
        (FAR, "https://a_b/token"),
        (FAR, "https://ghcr.io:99999/token"),
        (FAR, "https://user:word@ghcr.io/token"),
        (FAR, "https://ghcr.io/to\nken"),
        (FAR, "//[/token"),
    ],
)
def test_does_not_lead_astray(host: str, address: str) -> None:
    with pytest.raises(UserError, match="which is not asked"):
        HOSTS.lead(host, f"{HOSTS.scheme(host)}://{host}/v2/x", address)


def test_an_origin_is_scheme_and_host_and_port() -> None:
    assert same_origin("https://a/x", "https://a/y?z")
    assert not same_origin("https://a/x", "http://a/x")
    assert not same_origin("https://a/x", "https://a:444/x")
