"""Commits written straight into the object store, by `git fast-import`: no index, no checkout.

Format: https://git-scm.com/docs/git-fast-import (2.39).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from git import Repo

from generator.core.change import Change
from generator.core.errors import UserError

_INCOMING = "refs/gitopsmith/incoming"


@dataclass(frozen=True)
class Identity:
    """Who a commit is from, in git's own form `Name <mail> seconds zone`.

    Attributes:
        author: Who wrote the change.
        committer: Who recorded it.
    """

    author: str
    committer: str


def write_commit(repo: Repo, parent: str | None, change: Change, identity: Identity) -> str:
    """Write a commit that no branch points to yet.

    Args:
        repo: The repository.
        parent: The commit that the change is made to; None for the first of a branch.
        change: What the commit does and says.
        identity: Who it is from.

    Returns:
        The commit's full hexadecimal name.

    Raises:
        UserError: A path leaves the repository, or enters git's own folder.
    """
    with git_input(_stream(parent, change, identity)) as stream:
        # Git itself says which commit it wrote: the reference may be another process's by now.
        sha = str(repo.git.fast_import("--quiet", "--force", istream=stream))
    # Until a branch points to it the commit is nobody's; git collects it after weeks if we die here.
    repo.git.update_ref("-d", _INCOMING)
    return sha


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


def _stream(parent: str | None, change: Change, identity: Identity) -> Iterator[bytes]:
    yield encoded(f"commit {_INCOMING}\nmark :1\nauthor {identity.author}\ncommitter {identity.committer}\n")
    yield _data(encoded(change.message))
    if parent:
        yield f"from {parent}\n".encode()
    # Removals first: a folder may become a file, or a file a folder.
    for path in sorted(change.edits, key=lambda path: change.edits[path] is not None):
        _refuse_unsafe(path)
        file = change.edits[path]
        if file is None:
            yield b"D %b\n" % _quoted(path)
        else:
            yield b"M %o inline %b\n" % (file.mode, _quoted(path))
            yield _data(file.data)
    yield b"get-mark :1\n"


def _refuse_unsafe(path: str) -> None:
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")):
        raise UserError(f"{path!r}: no file of a repository can stand there.")


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return encoded(f'"{escaped}"')
