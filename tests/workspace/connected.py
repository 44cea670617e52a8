"""A workspace that is connected to the double, as often as a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.hub.conduct import Conduct, Patience
from generator.hub.connection import Connection
from generator.hub.credentials import Credentials, Token
from generator.workspace import connecting
from generator.workspace.connection_plan import examine
from generator.workspace.workspace import find_workspace
from tests.github_double.double import GitHubDouble
from tests.workspace.conftest import Git
from tests.workspace.on_github import moved_to


@pytest.fixture
def here(out: Path, git: Git, github: GitHubDouble) -> Path:
    """Return a workspace whose repositories shall be on the double; both organizations are there."""
    github.organization("acme"), github.organization("acme-apps")
    return moved_to(out, git, github.web)


Run = Callable[..., list[str]]


@pytest.fixture
def run(github: GitHubDouble) -> Iterator[Run]:
    """Connect a workspace, and return what was told."""
    opened: list[Connection] = []

    def connect(
        here: Path,
        credentials: Credentials | None = None,
        double: GitHubDouble = github,
        sleep: Callable[[float], None] = lambda _seconds: None,
        **options: Any,
    ) -> list[str]:
        conduct = Conduct(Patience(timeout=10, attempts=2), sleep=sleep, luck=lambda: 0.0)
        opened.append(Connection(credentials or Token(double.token()), double.url, conduct))
        told: list[str] = []
        plan = examine(find_workspace(here), opened[-1], **options)
        told += [note for examined in plan for note in examined.notes]
        connecting.connect(plan, opened[-1], told.append)
        return told

    yield connect
    for connection in opened:
        connection.close()
