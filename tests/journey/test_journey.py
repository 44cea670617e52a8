"""The whole product against a GitHub: connect, an app, a release, a promotion by request, a preview, disconnect.

The real command line and the real server, each in a process of its own; git goes over HTTP, webhooks come from GitHub.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.github_double.model import Repository
from tests.sync.served import Server, eventually, serving
from tests.test_examples import free_port
from tests.workspace.on_github import moved_to

__all__ = ["github"]


@dataclass
class Journey:
    """A user at work.

    Attributes:
        github: The GitHub.
        folder: Where the user is.
        source: The app's source repository.
        variables: The user's environment.
    """

    github: GitHubDouble
    folder: Path
    source: Repository
    variables: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run the command, and return what it says."""
        command = [str(Path(sys.executable).parent / "gitopsmith"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **self.variables}, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def subjects(self, branch: str = "main") -> list[str]:
        """Return the subjects of a branch of the application repository on GitHub, the newest first."""
        return git(self._path(), "log", "--format=%s", branch).splitlines()

    def committed(self, subject: str, branch: str = "main") -> None:
        """Wait until the newest commit says this."""
        eventually(lambda: self.subjects(branch)[:1] == [subject], f"the commit {subject!r}")

    def states(self, task: str, environment: str) -> list[str]:
        """Return the last state of every deployment of a task that something was said of, the oldest first."""
        with self.github.api.lock:
            return [
                deployment.statuses[-1].state
                for deployment in self.source.deployments
                if (deployment.task, deployment.environment) == (task, environment) and deployment.statuses
            ]

    def _path(self) -> Path:
        found = self.github.state.repository("acme-apps/acme-gitops")
        assert found is not None
        assert found.path is not None
        return found.path


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def pushed(repository: Repository, branch: str, text: str) -> str:
    """Push a commit to a branch of a repository on GitHub, and return it."""
    assert repository.path is not None
    return git_store.commit(repository.path, branch, {"file.txt": f"{text}\n"}, text)


@pytest.fixture
def journey(github: GitHubDouble, tmp_path: Path) -> Journey:
    github.organization("acme"), github.organization("acme-apps")
    source = github.repository("acme/podinfo", git=True)
    token = github.token()
    variables = {
        "GITOPSMITH_TOKEN": token,
        "GITOPSMITH_GITHUB_URL": github.url,
        "GITOPSMITH_AUTHOR": "Ada <ada@example.com>",
        "GITOPSMITH_COMMITTER": "Gitopsmith <bot@example.com>",
    }
    return Journey(github, tmp_path, source, variables)


@pytest.fixture
def server(journey: Journey) -> Iterator[Server]:
    """The server of a user who made an organization and connected it."""
    journey.run("init", "acme", "--app-org", "acme-apps", "--output", "out", "--defaults")
    journey.run(
        "cluster", "add", "prod-eu", "-w", "out", "--type", "physical", "--cloud", "aws", "--region", "eu-west-1"
    )
    for environment in ("staging", "production", "preview"):
        journey.run("env", "add", environment, "-w", "out", "--cluster", "prod-eu")
    app = ["podinfo", "--repo", "acme/podinfo", "--image", "ghcr.io/acme/podinfo", "--version", "6.7.0"]
    journey.run("app", "add", *app, "-w", "out", "--env", "staging", "--env", "production", "-d", "container_port=9898")
    document = journey.folder / "out/acme-apps/acme-gitops/apps/podinfo.yaml"
    text = document.read_text()
    text = text.replace("    - environment: production\n", "")
    document.write_text(
        text.replace("  template: service\n", "  template: service\n  preview:\n    waitForImage: false\n")
    )
    git(document.parent, "commit", "--quiet", "--all", "--message", "Rules")
    # What is rendered names an https address, as it must; the GitHub of this test is on loopback.
    moved_to(journey.folder / "out", git, journey.github.web)
    journey.run("connect", "acme", "--app-org", "acme-apps", "-w", "out")
    port = free_port()
    arguments = ["--workspace", str(journey.folder / "out"), "--push", "--public-url", f"http://127.0.0.1:{port}"]
    arguments += ["--webhook-secrets", str(journey.folder / "secrets.yaml"), "--evidence", "commit"]
    with serving(arguments, journey.folder / "serve.log", journey.variables, port=port) as server:
        yield server
    journey.github.courier.settle()


def test_from_connect_to_disconnect(journey: Journey, server: Server) -> None:
    github, source = journey.github, journey.source
    eventually(lambda: source.hooks, "the webhook of the source repository")
    assert source.hooks[0].config["url"] == f"http://127.0.0.1:{server.port}/payload/acme/podinfo"

    # A release reaches staging, and GitHub shows it deployed.
    commit = pushed(source, "main", "6.7.1")
    with github.api.lock:
        github.by("ada").create_release(source, "v6.7.1", target=commit)
    journey.committed("podinfo 6.7.0 → 6.7.1 in staging")
    eventually(lambda: journey.states("deploy", "staging") == ["success"], "staging is deployed")

    # A person promotes it by pull request.
    said = journey.run(
        "promote", "podinfo", "--from", "staging", "--to", "production", "-w", "out", "--push", "--pull-request"
    )
    assert "gitopsmith/podinfo/production" in said
    journey.committed("podinfo 6.7.0 → 6.7.1 in production", "gitopsmith/podinfo/production")

    # A pull request has a preview, which follows it and goes with it.
    first = pushed(source, "feat/colour", "green")
    with github.api.lock:
        request = github.by("ada").open_pull_request(source, "feat/colour", title="Greet in colour", sha=first)
    name = f"podinfo-pr-{request.number}"
    journey.committed(f"Open preview {name} at {first[:7]}")
    task = f"preview-pr-{request.number}"
    eventually(lambda: journey.states(task, "preview") == ["success"], "the preview is deployed")
    eventually(lambda: len(source.comments) == 1, "the comment")
    second = pushed(source, "feat/colour", "blue")
    with github.api.lock:
        github.by("ada").push_to(source, request, second)
    journey.committed(f"Update preview {name} to {second[:7]}")
    eventually(
        lambda: journey.states(task, "preview") == ["inactive", "success"],
        "the older deployment is inactive",
    )
    with github.api.lock:
        github.by("ada").close(source, request)
    journey.committed(f"Close preview {name}")
    eventually(
        lambda: journey.states(task, "preview") == ["inactive", "inactive"],
        "no deployment is active",
    )
    assert len(source.comments) == 1

    assert server.stop() == 0
    hooks = ["--public-url", f"http://127.0.0.1:{server.port}", "--webhook-secrets", "secrets.yaml"]
    journey.run("disconnect", "acme", "-w", "out", "--yes", *hooks)
    assert source.hooks == []
    assert journey.run("disconnect", "acme", "-w", "out", "--yes", *hooks).strip() == "Nothing is connected."
