"""What lets git into a repository over https: a token, for nobody but our own GitHub and the hosts that people name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from generator.gitrepo.credentials import checked
from generator.hub.address import PUBLIC, URL_VARIABLE, api_url, repository_on
from generator.hub.credentials import Token, credentials_in
from generator.workspace.workspace import Workspace

if TYPE_CHECKING:
    from generator.hub.connection import Connection

TOKEN_VARIABLES = ("GITOPSMITH_TOKEN", "GIT_TOKEN", "GITHUB_AUTH_TOKEN")
"""Where a token is looked for, the first one that is set; never on the command line, which others can read."""

_WEB = frozenset({"http", "https"})


@dataclass(frozen=True)
class Access:
    """Who may have a token.

    What `organization.yaml` says is no word of the person who runs a command, so a host that it names gets a token only
    where it is the GitHub that is configured, or one that the person names as well.

    Attributes:
        api: The address of the API of the GitHub that is configured.
        named: The addresses that a person named; None and folders may be among them. Their hosts may have a token that
            the environment holds, and nothing that an App or a file gives, which is for GitHub.
        connection: Who calls that GitHub; None for whom the environment has credentials of.
    """

    api: str
    named: Iterable[str | None] = ()
    connection: Connection | None = field(default=None, repr=False)

    def token(self, url: str) -> str | None:
        """Return what opens a repository; None where git finds its own way, or there is nothing for that host.

        An App goes before a token of the environment, and that before a file with one.

        Args:
            url: The address of the repository.

        Raises:
            UserError: The address is none; the credentials are not right; the App is not installed there.
            TemporaryError: GitHub cannot give a token now.
        """
        if urlsplit(checked(url)).scheme not in _WEB:
            return None
        repository = repository_on(self.api, url)
        if repository is None:
            is_named = _host(url) in {_host(one) for one in self.named if one}
            return token_from_environment() if is_named else None
        with self._opened() as connection:
            given = token_from_environment()
            if connection is None or (given and not connection.is_app):
                return given
            return connection.token(repository.partition("/")[0])

    def _opened(self) -> AbstractContextManager[Connection | None]:
        if self.connection is not None:
            return nullcontext(self.connection)
        credentials = credentials_in(os.environ)
        if credentials is None or isinstance(credentials, Token):
            return nullcontext()
        from generator.workspace.on_github import connection_to  # noqa: PLC0415 - slow to import, and seldom needed

        return connection_to(self.api)


def access_in_environment(
    github_url: str | None = None, named: Iterable[str | None] = (), connection: Connection | None = None
) -> Access:
    """Return who may have a token by what the environment says.

    Args:
        github_url: The GitHub that is configured, as `address.api_url` takes it; None for where the environment says.
        named: The addresses that a person named.
        connection: Who calls that GitHub; None for whom the environment has credentials of.

    Raises:
        UserError: The GitHub's address is none.
    """
    return Access(api_url(github_url or os.environ.get(URL_VARIABLE) or PUBLIC), tuple(named), connection)


def origins(workspace: Workspace) -> Iterator[str | None]:
    """Yield the addresses that the repositories of a workspace have as `origin`: those that its owner works with."""
    for role in workspace.roles:
        yield workspace.repositories[role].origin()


def token_from_environment() -> str | None:
    """Return the token that the environment holds, if any."""
    return next((token for name in TOKEN_VARIABLES if (token := os.environ.get(name))), None)


def _host(url: str) -> str:
    """Return the host that an address names, with its port, in small letters; empty where it is none of the web."""
    parts = urlsplit(checked(url))
    return parts.netloc.rpartition("@")[2].casefold() if parts.scheme in _WEB else ""
