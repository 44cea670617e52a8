"""Protecting the deployed branches: what stands in the way is found before anything says that they are protected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import UserError
from generator.hub.credentials import Token
from generator.workspace.bootstrap import propose_organization
from generator.workspace.workspace import find_workspace
from tests.github_double import git_store
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.fixtures import github
from tests.github_double.model import Repository
from tests.workspace.conftest import Commit, Git
from tests.workspace.connected import Run, here, run
from tests.workspace.on_github import SLUGS, app_in, branches, moved_to, writes

__all__ = ["github", "here", "run"]

DEMANDING: dict[str, Any] = {
    "enforce_admins": True,
    "required_pull_request_reviews": {"required_approving_review_count": 1},
}
"""Protection by which a branch changes by pull requests alone."""
CHECKS: dict[str, Any] = {"enforce_admins": True, "required_status_checks": {"strict": False, "contexts": ["test"]}}
"""Protection of another sort."""


def on_github(double: GitHubDouble, slug: str) -> Repository:
    found = double.state.repository(slug)
    assert found
    return found


def test_protection_is_asked_for_once_and_never_changed(github: GitHubDouble, here: Path, run: Run) -> None:
    told = run(here, protect=True)
    assert f"{SLUGS[0]}: main is protected; it changes by pull requests alone." in told
    found = github.state.repository(SLUGS[0])
    assert found
    found.protections["main"]["enforce_admins"] = False
    assert run(here, protect=True) == []
    assert run(here) == []
    assert found.protections["main"]["enforce_admins"] is False


def rules(here: Path) -> list[bool]:
    repositories = find_workspace(here).organization.spec.repositories
    return [repositories.platform.protected, repositories.application.protected]


def test_protection_is_recorded_where_everybody_reads_it(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    platform = here / SLUGS[0]
    before = (platform / "organization.yaml").read_bytes()
    told = run(here, protect=True)
    assert f"{platform}: Write through pull requests: the deployed branches are protected." in told
    assert rules(here) == [True, True]
    lines = git(platform, "diff", "--unified=0", "main~1", "main", "--", "organization.yaml").splitlines()
    assert [line for line in lines if line[:1] in "+-" and line[:2] not in ("++", "--")] == [
        "+      protected: true"
    ] * 2
    after = (platform / "organization.yaml").read_bytes()
    assert after.replace(b"      protected: true\n", b"") == before
    assert branches(github, SLUGS[0])["main"] == git(platform, "rev-parse", "main")
    assert git(platform, "status", "--porcelain") == ""


def test_without_protection_nothing_is_recorded(here: Path, run: Run, git: Git) -> None:
    before = git(here / SLUGS[0], "rev-parse", "main")
    run(here)
    assert (rules(here), git(here / SLUGS[0], "rev-parse", "main")) == ([False, False], before)


def test_a_repository_that_says_otherwise_is_put_right_in_place(here: Path, run: Run, git: Git) -> None:
    document = here / SLUGS[0] / "organization.yaml"
    text = document.read_text().replace("    application:\n", "    application:\n      protected: false  # for now\n")
    document.write_text(text)
    git(document.parent, "commit", "--quiet", "--all", "--message", "Say it")
    run(here, protect=True)
    assert "      protected: true  # for now\n" in document.read_text()


def test_one_repository_for_both_is_recorded_for_both(
    github: GitHubDouble, tmp_path: Path, commit: Commit, run: Run, git: Git
) -> None:
    github.organization("acme")
    commit(propose_organization(tmp_path / "single", {"org": "acme", "topology": "single"}))
    here = moved_to(tmp_path / "single", git, github.web, SLUGS[:1])
    run(here, protect=True)
    assert rules(here) == [True, True]
    assert run(here, protect=True) == []


def test_what_is_newer_there_comes_first(github: GitHubDouble, here: Path, run: Run) -> None:
    run(here)
    found = github.state.repository(SLUGS[0])
    assert found
    assert found.path
    git_store.commit(found.path, "main", {"a.txt": "a"}, "By the sync")
    before = writes(github)
    with pytest.raises(UserError, match=r"main has newer commits there, and organization\.yaml") as caught:
        run(here, protect=True)
    assert "git pull" in caught.value.hint
    assert writes(github) == before


def test_a_record_that_cannot_be_pushed_is_told_how(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    run(here)
    found = github.state.repository(SLUGS[0])
    assert found
    assert found.path
    found.protections["main"] = DEMANDING
    git_store.protect(found.path, ["main"])
    for _ in range(2):
        with pytest.raises(UserError, match="GH006") as caught:
            run(here, protect=True)
        assert "git push" in caught.value.hint
        assert "merge that by a pull request" in caught.value.hint
    git(here / SLUGS[0], "push", "--quiet", str(found.path), "main:record")
    git_store.merge(found.path, "main", git_store.branches(found.path)["record"], "Record", "merge")
    told = run(here, protect=True)
    assert f"{SLUGS[0]}: main has newer commits there; `git pull` brings them." in told
    assert rules(here) == [True, True]


def test_an_app_that_may_not_open_requests_protects_nothing(github: GitHubDouble, here: Path, run: Run) -> None:
    granted = {name: level for name, level in PERMISSIONS.items() if name != "pull_requests"}
    credentials = app_in(github, granted)
    with pytest.raises(UserError, match="lacks the permission pull_requests: write"):
        run(here, credentials, protect=True)
    assert writes(github) == []
    run(here, credentials)


# ---- What cannot be protected -------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_app", [False, True])
@pytest.mark.parametrize("owner", ["acme", "acme-apps"])
def test_a_plan_that_cannot_protect_is_told_before_that_is_recorded(
    github: GitHubDouble, here: Path, run: Run, git: Git, as_app: bool, owner: str
) -> None:
    github.organization(owner).plan = "free"
    credentials = app_in(github) if as_app else Token(github.token())
    before = git(here / SLUGS[0], "rev-parse", "main")
    with pytest.raises(UserError, match=f"{owner}/acme-gitops: GitHub's plan of this account cannot") as caught:
        run(here, credentials, protect=True)
    assert "without --protect" in caught.value.hint
    assert (rules(here), git(here / SLUGS[0], "rev-parse", "main")) == ([False, False], before)
    for slug in SLUGS:
        assert branches(github, slug)["main"] == git(here / slug, "rev-parse", "main")
        assert git(here / slug, "config", "remote.origin.url") == f"{github.web}/{slug}.git"
        assert on_github(github, slug).protections == {}
    assert run(here, credentials) == [], "without --protect all was done already"


def test_where_the_branch_is_there_that_is_told_before_the_first_write(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    run(here)
    for owner in ("acme", "acme-apps"):
        github.organization(owner).plan = "free"
    before = writes(github)
    with pytest.raises(UserError, match="nothing was changed") as caught:
        run(here, protect=True)
    assert str(caught.value).count("cannot protect branches of private repositories") == 2
    assert writes(github) == before
    github.organization("acme").plan = github.organization("acme-apps").plan = "team"
    github.fault(Answer(404, "Not Found"), "GET .*/protection", times=None)
    with pytest.raises(UserError, match="Only administrators"):
        run(here, protect=True)
    assert writes(github) == before


# ---- Rules that are there already ---------------------------------------------------------------------------------


def test_rules_that_let_a_branch_be_pushed_to_do_not_stand_for_protection(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    run(here)
    for slug in SLUGS:
        on_github(github, slug).rules["main"] = [{"type": "non_fast_forward"}]
    told = run(here, protect=True)
    assert f"{SLUGS[1]}: main is protected; it changes by pull requests alone." in told
    assert on_github(github, SLUGS[1]).protections["main"]["required_pull_request_reviews"]
    assert run(here, protect=True) == []


def test_a_ruleset_that_demands_pull_requests_is_enough(github: GitHubDouble, here: Path, run: Run) -> None:
    run(here)
    before = rules(here)
    for slug in SLUGS:
        on_github(github, slug).rules["main"] = [{"type": "deletion"}, pull_request_rule()]
    run(here, protect=True)
    assert (before, rules(here)) == ([False, False], [True, True])
    assert [on_github(github, slug).protections for slug in SLUGS] == [{}, {}]


def test_protection_that_lets_a_branch_be_pushed_to_is_left_as_it_is_and_told(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    run(here)
    on_github(github, SLUGS[1]).protections["main"] = CHECKS
    before = writes(github)
    with pytest.raises(UserError, match="a rule that lets it be pushed to; the rule is left as it is") as caught:
        run(here, protect=True)
    assert "require a pull request before merging" in caught.value.hint
    assert (writes(github), rules(here)) == (before, [False, False])


def pull_request_rule() -> dict[str, Any]:
    """Return the rule of a ruleset by which a branch changes by pull requests alone."""
    wanted = {
        "dismiss_stale_reviews_on_push": False,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_approving_review_count": 0,
        "required_review_thread_resolution": False,
    }
    return {"type": "pull_request", "parameters": wanted}
