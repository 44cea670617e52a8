"""Connects a workspace to GitHub: its repositories there, private, with our branches; nothing is ever overwritten.

What is done is what differs, so that a second run changes nothing, and one after a run that was stopped half-way does
the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from generator.core.errors import UserError
from generator.gitrepo.publishing import forget_origin
from generator.hub.connection import Connection
from generator.hub.failures import RefusedError
from generator.hub.repositories import GitHubRepositories, Hosted
from generator.hub.web import without_user
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.connection_plan import Examined, roles_of
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
    github = GitHubRepositories(connection)
    for examined in plan:
        _connect(examined, github, tell, committing)


def disconnect(workspace: Workspace, tell: Tell) -> None:
    """Forget where the repositories are on GitHub; they stay there, and here.

    Args:
        workspace: The workspace.
        tell: Takes what was done.

    Raises:
        UserError: Git cannot write.
    """
    for role in roles_of(workspace):
        repository = workspace.repositories[role]
        if forget_origin(repository):
            tell(f"{repository.path}: origin removed.")


def connected(workspace: Workspace) -> dict[str, str]:
    """Return the address of each repository of a workspace that has an `origin`, by its owner and name."""
    found = {workspace.address(role).slug: workspace.repositories[role].origin() for role in roles_of(workspace)}
    return {slug: without_user(url) for slug, url in found.items() if url}


def _connect(examined: Examined, github: GitHubRepositories, tell: Tell, committing: Committing) -> None:
    slug, branch, hosted = examined.slug, examined.address.branch, examined.hosted
    if hosted is None:
        hosted = github.create(examined.rights.account, examined.address.name, examined.description)
        tell(f"{slug}: created, private.")
    moves = dict(examined.moves)
    record = examined.record.made(committing) if examined.record else None
    if record and (commit := _committed(record)):
        moves[branch] = examined.theirs.get(branch), commit
        tell(f"{examined.repository.path}: {record.change.subject}.")
    if moves:
        _push(examined, moves, github)
        tell(f"{slug}: pushed {' and '.join(moves)}.")
    if not examined.theirs:
        # With the first push GitHub chooses the default branch.
        hosted = github.find(slug) or hosted
    _describe(examined, hosted, github, tell)
    if examined.protect:
        github.protect(slug, branch)
        tell(f"{slug}: {branch} is protected; it changes by pull requests alone.")
    if examined.follow:
        examined.publication.set_origin()
        tell(f"{examined.repository.path}: origin is {examined.publication.url}.")
    if examined.follow or moves:
        examined.publication.remember({**examined.theirs, **{name: new for name, (_, new) in moves.items()}})


def _committed(record: RepositoryProposal) -> str | None:
    with record.reserved():
        return record.commit()


def _push(examined: Examined, moves: Mapping[str, tuple[str | None, str]], github: GitHubRepositories) -> None:
    branch, url = examined.address.branch, examined.publication.url
    try:
        examined.publication.push(moves)
    except UserError as error:
        if branch not in moves or not github.is_protected(examined.slug, branch):
            raise
        raise UserError(
            error.message,
            hint=f"{branch} is protected there: push it to another branch, `git push {url} {branch}:NAME`, and merge "
            "that by a pull request; then run the command again.",
        ) from error


def _describe(examined: Examined, hosted: Hosted, github: GitHubRepositories, tell: Tell) -> None:
    """Set description, default branch and topics; it is no reason to fail where our credentials may not."""
    settings, topics = examined.differences(hosted)
    if not (settings or topics):
        return
    if examined.rights.administration is False:
        tell(_left_to_you(examined.slug, settings, topics))
        return
    try:
        if settings:
            github.set_settings(examined.slug, **settings)
            tell(f"{examined.slug}: set {' and '.join(settings).replace('_', ' ')}.")
        if topics:
            github.set_topics(examined.slug, topics)
            tell(f"{examined.slug}: set topics.")
    except RefusedError as error:
        if examined.rights.administration or error.status not in _NOT_GRANTED:
            raise
        tell(_left_to_you(examined.slug, settings, topics))


def _left_to_you(slug: str, settings: Mapping[str, str], topics: Sequence[str]) -> str:
    wanted = [f"{name.replace('_', ' ')}: {text}" for name, text in settings.items()]
    wanted += [f"topics: {', '.join(topics)}"] if topics else []
    return f"{slug}: our credentials may not describe it, so this is left to you: {'; '.join(wanted)}."
