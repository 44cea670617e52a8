"""A folder on disk as a tree: what a work tree holds at this moment, committed or not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from errno import ENAMETOOLONG
from functools import cached_property
from pathlib import Path

from git import Repo
from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError

from generator.core.tree import File, names_in, paths_below
from generator.gitrepo.running import git_errors, open_repo
from generator.gitrepo.work_tree import read_file


class FolderTree:
    """The files of a folder; of a repository's, what git ignores and git's own folder are not listed.

    Links are never followed: a link to a folder is a file that holds a path.

    Args:
        path: The folder; one that is missing holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._links = {"": False}

    def get(self, path: str) -> File | None:
        """Return the file at `path`, listed or not; None where there is none, or it is not in the folder."""
        if path.startswith("/") or ".." in path.split("/") or "\0" in path:
            return None
        try:
            return None if self._is_behind_link(path.rpartition("/")[0]) else read_file(self._path / path)
        except OSError as error:
            if error.errno == ENAMETOOLONG:
                return None
            raise

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string.

        Raises:
            UserError: Git refuses to read the repository that the folder lies in.
        """
        return paths_below(folder, self._all)

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        return names_in(folder, self.under(folder))

    def _is_behind_link(self, folder: str) -> bool:
        # Asked for every file, so each folder is looked at once.
        new = []
        while folder not in self._links:
            new.append(folder)
            folder = folder.rpartition("/")[0]
        behind = self._links[folder]
        for folder in reversed(new):
            behind = self._links[folder] = behind or (self._path / folder).is_symlink()
        return behind

    @cached_property
    def _all(self) -> tuple[str, ...]:
        try:
            repo = open_repo(self._path, search=True)
        except (InvalidGitRepositoryError, NoSuchPathError):
            return tuple(sorted(_walk(self._path)))
        with repo, git_errors(self._path):
            paths = self._listed(repo) or (_walk(self._path) if self._is_ignored(repo) else ())
        return tuple(sorted(set(paths)))

    def _listed(self, repo: Repo) -> list[str]:
        listing = self._git(repo, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        return [path for path in listing.split("\0") if path and _is_no_folder(self._path / path)]

    def _is_ignored(self, repo: Repo) -> bool:
        """A folder that a repository around it ignores, such as a build's output, is no part of that repository."""
        try:
            self._git(repo, "check-ignore", "--quiet", ".")
        except GitCommandError as error:
            if error.status != 1:
                raise
            return False
        return True

    def _git(self, repo: Repo, *command: str) -> str:
        """Run git in the folder itself: paths come relative to it, and nothing outside of it is listed."""
        return str(repo.git.execute(["git", "-C", str(self._path), *command]))


def _is_no_folder(path: Path) -> bool:
    """Git lists submodules and repositories within the folder too, and files that were removed."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    return False


def _walk(folder: Path) -> Iterator[str]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in (*files, *links):
            if name != ".git":
                yield (Path(where) / name).relative_to(folder).as_posix()
