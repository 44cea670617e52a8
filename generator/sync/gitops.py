"""The organization's repositories as the sync reads and writes them: in a workspace, or straight on their remotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from generator.core.documents import Organization, Repository
from generator.core.errors import UserError
from generator.core.layout import ORGANIZATION_FILE, Layout
from generator.core.tree import Tree
from generator.gitrepo.branch import Branch
from generator.gitrepo.local_branch import LocalBranch
from generator.hub.connection import Connection
from generator.workspace.remotes import Remote, fetched, remote_of
from generator.workspace.workspace import Workspace, find_workspace, organization_in


@dataclass(frozen=True)
class View:
    """The organization's repositories at one moment, and the branch that is written to.

    Attributes:
        organization: The organization.
        platform: What the platform repository holds.
        main: What the branch that is deployed holds, in the application repository.
        pristine: What the templates alone produced so far, likewise.
        branch: The branch that is deployed.
        remote: Where branches for pull requests are pushed to; None where nothing is pushed.
    """

    organization: Organization
    platform: Tree
    main: Tree
    pristine: Tree
    branch: Branch
    remote: Remote | None = None

    @property
    def layout(self) -> Layout:
        """Where the repositories keep everything."""
        return self.organization.spec.paths.layout

    @property
    def application(self) -> Repository:
        """The owner, name and branch of the application repository."""
        return self.organization.spec.repositories.application


class Gitops(Protocol):
    """Where the organization's repositories are."""

    @property
    def name(self) -> str:
        """What they are known by, the same for every process that works on them."""
        ...

    def view(self) -> AbstractContextManager[View]:
        """Yield the repositories as they are now; the trees can be read while the block runs.

        Raises:
            UserError: A repository does not let us in, is missing, or is none of an organization.
            TemporaryError: A remote is away.
        """
        ...


@dataclass(frozen=True)
class InWorkspace:
    """The repositories of a workspace: commits are made in them, their work trees follow, and nothing is pushed.

    Attributes:
        folder: The folder that holds them.
    """

    folder: Path

    @property
    def name(self) -> str:
        """What they are known by; see `Gitops`."""
        return str(self.folder)

    @contextmanager
    def view(self) -> Iterator[View]:
        """Yield the repositories as they are now; see `Gitops`."""
        workspace = find_workspace(self.folder)
        repository = workspace.repositories["application"]
        branch = LocalBranch(repository, workspace.address("application").branch)
        pristine = branch.tree(branch.heads().pristine)
        yield View(workspace.organization, workspace.tree("platform"), workspace.tree("application"), pristine, branch)


@dataclass(frozen=True)
class OnRemotes:
    """The repositories on their remotes: each has a clone, nothing is ever checked out.

    Attributes:
        platform: The address of the platform repository.
        platform_branch: The branch of it that is deployed.
        application: The address of the application repository; None where the organization's file tells it.
        token: Returns what opens an address over https; None where git finds its own way.
        cache: The folder that the clones are kept in.
        connection: Who calls GitHub, where the organization's rules want that; None for whom the environment has
            credentials of.
    """

    platform: str
    platform_branch: str
    application: str | None
    token: Callable[[str], str | None]
    cache: Path
    connection: Connection | None = None

    @property
    def name(self) -> str:
        """What they are known by; see `Gitops`."""
        return self.platform

    @contextmanager
    def view(self) -> Iterator[View]:
        """Yield the repositories as they are now; see `Gitops`."""
        with self._remote(self.platform, self.platform_branch).opened() as platform:
            tree = fetched(platform, self.platform_branch)
            organization = _organization(tree, self.platform)
            rules = organization.spec.repositories.application
            remote = self._remote(self.application or organization.url(rules), rules.branch, rules)
            with remote.writable() as writable:
                branch = writable.deployed
                with branch.reserved():
                    heads = branch.refresh().deployed
                yield View(organization, tree, branch.tree(heads.main), branch.tree(heads.pristine), branch, remote)

    def _remote(self, url: str, branch: str, rules: Repository | None = None) -> Remote:
        return Remote(url, branch, self.token(url), self.cache, rules, self._connect if self.connection else None)

    def _connect(self) -> AbstractContextManager[Connection]:
        assert self.connection is not None  # noqa: S101 - see above
        return nullcontext(self.connection)


def remotes_of(
    workspace: Workspace, token: Callable[[str], str | None], cache: Path, connection: Connection | None = None
) -> OnRemotes:
    """Return a workspace's repositories on their remotes.

    Args:
        workspace: The repositories.
        token: Returns what opens an address over https.
        cache: The folder that clones are kept in.
        connection: Who calls GitHub, where the organization's rules want that.
    """
    platform, application = remote_of(workspace, "platform"), remote_of(workspace, "application")
    return OnRemotes(platform.url, platform.branch, application.url, token, cache, connection)


def _organization(tree: Tree, url: str) -> Organization:
    if (organization := organization_in(tree)) is None:
        raise UserError(
            f"{url}: there is no {ORGANIZATION_FILE} in it.", hint="Name the platform repository that `init` made."
        )
    return organization
