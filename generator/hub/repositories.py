"""The GitOps repositories on GitHub: found, created private, and described."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from generator.core.errors import UserError
from generator.core.instants import parse_instant
from generator.core.visible import visible
from generator.hub.accounts import Account
from generator.hub.connection import Connection
from generator.hub.failures import NotFoundError, RefusedError, UnavailableError, their_now
from generator.hub.requester import Answer

_NEW = 600.0
"""The seconds for which a repository is taken for new: a run that created it may have ended while GitHub was away."""
MOST_TOPICS = 20
"""The most topics that GitHub lets a repository have."""


class Hosted(BaseModel):
    """A repository as GitHub has it.

    Attributes:
        full_name: Its owner and name as GitHub writes them.
        private: Whether only some can see it.
        archived: Whether nobody can write to it.
        description: What it is, in a sentence; None where it has none.
        default_branch: The branch that GitHub shows first, and runs dispatched workflows of.
        topics: Its topics.
        created_at: When it was created, by GitHub's clock; empty where that is not told.
        is_new: Whether it was created so lately, when GitHub showed it, that parts of GitHub may not know of it.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    full_name: str
    private: bool
    archived: bool = False
    description: str | None = None
    default_branch: str
    topics: list[str] = []
    created_at: str = ""
    is_new: bool = False


@dataclass(frozen=True)
class GitHubRepositories:
    """Looks at repositories and changes them, in the name of a connection.

    Attributes:
        connection: Who calls.
    """

    connection: Connection

    def find(self, slug: str) -> Hosted | None:
        """Return a repository; None where there is none, or our credentials may not see it.

        Args:
            slug: Its owner and name.

        Raises:
            UserError: It was renamed, or GitHub does not let us in.
            UnavailableError: GitHub is away.
        """
        try:
            return self.get(slug)
        except NotFoundError:
            return None

    def get(self, slug: str) -> Hosted:
        """Return a repository.

        Args:
            slug: Its owner and name.

        Raises:
            NotFoundError: There is none, or our credentials may not see it.
            UserError: It was renamed, or GitHub does not let us in.
            UnavailableError: GitHub is away.
        """
        found = self._read(self._ask("GET", slug))
        if found.full_name.casefold() != slug.casefold():
            raise UserError(
                f"{slug} was renamed: GitHub has it as {visible(found.full_name)}.",
                hint="Rename it back, or let organization.yaml, and the folder of the repository, have its new name.",
            )
        return found

    def create(self, account: Account, name: str, description: str) -> Hosted:
        """Create a private, empty repository.

        Args:
            account: Its owner: an organization, or the user whose token calls.
            name: Its name.
            description: What it is, in a sentence.

        Raises:
            UserError: GitHub refuses; where the name is taken, by a repository that we may not see.
            UnavailableError: GitHub is away; the repository may be there nevertheless.
        """
        path = f"/orgs/{account.login}/repos" if account.is_organization else "/user/repos"
        body = {"name": name, "private": True, "description": description, "auto_init": False}
        try:
            return self._read(self.connection.caller(account.login).ask("POST", path, body=body))
        except RefusedError as error:
            if "already exists" not in error.message:
                raise
            if self.find(f"{account.login}/{name}"):
                raise UnavailableError(f"{account.login}/{name}: somebody created it in the meantime.") from error
            raise UserError(
                f"{account.login}/{name} is there, but our credentials may not see it.",
                hint="If it was created just now, run the command again in a minute. Otherwise let the App's "
                "installation, or the token, see this repository; or choose another name at `init`.",
            ) from error

    def set_settings(self, slug: str, **settings: str) -> None:
        """Change the settings of a repository: `description`, `default_branch`.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away.
        """
        self._ask("PATCH", slug, body=settings)

    def set_topics(self, slug: str, topics: list[str]) -> None:
        """Let a repository have these topics and no others.

        Raises:
            UserError: GitHub refuses.
            UnavailableError: GitHub is away.
        """
        self._ask("PUT", slug, "/topics", {"names": topics})

    def _ask(self, verb: str, slug: str, path: str = "", body: Any = None) -> Answer:
        place, caller = self.connection.of(slug)
        # Each of these says what shall be, so that a second time does no harm.
        return caller.ask(verb, place + path, body=body, repeatable=True)

    def _read(self, answer: Answer) -> Hosted:
        try:
            found = Hosted.model_validate(answer.data)
            created = parse_instant(found.created_at) if found.created_at else 0
        except (ValidationError, UserError) as error:
            raise UnavailableError("GitHub shows a repository in an unknown form.") from error
        return found.model_copy(update={"is_new": their_now(answer.headers, math.inf) - created < _NEW})
