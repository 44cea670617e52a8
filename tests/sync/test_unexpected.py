"""What nobody foresaw: what may pass is told apart from a bug."""

from __future__ import annotations

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.sync.unexpected import as_error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(24, "Too many open files"), "[Errno 24] Too many open files"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_what_the_system_is_short_of_may_come_back(error: Exception, told: str) -> None:
    found = as_error(error)
    assert isinstance(found, TemporaryError)
    assert str(found) == f"The system does not let gitopsmith work: {told}"


def test_anything_else_is_a_bug_which_is_named() -> None:
    found = as_error(KeyError("maybe"))
    assert isinstance(found, UserError)
    assert found.message == "A bug in gitopsmith: KeyError: 'maybe'"
