"""What every test stands on: a git and a machine without settings of their own, and examples that never change."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples in every run, however slow the machine; a folder of failures would make runs differ.
settings.register_profile("reproducible", deadline=None, derandomize=True, database=None)
settings.load_profile("reproducible")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs a tool which is missing; in CI, where tools are installed for it, let it fail."""
    for mark in item.iter_markers("needs"):
        for tools in mark.args:
            if not any(shutil.which(tool) for tool in tools.split("|")):
                (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs {tools}, which is not installed")


@pytest.fixture(scope="session", autouse=True)
def isolated_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let git know an author, and nothing of this machine: its settings, its time zone, a git around the tests."""
    home = tmp_path_factory.mktemp("home")
    config = home / "gitconfig"
    config.write_text("[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("GIT_", "LC_", "XDG_")) or name == "EMAIL"]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()
