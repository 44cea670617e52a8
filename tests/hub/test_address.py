"""Where a GitHub is, and where in its API a repository."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub.address import api_url, repository_path


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("https://api.github.com", "https://api.github.com"),
        ("https://api.github.com/", "https://api.github.com"),
        ("https://github.com", "https://api.github.com"),
        ("https://www.GitHub.com/", "https://api.github.com"),
        ("https://github.acme.example", "https://github.acme.example/api/v3"),
        ("https://github.acme.example:8443/api/v3/", "https://github.acme.example:8443/api/v3"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com"),
        ("http://127.0.0.1:4711/api/v3", "http://127.0.0.1:4711/api/v3"),
        ("http://localhost:4711", "http://localhost:4711"),
    ],
)
def test_an_api_is_found_by_its_address_or_by_the_one_of_its_pages(given: str, found: str) -> None:
    assert api_url(given) == found
    assert api_url(found) == found


@pytest.mark.parametrize(
    "given",
    [
        "",
        "github.com",
        "ftp://github.com",
        "https://",
        "https://[::1",
        "https://github.com?a",
        "https://a b",
        "https://ö",
    ],
)
def test_what_is_no_address_is_told(given: str) -> None:
    with pytest.raises(UserError, match="is not the address of a GitHub"):
        api_url(given)


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(UserError) as caught:
        api_url("https://octocat:secret@github.com")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "given", ["http://github.com", "http://github.acme.example/api/v3", "http://127.0.0.1.evil.example"]
)
def test_a_token_is_not_sent_without_encryption(given: str) -> None:
    with pytest.raises(UserError, match="without encryption"):
        api_url(given)


@pytest.mark.parametrize("name", ["acme/podinfo", "Acme_corp/a.b-c_d", "a/.github"])
def test_a_repository_has_a_path(name: str) -> None:
    assert repository_path(name) == f"/repos/{name}"


@pytest.mark.parametrize(
    "name", ["", "acme", "/a", "a/", "a/..", "./a", "a/b/c", "a/b?x=1", "a/b#c", "a/ö", "a/b\n", "a" * 101 + "/b"]
)
def test_what_is_no_repository_has_none(name: str) -> None:
    with pytest.raises(UserError, match="is no repository"):
        repository_path(name)
