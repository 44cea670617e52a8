"""Where a GitHub is, be it github.com, Enterprise Cloud or an Enterprise Server, and where on it a repository. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from generator.core.errors import UserError
from generator.core.hosts import is_loopback
from generator.core.visible import visible

PUBLIC = "https://api.github.com"
URL_VARIABLE = "GITOPSMITH_GITHUB_URL"
_SERVER_PATH = "/api/v3"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_HINT = "It looks like https://api.github.com, or https://HOST/api/v3 for an Enterprise Server."


def api_url(address: str) -> str:
    """Return the address of the API of a GitHub, without a slash at its end.

    Args:
        address: That address, or the one that people open in their browser: `https://github.com`,
            `https://acme.ghe.com`, `https://github.acme.example`.

    Raises:
        UserError: It is no such address, holds a password, or would send a token over the network without encryption.
    """
    try:
        parts = urlsplit(address.strip().rstrip("/"))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc) or parts.query or parts.fragment:
        # What is wrong may be a password in it.
        raise UserError(f"`{visible(address.rpartition('@')[2][:200])}` is not the address of a GitHub.", hint=_HINT)
    if parts.scheme == "http" and not is_loopback(parts.netloc):
        raise UserError(f"{address}: a token would be sent without encryption.", hint="Begin the address with https://")
    host, path = parts.netloc.lower(), parts.path
    if not path and host in {"github.com", "www.github.com"}:
        host = "api.github.com"
    elif not path and host.endswith(".ghe.com") and not host.startswith("api."):
        host = f"api.{host}"
    elif not path and not host.startswith("api.") and parts.scheme == "https":
        path = _SERVER_PATH  # what is spoken to without TLS is no server of anybody's, so it is taken as it is
    return f"{parts.scheme}://{host}{path}"


def web_url(api: str) -> str:
    """Return the address that people open, and that repositories are cloned from, without a slash at its end.

    Args:
        api: The address of the API, as `api_url` returns it.
    """
    parts = urlsplit(api)
    path = parts.path.removesuffix(_SERVER_PATH)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}{path}"


def slug_of(url: str) -> tuple[str, str] | None:
    """Return the host and the `owner/name`, both in small letters, that the address of a git repository names.

    The ways to write one differ (https, `ssh://`, `git@host:owner/name`); None where it is none of these.
    """
    found = _host_and_path(url)
    return (found[0].casefold(), found[1].casefold()) if found else None


def repository_on(api: str, url: str) -> str | None:
    """Return the `owner/name` that the address of a git repository names; None where it is on no such GitHub.

    Args:
        api: The address of that GitHub's API, as `api_url` returns it.
        url: The address of the repository, in any of the ways to write one.
    """
    found = _host_and_path(url)
    return found[1] if found and found[0].casefold() == urlsplit(web_url(api)).netloc.casefold() else None


def without_user(url: str) -> str:
    """Return the address of a git repository as it may be shown: without a user, and so without a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme else url


def repository_path(repository: str) -> str:
    """Return where the API has a repository, `owner/name`: `/repos/owner/name`.

    Raises:
        UserError: It is no name of a repository.
    """
    owner, _, name = repository.partition("/")
    if not all(_NAME.fullmatch(part) and part.strip(".") for part in (owner, name)):
        raise UserError(f"`{visible(repository[:200])}` is no repository.", hint="Write it as OWNER/NAME.")
    return f"/repos/{owner}/{name}"


def check_owner(owner: str) -> None:
    """Check that a text can be the name of an account.

    Raises:
        UserError: It cannot.
    """
    repository_path(f"{owner}/any")


def _host_and_path(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    host, path = (parts.netloc.rpartition("@")[2], parts.path) if parts.scheme else _scp(url)
    if parts.scheme == "ssh":
        host = host.partition(":")[0]
    path = path.strip("/").removesuffix(".git")
    return (host, path) if host and path.count("/") == 1 else None


def _scp(url: str) -> tuple[str, str]:
    host, colon, path = url.partition(":")
    return (host.rpartition("@")[2], path) if colon else ("", "")
