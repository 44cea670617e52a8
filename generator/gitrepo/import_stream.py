"""The stream that `git fast-import` reads. Pure.

Format: https://git-scm.com/docs/git-fast-import (2.39).
"""

from __future__ import annotations

from collections.abc import Iterator

from generator.core.change import Edits
from generator.core.errors import UserError

BEGIN = b"feature done\nfeature date-format=now\n"
END = b"done\n"


def commit(
    mark: int, reference: str, *, parent: str | None, author: str, committer: str, message: str, edits: Edits
) -> bytes:
    """Return the part of the stream that writes one commit, and has git answer with its name and that of its tree.

    Args:
        mark: A number that no other commit of the stream has.
        reference: What points to the commit while the stream is read.
        parent: The commit that `reference` is set to first; None where it stays as the stream left it.
        author: Who wrote the change, as `NAME <MAIL>`.
        committer: Who recorded it, likewise.
        message: What the commit says.
        edits: What it does.
    """
    return b"".join(_commit(mark, reference, parent, author, committer, message, edits))


def forget(reference: str) -> bytes:
    """Return the part of the stream that removes a reference; the commits that it pointed to stay."""
    return f"reset {reference}\nfrom {'0' * 40}\n".encode()


def refuse_unsafe(edits: Edits) -> None:
    """Raise if a path would leave the repository or enter git's own folder.

    Raises:
        UserError: It does; it is named.
    """
    for path in edits:
        if "\0" in path or any(part in {"", ".", ".."} or part.lower() == ".git" for part in path.split("/")):
            raise UserError(f"{path!r}: no file of a repository can stand there.")


def _commit(
    mark: int, reference: str, parent: str | None, author: str, committer: str, message: str, edits: Edits
) -> Iterator[bytes]:
    if parent:
        yield f"reset {reference}\nfrom {parent}\n\n".encode()
    yield f"commit {reference}\nmark :{mark}\nauthor {author} now\ncommitter {committer} now\n".encode()
    yield _data(message.encode())
    # Removals first: a folder may become a file, or a file a folder.
    for path in sorted(edits, key=lambda path: edits[path] is not None):
        file = edits[path]
        if file is None:
            yield b"D %b\n" % _quoted(path)
        else:
            yield b"M %o inline %b\n" % (file.mode, _quoted(path))
            yield _data(file.data)
    yield b'get-mark :%d\nls :%d ""\n' % (mark, mark)


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'.encode(errors="surrogateescape")
