"""`gitopsmith serve` and the webhooks of a GitHub: who brings news, that it has one effect, and what is seen of it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.hub.permissions import EVENTS
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.workspace import find_workspace
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.github_double.model import App, Hook, Repository
from tests.sync.conftest import commit
from tests.sync.served import SECRET, Server, eventually, serving
from tests.test_examples import free_port

__all__ = ["github"]

SLUG = "acme/podinfo"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with `podinfo` in staging."""
    out = tmp_path / "out"
    commit(propose_organization(out, {"org": "acme", "app_org": "acme-apps"}))
    commit(
        add_cluster(find_workspace(out), "prod-eu", "physical", {"cloud": "aws", "region": "eu-west-1"}, force=False)
    )
    commit(add_environment(find_workspace(out), "staging", "prod-eu", before=None, force=False))
    app = NewApp(name="podinfo", repository=SLUG, image="ghcr.io/acme/podinfo", version="6.7.0", template="")
    commit(add_app(find_workspace(out), app, ["staging"], None, force=False))
    return out


@pytest.fixture
def app(github: GitHubDouble) -> App:
    """A GitHub App with a webhook that leads elsewhere."""
    made = github.app(hook_url="https://old.example/webhook")
    made.events = tuple(event.name for event in EVENTS)
    github.install(made, "acme")
    return made


@pytest.fixture
def source(github: GitHubDouble) -> Repository:
    return github.repository(SLUG, git=True)


@pytest.fixture
def server(github: GitHubDouble, app: App, source: Repository, workspace: Path, tmp_path: Path) -> Iterator[Server]:
    """A server that is to keep the App's webhook; the repository has one of ours from before."""
    port = free_port()
    config = {"url": f"http://127.0.0.1:{port}/payload/{SLUG}", "content_type": "json", "secret": SECRET.decode()}
    now = github.state.now()
    source.hooks.append(Hook(7, source, config, ("release", "pull_request"), True, now, now))
    key = tmp_path / "key.pem"
    key.write_text(app.private_key)
    environment = {
        "GITOPSMITH_APP_ID": str(app.id),
        "GITOPSMITH_APP_PRIVATE_KEY_FILE": str(key),
        "GITOPSMITH_GITHUB_URL": github.url,
        "GITOPSMITH_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GITOPSMITH_APP_WEBHOOK": "1",
        "GITOPSMITH_AUTHOR": "Ada <ada@example.com>",
        "GITOPSMITH_COMMITTER": "Gitopsmith <bot@example.com>",
    }
    arguments = ["--workspace", str(workspace), "--reconciliation-period", "10s", "--log-level", "debug"]
    with serving(arguments, tmp_path / "serve.log", environment, port=port) as server:
        yield server
    github.courier.settle()


def test_the_apps_webhook_takes_over_and_news_that_comes_twice_has_one_effect(
    github: GitHubDouble, app: App, source: Repository, server: Server, workspace: Path
) -> None:
    hook = app.hook
    assert hook
    ours = f"http://127.0.0.1:{server.port}/webhook"
    eventually(lambda: hook.config["url"] == ours, "the App's webhook is ours")
    assert hook.config["secret"] == SECRET.decode()
    set_by = int(time.time()) + 1
    eventually(lambda: time.time() > set_by, "a second later")

    assert source.path
    released = git_store.commit(source.path, "main", {"file.txt": "6.7.1\n"}, "6.7.1")
    with github.api.lock:
        github.by("ada").create_release(source, "v6.7.1", target=released)
    subjects = ["git", "-C", str(workspace / "acme-apps/acme-gitops"), "log", "--format=%s", "main"]

    def bumps() -> list[str]:
        said = subprocess.run(subjects, check=True, capture_output=True, text=True).stdout
        return [line for line in said.splitlines() if "6.7.1" in line]

    eventually(bumps, "the commit")
    github.courier.settle()
    assert {delivery.status_code for delivery in (*hook.deliveries, *source.hooks[0].deliveries)} == {202}
    eventually(lambda: not source.hooks, "the repository's own webhook goes")
    assert bumps() == ["podinfo 6.7.0 → 6.7.1 in staging"]

    webhooks = server.health()["webhooks"]
    assert (webhooks["kept"], webhooks["problems"], webhooks["held_back"]) == (1, [], [])
    assert server.health()["reports"]["failing"] == 0
    eventually(lambda: server.counted("reports_total", kind="deployment", result="told"), "GitHub was told")
    assert server.counted("webhooks_kept") == 1
    assert server.counted("webhook_changes_total", change="remove") == 1
    assert server.counted("webhook_problems") == 0
    log = server.log.read_text()
    assert SECRET.decode() not in log
    assert "ghs_" not in log
    assert "PRIVATE KEY" not in log
