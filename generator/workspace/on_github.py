"""How commits come to a repository on GitHub whose organization has rules for it: by requests, by the API, by both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from generator.core.documents import Repository
from generator.core.errors import UserError
from generator.gitrepo.changes_branch import ChangesBranch
from generator.gitrepo.clone import Clone
from generator.gitrepo.committer import Committer, GitCommitter
from generator.hub.address import PUBLIC, URL_VARIABLE, repository_on, web_url, without_user
from generator.hub.connection import CONDUCT, Connection
from generator.hub.credentials import APP_ID, APP_KEY_FILE, TOKENS, credentials_in
from generator.hub.git_objects import GitObjects
from generator.hub.pull_requests import Requests
from generator.workspace.api_committer import ApiCommitter
from generator.workspace.protected_branch import ProtectedBranch

Connect = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection to GitHub for as long as it is needed."""


@dataclass(frozen=True)
class OnGitHub:
    """A repository on GitHub, and the rules by which commits come to it.

    Attributes:
        repository: The repository, `owner/name`.
        rules: Its rules.
        connection: Who calls GitHub.
    """

    repository: str
    rules: Repository
    connection: Connection

    @property
    def token(self) -> str:
        """A token that opens the repository to git."""
        return self.connection.token(self.repository.partition("/")[0])

    def committer(self, clone: Clone) -> Committer:
        """Return who makes the commits."""
        if self.rules.commits == "git":
            return GitCommitter(clone)
        return ApiCommitter(clone, GitObjects(self.connection, self.repository))

    def protected(self, clone: Clone, branch: str, committer: Committer) -> ProtectedBranch:
        """Return a branch that takes no pushes."""
        changes = ChangesBranch(clone, branch, committer)
        return ProtectedBranch(changes, self.repository, self.connection, Requests(self.connection))


def connection_to(url: str | None = None) -> Connection:
    """Return a connection to GitHub with the credentials that the environment holds.

    Args:
        url: Where it is; None for where the environment says.

    Raises:
        UserError: There are no credentials, or they are not right.
    """
    credentials = credentials_in(os.environ)
    if credentials is None:
        raise UserError(
            "There are no credentials for GitHub.",
            hint=f"Set {APP_ID} and {APP_KEY_FILE}, or {TOKENS[0]}; `connect ORG --create-app` makes an App.",
        )
    return Connection(credentials, url or os.environ.get(URL_VARIABLE) or PUBLIC, CONDUCT)


@contextmanager
def on_github(url: str, rules: Repository, connect: Connect | None) -> Iterator[OnGitHub]:
    """Yield a repository of which the rules want that GitHub is asked.

    Args:
        url: The repository's address.
        rules: Its rules.
        connect: Opens a connection; None for one with the credentials of the environment.

    Raises:
        UserError: There are no credentials, or the repository is on no such GitHub.
    """
    wants = "protected: true" if rules.protected else "commits: api"
    with _opened(rules, wants, connect) as connection:
        repository = repository_on(connection.url, url)
        if repository is None:
            raise UserError(
                f"organization.yaml says `{wants}` of {rules.slug}, and {without_user(url)} is no repository of "
                f"{web_url(connection.url)}.",
                hint=f"Name the GitHub that is meant: --github-url, or {URL_VARIABLE}.",
            )
        yield OnGitHub(repository, rules, connection)


def _opened(rules: Repository, wants: str, connect: Connect | None) -> AbstractContextManager[Connection]:
    try:
        return (connect or connection_to)()
    except UserError as error:
        raise UserError(
            f"organization.yaml says `{wants}` of {rules.slug}, so GitHub is asked for each write. {error.message}",
            hint=error.hint,
        ) from error
