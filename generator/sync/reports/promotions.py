"""The pull requests of versions: which there should be, found on the branches themselves, and GitHub told of each.

Nothing follows from events: whoever looks comes to the same, and a crash between a push and its request loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from generator.core.errors import TemporaryError
from generator.core.promotion_request import requested_place
from generator.hub.address import repository_on
from generator.hub.pull_requests import Requests
from generator.sync.gitops import View
from generator.sync.reports.reports_table import Reports
from generator.sync.reports.request_items import request_items, standing_of
from generator.workspace.remotes import Remote
from generator.workspace.requesting import settle
from generator.workspace.standing_requests import StandingRequests, remove_branch

_log = structlog.get_logger(__name__)


@dataclass
class Promotions:
    """What keeps the pull requests of versions. Those that commit look, and whoever reports tells.

    Attributes:
        reports: Where it is kept which there should be.
        requests: Those that GitHub has.
        api: The address of that GitHub's API.
        clock: The time, in seconds since 1970.
        changed: Is called where there is something new to tell.
    """

    reports: Reports
    requests: Requests
    api: str
    clock: Callable[[], float]
    changed: Callable[[], None] = lambda: None
    _standing: StandingRequests = field(default_factory=StandingRequests)
    _remote: Remote | None = None
    _proposed: frozenset[tuple[str, str]] | None = None

    def learn(self, view: View) -> None:
        """Take note of where the repository is whose branches are proposed."""
        if view.remote is not None and repository_on(self.api, view.remote.url):
            self._remote = view.remote

    @property
    def proposed(self) -> frozenset[tuple[str, str]] | None:
        """The apps and environments for which a version waits in a pull request; None where nobody looked yet."""
        return self._proposed

    def look(self, view: View) -> None:
        """Bring up to date which pull requests there should be; none where the repository is not on that GitHub.

        Raises:
            UserError: The remote does not let us in.
            TemporaryError: The remote or the database is away; nothing is decided.
        """
        self.learn(view)
        repository = repository_on(self.api, self._remote.url) if self._remote else None
        if self._remote is None or repository is None:
            return
        standing = self._standing.look(self._remote)
        open_ones = (requested_place(one.branch) for one in standing if one.state == "open")
        self._proposed = frozenset(filter(None, open_ones))
        for one in standing:
            if one.state in {"shared", "left"}:
                _log.info("a branch is left as it is", repository=repository, branch=one.branch, reason=one.reason)
        if self.reports.update_requests(lambda kept: request_items(repository, standing, kept), self.clock()):
            self.changed()

    def tell(self, content: Mapping[str, Any]) -> int | None:
        """Open, edit or close a pull request, remove the branch of one that is over, and return its number.

        Args:
            content: What should be, as an item keeps it.

        Raises:
            UserError: GitHub or the remote refuses.
            TemporaryError: GitHub or the remote is away, or this process has not seen the remote yet.
        """
        repository, standing = standing_of(content)
        found = settle(standing, repository, self.requests, lambda *known: self._remove(repository, *known))
        if found is not None and found.state == "closed":
            _log.info("somebody closed it: it is not opened again for this commit", request=found.url)
        return found.number if found else None

    def _remove(self, repository: str, branch: str, head: str) -> None:
        remote = self._remote
        if remote is None:
            raise TemporaryError("The repository of the branch was not read yet.")
        if repository_on(self.api, remote.url) == repository:
            remove_branch(remote, branch, head)
