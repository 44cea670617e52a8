"""How a workspace stands to GitHub: which of its repositories are there, and that nothing else is given a token."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.hub.connection import Connection
from generator.hub.credentials import App, Token
from generator.workspace.connection_status import connected_roles, connection_status
from generator.workspace.workspace import find_workspace
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.workspace.conftest import Git
from tests.workspace.on_github import SLUGS, moved_to

__all__ = ["github"]

API = "https://api.github.com"


@pytest.mark.parametrize(
    ("origin", "is_there"),
    [
        ("https://github.com/acme/acme-gitops.git", True),
        ("https://me@GitHub.com/Acme/Acme-GitOps", True),
        ("git@github.com:acme/acme-gitops.git", True),
        ("ssh://git@github.com/acme/acme-gitops", True),
        ("https://github.com/acme/another", False),
        ("https://gitlab.com/acme/acme-gitops.git", False),
        ("/srv/git/acme-gitops.git", False),
        ("", False),
    ],
)
def test_a_repository_is_connected_where_its_origin_is_its_place_there(
    out: Path, git: Git, origin: str, is_there: bool
) -> None:
    for slug in SLUGS:
        git(out / slug, "remote", "remove", "origin")
    if origin:
        git(out / SLUGS[0], "remote", "add", "origin", origin)
    assert connected_roles(find_workspace(out), API) == (["platform"] if is_there else [])


def test_on_an_enterprise_server_it_is_the_servers_host(out: Path, git: Git) -> None:
    git(out / SLUGS[0], "remote", "set-url", "origin", f"https://github.acme.example/{SLUGS[0]}")
    assert connected_roles(find_workspace(out), "https://github.acme.example/api/v3") == ["platform"]


def test_another_github_than_the_documents_name_is_asked_nothing(github: GitHubDouble, out: Path) -> None:
    with Connection(Token(github.token()), github.url) as connection:
        found = connection_status(find_workspace(out), connection)
    assert "organization.yaml has its repositories on https://github.com" in found["problem"]
    assert (github.calls(), found["repositories"]) == ([], [])


def test_a_suspended_installation_is_shown_and_hides_nothing(github: GitHubDouble, out: Path, git: Git) -> None:
    moved_to(out, git, github.web)
    for slug in SLUGS:
        git(out / slug, "remote", "add", "origin", f"{github.web}/{slug}")
    app = github.app()
    for owner in ("acme", "acme-apps"):
        github.install(app, owner)
    github.repository(SLUGS[1], git=True)
    next(iter(github.state.installations.values())).suspended_at = github.state.now()

    with Connection(App(str(app.id), app.private_key), github.url) as connection:
        found = connection_status(find_workspace(out), connection)
    assert [one["suspended"] for one in found["installations"]] == [True, False]
    assert "suspended" in found["repositories"][0]["problem"]
    assert found["repositories"][1] == {
        "name": SLUGS[1],
        "url": f"{github.web}/{SLUGS[1]}",
        "private": True,
        "archived": False,
        "branch": "foreign",
        "problem": "",
    }
