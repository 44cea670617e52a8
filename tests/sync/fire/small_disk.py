"""A disk that tests can fill: a small file system of their own, where the machine lets them have one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOSPC
from io import FileIO
from pathlib import Path

MEGABYTE = 2**20
SIZE = 32 * MEGABYTE

_SHARED = Path("/dev/shm")  # noqa: S108 - containers have a small one, which anybody may fill
_SMALL = 256 * MEGABYTE

_KINDS = (
    # A user namespace lets anybody mount; where it is forbidden, root may do so without.
    (("--user", "--map-root-user", "--mount"), ("--user", "--mount", "--preserve-credentials")),
    (("--mount",), ("--mount",)),
)
"""What makes the namespaces in which nobody else sees the mount, and what enters them."""


class NoSmallDiskError(Exception):
    """The machine has no small file system, and lets us make none."""


@dataclass(frozen=True)
class SmallDisk:
    """A file system that is soon full.

    Attributes:
        folder: Where it is, for the commands that enter.
        seen: Where it is for us.
        enter: What starts a command where it is seen.
    """

    folder: Path
    seen: Path
    enter: tuple[str, ...] = ()

    def fill(self, *, but: int = 0) -> None:
        """Leave no room at all, or so many bytes."""
        with (self.seen / "filler").open("ab", buffering=0) as filler:
            for size in (MEGABYTE, 4096, 1):
                _write_until_full(filler, bytes(size))
            filler.truncate(filler.tell() - but)

    def make_room(self) -> None:
        """Give back what was taken."""
        (self.seen / "filler").unlink()

    def room(self) -> int:
        """Return the bytes that are free."""
        found = os.statvfs(self.seen)
        return found.f_bavail * found.f_frsize


def _write_until_full(file: FileIO, data: bytes) -> None:
    try:
        while True:
            file.write(data)
    except OSError as error:
        if error.errno != ENOSPC:
            raise


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Yield a small file system, gone with the block.

    Args:
        folder: An empty folder to have it in.

    Raises:
        NoSmallDiskError: The machine has none, and lets us make none.
    """
    for make, enter in _KINDS:
        # It lives as long as this process, and this one as long as we do not hang up.
        with subprocess.Popen(
            ["unshare", *make, "sh", "-c", f'mount -t tmpfs -o size={SIZE} tmpfs "$1" && echo made && cat', "", folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as holder:
            assert holder.stdout
            if holder.stdout.readline():
                seen = Path(f"/proc/{holder.pid}/root{folder}")
                yield SmallDisk(folder, seen, ("nsenter", f"--target={holder.pid}", *enter))
                return
    with _of_a_container() as disk:
        yield disk


@contextmanager
def _of_a_container() -> Iterator[SmallDisk]:
    """Yield a folder on the small file system that a container has without asking."""
    if not _SHARED.is_mount() or os.statvfs(_SHARED).f_blocks * os.statvfs(_SHARED).f_frsize > _SMALL:
        raise NoSmallDiskError(f"`unshare --mount` is forbidden here, and {_SHARED} is not small")
    with tempfile.TemporaryDirectory(dir=_SHARED) as folder:
        yield SmallDisk(Path(folder), Path(folder))
