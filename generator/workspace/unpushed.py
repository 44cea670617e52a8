"""Says of what was just committed here that GitHub has not got it, and what brings it there; nothing is asked."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

from generator.gitrepo.repository import Repository
from generator.hub.address import slug_of
from generator.workspace.workspace import find_workspace


def unpushed(committed: Iterable[Path], current: Path) -> str | None:
    """Return what brings new commits to GitHub, as a sentence; None where their repositories were never there.

    Args:
        committed: The repositories that have new commits.
        current: The folder that the user is in.

    Raises:
        UserError: Git refuses to read a repository.
    """
    paths = [path for path in committed if Repository(path).knows_origin()]
    if not paths:
        return None
    workspace = find_workspace(paths[0])
    for role in workspace.roles:
        repository, address = workspace.repositories[role], workspace.address(role)
        origin = repository.origin()
        if repository.path not in paths or not origin:
            continue
        if slug_of(origin) != slug_of(workspace.organization.url(address)):
            continue
        if address.protected:
            git = f"git -C {shlex.quote(str(repository.path))}"
            return (
                f"Not on GitHub yet, where {address.branch} changes by pull requests alone: "
                f"`{git} push origin {address.branch}:NAME`, and merge the branch NAME there."
            )
        is_here = current.resolve().is_relative_to(workspace.folder)
        where = "" if is_here else f" --workspace {shlex.quote(str(workspace.folder))}"
        owner = workspace.organization.spec.repositories.platform.owner
        return f"Not on GitHub yet: `gitopsmith connect {owner}{where}` pushes it."
    return None
