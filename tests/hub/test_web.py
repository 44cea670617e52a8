"""The addresses that people and git use, beside those of the API."""

from __future__ import annotations

import pytest

from generator.hub.address import api_url
from generator.hub.web import repository_on, slug_of, web_url, without_user


@pytest.mark.parametrize(
    "web", ["https://github.com", "https://acme.ghe.com", "https://github.acme.example", "http://127.0.0.1:8080"]
)
def test_the_web_address_of_an_api_is_where_it_came_from(web: str) -> None:
    assert web_url(api_url(web)) == web


@pytest.mark.parametrize(
    "url",
    [
        "https://GitHub.com/Acme/Acme-GitOps.git",
        "https://github.com/acme/acme-gitops/",
        "https://me:secret@github.com/acme/acme-gitops",
        "git@github.com:acme/acme-gitops.git",
        "ssh://git@github.com:22/acme/acme-gitops.git",
    ],
)
def test_a_repository_is_the_same_however_its_address_is_written(url: str) -> None:
    assert slug_of(url) == ("github.com", "acme/acme-gitops")


@pytest.mark.parametrize("url", ["", "/srv/git/acme-gitops.git", "https://github.com/acme", "https://github.com/a/b/c"])
def test_what_names_no_repository_of_a_host_is_none(url: str) -> None:
    assert slug_of(url) is None


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://GitHub.com/Acme/Acme-GitOps.git", "Acme/Acme-GitOps"),
        ("git@github.com:acme/acme-gitops.git", "acme/acme-gitops"),
        ("ssh://git@github.com:22/acme/acme-gitops", "acme/acme-gitops"),
        ("https://github.acme.example/acme/acme-gitops", None),
        ("https://github.com.evil.example/acme/acme-gitops", None),
        ("https://github.com/acme", None),
        ("/srv/git/acme-gitops.git", None),
    ],
)
def test_a_repository_is_on_a_github_that_its_address_names(url: str, found: str | None) -> None:
    assert repository_on(api_url("https://github.com"), url) == found


def test_an_address_is_shown_without_its_user() -> None:
    assert without_user("https://me:secret@github.com/a/b") == "https://github.com/a/b"
    assert without_user("git@github.com:a/b") == "git@github.com:a/b"
