"""Calls GitHub without credentials: for what it tells anybody, and for what a code opens."""

from __future__ import annotations

from typing import Any

from github.Auth import Auth

from generator.hub.address import api_url
from generator.hub.conduct import Conduct
from generator.hub.requester import Caller


class _Anonymous(Auth):
    """Nobody."""

    @property
    def token_type(self) -> str:
        return ""

    @property
    def token(self) -> str:
        return ""

    def authentication(self, headers: dict[str, Any]) -> None:
        """Add nothing to the headers."""


def anonymous(url: str, conduct: Conduct) -> Caller:
    """Return who makes calls without credentials; close it.

    Args:
        url: Where the GitHub is, as `address.api_url` takes it.
        conduct: How calls are made.

    Raises:
        UserError: The address is none.
    """
    return Caller(api_url(url), _Anonymous(), conduct, "GitHub takes no calls without credentials here.")
