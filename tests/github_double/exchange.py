"""A request, and what is answered. Values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.github_double.changes import Changes
from tests.github_double.courier import Courier
from tests.github_double.description import Operation
from tests.github_double.git_store import GitStore
from tests.github_double.identities import Identities, Identity
from tests.github_double.limits import Limits
from tests.github_double.model import Installation, Repository, State
from tests.github_double.refusals import not_found
from tests.github_double.views import Facts, Views


@dataclass(frozen=True)
class Request:
    """A request as it came in; `path` is still quoted, and `query` has every value of a name."""

    verb: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    """An answer as it goes out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Sending:
    """How an answer goes out.

    Attributes:
        response: The answer.
        share: How much of its body arrives, from 0 to 1; nothing at all, not even a status, where it is None.
        held: Whether it is kept back until the client has given up.
    """

    response: Response
    share: float | None = 1.0
    held: bool = False


@dataclass(frozen=True)
class Reply:
    """What a route answers, before it is completed as GitHub's description wants it.

    Attributes:
        status: The status.
        facts: The body; None where there is none.
        headers: More headers.
    """

    status: int
    facts: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Items:
    """A list of which one page is answered.

    Attributes:
        all: What is in it; only what is on the page is shown.
        show: Makes the facts of an item.
        key: Where a page's items stand in an object; empty where the page is a list.
        cursor: Whether pages are asked for by the last item of the former, not by number.
    """

    all: Sequence[Any]
    show: Callable[[Any], Facts]
    key: str = ""
    cursor: bool = False


@dataclass(frozen=True)
class Services:
    """What the double consists of."""

    state: State
    identities: Identities
    limits: Limits
    courier: Courier
    git: GitStore


@dataclass(frozen=True)
class Call:
    """A request that is as the description says, for a route to answer.

    Attributes:
        services: What the double consists of.
        operation: What is asked for.
        parameters: The values in its path and query.
        body: Its body; empty where there is none.
        identity: Who asks.
        named: The repository in its path, if there is one in it.
    """

    services: Services
    operation: Operation
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]
    identity: Identity
    named: Repository | None = None

    @property
    def state(self) -> State:
        return self.services.state

    @cached_property
    def views(self) -> Views:
        return Views(self.state)

    @cached_property
    def changes(self) -> Changes:
        return Changes(self.state, self.identity.account)

    @property
    def repository(self) -> Repository:
        if self.named is None:
            raise not_found()
        return self.named

    @property
    def installation(self) -> Installation:
        found = self.state.installations.get(self.parameters["installation_id"])
        if found is None or found.app is not self.identity.app:
            raise not_found()
        return found
