"""The whole product against a GitHub: connect, an app, a release, a promotion by request, a preview, disconnect.

The real command line and the real server, each in a process of its own; git goes over HTTP, webhooks come from GitHub.
"""

from __future__ import annotations

import json
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
from tests.journey.organization import APPS, PLATFORM, PROMOTION, PROPOSED, SOURCE, bootstrap, git, pushed
from tests.sync.served import Server, eventually, serving
from tests.test_examples import free_port

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

    @property
    def applications(self) -> Repository:
        """The application repository on GitHub."""
        found = self.github.state.repository(APPS)
        assert found is not None
        return found

    @property
    def path(self) -> Path:
        """Where GitHub keeps it."""
        path = self.applications.path
        assert path is not None
        return path

    def subjects(self, branch: str = "main") -> list[str]:
        """Return the subjects of a branch of the application repository on GitHub, the newest first."""
        return git(self.path, "log", "--format=%s", branch).splitlines()

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


@pytest.fixture
def journey(github: GitHubDouble, tmp_path: Path) -> Journey:
    github.organization("acme"), github.organization("acme-apps")
    source = github.repository(SOURCE, git=True)
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
    bootstrap(journey.run, journey.folder, journey.github.web)
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
    assert source.hooks[0].config["url"] == f"http://127.0.0.1:{server.port}/payload/{SOURCE}"

    # A release reaches staging, and GitHub shows it deployed.
    commit = pushed(source, "main", "6.7.1")
    with github.api.lock:
        github.by("ada").create_release(source, "v6.7.1", target=commit)
    journey.committed("podinfo 6.7.0 → 6.7.1 in staging")
    eventually(lambda: journey.states("deploy", "staging") == ["success"], "staging is deployed")

    # A person promotes it by pull request, and merges that.
    assert PROPOSED in journey.run(*PROMOTION)
    journey.committed("podinfo 6.7.0 → 6.7.1 in production", PROPOSED)
    (promotion,) = journey.applications.pull_requests
    assert (promotion.state, promotion.branch, promotion.base) == ("open", PROPOSED, "main")
    assert promotion.title == "podinfo 6.7.0 → 6.7.1 in production"
    journey.run(*PROMOTION, "--merge")
    assert promotion.merged_at is not None
    journey.committed(f"Merge pull request #{promotion.number} from {PROPOSED}")
    assert PROPOSED not in git_store.branches(journey.path)

    # A pull request has a preview, which follows it and goes with it.
    first = pushed(source, "feat/colour", "green")
    with github.api.lock:
        request = github.by("ada").open_pull_request(source, "feat/colour", title="Greet in colour", sha=first)
    name = f"podinfo-pr-{request.number}"
    journey.committed(f"Open preview {name} at {first[:7]}")
    task = f"preview-pr-{request.number}"
    eventually(lambda: journey.states(task, "preview") == ["success"], "the preview is deployed")
    eventually(lambda: len(source.comments) == 1, "the comment")
    # What was merged before has its deployment as well: of the commit that it was promoted with.
    eventually(lambda: journey.states("deploy", "production") == ["success"], "production is deployed")
    production = next(one for one in source.deployments if one.environment == "production")
    assert (production.sha, production.production) == (commit, True)
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

    # Asked how things are, the product says so.
    told = json.loads(journey.run("status", "-w", "out", "--format", "json"))["github"]
    assert (told["asked"], told["user"], told["problem"]) == (True, "octocat", "")
    assert {one["name"]: one["branch"] for one in told["repositories"]} == {PLATFORM: "same", APPS: "behind"}
    (hook,) = told["webhooks"]
    assert (hook["repository"], hook["webhook"], hook["url"]) == (SOURCE, "active", source.hooks[0].config["url"])
    assert hook["last_delivery"]["status"] == 202

    assert server.stop() == 0
    hooks = ["--public-url", f"http://127.0.0.1:{server.port}", "--webhook-secrets", "secrets.yaml"]
    journey.run("disconnect", "acme", "-w", "out", "--yes", *hooks)
    assert source.hooks == []
    assert journey.run("disconnect", "acme", "-w", "out", "--yes", *hooks).strip() == "Nothing is connected."
