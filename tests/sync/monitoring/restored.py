"""Undoes what `logs.configure` did, so that no test logs as another one wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "dbos", "github.Requester", "sqlalchemy.engine")
_NAMES = ("", *LIBRARIES, "github", "sqlalchemy", "urllib3", "py.warnings")


@contextmanager
def restored_logs() -> Iterator[None]:
    """Let logs be as they were when the block began."""
    loggers = [logging.getLogger(name) for name in _NAMES]
    before = [(logger, logger.level, logger.propagate, logger.handlers[:]) for logger in loggers]
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        structlog.reset_defaults()
        for logger, level, propagate, handlers in before:
            logger.setLevel(level)
            logger.propagate = propagate
            logger.handlers[:] = handlers
