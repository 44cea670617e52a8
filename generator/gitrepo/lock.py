"""Keeps two of our processes from working in one folder at the same time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.core.errors import TemporaryError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder while the block runs.

    The folder itself is locked, so nothing is left behind: the system lets go when the process ends, however it ends.

    Args:
        folder: The folder, which exists.

    Raises:
        TemporaryError: Another process holds the lock.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TemporaryError(f"{folder}: another gitopsmith is at work there.") from error
        yield
    finally:
        os.close(handle)
