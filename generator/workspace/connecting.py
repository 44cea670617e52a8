"""Connects a workspace to GitHub: its repositories there, private, with our branches; nothing is ever overwritten.

What is done is what differs, so that a second run changes nothing, and one after a run that was stopped half-way does
the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from generator.core.errors import UserError
from generator.gitrepo.publishing import forget_origin
from generator.hub.address import without_user
from generator.hub.branch_rules import BranchRules
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError
from generator.hub.repositories import GitHubRepositories, Hosted
from generator.workspace.appearing import Appearing
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.connection_plan import Examined
from generator.workspace.proposal import RepositoryProposal
from generator.workspace.workspace import Workspace

Tell = Callable[[str], None]
"""Takes what was done, in a sentence."""

_NOT_GRANTED = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


def connect(plan: Sequence[Examined], connection: Connection, tell: Tell, committing: Committing = PLAIN) -> None:
    """Do what is still to be done.

    Args:
        plan: What was examined.
        connection: Who calls GitHub.
        tell: Takes what was done.
        committing: How a commit is made, where one is needed.

    Raises:
        UserError: GitHub refuses; what was done before stays, and another run does the rest.
        TemporaryError: GitHub is away, likewise.
    """
    repositories = [_Connecting(examined, connection, tell) for examined in plan]
    for one in repositories:
        one.publish()
    # One record is for all of them, so each must be one that can be protected.
    for one in repositories:
        one.refuse_unprotectable()
    for one in repositories:
        one.protect(committing)


def disconnect(workspace: Workspace, tell: Tell) -> None:
    """Forget where the repositories are on GitHub; they stay there, and here.

    Args:
        workspace: The workspace.
        tell: Takes what was done.

    Raises:
        UserError: Git cannot write.
    """
    for role in workspace.roles:
        repository = workspace.repositories[role]
        if forget_origin(repository):
            tell(f"{repository.path}: origin removed.")


def connected(workspace: Workspace) -> dict[str, str]:
    """Return the address of each repository of a workspace that has an `origin`, by its owner and name."""
    found = {workspace.address(role).slug: workspace.repositories[role].origin() for role in workspace.roles}
    return {slug: without_user(url) for slug, url in found.items() if url}


class _Connecting:
    """One of the repositories, on its way to GitHub."""

    def __init__(self, examined: Examined, connection: Connection, tell: Tell) -> None:
        self._examined = examined
        self._github = GitHubRepositories(connection)
        self._rules = BranchRules(connection)
        self._tell = tell
        sleep = connection.caller(examined.address.owner).conduct.sleep
        # A run before this one may have created it, and been stopped.
        is_new = examined.hosted is None or examined.hosted.is_new
        self._call = Appearing(examined.slug, is_new, sleep).call
        self._theirs = dict(examined.theirs)
        """The commit of each branch on GitHub, by now."""

    def publish(self) -> None:
        """Have the repository on GitHub, with our branches and described, as the remote `origin`."""
        examined, slug, hosted = self._examined, self._examined.slug, self._examined.hosted
        if hosted is None:
            hosted = self._github.create(examined.rights.account, examined.address.name, examined.description)
            self._tell(f"{slug}: created, private.")
        if examined.moves:
            self._push(examined.moves)
        if not examined.theirs:
            # With the first push GitHub chooses the default branch.
            hosted = self._call(lambda: self._github.get(slug))
        self._describe(hosted)
        if examined.follow:
            examined.publication.set_origin()
            self._tell(f"{examined.repository.path}: origin is {examined.publication.url}.")
        if examined.follow or examined.moves:
            examined.publication.remember(self._theirs)

    def refuse_unprotectable(self) -> None:
        """Refuse a branch that is to be protected and cannot be."""
        if self._examined.protect:
            self._call(lambda: self._rules.refuse_unprotectable(self._examined.slug, self._examined.address.branch))

    def protect(self, committing: Committing) -> None:
        """Record that the branches are protected, where that is to be recorded here, and protect the one that is."""
        examined, branch = self._examined, self._examined.address.branch
        record = examined.record.made(committing) if examined.record else None
        if record and (commit := _committed(record)):
            self._tell(f"{examined.repository.path}: {record.change.subject}.")
            self._push({branch: (self._theirs.get(branch), commit)})
        if record or examined.protect:
            # A run that was stopped after its push did not come to this.
            examined.publication.remember(self._theirs)
        if examined.protect:
            self._call(lambda: self._rules.protect(examined.slug, branch))
            self._tell(f"{examined.slug}: {branch} is protected; it changes by pull requests alone.")

    def _push(self, moves: Mapping[str, tuple[str | None, str]]) -> None:
        slug, branch, publication = self._examined.slug, self._examined.address.branch, self._examined.publication
        try:
            self._call(lambda: publication.push(moves))
        except UserError as error:
            if branch not in moves or not self._rules.demand_requests(slug, branch):
                raise
            raise UserError(
                error.message,
                hint=f"{branch} is protected there: push it to another branch, `git push {publication.url} "
                f"{branch}:NAME`, and merge that by a pull request; then run the command again.",
            ) from error
        self._theirs |= {name: commit for name, (_, commit) in moves.items()}
        self._tell(f"{slug}: pushed {' and '.join(moves)}.")

    def _describe(self, hosted: Hosted) -> None:
        """Set description, default branch and topics; it is no reason to fail where our credentials may not."""
        examined, slug = self._examined, self._examined.slug
        settings, topics = examined.differences(hosted)
        if not (settings or topics):
            return
        if examined.rights.administration is False:
            self._tell(_left_to_you(slug, settings, topics))
            return
        try:
            if settings:
                self._call(lambda: self._github.set_settings(slug, **settings))
                self._tell(f"{slug}: set {' and '.join(settings).replace('_', ' ')}.")
            if topics:
                self._call(lambda: self._github.set_topics(slug, topics))
                self._tell(f"{slug}: set topics.")
        except RefusedError as error:
            if examined.rights.administration or error.status not in _NOT_GRANTED:
                raise
            self._tell(_left_to_you(slug, settings, topics))


def _committed(record: RepositoryProposal) -> str | None:
    with record.reserved():
        return record.commit()


def _left_to_you(slug: str, settings: Mapping[str, str], topics: Sequence[str]) -> str:
    wanted = [f"{name.replace('_', ' ')}: {text}" for name, text in settings.items()]
    wanted += [f"topics: {', '.join(topics)}"] if topics else []
    return f"{slug}: our credentials may not describe it, so this is left to you: {'; '.join(wanted)}."
