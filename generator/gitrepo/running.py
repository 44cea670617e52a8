"""How git is run: in the repository that is meant, with what it says turned into our errors."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import IO, Any

from git import Git, Repo
from git.exc import GitCommandError

from generator.core.errors import TemporaryError, UserError
from generator.gitrepo.git_process import OUTER, GitFailedError

_BUSY = ("cannot lock ref", "index.lock", "reference already exists")


class FolderGit(Git):
    """GitPython's git, in its own folder alone.

    GitPython expands `$` and `~` in a folder's name, and where there is no such folder it runs git in the current one:
    in another repository.

    Args:
        working_dir: The folder.
    """

    def __init__(self, working_dir: str | os.PathLike[str] | None = None) -> None:
        # It leaves a path alone that is no text.
        super().__init__(Path(working_dir or "."))

    def execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a command.

        Raises:
            FileNotFoundError: The folder is not there.
        """
        folder = str(self.working_dir)
        if not os.access(folder, os.X_OK):
            raise FileNotFoundError(ENOENT, os.strerror(ENOENT), folder)
        return super().execute(*arguments, **options)


class _Repo(Repo):
    GitCommandWrapperType = FolderGit


def forget_outer_git() -> None:
    """Remove from this process's environment what a git hook says of the repository that it belongs to.

    Git and GitPython would obey it in every repository: inside a hook all would be read from and written to that one.
    """
    for name in OUTER:
        os.environ.pop(name, None)


def open_repo(path: Path, *, search: bool = False) -> Repo:
    """Open the repository at `path`, or with `search` the one that `path` lies in.

    Raises:
        InvalidGitRepositoryError: There is none.
        NoSuchPathError: There is no such folder.
    """
    forget_outer_git()
    # A path is taken as it is: `$HOME` and `~` may be names of folders.
    return _Repo(path.absolute(), search_parent_directories=search, expand_vars=False)


@contextmanager
def git_input(content: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """Yield a file that holds `content`, for a git command to read as its standard input."""
    with tempfile.TemporaryFile() as stream:
        stream.writelines(content)
        stream.seek(0)
        yield stream


def encoded(text: str) -> bytes:
    """Return text from git, which may hold bytes that are no UTF-8, as the bytes that it was."""
    return text.encode(errors="surrogateescape")


def said(error: GitCommandError) -> str:
    """Return what git wrote about an error."""
    return str(error.stderr).strip().removeprefix("stderr: '").removesuffix("'").strip()


@contextmanager
def git_errors(path: Path) -> Iterator[None]:
    """Turn what git and the disk say of a repository into our errors.

    Raises:
        UserError: Git refuses to work, or the disk to be read or written.
        TemporaryError: Another process moved a branch meanwhile, or holds a lock.
    """
    try:
        yield
    except GitCommandError as error:
        words = said(error)
        if any(busy in words for busy in _BUSY) and "cannot create" not in words:
            raise TemporaryError(f"{path}: another git process is at work there: {words}") from error
        raise UserError(f"{path}: git refuses: {words}", hint="Mend what git says and run it again.") from error
    except GitFailedError as error:
        raise UserError(f"{path}: git refuses: {error}", hint="Mend what git says and run it again.") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}: {error.filename or path}") from error
