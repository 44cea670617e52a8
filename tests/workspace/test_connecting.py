"""Connecting a workspace to GitHub: from nothing, again, onto what is there already, and stopped anywhere between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.hub.credentials import App, Token
from generator.workspace import connecting
from generator.workspace.bootstrap import propose_organization
from generator.workspace.workspace import find_workspace
from tests.github_double import git_store
from tests.github_double.double import PERMISSIONS, GitHubDouble
from tests.github_double.faults import CutOff, Fault, Meanwhile, Unheard
from tests.github_double.fixtures import enterprise, github
from tests.workspace.conftest import Commit, Git
from tests.workspace.connected import Run, here, run
from tests.workspace.on_github import BRANCHES, SLUGS, app_in, branches, moved_to, writes

__all__ = ["enterprise", "github", "here", "run"]


def end_state(double: GitHubDouble, here: Path, git: Git, *slugs: str) -> Any:
    """Return all that connecting decides; of commits, which have times, what is in them."""
    found: list[Any] = []
    for slug in slugs:
        repository = double.state.repository(slug)
        assert repository
        found.append((slug, repository.private, repository.description, repository.topics, repository.default_branch))
        assert repository.path
        trees = {
            name: git_store.run(repository.path, "rev-parse", f"{name}^{{tree}}") for name in branches(double, slug)
        }
        found.append((trees, git(here / slug, "config", "remote.origin.url").removeprefix(double.web)))
        heads = git(here / slug, "rev-parse", "refs/remotes/origin/main", "main@{upstream}", "main").split()
        assert set(heads) == {branches(double, slug)["main"]}
        found.append(repository.protections)
    return found


def test_two_private_repositories_come_from_nothing(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    told = run(here)
    assert [line for line in told if "created" in line] == [f"{slug}: created, private." for slug in SLUGS]
    for slug in SLUGS:
        repository = github.state.repository(slug)
        assert repository
        assert repository.private
        assert set(repository.topics) == {"gitops", "gitopsmith"}
        assert "of acme:" in (repository.description or "")
        assert sorted(branches(github, slug)) == BRANCHES
        assert branches(github, slug)["main"] == git(here / slug, "rev-parse", "main")
        assert git(here / slug, "config", "remote.origin.url") == f"{github.web}/{slug}.git"
        assert git(here / slug, "rev-parse", "main@{upstream}") == git(here / slug, "rev-parse", "main")


def test_a_second_run_changes_nothing(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    run(here, protect=True)
    before, state = writes(github), end_state(github, here, git, *SLUGS)
    assert run(here, protect=True) == []
    assert run(here, app_in(github), protect=True) == []
    assert writes(github) == before
    assert end_state(github, here, git, *SLUGS) == state


def test_no_secret_is_written_down(github: GitHubDouble, here: Path, run: Run) -> None:
    token = github.token()
    run(here, Token(token))
    for slug in SLUGS:
        files = [file for file in (here / slug / ".git").rglob("*") if file.is_file()]
        assert here / slug / ".git/config" in files
        assert [file for file in files if token.encode() in file.read_bytes()] == []


def test_an_app_connects_by_its_installations(github: GitHubDouble, here: Path, run: Run) -> None:
    run(here, app_in(github))
    assert sorted(branches(github, SLUGS[1])) == BRANCHES


def test_an_enterprise_server_has_its_api_below_a_path(enterprise: GitHubDouble, out: Path, git: Git, run: Run) -> None:
    enterprise.organization("acme"), enterprise.organization("acme-apps")
    run(moved_to(out, git, enterprise.web), double=enterprise)
    assert sorted(branches(enterprise, SLUGS[0])) == BRANCHES


def test_a_github_that_the_organization_does_not_name_is_refused(github: GitHubDouble, out: Path, run: Run) -> None:
    with pytest.raises(UserError, match=r"\(gitUrl, as committed\), and this GitHub is http://127"):
        run(out)
    assert github.calls() == []


def test_an_empty_repository_is_adopted_and_what_people_wrote_stays(github: GitHubDouble, here: Path, run: Run) -> None:
    with github.api.lock:
        found = github.repository(SLUGS[0])
        found.path = github._git.create(SLUGS[0])
        found.description, found.topics = "Ours", ("platform",)
    told = run(here)
    assert f"{SLUGS[0]}: created, private." not in told
    assert found.description == "Ours"
    assert list(found.topics) == ["platform", "gitops", "gitopsmith"]
    assert sorted(branches(github, SLUGS[0])) == BRANCHES


def test_our_own_history_is_adopted_and_goes_on(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    run(here)
    old = git(here / SLUGS[0], "rev-parse", "main")
    git(here / SLUGS[0], "commit", "--quiet", "--allow-empty", "--message", "More")
    git(here / SLUGS[0], "remote", "set-url", "origin", "https://elsewhere.example/other.git")
    told = run(here)
    assert f"{SLUGS[0]}: pushed main." in told
    assert branches(github, SLUGS[0])["main"] == git(here / SLUGS[0], "rev-parse", "main") != old
    assert git(here / SLUGS[0], "config", "remote.origin.url") == f"{github.web}/{SLUGS[0]}.git"


def test_what_others_committed_there_stays_and_is_told(github: GitHubDouble, here: Path, run: Run) -> None:
    run(here)
    found = github.state.repository(SLUGS[0])
    assert found
    assert found.path
    newer = git_store.commit(found.path, "main", {"a.txt": "a"}, "By the sync")
    assert run(here) == [f"{SLUGS[0]}: main has newer commits there; `git pull` brings them."]
    assert branches(github, SLUGS[0])["main"] == newer


def test_commits_on_both_sides_are_refused(github: GitHubDouble, here: Path, run: Run, git: Git) -> None:
    run(here)
    found = github.state.repository(SLUGS[0])
    assert found
    assert found.path
    newer = git_store.commit(found.path, "main", {"a.txt": "a"}, "By the sync")
    git(here / SLUGS[0], "commit", "--quiet", "--allow-empty", "--message", "Here")
    with pytest.raises(UserError, match="commits there that are not here") as caught:
        run(here)
    assert f" pull --no-rebase --no-edit {github.web}/{SLUGS[0]}.git main" in caught.value.hint
    assert branches(github, SLUGS[0])["main"] == newer


@pytest.mark.parametrize("branch", ["main", "develop"])
def test_a_name_that_exists_with_other_content_is_refused(
    github: GitHubDouble, here: Path, run: Run, branch: str
) -> None:
    found = github.repository(SLUGS[1])
    found.path = github._git.create(SLUGS[1], branch)
    theirs = git_store.commit(found.path, branch, {"README.md": "# Mine"}, "First")
    with pytest.raises(UserError, match="holds something else already") as caught:
        run(here)
    assert "application_repo" in caught.value.hint
    assert writes(github) == []
    assert github.state.repository(SLUGS[0]) is None, "nothing is created where the other cannot be"
    assert branches(github, SLUGS[1]) == {branch: theirs}


def test_a_public_an_archived_and_a_renamed_repository_are_refused(github: GitHubDouble, here: Path, run: Run) -> None:
    found = github.repository(SLUGS[0], private=False)
    found.path = github._git.create(SLUGS[0])
    with pytest.raises(UserError, match="is public"):
        run(here)
    found.private, found.archived = True, True
    with pytest.raises(UserError, match="archived"):
        run(here)
    found.archived, found.name = False, "renamed"
    github.state.moved[SLUGS[0]] = found
    with pytest.raises(UserError, match="was renamed: GitHub has it as acme/renamed"):
        run(here)
    assert writes(github) == []


def test_a_branch_of_another_name_becomes_the_default(github: GitHubDouble, here: Path, run: Run) -> None:
    found = github.repository(SLUGS[0])
    found.path = github._git.create(SLUGS[0])
    found.default_branch = "trunk"
    assert f"{SLUGS[0]}: set description and default branch." in run(here)
    assert found.default_branch == "main"


def test_what_github_makes_the_default_with_the_first_push_is_put_right(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    def choose() -> None:
        found = github.state.repository(SLUGS[0])
        assert found
        found.default_branch = "gitopsmith/pristine"

    github.fault(Meanwhile(choose), f"POST /{SLUGS[0]}.git/git-receive-pack")
    run(here)
    found = github.state.repository(SLUGS[0])
    assert found
    assert found.default_branch == "main"


def test_owners_in_upper_case_are_the_same_owners(github: GitHubDouble, out: Path, git: Git, run: Run) -> None:
    github.organization("ACME"), github.organization("acme-apps")
    told = run(moved_to(out, git, github.web))
    assert "GitHub writes `ACME` where organization.yaml has `acme`." in told
    assert run(out) == ["GitHub writes `ACME` where organization.yaml has `acme`."]


def test_a_user_owns_repositories_like_an_organization(github: GitHubDouble, out: Path, git: Git, run: Run) -> None:
    github.user("acme"), github.organization("acme-apps")
    here = moved_to(out, git, github.web)
    with pytest.raises(UserError, match=r"`acme` is a user.*token of `octocat` cannot create"):
        run(here)
    with pytest.raises(UserError, match=r"`acme` is a user.*a GitHub App cannot create"):
        run(here, app_in(github))
    assert writes(github) == []
    run(here, Token(github.token("acme")))
    assert sorted(branches(github, SLUGS[0])) == BRANCHES


def test_an_account_that_is_not_there_is_told(github: GitHubDouble, out: Path, git: Git, run: Run) -> None:
    github.organization("acme")
    here = moved_to(out, git, github.web)
    with pytest.raises(UserError, match="There is no account `acme-apps`"):
        run(here)
    app = github.app()
    github.install(app, "acme")
    with pytest.raises(UserError, match="not installed in `acme-apps`"):
        run(here, App(str(app.id), app.private_key))
    assert writes(github) == []


def test_a_suspended_installation_is_told(github: GitHubDouble, here: Path, run: Run) -> None:
    credentials = app_in(github)
    for installation in github.state.installations.values():
        installation.suspended_at = github.state.now()
    with pytest.raises(UserError, match="suspended") as caught:
        run(here, credentials)
    assert "unsuspend" in str(caught.value)
    assert writes(github) == []


@pytest.mark.parametrize("missing", ["contents", "workflows", "administration"])
def test_a_missing_permission_is_told_before_the_first_write(
    github: GitHubDouble, here: Path, run: Run, missing: str
) -> None:
    granted = {name: level for name, level in PERMISSIONS.items() if name != missing}
    with pytest.raises(UserError, match=f"lacks the permission {missing}: write"):
        run(here, app_in(github, granted))
    assert writes(github) == []


@pytest.mark.parametrize("missing", ["repo", "workflow"])
def test_a_missing_scope_is_told_before_the_first_write(
    github: GitHubDouble, here: Path, run: Run, missing: str
) -> None:
    token = github.token(scopes=tuple({"repo", "workflow"} - {missing}))
    with pytest.raises(UserError, match=f"lacks the scope {missing}"):
        run(here, Token(token))
    assert writes(github) == []


def test_a_fine_grained_token_that_may_not_push_workflows_is_told_by_the_push(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    granted = {name: level for name, level in PERMISSIONS.items() if name != "workflows"}
    with pytest.raises(UserError, match="refusing to allow") as caught:
        run(here, Token(github.fine_grained_token(granted)))
    assert "workflows: write" in caught.value.hint
    run(here, Token(github.fine_grained_token(PERMISSIONS)))
    assert sorted(branches(github, SLUGS[0])) == BRANCHES


def test_without_administration_empty_repositories_are_adopted_and_the_rest_is_told(
    github: GitHubDouble, here: Path, run: Run
) -> None:
    for slug in SLUGS:
        github.repository(slug).path = github._git.create(slug)
    granted = {name: level for name, level in PERMISSIONS.items() if name != "administration"}
    told = run(here, app_in(github, granted))
    assert sum("left to you: description" in line for line in told) == 2
    assert sorted(branches(github, SLUGS[0])) == BRANCHES


def test_a_repository_that_we_may_not_see_is_told(github: GitHubDouble, here: Path, run: Run) -> None:
    github.repository(SLUGS[0])
    credentials = app_in(github)
    for installation in github.state.installations.values():
        installation.repositories = []
    with pytest.raises(UserError, match="is there, but our credentials may not see it"):
        run(here, credentials)


def test_stopped_between_the_two_the_next_run_does_the_rest(
    github: GitHubDouble, here: Path, run: Run, git: Git
) -> None:
    github.fault(Unheard(), "POST /orgs/acme-apps", times=None)
    with pytest.raises(TemporaryError):
        run(here)
    assert sorted(branches(github, SLUGS[0])) == BRANCHES
    github.api.faults.clear()
    assert not [line for line in run(here) if line.startswith(SLUGS[0])]
    assert sorted(branches(github, SLUGS[1])) == BRANCHES


def test_stopped_at_any_request_the_next_run_ends_in_the_same_state(
    github: GitHubDouble, tmp_path: Path, commit: Commit, run: Run, git: Git
) -> None:
    """A sweep: at each request the connection ends, before it was heard or after it was done, and so do all others."""
    github.organization("acme")
    commit(propose_organization(tmp_path / "single", {"org": "acme", "topology": "single"}))
    here = moved_to(tmp_path / "single", git, github.web, SLUGS[:1])
    begun_with = git(here / SLUGS[0], "rev-parse", "main")
    run(here, protect=True)
    wanted, lines = end_state(github, here, git, SLUGS[0]), [seen.line for seen in github.api.seen]
    first = next(number for number, line in enumerate(lines) if line.startswith("POST /orgs"))
    begun: list[tuple[Fault, int]] = [(Unheard(), number) for number in range(len(lines))]
    # What is read is not done: cut off there is what unheard is.
    done: list[tuple[Fault, int]] = [(CutOff(None), number) for number, line in enumerate(lines) if line[:3] != "GET"]
    for fault, number in [*begun, *done]:
        forget_everything(github, here, git, SLUGS[0])
        git(here / SLUGS[0], "reset", "--quiet", "--hard", begun_with)
        github.fault(fault, skip=number)
        github.fault(Unheard(), skip=number + 1, times=None)
        before = writes(github)
        with pytest.raises(TemporaryError):
            run(here, protect=True)
        github.api.faults.clear()
        if number < first:
            assert writes(github) == before
            continue
        run(here, protect=True)
        assert end_state(github, here, git, SLUGS[0]) == wanted, f"{fault} at {lines[number]}"


def forget_everything(double: GitHubDouble, here: Path, git: Git, slug: str) -> None:
    """Undo a connection, on both sides."""
    repository = double.state.repository(slug)
    if repository:
        del double.state.repositories[repository.id]
        assert repository.path
        for branch in git_store.branches(repository.path):
            git_store.run(repository.path, "update-ref", "-d", f"refs/heads/{branch}")
        git_store.protect(repository.path, [])
    if git(here / slug, "remote"):
        git(here / slug, "remote", "remove", "origin")


def test_disconnecting_forgets_where_it_was_and_keeps_everything(
    github: GitHubDouble, here: Path, run: Run, git: Git
) -> None:
    run(here)
    before = writes(github)
    git(here / SLUGS[0], "branch", "--delete", "--force", "gitopsmith/pristine")
    pristine = branches(github, SLUGS[0])["gitopsmith/pristine"]
    told: list[str] = []
    connecting.disconnect(find_workspace(here), told.append)
    assert len(told) == 2
    assert git(here / SLUGS[0], "remote") == ""
    assert git(here / SLUGS[0], "rev-parse", "gitopsmith/pristine") == pristine, "the one that only origin had stays"
    assert writes(github) == before
    connecting.disconnect(find_workspace(here), told.append)
    assert len(told) == 2
    run(here)
    assert git(here / SLUGS[0], "remote") == "origin"
