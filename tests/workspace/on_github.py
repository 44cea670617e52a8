"""A workspace whose repositories are on the double, and what is seen of them there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generator.hub.credentials import App
from tests.github_double import git_store
from tests.github_double.double import PERMISSIONS, GitHubDouble

Git = Callable[..., str]

SLUGS = ("acme/acme-gitops", "acme-apps/acme-gitops")
BRANCHES = ["gitopsmith/pristine", "main"]


def moved_to(out: Path, git: Git, web: str, slugs: tuple[str, ...] = SLUGS) -> Path:
    """Let a workspace have its repositories on another GitHub, and no `origin`."""
    platform = out / slugs[0]
    document = platform / "organization.yaml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("\nspec:\n", f"\nspec:\n  gitUrl: {web}\n"), encoding="utf-8")
    git(platform, "commit", "--quiet", "--all", "--message", "Move")
    for slug in slugs:
        git(out / slug, "remote", "remove", "origin")
    return out


def branches(double: GitHubDouble, slug: str) -> dict[str, str]:
    found = double.state.repository(slug)
    assert found
    assert found.path
    return git_store.branches(found.path)


def writes(double: GitHubDouble) -> list[str]:
    """Return the requests that could have changed something."""
    lines = [seen.line for seen in double.api.seen if not seen.line.startswith("GET")]
    return [line for line in lines if "/access_tokens" not in line and "git-upload-pack" not in line]


def app_in(double: GitHubDouble, permissions: dict[str, str] = PERMISSIONS) -> App:
    made = double.app()
    for owner in ("acme", "acme-apps"):
        double.install(made, owner, permissions)
    return App(str(made.id), made.private_key)
