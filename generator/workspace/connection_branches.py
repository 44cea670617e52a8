"""Compares our branches with those that GitHub has; where they have parted, says how they come together again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from generator.core.documents import Repository as RepositoryAddress
from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.publishing import Publication, Standing
from generator.gitrepo.repository import Repository
from generator.hub.connection import Connection
from generator.hub.repositories import Hosted
from generator.workspace.appearing import Appearing
from generator.workspace.workspace import Role, Workspace


@dataclass(frozen=True)
class Compared:
    """The branches of one of the repositories, here and on GitHub.

    Attributes:
        publication: Its place on GitHub, for git.
        ours: The commit of each branch here that belongs there.
        theirs: The commit of each branch there.
        moves: By branch that is to be pushed, the commit that it has there and the one that it shall have.
        notes: What the user should know.
    """

    publication: Publication
    ours: Mapping[str, str]
    theirs: Mapping[str, str]
    moves: Mapping[str, tuple[str | None, str]]
    notes: tuple[str, ...]


def compared(
    workspace: Workspace, role: Role, connection: Connection, hosted: Hosted | None, timeout: float = 600.0
) -> Compared:
    """Return how our branches of a repository stand to those that GitHub has.

    Args:
        workspace: The workspace.
        role: The repository.
        connection: Who asks.
        hosted: What GitHub has.
        timeout: The seconds that one git command may take.

    Raises:
        UserError: The repository cannot be connected as it is there, or as it is here.
        TemporaryError: GitHub is away.
    """
    repository, address = workspace.repositories[role], workspace.address(role)
    opened = Credentials(connection.token(address.owner))
    publication = Publication(repository, workspace.organization.url(address), opened, timeout)
    sleep = connection.caller(address.owner).conduct.sleep
    theirs = Appearing(address.slug, hosted.is_new, sleep).call(publication.theirs) if hosted else {}
    _refuse_unfit(address.slug, hosted, theirs)
    wanted = {address.branch: workspace.heads[role], PRISTINE_BRANCH: repository.pristine_head()}
    ours = {branch: commit for branch, commit in wanted.items() if commit}
    moves, notes = _moves(publication, repository, address, ours, theirs)
    return Compared(publication, ours, theirs, moves, tuple(notes))


def _refuse_unfit(slug: str, hosted: Hosted | None, theirs: Mapping[str, str]) -> None:
    if hosted and hosted.archived:
        raise UserError(f"{slug} is archived: nobody can write to it.", hint="Unarchive it: its settings, General.")
    if hosted and not hosted.private and not theirs:
        raise UserError(
            f"{slug} is public, and what would be pushed shows the inside of your platform to everybody.",
            hint="Make it private: its settings, Change visibility; or delete it, and it is created private.",
        )


def _moves(
    publication: Publication,
    repository: Repository,
    address: RepositoryAddress,
    ours: Mapping[str, str],
    theirs: Mapping[str, str],
) -> tuple[dict[str, tuple[str | None, str]], list[str]]:
    """Return what is to be pushed, and what the user should know.

    Raises:
        UserError: GitHub has other content there.
    """
    if address.branch not in ours:
        raise UserError(f"{address.slug}: there is no branch `{address.branch}` here.", hint="Check it out, or `init`.")
    standings = {branch: publication.standing(branch, commit, theirs.get(branch)) for branch, commit in ours.items()}
    if Standing.FOREIGN in standings.values() or (theirs and set(standings.values()) == {Standing.NEW}):
        raise UserError(
            f"{address.slug} holds something else already, which is left as it is: {_listed(theirs)}.",
            hint="Rename or delete that repository; or choose another name: `gitopsmith init` in a new folder with "
            "`--data platform_repo=NAME` or `--data application_repo=NAME`.",
        )
    if parted := [branch for branch, standing in standings.items() if standing is Standing.PARTED]:
        raise UserError(
            f"{address.slug}: {' and '.join(parted)} {'have' if parted[1:] else 'has'} commits there that are not "
            "here, and commits here that are not there.",
            hint=_together(publication, repository, address.branch, parted),
        )
    pushed = (Standing.NEW, Standing.AHEAD)
    moves = {name: (theirs.get(name), ours[name]) for name, standing in standings.items() if standing in pushed}
    behind = [name for name, standing in standings.items() if standing is Standing.BEHIND]
    return moves, [f"{address.slug}: {name} has newer commits there; `git pull` brings them." for name in behind]


def _together(publication: Publication, repository: Repository, branch: str, parted: list[str]) -> str:
    """Return how a person brings branches together that have parted.

    What the pristine branch of GitHub lacks is rendered again when it is needed, so nothing is to be merged there.
    """
    git, url, shown = f"git -C {shlex.quote(str(repository.path))}", publication.url, repository.checked_out()
    elsewhere = shown == PRISTINE_BRANCH or (branch in parted and shown != branch)
    lines = [f"{git} switch {branch}"] if elsewhere else []
    lines += [f"{git} pull --no-rebase --no-edit {url} {branch}"] if branch in parted else []
    lines += [f"{git} fetch {url} +{PRISTINE_BRANCH}:{PRISTINE_BRANCH}"] if PRISTINE_BRANCH in parted else []
    return "\n  ".join(["Bring them together here, and run the command again:", *lines])


def _listed(branches: Mapping[str, str]) -> str:
    names = sorted(branches)
    return f"the branch{'es' if names[1:] else ''} {', '.join(names[:3])}{' and more' if names[3:] else ''}"
