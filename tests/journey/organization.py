"""The organization of the journey, made by the product's own verbs, and the app's source."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.github_double import git_store
from tests.github_double.model import Repository
from tests.workspace.on_github import moved_to

SOURCE, PLATFORM, APPS = "acme/podinfo", "acme/acme-gitops", "acme-apps/acme-gitops"
PROPOSED = "gitopsmith/podinfo/production"
_WAY = ["--from", "staging", "--to", "production", "--push", "--pull-request"]
PROMOTION = ["promote", "podinfo", "--workspace", "out", *_WAY]
"""What a person types who promotes the app by pull request."""


@dataclass(frozen=True)
class Way:
    """A way in which an organization works with GitHub.

    Attributes:
        as_app: Whether a GitHub App works for the user, and no token.
        is_ruled: Whether branches are protected, and GitHub itself makes the commits.
    """

    as_app: bool = False
    is_ruled: bool = False


WAYS = {"token": Way(), "app": Way(as_app=True), "rules": Way(as_app=True, is_ruled=True)}


def bootstrap(run: Callable[..., object], folder: Path, web: str, way: Way = WAYS["token"]) -> None:
    """Make an organization and add its app, all on disk.

    Args:
        run: Runs a verb in the folder.
        folder: Where the user is; the organization is in `out` there.
        web: Where GitHub has git.
        way: How it works with GitHub.
    """
    out = folder / "out"
    run("init", "acme", "--app-org", "acme-apps", "--output", "out", "--defaults")
    place = ["--type", "physical", "--cloud", "aws", "--region", "eu-west-1"]
    run("cluster", "add", "prod-eu", "-w", "out", *place)
    for environment in ("staging", "production", "preview"):
        run("env", "add", environment, "-w", "out", "--cluster", "prod-eu")
    app = ["podinfo", "--repo", SOURCE, "--image", "ghcr.io/acme/podinfo", "--version", "6.7.0"]
    run("app", "add", *app, "-w", "out", "--env", "staging", "--env", "production", "-d", "container_port=9898")
    document = out / APPS / "apps/podinfo.yaml"
    text = document.read_text().replace("    - environment: production\n", "")
    document.write_text(
        text.replace("  template: service\n", "  template: service\n  preview:\n    waitForImage: false\n")
    )
    git(document.parent, "commit", "--quiet", "--all", "--message", "Rules")
    # What is rendered names an https address, as it must; the GitHub of a test is on loopback.
    moved_to(out, git, web)
    if way.is_ruled:
        _rule(out / PLATFORM)


def _rule(platform: Path) -> None:
    """Let the organization's file say how its application repository is written to."""
    document = platform / "organization.yaml"
    begin = "    application:\n"
    text = document.read_text()
    assert text.count(begin) == 1
    document.write_text(text.replace(begin, f"{begin}      protected: true\n      commits: api\n"))
    git(platform, "commit", "--quiet", "--all", "--message", "How it is written to")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def pushed(repository: Repository, branch: str, text: str, at: float | None = None) -> str:
    """Push a commit to a branch of a repository on GitHub, and return it."""
    assert repository.path is not None
    return git_store.commit(repository.path, branch, {"file.txt": f"{text}\n"}, text, at)
