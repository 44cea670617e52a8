"""Creates repositories, each there from its first commit on."""

from __future__ import annotations

import shutil
from pathlib import Path

from generator.core.change import Change
from generator.core.errors import TemporaryError
from generator.gitrepo.authorship import AS_CONFIGURED, Authorship, decide
from generator.gitrepo.git_process import Git
from generator.gitrepo.lock import locked
from generator.gitrepo.repository import Repository
from generator.gitrepo.running import FolderGit, forget_outer_git, git_errors


def create(
    path: Path, branch: str, change: Change, pristine: Change, origin: str, authorship: Authorship = AS_CONFIGURED
) -> Repository:
    """Create a repository whose first commit is there from the moment that its folder is.

    It is built beside its place and moved there, so that a run that is killed leaves no half repository; what such a
    run leaves beside it is removed here.

    Args:
        path: The folder to create; it may exist if it is empty.
        branch: The branch that is deployed.
        change: The branch's first commit.
        pristine: The pristine branch's first commit.
        origin: The address of the remote `origin`; nothing is sent there.
        authorship: Who the commits are from.

    Raises:
        UserError: As `Repository.commit`.
        TemporaryError: Another process is creating it.
    """
    forget_outer_git()
    building = building_folder(path)
    with git_errors(path):
        # Before anything is written, as far down as there is a folder.
        decide(Git(next(folder for folder in path.absolute().parents if folder.is_dir())), authorship)
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent):
            if path.exists() and any(path.iterdir()):
                raise TemporaryError(f"{path}: somebody made it in the meantime.")
            if building.exists():
                shutil.rmtree(building)
            try:
                _build(building, branch, origin).commit(branch, change, pristine, authorship)
                building.rename(path)
            except BaseException:
                shutil.rmtree(building, ignore_errors=True)
                raise
    return Repository(path)


def _build(path: Path, branch: str, origin: str) -> Repository:
    """Create an empty repository."""
    path.mkdir()
    git = FolderGit(path)
    # GitPython knows the objects' names by SHA-1 alone, whatever the user prefers for new repositories.
    git.init("--quiet", f"--initial-branch={branch}", "--object-format=sha1")
    git.remote("add", "origin", origin)
    return Repository(path)


def building_folder(path: Path) -> Path:
    """Return the folder in which the repository for `path` is built before it is moved there."""
    return path.with_name(f".gitopsmith-{path.name}")
