"""Repositories written by tests, and their findings in a short form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import dedent

import pytest

from generator.checking.checker import check
from generator.checking.findings import Finding
from generator.checking.model import CheckedRepository, Known
from generator.core.tree import File, MemoryTree

URL = "https://github.com/acme-apps/acme-gitops.git"
Content = str | bytes
Check = Callable[..., list[Finding]]


def tree_of(files: Mapping[str, Content]) -> MemoryTree:
    """Return a tree of files; texts are dedented."""
    encoded = {path: dedent(text).encode() if isinstance(text, str) else text for path, text in files.items()}
    return MemoryTree({path: File(data) for path, data in encoded.items()})


@pytest.fixture
def check_files() -> Check:
    """Check one repository made of files, by default with a URL that its Applications may name."""

    def run(files: Mapping[str, Content], known: Known | None = None, url: str | None = URL) -> list[Finding]:
        return check([CheckedRepository("apps", tree_of(files), url)], known)

    return run


@pytest.fixture
def check_one(check_files: Check) -> Check:
    """Check one file, `a.yaml`."""

    def run(text: Content) -> list[Finding]:
        return check_files({"a.yaml": text})

    return run


@pytest.fixture
def acme() -> Known:
    """An organization with a management and a workload cluster, two environments and one repository."""
    return Known(
        clusters=frozenset({"mgmt", "prod-eu"}),
        environments=frozenset({"staging", "production"}),
        repositories=frozenset({URL}),
        management_cluster="mgmt",
    )
