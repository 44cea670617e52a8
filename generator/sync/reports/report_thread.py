"""The thread that tells GitHub, beside those that commit."""

from __future__ import annotations

from threading import Event, Thread

import structlog

from generator.core.errors import GitopsmithError
from generator.sync.reports.reporter import Reporter

_IDLE = 30.0
"""The most seconds between two looks: another process may have left something."""
_AFTER_FAILURE = 5.0
_STOPPING = 20.0
"""The seconds to wait at the end for what is being told; what is cut off is taken up by the next start."""

_log = structlog.get_logger(__name__)


class ReportThread:
    """Tells GitHub what it should be told until it is stopped.

    Args:
        reporter: What tells it.
    """

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._nudged, self._stopping = Event(), Event()
        self._thread = Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Start."""
        self._thread.start()

    def nudge(self) -> None:
        """Say that there is something new to tell."""
        self._nudged.set()

    def stop(self) -> None:
        """Stop after what is being told now, bounded in time."""
        self._stopping.set()
        self._nudged.set()
        self._thread.join(_STOPPING)
        if self._thread.is_alive():
            _log.warning("what is being told to GitHub does not end; the next start takes it up")

    def _run(self) -> None:
        begun = False
        while not self._stopping.is_set():
            self._nudged.clear()
            try:
                if not begun:
                    self._reporter.begin()
                    begun = True
                wait = self._reporter.once()
            except GitopsmithError as error:
                _log.warning("GitHub is not told anything at the moment", reason=str(error))
                wait = _AFTER_FAILURE
            except Exception:
                _log.exception("a bug: GitHub is not told anything at the moment")
                wait = _AFTER_FAILURE
            if wait != 0 and not self._stopping.is_set():
                self._nudged.wait(_IDLE if wait is None else min(wait, _IDLE))
