"""How a token reaches git: as a header in its environment, valid for one address. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from generator.core.errors import UserError

_USER = "x-access-token"
"""The user name that GitHub takes with any kind of token (an App's included); other hosts ignore it."""


@dataclass(frozen=True)
class Credentials:
    """A token for one remote.

    Attributes:
        token: The token; None where git finds its own way (ssh, a credential helper, a folder on disk).
    """

    token: str | None = field(default=None, repr=False)

    def settings(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the settings that make git send the token to `url`, and to no other host."""
        parts = urlsplit(url)
        if not self.token or parts.scheme not in {"http", "https"}:
            return ()
        place = f"{parts.scheme}://{parts.netloc}/"
        # An empty helper clears the list: what others stored must not stand in for a token that was refused.
        return (
            (f"http.{place}.extraHeader", f"Authorization: Basic {self._basic}"),
            ("credential.helper", ""),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every form of the token that git might repeat."""
        if not self.token:
            return ()
        return tuple({self._basic: 0, self.token: 0, quote(self.token, safe=""): 0})

    @property
    def _basic(self) -> str:
        return base64.b64encode(f"{_USER}:{self.token}".encode()).decode()


def checked(url: str) -> str:
    """Return a remote's address if git may be given it.

    Raises:
        UserError: It holds a password, which git would write into files and errors; or it would run a command.
    """
    if "://" in url and urlsplit(url).password is not None:
        raise UserError(
            f"{_without_password(url)}: the address of a repository must not hold a password or a token.",
            hint="Give the token by its own option or environment variable.",
        )
    if not url or url.startswith("-") or "::" in url.partition("/")[0] or not url.isprintable():
        raise UserError(f"{url!r}: not the address of a repository.", hint="It looks like https://HOST/OWNER/NAME.git.")
    return url


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.username}:***@{parts.netloc.rpartition('@')[2]}").geturl()
