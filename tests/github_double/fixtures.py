"""The fixture that a conftest imports to give its tests a GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_double.double import GitHubDouble

__all__ = ["enterprise", "github"]


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubDouble]:
    """Return a GitHub; the test fails that asks what GitHub would refuse."""
    with GitHubDouble(tmp_path / "github") as double:
        yield double
    double.assert_sound()


@pytest.fixture
def enterprise(tmp_path: Path) -> Iterator[GitHubDouble]:
    """Return an Enterprise Server, likewise."""
    with GitHubDouble(tmp_path / "enterprise", enterprise=True) as double:
        yield double
    double.assert_sound()
