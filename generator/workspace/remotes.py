"""Changes made straight on a remote repository: no workspace is needed, no checkout is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from generator.core.change import Change, needed
from generator.core.diff import diff
from generator.core.layout import Layout
from generator.core.record import recorded_layout
from generator.core.tree import Tree
from generator.gitrepo.clone import Clone
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Outcome, Planner, WithPristine, write
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.workspace import Role, Workspace

Plan = Callable[[Tree, Layout], Change]
"""Decides what must change on the tree of an application repository with its layout; pure."""

TOKEN_VARIABLES = ("GITOPSMITH_TOKEN", "GIT_TOKEN", "GITHUB_AUTH_TOKEN")
"""Where a token is looked for, the first one that is set; never on the command line, which others can read."""


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
    """

    url: str
    branch: str
    token: str | None = field(default=None, repr=False)
    cache: Path = field(default_factory=_default_cache)

    @contextmanager
    def opened(self) -> Iterator[Clone]:
        """Yield the clone of the repository; nothing is fetched yet."""
        with Clone(self.url, self.cache, credentials=Credentials(self.token)) as clone:
            yield clone

    def is_at(self, other: Remote) -> bool:
        """Return whether both are the same repository, as far as their addresses tell."""
        return _canonical(self.url) == _canonical(other.url)


def remote_of(workspace: Workspace, role: Role = "application") -> Remote:
    """Return the remote of one of a workspace's repositories: where its `origin` is."""
    address = workspace.address(role)
    url = workspace.repositories[role].origin() or workspace.organization.url(address)
    return Remote(url, address.branch, token_from_environment())


def push(remote: Remote, plan: Plan, committing: Committing = PLAIN) -> Outcome:
    """Commit and push what a plan decides; where somebody else pushes meanwhile, plan again on the new tree.

    Raises:
        UserError: The plan, the remote or the disk refuses; nothing is changed.
        TemporaryError: The remote is away, or every race was lost.
    """
    with remote.opened() as clone:
        return written(RemoteBranch(clone, remote.branch), lambda tree: plan(tree, recorded_layout(tree)), committing)


def written(branch: RemoteBranch, planner: Planner | WithPristine, committing: Committing) -> Outcome:
    """Commit and push what one planner decides, and return what became of it.

    Raises:
        UserError: The planner, the remote or the disk refuses; nothing is changed.
        TemporaryError: The remote is away, or every race was lost.
    """
    (outcome,) = write(branch, [committing.planner(planner)], authorship=committing.authorship)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def shown(branch: RemoteBranch, planner: Planner | WithPristine) -> tuple[Change, str]:
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


def token_from_environment() -> str | None:
    """Return the token that the environment holds, if any."""
    return next((token for name in TOKEN_VARIABLES if (token := os.environ.get(name))), None)


def _canonical(url: str) -> str:
    return url.rstrip("/").removesuffix(".git").rstrip("/")
