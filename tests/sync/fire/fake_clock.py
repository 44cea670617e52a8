"""A clock that jumps, for whole processes: libfaketime, told by a file what to add to the time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PLACES = ("usr/lib/*/faketime", "usr/lib64/faketime", "usr/lib/faketime")

# Up to 0.9.10 it refuses the call that Python 3.11 sleeps by: https://github.com/wolfcw/libfaketime/issues/426
_SLEEP_BY_ANOTHER_CALL = """\
import select, time

def sleep(seconds):
    select.select([], [], [], seconds)

time.sleep = sleep
"""


@dataclass(frozen=True)
class FakeClock:
    """The clock of the processes that are started with its environment, and of what they start.

    Attributes:
        folder: A folder of its own.
    """

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables that put it in place; time that only ever passes, as the kernel counts it, stays right."""
        library = next(found for place in _PLACES for found in Path("/").glob(f"{place}/libfaketimeMT.so.1"))
        (self.folder / "sitecustomize.py").write_text(_SLEEP_BY_ANOTHER_CALL)
        path = filter(None, [str(self.folder), os.environ.get("PYTHONPATH")])
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "offset"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": os.pathsep.join(path),
        }

    def jump(self, off: str) -> None:
        """Set it so far off the right time: `+1d`, `-1h`, `+0`."""
        new = self.folder / "new"
        new.write_text(f"{off}\n")
        new.rename(self.folder / "offset")
