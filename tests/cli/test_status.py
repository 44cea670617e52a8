"""`gitopsmith status`: what GitHub has of the workspace, beside what it holds itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer, CutOff
from tests.github_double.fixtures import github
from tests.github_double.model import Hook, Repository
from tests.workspace.on_github import SLUGS, moved_to

__all__ = ["github"]

SOURCE = "acme/podinfo"


@pytest.fixture
def here(github: GitHubDouble, out: Path, git: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace whose repositories are not on GitHub yet, with a token for it in the environment."""
    github.organization("acme"), github.organization("acme-apps")
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", github.token("ada"))
    return moved_to(out, git, github.web)


@pytest.fixture
def source(github: GitHubDouble) -> Repository:
    """Return the app's repository, which has a webhook."""
    repository = github.repository(SOURCE)
    config = {"url": f"https://sync.example/payload/{SOURCE}", "content_type": "json", "secret": "x"}
    now = github.state.now()
    repository.hooks.append(Hook(7, repository, config, ("release",), True, now, now))
    return repository


def calls(github: GitHubDouble) -> int:
    """Return how many calls of the API there were."""
    return sum(bool(seen.operation) for seen in github.calls())


def asked(run: Run, here: Path, *options: str) -> dict[str, Any]:
    ran = run(here, "status", "--format", "json", *options)
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)["github"]
    return found


def test_without_credentials_one_line_says_so(run: Run, bootstrapped: Path) -> None:
    ran = run(bootstrapped, "status")
    assert ran.code == 0
    assert "GitHub was not asked: there are no credentials for it in the environment." in ran.err.splitlines()
    assert asked(run, bootstrapped)["asked"] is False


@pytest.mark.parametrize("options", [["--offline"], []])
def test_offline_or_not_connected_nothing_is_asked(
    github: GitHubDouble, here: Path, run: Run, options: list[str]
) -> None:
    ran = run(here, "status", *options)
    assert ran.code == 0
    assert github.calls() == []
    reason = "--offline is given" if options else f"no repository has its origin on {github.url}"
    assert f"GitHub was not asked: {reason}" in ran.err


def test_connected_it_shows_who_we_are_the_repositories_and_the_webhooks(
    github: GitHubDouble, here: Path, source: Repository, run: Run
) -> None:
    run(here, "connect", "acme")
    github.courier.ping(source.hooks[0])
    github.courier.settle()
    before = calls(github)
    ran = run(here, "status")
    assert ran.code == 0, ran.err
    assert f"Connected to {github.web} as the user ada." in ran.err
    rows = {line.split()[0]: line.split() for line in ran.out.splitlines() if line.strip()}
    assert (rows[SLUGS[0]][-1], rows[SLUGS[1]][-1]) == ("same", "same")
    last = source.hooks[0].deliveries[-1]
    assert rows[SOURCE][1:] == ["active", str(last.status_code), "at", last.delivered_at]
    assert calls(github) - before == 5, "who, each repository, the webhook, its last delivery"
    found = asked(run, here)
    assert (found["user"], found["app"], found["app_webhook"]) == ("ada", None, None)
    assert [one["url"] for one in found["repositories"]] == [f"{github.web}/{slug}" for slug in SLUGS]
    assert [one["private"] for one in found["repositories"]] == [True, True]
    assert found["webhooks"][0]["url"].startswith("https://sync.example/")
    assert not (here / ".gitopsmith").exists()


def test_an_app_is_shown_with_its_installations_and_its_own_webhook(
    github: GitHubDouble, here: Path, source: Repository, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(here, "connect", "acme")
    app = github.app("gitopsmith-acme", hook_url="https://sync.example/webhook")
    github.install(app, "acme")
    key = tmp_path / "key.pem"
    key.write_text(app.private_key)
    monkeypatch.setenv("GITOPSMITH_APP_ID", str(app.id))
    monkeypatch.setenv("GITOPSMITH_APP_PRIVATE_KEY_FILE", str(key))
    source.hooks.clear()
    ran = run(here, "status", "--public-url", "https://sync.example")
    assert f"Connected to {github.web} as the GitHub App gitopsmith-acme, installed in acme." in ran.err
    assert "The App's own webhook delivers to https://sync.example/webhook." in ran.err
    assert "acme-apps: The GitHub App is not installed in `acme-apps`" in ran.err
    found = asked(run, here, "--public-url", "https://sync.example")
    assert [one["webhook"] for one in found["webhooks"]] == ["app"]
    assert found["installations"][0] == {
        "account": "acme",
        "suspended": False,
        "all_repositories": True,
        "problem": "",
    }
    assert "our credentials may not see it" in found["repositories"][1]["problem"]
    assert asked(run, here, "--public-url", "https://other.example")["webhooks"][0]["webhook"] == "missing"


def test_how_branches_stand_to_each_other_is_shown(
    github: GitHubDouble, here: Path, run: Run, git: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    run(here, "connect", "acme")
    git(here / SLUGS[0], "commit", "--quiet", "--allow-empty", "--message", "Here")
    there = github.state.repository(SLUGS[1])
    assert there
    assert there.path
    there.private = False
    git_store.commit(there.path, "main", {"x": "y\n"}, "There")
    ran = run(here, "status")
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line.strip()}
    assert rows[SLUGS[0]].split()[-1] == "ahead"
    assert rows[SLUGS[1]].rstrip().endswith("behind, public")


def test_what_cannot_be_seen_of_one_repository_hides_no_other(
    github: GitHubDouble, here: Path, source: Repository, run: Run
) -> None:
    run(here, "connect", "acme")
    found = github.state.repository(SLUGS[0])
    assert found
    del github.state.repositories[found.id]
    github.fault(Answer(403, "Forbidden"), "hooks", times=None)
    ran = run(here, "status")
    assert ran.code == 0
    assert f"{SLUGS[0]}: GitHub has no repository {SLUGS[0]}" in ran.err
    assert f"{SOURCE}, webhook: GitHub, asked for" in ran.err
    rows = {line.split()[0]: line.split() for line in ran.out.splitlines() if line.strip()}
    assert (rows[SLUGS[0]][-1], rows[SLUGS[1]][-1], rows[SOURCE][1]) == ("unknown", "same", "unknown")


def test_where_github_is_away_the_rest_is_shown_and_it_is_not_tried_for_long(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    run(here, "connect", "acme")
    github.fault(CutOff(None), times=None)
    before = calls(github)
    ran = run(here, "status")
    assert ran.code == 0
    assert "GitHub: " in ran.err
    assert SLUGS[0] in ran.out
    assert calls(github) - before == 2


def test_a_wrong_token_is_told_and_the_rest_is_shown(
    github: GitHubDouble, here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(here, "connect", "acme")
    monkeypatch.setenv("GITHUB_AUTH_TOKEN", "ghp_wrong")
    ran = run(here, "status")
    assert (ran.code, "Bad credentials" in ran.err, SLUGS[0] in ran.out) == (0, True, True)
    assert "ghp_wrong" not in ran.err
