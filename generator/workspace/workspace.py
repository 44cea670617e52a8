"""A workspace: a folder with an organization's repositories below it, each at `<owner>/<name>`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from generator.core.document_text import parse_document
from generator.core.documents import Cluster, Organization
from generator.core.documents import Repository as RepositoryAddress
from generator.core.errors import UserError
from generator.core.layout import ORGANIZATION_FILE, Layout
from generator.core.names import closest
from generator.core.tree import Tree
from generator.gitrepo.repository import Repository

Role = Literal["platform", "application"]
"""Which of the two trees of an organization is meant; a single repository plays both."""


@dataclass(frozen=True)
class Workspace:
    """An organization's repositories on this machine.

    Attributes:
        folder: What holds them.
        organization: What the platform repository's branch says of the organization.
        repositories: The repository of each role; the same one twice where there is a single repository.
        heads: The commit of each role's branch when the workspace was opened: all that a verb reads is from there.
    """

    folder: Path
    organization: Organization
    repositories: Mapping[Role, Repository]
    heads: Mapping[Role, str | None]

    @property
    def layout(self) -> Layout:
        """Where the repositories keep everything."""
        return self.organization.spec.paths.layout

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles of the repositories, one for each repository: a single one goes by `platform`."""
        return ("platform",) if self.organization.single else ("platform", "application")

    def address(self, role: Role) -> RepositoryAddress:
        """Return the owner, name and branch of a role's repository."""
        return getattr(self.organization.spec.repositories, role)  # type: ignore[no-any-return]

    def tree(self, role: Role) -> Tree:
        """Return what the branch of a role's repository held when the workspace was opened."""
        return self.repositories[role].at(self.heads[role])

    def cluster(self, name: str) -> Cluster:
        """Return a cluster of the organization.

        Raises:
            UserError: There is none of that name.
        """
        if (cluster := self.organization.cluster(name)) is None:
            raise unknown("cluster", name, [cluster.name for cluster in self.organization.spec.clusters])
        return cluster

    def environments(self) -> list[str]:
        """Return the names of the environments, in promotion order."""
        return [environment.name for environment in self.organization.spec.environments]

    def require_environment(self, name: str) -> str:
        """Return `name` if the organization has such an environment.

        Raises:
            UserError: It has none of that name.
        """
        if name not in self.environments():
            raise unknown("environment", name, self.environments())
        return name


def organization_in(tree: Tree) -> Organization | None:
    """Return the organization whose file is in a tree; None where there is no such file.

    Raises:
        UserError: The file is broken.
    """
    file = tree.get(ORGANIZATION_FILE)
    return parse_document(file.data, ORGANIZATION_FILE, Organization) if file else None


def unknown(what: str, name: str, known: list[str]) -> UserError:
    """Return the error for a name that stands for nothing, with the name that was probably meant."""
    guess = closest(name, known)
    listed = f"There is {', '.join(known)}." if known else f"There is no {what} yet."
    return UserError(f"There is no {what} `{name}`.", hint=f"Did you mean `{guess}`? {listed}" if guess else listed)


def still_used(what: str, relation: str, users: list[str]) -> UserError:
    """Return the error for something that cannot go while others need it."""
    return UserError(f"The {what} {relation} {', '.join(users)}.", hint="Remove these first; nothing was changed.")


def find_workspace(start: Path) -> Workspace:
    """Return the workspace that `start` is: its folder, a folder in it, or a folder of one of its repositories.

    Raises:
        UserError: There is none, there are several, or one of the repositories is missing.
    """
    start = start.resolve()
    if not start.is_dir():
        raise UserError(f"{start}: no such folder.", hint="Name the folder that `gitopsmith init` made.")
    for folder, found in _candidates(start):
        if len(found) > 1:
            listed = ", ".join(str(path.parent.relative_to(folder)) for path in found)
            raise UserError(
                f"{folder} holds several organizations: {listed}.",
                hint="Run the command in one of these folders, or name one with --workspace.",
            )
        if found:
            return _open(found[0])
    raise UserError(
        f"{start} is in no workspace.",
        hint="Run the command in the folder that `gitopsmith init` made, or name that folder with --workspace.",
    )


def is_workspace(start: Path) -> bool:
    """Return whether `start` is in a workspace."""
    return any(found for _, found in _candidates(start.resolve()))


def open_repositories(folder: Path, organization: Organization) -> dict[Role, Repository]:
    """Return the repositories of an organization below `folder`.

    Raises:
        UserError: One is missing.
    """
    addresses = organization.spec.repositories
    opened: dict[str, Repository] = {}
    for address in (addresses.platform, addresses.application):
        path = folder / address.owner / address.name
        if not path.is_dir():
            raise UserError(
                f"{path} is missing: {ORGANIZATION_FILE} names the repository {address.slug}.",
                hint=f"Clone it there: git clone {organization.url(address)} {path}",
            )
        opened[address.slug] = Repository(path)
    return {"platform": opened[addresses.platform.slug], "application": opened[addresses.application.slug]}


def _candidates(start: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield the folders that may be the workspace or the platform repository, the nearest first, with their files.

    What stands around `start` counts only where it is about `start`: a neighbour's workspace is not ours.
    """
    yield start, _organization_files(start)
    repository = next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)
    around = [start.parent]
    if repository:
        yield repository, _organization_files(repository)
        around.insert(0, repository.parent.parent)
    for folder in around:
        yield folder, [file for file in _organization_files(folder) if _is_about(file, start)]


def _organization_files(folder: Path) -> list[Path]:
    """Return the organization files that `folder` leads to: its own, else those of the repositories below it."""
    own = folder / ORGANIZATION_FILE
    below = folder.glob(f"[!.]*/[!.]*/{ORGANIZATION_FILE}")
    found = [own] if own.is_file() else sorted(path for path in below if path.is_file())
    # A link is never followed: what is wrong with a document is told with what it holds.
    return [path for path in found if not path.is_symlink() and (path.parent / ".git").exists()]


def _is_about(file: Path, start: Path) -> bool:
    """Return whether `start` is in a repository that an organization's file names, or is the folder of its owner."""
    try:
        organization = parse_document(file.read_bytes(), str(file), Organization)
    except UserError:
        return True  # Opening it says what is wrong with it.
    folder, addresses = file.parent.parent.parent, organization.spec.repositories
    places = (folder / address.owner / address.name for address in (addresses.platform, addresses.application))
    return any(start == place.parent or start.is_relative_to(place) for place in places)


def _open(file: Path) -> Workspace:
    draft = parse_document(file.read_bytes(), str(file), Organization)
    folder = file.parent.parent.parent
    repositories = open_repositories(folder, draft)
    branch = draft.spec.repositories.platform.branch
    head = repositories["platform"].head(branch)
    committed = repositories["platform"].at(head).get(ORGANIZATION_FILE)
    if committed is None:
        raise UserError(f"{file}: not committed on the branch `{branch}`.", hint="Commit it, or restore it from git.")
    organization = parse_document(committed.data, f"{file} on {branch}", Organization)
    application = repositories["application"].head(organization.spec.repositories.application.branch)
    return Workspace(folder, organization, repositories, {"platform": head, "application": application})
