"""A folder is worked in by one of our processes at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.core.errors import TemporaryError
from generator.gitrepo.lock import locked


def test_the_second_is_refused_while_the_first_works(tmp_path: Path) -> None:
    with locked(tmp_path):
        with pytest.raises(TemporaryError, match="another gitopsmith is at work"), locked(tmp_path):
            pytest.fail("the block must not run")
        (tmp_path / "other").mkdir()
        with locked(tmp_path / "other"):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_the_lock_is_free_when_the_first_is_done_however_it_ends(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), locked(tmp_path):
        raise KeyboardInterrupt
    with locked(tmp_path):
        pass
