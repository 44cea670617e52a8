"""How a token reaches git: as a header in its environment, valid for one address. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from generator.core.errors import UserError
from generator.core.hosts import is_loopback

_USER = "x-access-token"
"""The user name that GitHub takes with any kind of token (an App's included); other hosts ignore it."""
_WEB = frozenset({"http", "https"})


@dataclass(frozen=True)
class Credentials:
    """A token for one remote.

    Attributes:
        token: The token; None where git finds its own way (ssh, a credential helper, a folder on disk).
    """

    token: str | None = field(default=None, repr=False)

    def settings(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the settings that make git send the token to `url`, and to no other host.

        Raises:
            UserError: Others on the way could read the token.
        """
        parts = urlsplit(url)
        if not self.token or parts.scheme not in _WEB:
            return ()
        if parts.scheme == "http" and not is_loopback(parts.netloc):
            raise UserError(f"{url}: a token would be sent without encryption.", hint="Begin the address with https://")
        place = f"{parts.scheme}://{parts.netloc}/"
        return (
            (f"http.{place}.extraHeader", f"Authorization: Basic {self._basic}"),
            # Git takes the header along to wherever the first answer leads it.
            (f"http.{place}.followRedirects", "false"),
            # An empty helper clears the list: what others stored must not stand in for a token that was refused.
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
        UserError: It holds a password, or a user where that may be a token, which git would write into files and
            errors; or it would run a command.
    """
    parts = _parts(url)
    if "://" in url and (parts.password is not None or (parts.scheme in _WEB and parts.username is not None)):
        shown = parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}").geturl()
        raise UserError(
            f"{shown}: the address of a repository must not hold a user, a password or a token.",
            hint="Leave out what stands before `@`; give the token by its own option or environment variable.",
        )
    if not url or url.startswith("-") or "::" in url.partition("/")[0] or not url.isprintable():
        raise _no_address(url)
    return url


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        # What cannot be read may hold a password all the same.
        raise _no_address(url.rpartition("@")[2]) from error


def _no_address(shown: str) -> UserError:
    return UserError(f"{shown!r}: not the address of a repository.", hint="It looks like https://HOST/OWNER/NAME.git.")
