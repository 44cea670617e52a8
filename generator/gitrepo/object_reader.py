"""Reads git objects through one `git cat-file` that stays: a read costs a message, not a process.

Format: https://git-scm.com/docs/git-cat-file (2.39), `--batch-command`.
"""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from generator.gitrepo.git_process import Git, GitFailedError, stop

_CHUNK = 1 << 16
_AT_ONCE = 256  # so many questions fit into a pipe, so that neither side waits for the other to read


class UnreadableError(Exception):
    """An object that must be there is not, or the repository cannot be read at all."""


@dataclass(frozen=True)
class Object:
    """One git object.

    Attributes:
        name: Its full hexadecimal name.
        kind: `blob`, `tree`, `commit` or `tag`.
        data: Its content.
    """

    name: str
    kind: str
    data: bytes


class ObjectReader:
    """Reads the objects of one repository; may be shared by threads.

    Args:
        git: How git is run in the repository.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = bytearray()
        self._lock = Lock()

    def find(self, name: str) -> Object | None:
        """Return the object that `name` means (a reference, or `COMMIT^{tree}`), or None where there is none.

        Raises:
            UnreadableError: Git cannot read the repository.
        """
        return next(iter(self._ask([name])))

    def read(self, names: Sequence[str]) -> list[Object]:
        """Return the objects of these full names, in their order.

        Raises:
            UnreadableError: One of them is missing or damaged.
        """
        found = [found for start in range(0, len(names), _AT_ONCE) for found in self._ask(names[start:][:_AT_ONCE])]
        missing = [name for name, object_ in zip(names, found, strict=True) if object_ is None]
        if missing:
            raise UnreadableError(f"object {missing[0]} is missing")
        return [object_ for object_ in found if object_ is not None]

    def close(self) -> None:
        """Let the process go; the next read starts another."""
        if self._process:
            stop(self._process)
            self._process = None
        self._unread.clear()

    def _ask(self, names: Sequence[str]) -> list[Object | None]:
        with self._lock:
            try:
                return list(self._answers(names))
            except (OSError, GitFailedError, UnreadableError) as error:
                self.close()
                raise UnreadableError(str(error)) from error

    def _answers(self, names: Sequence[str]) -> Iterator[Object | None]:
        if self._process is None:
            # By its full path: another process may put a new clone into the place of the one that this one started in.
            folder = f"--git-dir={self._git.folder.absolute()}"
            self._process = self._git.start(folder, "cat-file", "--batch-command")
        assert self._process.stdin  # noqa: S101 - it was started with one
        self._process.stdin.write("".join(f"contents {name}\n" for name in names).encode(errors="surrogateescape"))
        self._process.stdin.flush()
        deadline = monotonic() + self._git.timeout
        for _ in names:
            header = self._line(deadline).split(" ")
            if len(header) != 3:  # noqa: PLR2004 - `NAME KIND SIZE`, or `NAME missing`
                yield None
                continue
            data = self._bytes(int(header[2]) + 1, deadline)
            yield Object(header[0], header[1], data[:-1])

    def _line(self, deadline: float) -> str:
        while (end := self._unread.find(b"\n")) < 0:
            self._receive(deadline)
        return self._bytes(end + 1, deadline)[:-1].decode(errors="replace")

    def _bytes(self, size: int, deadline: float) -> bytes:
        while len(self._unread) < size:
            self._receive(deadline)
        data = bytes(memoryview(self._unread)[:size])
        del self._unread[:size]
        return data

    def _receive(self, deadline: float) -> None:
        assert self._process  # noqa: S101 - asked before
        assert self._process.stdout  # noqa: S101
        handle = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(max(0.0, deadline - monotonic()) * 1000):
            raise UnreadableError(f"git read nothing in {self._git.timeout:g} s")
        received = os.read(handle, _CHUNK)
        if not received:
            raise UnreadableError("git cannot read the repository")
        self._unread += received
