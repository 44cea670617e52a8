"""Changes made straight on a remote repository: no workspace is needed, no checkout is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from generator.core.change import Change
from generator.core.diff import diff
from generator.core.layout import Layout
from generator.core.record import recorded_layout
from generator.core.tree import Tree
from generator.gitrepo.clone import Clone
from generator.gitrepo.credentials import Credentials
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Outcome, write
from generator.workspace.workspace import Workspace

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


def remote_of(workspace: Workspace) -> Remote:
    """Return the remote of a workspace's application repository: where its `origin` is."""
    address = workspace.address("application")
    url = workspace.repositories["application"].origin() or workspace.organization.url(address)
    return Remote(url, address.branch, token_from_environment())


def push(remote: Remote, plan: Plan) -> Outcome:
    """Commit and push what a plan decides; where somebody else pushes meanwhile, plan again on the new tree.

    Raises:
        UserError: The plan, the remote or the disk refuses; nothing is changed.
        TemporaryError: The remote is away, or every race was lost.
    """
    with Clone(remote.url, remote.cache, credentials=Credentials(remote.token)) as clone:
        (outcome,) = write(RemoteBranch(clone, remote.branch), [lambda tree: plan(tree, recorded_layout(tree))])
    if outcome.error is not None:
        raise outcome.error
    return outcome


def preview_push(remote: Remote, plan: Plan) -> str:
    """Return what `push` would commit now, as `git diff` would show it.

    Raises:
        UserError: The plan or the remote refuses.
        TemporaryError: The remote is away.
    """
    with Clone(remote.url, remote.cache, credentials=Credentials(remote.token)) as clone:
        branch = RemoteBranch(clone, remote.branch)
        with branch.reserved():
            tree = branch.tree(branch.refresh().main)
            return diff(tree, plan(tree, recorded_layout(tree)).edits)


def token_from_environment() -> str | None:
    """Return the token that the environment holds, if any."""
    return next((token for name in TOKEN_VARIABLES if (token := os.environ.get(name))), None)
