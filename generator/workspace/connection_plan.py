"""What connecting a workspace to GitHub still takes: all is looked at, nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.core.documents import Repository as RepositoryAddress
from generator.core.errors import UserError, UserErrors
from generator.core.layout import ORGANIZATION_FILE
from generator.gitrepo.publishing import Publication
from generator.gitrepo.repository import Repository
from generator.hub.address import slug_of, web_url
from generator.hub.branch_rules import BranchRules
from generator.hub.connection import Connection
from generator.hub.repositories import MOST_TOPICS, GitHubRepositories, Hosted
from generator.workspace.clusters import committed_organization
from generator.workspace.connection_branches import compared
from generator.workspace.connection_rights import Needs, Rights, refuse_lacking, rights_in
from generator.workspace.document_edits import set_key
from generator.workspace.proposal import Draft, RepositoryProposal, propose
from generator.workspace.workspace import Role, Workspace

_ROLES: tuple[Role, Role] = ("platform", "application")
TOPICS = ("gitops", "gitopsmith")
WORKFLOWS = ".github/workflows"

_DESCRIPTIONS: Mapping[str, str] = {
    "single": "GitOps repository of {}: catalog, clusters, apps and environments",
    "platform": "Platform repository of {}: catalog and clusters",
    "application": "Application repository of {}: apps and environments",
}


@dataclass(frozen=True)
class Examined:
    """One of the repositories, as it is here and on GitHub, and what is still to be done.

    Attributes:
        repository: The repository here.
        address: Its owner, name and branch.
        rights: What our credentials may do with its owner.
        publication: Its place on GitHub, for git.
        hosted: What GitHub has; None for no repository.
        theirs: The commit of each branch there.
        moves: By branch that is to be pushed, the commit that it has there and the one that it shall have.
        description: What it is described by where it has no description.
        protect: Whether its branch is still to be protected.
        record: What makes organization.yaml, which is in the repository, say which branches are protected; None where
            it does, or is in another repository.
        follow: Whether `origin` is still to be set.
        notes: What the user should know.
    """

    repository: Repository
    address: RepositoryAddress
    rights: Rights
    publication: Publication
    hosted: Hosted | None
    theirs: Mapping[str, str]
    moves: Mapping[str, tuple[str | None, str]]
    description: str
    protect: bool
    record: RepositoryProposal | None
    follow: bool
    notes: tuple[str, ...]

    @property
    def slug(self) -> str:
        """The repository as GitHub writes it: `owner/name`."""
        return self.address.slug

    def differences(self, hosted: Hosted | None) -> tuple[dict[str, str], list[str]]:
        """Return the settings that the repository should have and has not, and all of its topics where one is missing.

        What people wrote stays: a description, and topics of their own.

        Args:
            hosted: What GitHub has.
        """
        if hosted is None:
            return {}, list(TOPICS)
        settings = {} if hosted.description else {"description": self.description}
        if hosted.default_branch != self.address.branch:
            settings["default_branch"] = self.address.branch
        topics = list(dict.fromkeys([*hosted.topics, *TOPICS]))
        return settings, topics if topics != hosted.topics and len(topics) <= MOST_TOPICS else []

    def steps(self) -> tuple[str, ...]:
        """Return what is still to be done, each in words that follow on `Would`."""
        told = [] if self.hosted else [f"create the private repository {self.slug}"]
        if self.moves:
            told.append(f"push {' and '.join(self.moves)} to {self.slug}")
        if self.rights.administration is not False:
            settings, topics = self.differences(self.hosted)
            told += [f"set the {name.replace('_', ' ')} of {self.slug}: {text}" for name, text in settings.items()]
            told += [f"set the topics of {self.slug}: {', '.join(topics)}"] if topics else []
        if self.follow:
            told.append(f"let origin of {self.repository.path} be {self.publication.url}")
        if self.record:
            subject = self.record.change.subject
            told.append(f"commit to {self.repository.path}, and push to {self.slug}: {subject}")
        if self.protect:
            told.append(f"protect {self.address.branch} of {self.slug}")
        return tuple(told)


def examine(workspace: Workspace, connection: Connection, *, protect: bool = False) -> tuple[Examined, ...]:
    """Look at everything that connecting needs, and change nothing.

    Args:
        workspace: The workspace.
        connection: Who calls GitHub.
        protect: Whether the branches shall be protected.

    Raises:
        UserError: GitHub has something else in a repository's place, or our credentials may not do what is needed.
        TemporaryError: GitHub is away.
    """
    refuse_another_host(workspace, connection)
    found: list[Examined] = []
    problems: list[UserError] = []
    for role in workspace.roles:
        try:
            found.append(_examined(workspace, role, connection, protect=protect))
        except UserErrors as several:
            problems += several.problems
        except UserError as problem:
            problems.append(problem)
    # What is wrong with our credentials is so for each of the repositories.
    problems = list({str(problem): problem for problem in problems}.values())
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise UserErrors("The workspace cannot be connected; nothing was changed.", _with_hints(problems))
    return tuple(found)


def refuse_another_host(workspace: Workspace, connection: Connection) -> None:
    """Refuse a GitHub that is not the one whose addresses stand in the repositories.

    Raises:
        UserError: It is another one.
    """
    here, there = workspace.organization.spec.git_url.rstrip("/"), web_url(connection.url)
    if here.casefold() != there.casefold():
        raise UserError(
            f"organization.yaml has its repositories on {here} (gitUrl, as committed), and this GitHub is {there}.",
            hint="Name the GitHub that is meant with --github-url; or run `init` anew, with `--data git_url=…`.",
        )


def _examined(workspace: Workspace, role: Role, connection: Connection, *, protect: bool) -> Examined:
    organization, repository, address = workspace.organization, workspace.repositories[role], workspace.address(role)
    rights = rights_in(connection, address.owner)
    hosted = GitHubRepositories(connection).find(address.slug)
    found = compared(workspace, role, connection, hosted)
    theirs, moves = found.theirs, found.moves
    record = _record(workspace) if protect and role == "platform" else None
    if record:
        _refuse_behind(address, found.ours, theirs, moves)
    rules = BranchRules(connection)
    unprotected = protect and not (hosted and rules.demand_requests(address.slug, address.branch))
    pushes = bool(moves or record)
    workflows = bool(moves) and bool(workspace.tree(role).under(WORKFLOWS))
    by_request = protect or address.protected
    refuse_lacking(rights, address.slug, Needs(hosted is None, pushes, workflows, unprotected, by_request))
    if unprotected and address.branch in theirs:
        rules.refuse_unprotectable(address.slug, address.branch)
    kind = "single" if organization.single else role
    return Examined(
        repository=repository,
        address=address,
        rights=rights,
        publication=found.publication,
        hosted=hosted,
        theirs=theirs,
        moves=moves,
        description=_DESCRIPTIONS[kind].format(organization.spec.owner),
        protect=unprotected,
        record=record,
        follow=_differs(repository.origin(), found.publication.url),
        notes=(*found.notes, *_remarks(address, rights, hosted)),
    )


def _remarks(address: RepositoryAddress, rights: Rights, hosted: Hosted | None) -> list[str]:
    notes = []
    if rights.account.login != address.owner:
        notes.append(f"GitHub writes `{rights.account.login}` where organization.yaml has `{address.owner}`.")
    if hosted and not hosted.private:
        notes.append(f"{address.slug} is public: everybody sees the inside of your platform.")
    return notes


def _record(workspace: Workspace) -> RepositoryProposal | None:
    """Return the commit that makes organization.yaml say that the deployed branches are protected, if it is needed."""
    text = before = committed_organization(workspace.tree("platform"))
    for role in _ROLES:
        if not workspace.address(role).protected:
            text = set_key(text, f"spec.repositories.{role}", "protected", value=True)
    if text == before:
        return None
    draft = Draft("Write through pull requests: the deployed branches are protected")
    draft.files["platform"][ORGANIZATION_FILE] = text
    (record,) = propose(workspace, draft).repositories
    return record


def _refuse_behind(
    address: RepositoryAddress, ours: Mapping[str, str], theirs: Mapping[str, str], moves: Mapping[str, object]
) -> None:
    branch = address.branch
    if branch in theirs and branch not in moves and theirs[branch] != ours[branch]:
        raise UserError(
            f"{address.slug}: {branch} has newer commits there, and organization.yaml, which is in it, has to say that "
            "it is protected.",
            hint="Run `git pull` in its folder, and the command again.",
        )


def _differs(origin: str | None, url: str) -> bool:
    """Return whether `origin` is another repository; how its address is written does not matter."""
    return origin is None or (origin != url and slug_of(origin) != slug_of(url))


def _with_hints(problems: list[UserError]) -> list[UserError]:
    return [UserError(str(problem).replace("\n", "\n    ")) for problem in problems]
