"""`doctor` in each state: what is missing is told, with what to do, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from generator.hub.conduct import Conduct, Patience
from generator.hub.permissions import EVENTS
from generator.workspace.connection_check import Doctor
from generator.workspace.doctor_lines import Line
from generator.workspace.workspace import find_workspace
from tests.github_double import git_store
from tests.github_double.double import EVENTS as TOLD
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer, Unheard
from tests.github_double.fixtures import enterprise, github
from tests.workspace.conftest import Git
from tests.workspace.on_github import BRANCHES, SLUGS, app_in, moved_to, writes

__all__ = ["enterprise", "github"]

CONDUCT = Conduct(Patience(timeout=10, attempts=2), sleep=lambda _seconds: None, luck=lambda: 0.0)
Look = Callable[..., dict[str, Line]]


@pytest.fixture
def here(out: Path, git: Git, github: GitHubDouble) -> Path:
    """Return a workspace whose repositories are on the double."""
    github.organization("acme"), github.organization("acme-apps")
    here = moved_to(out, git, github.web)
    for slug in SLUGS:
        found = github.repository(slug)
        found.path = github._git.create(slug)
        git(here / slug, "push", "--quiet", str(found.path), *BRANCHES)
    return here


@pytest.fixture
def look(github: GitHubDouble, here: Path) -> Look:
    """Look with some credentials, and return what was found, by what was looked at."""

    def run(
        environment: Mapping[str, str], conduct: Conduct = CONDUCT, followed: Sequence[str] = ()
    ) -> dict[str, Line]:
        lines = list(Doctor(environment, github.url, find_workspace(here), conduct, followed).lines())
        assert writes(github) == []
        assert all(line.found for line in lines)
        assert all(bool(line.hint) != line.ok for line in lines), lines
        return {line.check: line for line in lines}

    return run


def missing(found: Mapping[str, Line]) -> list[str]:
    return [check for check, line in found.items() if not line.ok]


def token(double: GitHubDouble, *scopes: str) -> dict[str, str]:
    return {"GITHUB_AUTH_TOKEN": double.token(scopes=scopes or ("repo", "workflow", "admin:repo_hook"))}


def app(double: GitHubDouble, tmp_path: Path, permissions: dict[str, str] = PERMISSIONS) -> dict[str, str]:
    made = app_in(double, permissions)
    key = tmp_path / "key.pem"
    key.write_text(made.private_key)
    return {"GITOPSMITH_APP_ID": made.id, "GITOPSMITH_APP_PRIVATE_KEY_FILE": str(key)}


def test_nothing_is_missing_for_a_classic_token(github: GitHubDouble, look: Look) -> None:
    found = look(token(github))
    assert missing(found) == []
    assert found["login"].found == "The user octocat."
    assert found["account acme-apps"].found == "An organization, `acme-apps`."
    assert found["repository acme/acme-gitops"].found == "It is there, private."


def test_nothing_is_missing_for_an_app(github: GitHubDouble, look: Look, tmp_path: Path) -> None:
    found = look(app(github, tmp_path))
    assert missing(found) == []
    assert found["login"].found == "The GitHub App gitopsmith."
    assert found["installation in acme"].found == "All that is needed."


def test_an_enterprise_server_is_looked_at_below_its_path(enterprise: GitHubDouble, out: Path, git: Git) -> None:
    enterprise.organization("acme"), enterprise.organization("acme-apps")
    workspace = find_workspace(moved_to(out, git, enterprise.web))
    found = {line.check: line for line in Doctor(token(enterprise), enterprise.url, workspace, CONDUCT).lines()}
    assert missing(found) == [f"repository {slug}" for slug in SLUGS]
    assert "`gitopsmith connect` creates it" in found[f"repository {SLUGS[0]}"].hint


def test_without_a_workspace_the_machine_and_the_credentials_are_looked_at(github: GitHubDouble) -> None:
    found = [line.check for line in Doctor(token(github), github.url, None, CONDUCT).lines()]
    assert found == ["git", "git identity", "GitHub", "clock", "credentials", "login", "scopes"]


def test_missing_scopes_are_named(github: GitHubDouble, look: Look) -> None:
    found = look(token(github, "repo"))
    assert missing(found) == ["scopes"]
    assert "workflow (" in found["scopes"].found
    assert "admin:repo_hook (" not in found["scopes"].found
    assert "admin:repo_hook (" in look(token(github, "workflow"))["scopes"].found
    assert missing(look(token(github, "repo", "workflow"))) == []


def test_permissions_that_an_app_does_not_ask_for_or_was_not_granted_are_named(
    github: GitHubDouble, look: Look, tmp_path: Path
) -> None:
    credentials = app(github, tmp_path, {**PERMISSIONS, "contents": "read"})
    found = look(credentials)
    assert missing(found) == ["installation in acme", "installation in acme-apps"]
    assert "contents: write (" in found["installation in acme"].found
    assert found["installation in acme"].hint.startswith("Accept them: http")
    made = github.state.apps[int(credentials["GITOPSMITH_APP_ID"])]
    made.permissions = {name: level for name, level in PERMISSIONS.items() if name != "deployments"}
    made.events = tuple(event for event in TOLD if event != "release")
    found = look(credentials)
    assert "deployments: write (" in found["the App's permissions"].found
    assert found["the App's events"].found == "Not told of: release."


def test_administration_may_be_missing(github: GitHubDouble, look: Look, tmp_path: Path) -> None:
    granted = {name: level for name, level in PERMISSIONS.items() if name != "administration"}
    found = look(app(github, tmp_path, granted))
    assert missing(found) == []
    assert found["installation in acme"].found.startswith("All but administration: write (")


def test_an_app_without_a_webhook_needs_no_events(github: GitHubDouble, look: Look, tmp_path: Path) -> None:
    credentials = app(github, tmp_path)
    github.state.apps[int(credentials["GITOPSMITH_APP_ID"])].events = ()
    assert missing(look(credentials)) == []
    assert {event.name for event in EVENTS} <= set(TOLD)


def test_a_fine_grained_token_is_tried_by_reading(github: GitHubDouble, look: Look) -> None:
    granted = {"metadata": "read", "contents": "write", "pull_requests": "write", "repository_hooks": "write"}
    found = look({"GITHUB_AUTH_TOKEN": github.fine_grained_token({**granted, "deployments": "write"})})
    assert missing(found) == []
    assert "the first write tells" in found["permissions on acme/acme-gitops"].found
    found = look({"GITHUB_AUTH_TOKEN": github.fine_grained_token(granted)})
    assert missing(found) == [f"permissions on {slug}" for slug in SLUGS]
    assert "deployments: write (" in found["permissions on acme/acme-gitops"].found


def test_an_installation_that_is_missing_or_suspended_is_told(github: GitHubDouble, look: Look, tmp_path: Path) -> None:
    credentials = app(github, tmp_path)
    first, second = github.state.installations.values()
    first.suspended_at = github.state.now()
    del github.state.installations[second.id]
    found = look(credentials)
    assert "suspended" in found["account acme"].found
    assert "not installed in `acme-apps`" in found["account acme-apps"].found


def test_no_credentials_and_wrong_ones_are_told(github: GitHubDouble, look: Look, tmp_path: Path) -> None:
    found = look({})
    assert missing(found) == ["credentials"]
    assert "--create-app" in found["credentials"].hint
    assert missing(look({"GITHUB_AUTH_TOKEN": "ghp_wrong"})) == ["login"]
    found = look({"GITOPSMITH_APP_ID": "1"})
    assert found["credentials"].found == "GITOPSMITH_APP_PRIVATE_KEY_FILE is not set."


def test_a_github_that_is_away_ends_the_look(github: GitHubDouble, look: Look) -> None:
    github.fault(Unheard(), times=None)
    found = look(token(github))
    assert missing(found) == ["GitHub"]
    assert list(found) == ["git", "git identity", "GitHub", "credentials"]


def test_a_server_that_tells_nobody_is_reached_too(github: GitHubDouble, look: Look) -> None:
    github.fault(Answer(401, "Must authenticate"), "rate_limit", times=None)
    found = look(token(github))
    assert missing(found) == []
    assert "clock" not in found


@pytest.mark.parametrize(("wrong", "told"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_clock_that_is_wrong_is_told(github: GitHubDouble, look: Look, wrong: float, told: str) -> None:
    found = look(token(github), replace(CONDUCT, clock=lambda: github.state.clock() + wrong))
    assert missing(found) == ["clock"]
    assert told in found["clock"].found


def test_another_github_than_the_workspaces_is_told(github: GitHubDouble, here: Path, git: Git, look: Look) -> None:
    moved = (here / SLUGS[0] / "organization.yaml").read_text().replace(github.web, "https://github.acme.example")
    (here / SLUGS[0] / "organization.yaml").write_text(moved)
    git(here / SLUGS[0], "commit", "--quiet", "--all", "--message", "Move")
    assert missing(look(token(github))) == ["address"]


def test_repositories_that_are_not_there_or_archived_are_told(github: GitHubDouble, look: Look) -> None:
    first, second = github.state.repositories.values()
    first.archived = True
    del github.state.repositories[second.id]
    found = look(token(github))
    assert "archived" in found[f"repository {SLUGS[0]}"].found
    assert "not there" in found[f"repository {SLUGS[1]}"].found


# ---- What `connect` would refuse ------------------------------------------------------------------------------


def test_a_repository_that_connect_would_refuse_is_told(github: GitHubDouble, look: Look, here: Path, git: Git) -> None:
    first, second = (github.state.repository(slug) for slug in SLUGS)
    assert first
    assert first.path
    assert second
    git_store.commit(first.path, "main", {"a.txt": "a"}, "There")
    git(here / SLUGS[0], "commit", "--quiet", "--allow-empty", "--message", "Here")
    second.path, second.private = github._git.create("acme-apps/empty"), False
    found = look(token(github))
    assert missing(found) == [f"repository {slug}" for slug in SLUGS]
    assert "main has commits there that are not here" in found[f"repository {SLUGS[0]}"].found
    assert "is public" in found[f"repository {SLUGS[1]}"].found
    git_store.commit(second.path, "main", {"README.md": "# Mine"}, "First")
    assert "holds something else already" in look(token(github))[f"repository {SLUGS[1]}"].found


def test_what_is_still_to_be_pushed_is_no_fault(github: GitHubDouble, look: Look, here: Path, git: Git) -> None:
    git(here / SLUGS[0], "commit", "--quiet", "--allow-empty", "--message", "Here")
    assert missing(look(token(github))) == []


# ---- The repositories of apps ---------------------------------------------------------------------------------


def test_the_repositories_of_apps_are_looked_at_and_their_owners(github: GitHubDouble, look: Look) -> None:
    github.organization("other")
    github.repository("acme/podinfo"), github.repository("other/frontend")
    found = look(token(github), followed=["acme/podinfo", "other/frontend"])
    assert missing(found) == []
    assert found["apps' repositories"].found == "2 of apps are seen."
    assert found["account other"].found == "An organization, `other`."
    found = look(token(github), followed=["acme/podinfo", "acme/misspelt", "nobody/podinfo"])
    assert missing(found) == ["account nobody", "app's repository acme/misspelt"]
    assert found["apps' repositories"].found == "One of an app is seen."
    assert "spec.repo" in found["app's repository acme/misspelt"].hint


def test_an_app_is_installed_for_the_owners_of_apps_repositories_too(
    github: GitHubDouble, look: Look, tmp_path: Path
) -> None:
    github.organization("other")
    github.repository("acme/podinfo"), github.repository("other/frontend")
    credentials = app(github, tmp_path)
    found = look(credentials, followed=["acme/podinfo", "other/frontend"])
    assert missing(found) == ["account other"]
    assert "not installed in `other`" in found["account other"].found
    assert found["apps' repositories"].found == "One of an app is seen."
    made = github.state.apps[int(credentials["GITOPSMITH_APP_ID"])]
    made.public = True
    github.install(made, "other", {**PERMISSIONS, "repository_hooks": "read"})
    found = look(credentials, followed=["acme/podinfo", "other/frontend"])
    assert missing(found) == ["installation in other"]
    assert "repository_hooks: write (" in found["installation in other"].found


def test_a_fine_grained_token_is_tried_on_the_repositories_of_apps(github: GitHubDouble, look: Look) -> None:
    github.repository("acme/podinfo")
    granted = {"metadata": "read", "contents": "write", "pull_requests": "write", "deployments": "write"}
    found = look({"GITHUB_AUTH_TOKEN": github.fine_grained_token(granted)}, followed=["acme/podinfo"])
    assert "repository_hooks: write (" in found["app's repository acme/podinfo"].found


def test_git_without_an_identity_is_told(
    github: GitHubDouble, look: Look, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    found = look(token(github))
    assert missing(found) == ["git identity"]
    assert "git config --global user.name" in found["git identity"].hint


# ---- How it writes --------------------------------------------------------------------------------------------


def ruled(here: Path, git: Git, *lines: str) -> None:
    """Let organization.yaml have rules for the application repository."""
    document = here / SLUGS[0] / "organization.yaml"
    text = document.read_text()
    added = "".join(f"      {line}\n" for line in lines)
    document.write_text(text.replace("    application:\n", f"    application:\n{added}"))
    git(document.parent, "commit", "--quiet", "--all", "--message", "Rules")


def test_it_is_told_how_writes_go(github: GitHubDouble, look: Look, here: Path, git: Git) -> None:
    check = f"writes to {SLUGS[1]}"
    assert look(token(github))[check].found == "main is pushed to."
    found = github.state.repository(SLUGS[1])
    assert found
    found.rules["main"] = [{"type": "non_fast_forward"}]
    assert look(token(github))[check].found == "main is pushed to."
    found.protections["main"] = {
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 0},
    }
    assert "gitopsmith connect ORG --protect" in look(token(github))[check].found
    ruled(here, git, "protected: true")
    assert look(token(github))[check].found == "main is protected: each write goes through a pull request."


def test_commits_by_the_api_need_an_app_and_nobody_named(
    github: GitHubDouble, look: Look, here: Path, git: Git, tmp_path: Path
) -> None:
    ruled(here, git, "commits: api")
    check = f"commits to {SLUGS[1]}"
    assert missing(look(token(github))) == [check]
    environment = app(github, tmp_path)
    assert missing(look(environment)) == []
    named = look({**environment, "GITOPSMITH_AUTHOR": "Ada <ada@example.com>"})
    assert "GITOPSMITH_AUTHOR cannot be kept" in named[check].found
