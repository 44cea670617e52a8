"""Finds what a connection to GitHub lacks, before anything is touched: `doctor`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.core.documents import Repository
from generator.core.errors import GitopsmithError, UserError
from generator.gitrepo.authorship import AS_CONFIGURED, decide
from generator.gitrepo.git_process import Git
from generator.hub.accounts import Caller, account, installation, who_calls
from generator.hub.anonymous import anonymous
from generator.hub.branch_rules import BranchRules
from generator.hub.conduct import Conduct
from generator.hub.connection import Connection
from generator.hub.credentials import APP_ID, APP_KEY_FILE, TOKENS, credentials_in
from generator.hub.failures import LimitedError, RefusedError, their_now
from generator.hub.permissions import lacking, lacking_events, lacking_scopes
from generator.workspace.connection_plan import refuse_another_host
from generator.workspace.doctor_lines import Line, listed, missing, seen
from generator.workspace.repositories_check import followed, repository
from generator.workspace.workspace import Workspace

_OLDEST_GIT = (2, 39)
_MOST_SKEW = 30.0
"""GitHub refuses an App whose clock is more than a minute ahead."""


@dataclass(frozen=True)
class Doctor:
    """Looks at what a connection needs.

    Attributes:
        environment: The environment, which holds the credentials.
        url: Where the GitHub is.
        workspace: The workspace; None where there is none yet.
        conduct: How calls are made.
        followed: The repositories that apps follow, each `owner/name`.
    """

    environment: Mapping[str, str]
    url: str
    workspace: Workspace | None
    conduct: Conduct
    followed: Sequence[str] = ()

    def lines(self) -> Iterator[Line]:
        """Yield each thing that was looked at; what needs another that is missing is left out."""
        yield seen("git", _git_version)
        yield seen("git identity", _identity)
        answered: dict[str, str] = {}
        reached = seen("GitHub", lambda: self._reach(answered))
        yield reached
        yield from self._clock(answered)
        credentials = seen("credentials", self._credentials)
        yield credentials
        if not reached.ok or not credentials.ok:
            return
        given = credentials_in(self.environment)
        assert given is not None  # noqa: S101 - they are ok
        with Connection(given, self.url, self.conduct) as connection:
            yield from self._connection(connection)

    def _connection(self, connection: Connection) -> Iterator[Line]:
        try:
            caller = who_calls(connection)
        except GitopsmithError as error:
            yield missing("login", error)
            return
        yield Line("login", True, f"{'The GitHub App' if caller.app else 'The user'} {caller.name}.")
        yield from _asked_for(caller)
        if self.workspace is None:
            return
        workspace = self.workspace
        try:
            refuse_another_host(workspace, connection)
        except UserError as error:
            yield missing("address", error)
            return
        places = [workspace.address(role).slug for role in workspace.roles]
        granted: dict[str, list[Line]] = {}
        for owner in (slug.partition("/")[0] for slug in (*places, *self.followed)):
            if owner.casefold() not in granted:
                granted[owner.casefold()] = list(_granted(connection, owner))
                yield from granted[owner.casefold()]
        for role in workspace.roles:
            yield from repository(workspace, role, connection, caller)
        # Of an account that lets us in nowhere, each repository would say the same.
        closed = {owner for owner, lines in granted.items() if not lines[0].ok}
        sources = [slug for slug in self.followed if slug.partition("/")[0].casefold() not in closed]
        own = {slug.casefold() for slug in places}
        yield from followed([slug for slug in sources if slug.casefold() not in own], connection, caller)
        yield from self._writes(connection, caller, workspace.address("application"))

    def _writes(self, connection: Connection, caller: Caller, rules: Repository) -> Iterator[Line]:
        """Yield how the sync writes to the application repository, and whether it can."""
        check = f"writes to {rules.slug}"
        if rules.protected:
            yield Line(check, True, f"{rules.branch} is protected: each write goes through a pull request.")
        else:
            yield seen(check, lambda: _pushes(connection, rules))
        if rules.commits == "git":
            return
        check = f"commits to {rules.slug}"
        named = [name for name in ("GITOPSMITH_AUTHOR", "GITOPSMITH_COMMITTER") if self.environment.get(name)]
        if named:
            told = f"GitHub makes the commits, as its own, and {' and '.join(named)} cannot be kept."
            yield Line(check, False, told, "Unset what names somebody else.")
        elif not caller.app:
            told = "Commits are made by GitHub's API, which signs those of an App alone."
            yield Line(check, False, told, f"Set {APP_ID} and {APP_KEY_FILE}; `connect ORG --create-app` makes an App.")
        else:
            yield Line(check, True, "Commits are made by GitHub's API, which signs them.")

    def _reach(self, answered: dict[str, str]) -> str:
        """Ask GitHub without credentials, and keep the headers of its answer."""
        caller = anonymous(self.url, self.conduct)
        try:
            answered.update(caller.ask("GET", "/rate_limit").headers)
        except (RefusedError, LimitedError):
            pass  # it answers, if only those whom it knows
        finally:
            caller.close()
        return f"{self.url} answers."

    def _clock(self, answered: Mapping[str, str]) -> Iterator[Line]:
        """Compare the clocks, where GitHub tells its time to anybody."""
        if "date" not in answered:
            return
        now = self.conduct.clock()
        skew = now - their_now(answered, now)
        told = (
            f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} GitHub's." if abs(skew) >= 1 else "As GitHub's."
        )
        ok = abs(skew) <= _MOST_SKEW
        yield Line("clock", ok, told, "" if ok else "Set the clock of this machine, for example by NTP.")

    def _credentials(self) -> str:
        if credentials_in(self.environment) is None:
            raise UserError(
                "There are none in the environment.",
                hint=f"Set {APP_ID} and {APP_KEY_FILE}, or {TOKENS[0]}; `connect ORG --create-app` makes an App.",
            )
        return "Found in the environment."


def _pushes(connection: Connection, rules: Repository) -> str:
    if BranchRules(connection).demand_requests(rules.slug, rules.branch):
        return (
            f"A rule lets {rules.branch} change by pull requests alone: `gitopsmith connect ORG --protect` has each "
            "write go through one."
        )
    return f"{rules.branch} is pushed to."


def _git_version() -> str:
    said = Git(Path.cwd()).run("version").strip()
    found = re.search(r"(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_GIT:
        raise UserError(f"{said} is too old.", hint="Install git 2.39 or newer.")
    return f"{said}."


def _identity() -> str:
    return f"Commits are made by {decide(Git(Path.cwd()), AS_CONFIGURED).author}."


def _asked_for(caller: Caller) -> Iterator[Line]:
    """Yield what an App asks for, or a classic token has."""
    if caller.app:
        yield _permissions("the App's permissions", caller.permissions, "Add them on the App's page, Permissions.")
        if caller.events and (events := lacking_events(caller.events)):
            names = ", ".join(event.name for event in events)
            yield Line("the App's events", False, f"Not told of: {names}.", "Add them on the App's page, Permissions.")
        else:
            told = "As many as are needed." if caller.events else "None: it has no webhook; each repository gets one."
            yield Line("the App's events", True, told)
    elif caller.scopes is None:
        yield Line("scopes", True, "A fine-grained token, which has permissions instead.")
    elif scopes := lacking_scopes(caller.scopes):
        told = "; ".join(f"{scope.name} ({scope.reason})" for scope in scopes)
        yield Line("scopes", False, f"The token lacks {told}.", "Add them: Settings, Developer settings, Tokens.")
    else:
        yield Line("scopes", True, f"{', '.join(sorted(caller.scopes))}.")


def _granted(connection: Connection, owner: str) -> Iterator[Line]:
    """Yield whether an account is there, and what an App's installation there grants."""
    check = f"account {owner}"
    try:
        found = account(connection, owner)
    except GitopsmithError as error:
        yield missing(check, error)
        return
    kind = "An organization" if found.is_organization else "A user"
    yield Line(check, True, f"{kind}, `{found.login}`.")
    if connection.is_app:
        place = installation(connection, owner)
        hint = f"Accept them: {place.page}" if place.page else "Accept them: Settings, GitHub Apps, Configure."
        yield _permissions(f"installation in {owner}", place.permissions, hint)
        if not place.all_repositories:
            told = "It sees the repositories alone that were chosen, to which those that are created come."
            yield Line(f"repositories of {owner}", True, told)


def _permissions(check: str, granted: Mapping[str, str], hint: str) -> Line:
    absent = lacking(granted)
    needed = [permission for permission in absent if not permission.optional]
    if needed:
        return Line(check, False, f"Missing: {listed(needed)}.", hint)
    return Line(check, True, f"All but {listed(absent)}." if absent else "All that is needed.")
