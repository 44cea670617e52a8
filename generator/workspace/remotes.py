"""Changes made straight on a remote repository: no workspace is needed, no checkout is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from generator.core.change import Change, needed
from generator.core.diff import diff
from generator.core.documents import Organization, Repository
from generator.core.tree import Tree
from generator.gitrepo.branch import Branch
from generator.gitrepo.clone import Clone
from generator.gitrepo.committer import Committer, GitCommitter
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.remote_branch import Anew, RemoteBranch
from generator.gitrepo.writer import Outcome, Planner, WithPristine, write
from generator.hub.address import slug_of
from generator.workspace.committing import Committing
from generator.workspace.workspace import Role, Workspace, organization_in

if TYPE_CHECKING:
    from generator.workspace.on_github import Connect, OnGitHub
    from generator.workspace.protected_branch import ProtectedBranch

TokenOf = Callable[[str], str | None]
"""Returns what opens the repository at an address over https; None where git finds its own way."""


def no_token(_: str) -> str | None:
    """Let git find its own way to whatever address."""
    return None


def _default_cache() -> Path:
    """Return the user's cache folder for clones (XDG base directory specification 0.8)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gitopsmith" / "clones"


@dataclass(frozen=True)
class Remote:
    """A remote repository and the branch that is deployed from it.

    Attributes:
        url: Its address: https, ssh, or a folder on disk.
        branch: The branch.
        token: What opens it over https; None where git finds its own way.
        cache: The folder that the clones are kept in between runs.
        rules: What its organization says of it; None where that is only known if the organization's file is in it.
        connect: Opens a connection to GitHub, where the rules want one; None for one with the credentials of the
            environment.
    """

    url: str
    branch: str
    token: str | None = field(default=None, repr=False)
    cache: Path = field(default_factory=_default_cache)
    rules: Repository | None = None
    connect: Connect | None = field(default=None, repr=False, compare=False)

    @contextmanager
    def opened(self) -> Iterator[Clone]:
        """Yield the clone of the repository; nothing is fetched yet."""
        with Clone(self.url, self.cache, credentials=Credentials(self.token)) as clone:
            yield clone

    @contextmanager
    def writable(self) -> Iterator[Writable]:
        """Yield the clone of the repository, and its branches as they are written to by the rules of its organization.

        Raises:
            UserError: The rules want GitHub to be asked, and there are no credentials, or the remote is not there.
            TemporaryError: The remote is away.
        """
        with ExitStack() as stack:
            github = self._on_github(self.rules, stack)
            remote = replace(self, token=self.token or github.token) if github else self
            clone = stack.enter_context(remote.opened())
            if self.rules is None:
                github = self._on_github(_rules_in(clone, self), stack)
            committer = github.committer(clone) if github else GitCommitter(clone)
            if github and github.rules.protected and github.rules.branch == self.branch:
                yield Writable(clone, committer, self.branch, github.protected(clone, self.branch, committer))
            else:
                yield Writable(clone, committer, self.branch, RemoteBranch(clone, self.branch, committer=committer))

    def _on_github(self, rules: Repository | None, stack: ExitStack) -> OnGitHub | None:
        if rules is None or not (rules.protected or rules.commits == "api"):
            return None
        from generator.workspace.on_github import on_github  # noqa: PLC0415 - slow to import, and seldom needed

        return stack.enter_context(on_github(self.url, rules, self.connect))

    def is_at(self, other: Remote) -> bool:
        """Return whether both are the same repository, as far as their addresses tell."""
        return _canonical(self.url) == _canonical(other.url)


@dataclass(frozen=True)
class Writable:
    """A remote repository that is open to be written to.

    Attributes:
        clone: Its clone.
        committer: Who makes commits.
        branch: The name of the branch that is deployed.
        deployed: That branch.
    """

    clone: Clone
    committer: Committer
    branch: str
    deployed: RemoteBranch | ProtectedBranch

    def proposed(self, name: str, anew: Anew) -> RemoteBranch:
        """Return a branch that is proposed to be merged into the one that is deployed; see `RemoteBranch`."""
        return RemoteBranch(self.clone, name, base=self.branch, anew=anew, committer=self.committer)


def remote_of(workspace: Workspace, role: Role = "application", token: TokenOf = no_token) -> Remote:
    """Return the remote of one of a workspace's repositories: where its `origin` is.

    Args:
        workspace: The repositories.
        role: Which one.
        token: Returns what opens it.
    """
    address = workspace.address(role)
    url = workspace.repositories[role].origin() or workspace.organization.url(address)
    return Remote(url, address.branch, token(url), rules=address)


def fetched(clone: Clone, branch: str) -> Tree:
    """Return what a branch of a remote repository holds now.

    Raises:
        UserError: The remote does not let us in, or has no such repository or branch.
        TemporaryError: The remote is away.
    """
    remote = RemoteBranch(clone, branch)
    with remote.reserved():
        return remote.tree(remote.refresh().main)


def written(branch: Branch, planner: Planner | WithPristine, committing: Committing) -> Outcome:
    """Commit and push what one planner decides, and return what became of it.

    Raises:
        UserError: The planner, the remote or the disk refuses; nothing is changed.
        TemporaryError: The remote is away, or every race was lost.
    """
    (outcome,) = write(branch, [committing.planner(planner)], authorship=committing.authorship)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def shown(branch: Branch, planner: Planner | WithPristine) -> tuple[Change, str]:
    """Return what `written` would commit to the branch now, and how `git diff` would show it.

    Raises:
        UserError: The planner or the remote refuses.
        TemporaryError: The remote is away.
    """
    with branch.reserved():
        heads = branch.refresh()
        main = branch.tree(heads.main)
        if isinstance(planner, WithPristine):
            change, _ = planner.plan(main, branch.tree(heads.pristine))
        else:
            change = planner(main)
        return change, diff(main, needed(main, change.edits))


def rules_of(organization: Organization, url: str) -> Repository | None:
    """Return what an organization says of the repository at an address; None where it is none of its own.

    Args:
        organization: The organization.
        url: The address, in any of the ways to write one.
    """
    both = organization.spec.repositories.application, organization.spec.repositories.platform
    found = slug_of(url)
    return next((one for one in both if found and one.slug.casefold() == found[1]), None)


def _rules_in(clone: Clone, remote: Remote) -> Repository | None:
    """Return what an organization says of a repository that holds the organization's file; None without that file."""
    organization = organization_in(fetched(clone, remote.branch))
    return rules_of(organization, remote.url) if organization else None


def _canonical(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").rstrip("/")
