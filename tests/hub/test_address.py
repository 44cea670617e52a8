"""Where a GitHub is, for its API, for people and for git, and where on it a repository."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.hub.address import api_url, check_owner, repository_on, repository_path, slug_of, web_url, without_user


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


@pytest.mark.parametrize("owner", ["acme", "Acme_corp", "a.b-c"])
def test_the_name_of_an_account_is_taken(owner: str) -> None:
    check_owner(owner)


@pytest.mark.parametrize("owner", ["", "..", "acme/podinfo", "acme?x", "ö"])
def test_what_cannot_be_the_name_of_an_account_is_told(owner: str) -> None:
    with pytest.raises(UserError, match="is no repository"):
        check_owner(owner)


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
