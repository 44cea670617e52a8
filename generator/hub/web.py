"""Where people, and git, find a GitHub whose API we know. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

_SERVER_PATH = "/api/v3"


def web_url(api: str) -> str:
    """Return the address that people open, and that repositories are cloned from, without a slash at its end.

    Args:
        api: The address of the API, as `address.api_url` returns it.
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
        api: The address of that GitHub's API, as `address.api_url` returns it.
        url: The address of the repository, in any of the ways to write one.
    """
    found = _host_and_path(url)
    return found[1] if found and found[0].casefold() == urlsplit(web_url(api)).netloc.casefold() else None


def without_user(url: str) -> str:
    """Return the address of a git repository as it may be shown: without a user, and so without a password."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.scheme else url


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
