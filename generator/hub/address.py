"""Where a GitHub is: the address of its API, of github.com, of Enterprise Cloud and of an Enterprise Server. Pure."""

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


def repository_path(repository: str) -> str:
    """Return where the API has a repository, `owner/name`: `/repos/owner/name`.

    Raises:
        UserError: It is no name of a repository.
    """
    owner, _, name = repository.partition("/")
    if not all(_NAME.fullmatch(part) and part.strip(".") for part in (owner, name)):
        raise UserError(f"`{visible(repository[:200])}` is no repository.", hint="Write it as OWNER/NAME.")
    return f"/repos/{owner}/{name}"
