"""What nobody foresaw, told like any other failure: it must not stop the process, and must not go unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.gitrepo.writer import Planner, WithPristine

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


def as_error(error: Exception) -> GitopsmithError:
    """Return an error of ours for any other.

    Args:
        error: What was raised, and is none of ours.

    Returns:
        What may pass where the system is short of something, of open files or of memory; else a bug, which the same
        input has again.
    """
    if isinstance(error, OSError | MemoryError):
        return TemporaryError(f"The system does not let gitopsmith work: {str(error) or type(error).__name__}")
    return UserError(
        f"A bug in gitopsmith: {type(error).__name__}: {error}", hint="Please report it; the log has more."
    )


def guarded(planner: Planner | WithPristine) -> Planner | WithPristine:
    """Return a planner whose bugs fail its own delivery, and not every batch that this one is in."""
    if isinstance(planner, WithPristine):
        decide = planner.plan
        return WithPristine(lambda main, pristine: _or_error(lambda: decide(main, pristine)))
    plan = planner
    return lambda tree: _or_error(lambda: plan(tree))


def _or_error(plan: Callable[[], _T]) -> _T:
    try:
        return plan()
    except GitopsmithError:
        raise
    except Exception as error:
        _log.exception("unexpected: this could not be planned")
        raise as_error(error) from error
