"""Keeps two of our processes from working in one folder at the same time."""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.core.errors import TemporaryError

_PAUSE = 0.01


@contextmanager
def locked(folder: Path, *, seconds: float = 0.0, sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Hold the lock of a folder while the block runs.

    The folder itself is locked, so nothing is left behind: the system lets go when the process ends, however it ends,
    and every process that inherited the handle which the block is given.

    Args:
        folder: The folder, which exists.
        seconds: How long to wait for another process.
        sleep: How to wait.

    Raises:
        TemporaryError: Another process holds the lock.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        for left in range(math.ceil(seconds / _PAUSE), -1, -1):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if not left:
                    raise TemporaryError(f"{folder}: another gitopsmith is at work there.") from error
                sleep(_PAUSE)
        yield handle
    finally:
        os.close(handle)
