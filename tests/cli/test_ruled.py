"""The command line on a protected repository, in the name of an App whose commits are signed; each a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.workspace.on_github import BRANCHES, SLUGS, app_in, branches, moved_to

__all__ = ["github"]

SET = ("set-version", "podinfo", "6.7.1", "--env", "staging")
SUBJECT = "podinfo 6.7.0 → 6.7.1 in staging"


@pytest.fixture
def app(github: GitHubDouble, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who has the key of a GitHub App, and no token."""
    github.organization("acme"), github.organization("acme-apps")
    credentials = app_in(github)
    key = tmp_path / "key.pem"
    key.write_text(credentials.private_key)
    return {
        "GITOPSMITH_GITHUB_URL": github.url,
        "GITOPSMITH_APP_ID": credentials.id,
        "GITOPSMITH_APP_PRIVATE_KEY_FILE": str(key),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


def path_of(double: GitHubDouble) -> Path:
    found = double.state.repository(SLUGS[1])
    assert found
    assert found.path
    return found.path


def test_a_version_goes_through_a_request_and_is_signed(
    github: GitHubDouble, app: dict[str, str], out: Path, git: Any, process: Run
) -> None:
    here = moved_to(out, git, github.web)
    document = here / SLUGS[0] / "organization.yaml"
    document.write_text(document.read_text().replace("    application:\n", "    application:\n      commits: api\n"))
    git(document.parent, "commit", "--quiet", "--all", "--message", "Sign commits")
    connected = process(here, "connect", "acme", "--protect", env=app)
    assert connected.code == 0, connected.err
    git_store.demand_signatures(path_of(github))
    shown = process(here, *SET, "--push", "--dry-run", env=app)
    assert (shown.code, '+    newTag: "6.7.1"' in shown.out) == (0, True), shown.err
    before = branches(github, SLUGS[1])
    done = process(here, *SET, "--push", env=app)
    assert done.code == 0, done.err
    assert f"{SUBJECT}, pushed" in done.err
    assert branches(github, SLUGS[1])["main"] != before["main"]
    path = path_of(github)
    assert git_store.run(path, "log", "-1", "--format=%s", "main^2") == SUBJECT
    assert "\ngpgsig " in git_store.run(path, "cat-file", "commit", "main^2")
    assert sorted(branches(github, SLUGS[1])) == BRANCHES
    url = f"{github.web}/{SLUGS[1]}.git"
    assert "Nothing to change." in process(here, *SET, "--remote", url, env=app).err


def test_what_waits_is_named_and_merged_by_the_next_command(
    github: GitHubDouble, app: dict[str, str], out: Path, git: Any, process: Run
) -> None:
    here = moved_to(out, git, github.web)
    assert process(here, "connect", "acme", "--protect", env=app).code == 0
    found = github.state.repository(SLUGS[1])
    assert found
    found.protections["main"]["required_pull_request_reviews"] = {"required_approving_review_count": 1}
    waiting = process(here, *SET, "--push", env=app)
    assert waiting.code == 1
    assert f"waits for {github.web}/{SLUGS[1]}/pull/1." in waiting.err
    assert "approving review" in waiting.err
    found.pull_requests[0].approvals = 1
    assert process(here, *SET, "--push", env=app).code == 0
    assert git_store.run(path_of(github), "log", "-1", "--format=%s", "main^2") == SUBJECT


def test_without_credentials_it_is_told(
    github: GitHubDouble, app: dict[str, str], out: Path, git: Any, run: Run
) -> None:
    here = moved_to(out, git, github.web)
    document = here / SLUGS[0] / "organization.yaml"
    document.write_text(document.read_text().replace("    application:\n", "    application:\n      protected: true\n"))
    git(document.parent, "commit", "--quiet", "--all", "--message", "Protect")
    ran = run(here, *SET, "--push")
    assert ran.code == 1
    assert f"organization.yaml says `protected: true` of {SLUGS[1]}" in ran.err
    assert "There are no credentials for GitHub." in ran.err
