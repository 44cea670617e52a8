"""Verbs that work straight on a remote: no workspace needed, no checkout made, nothing said of the token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.change import Change
from generator.core.intents import SetVersion
from generator.core.layout import Layout
from generator.core.plan_version import plan_version
from generator.core.tree import Tree
from generator.workspace.access import TOKEN_VARIABLES
from generator.workspace.committing import PLAIN
from generator.workspace.remotes import Remote, written
from tests.cli.conftest import Run
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.gitrepo.writing.conftest import TOKEN, serving
from tests.workspace.on_github import SLUGS, app_in, branches, moved_to

__all__ = ["github"]

Git = Callable[..., str]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/gitopsmith/clones"


@pytest.fixture
def remote(out: Path, tmp_path: Path, git: Git) -> Path:
    """The application repository's remote, which is the workspace's `origin`."""
    path, application = tmp_path / "remote.git", out / "acme-apps/acme-gitops"
    git(out, "clone", "--quiet", "--bare", str(application), str(path))
    git(application, "remote", "set-url", "origin", str(path))
    return path


def subjects(remote: Path, git: Git) -> list[str]:
    return git(remote, "log", "--format=%s", "main").splitlines()


def test_a_version_is_pushed_from_within_a_workspace_which_stays_as_it_is(
    out: Path, remote: Path, git: Git, run: Run
) -> None:
    before = git(out / "acme-apps/acme-gitops", "rev-parse", "HEAD")
    done = run(out, "set-version", "podinfo", "6.7.1", "--env", "staging", "--push")
    assert done.code == 0, done.err
    assert "podinfo 6.7.0 → 6.7.1 in staging, pushed" in done.err
    assert subjects(remote, git)[0] == "podinfo 6.7.0 → 6.7.1 in staging"
    assert git(out / "acme-apps/acme-gitops", "rev-parse", "HEAD") == before
    assert git(out / "acme-apps/acme-gitops", "status", "--porcelain") == ""


def test_a_version_is_pushed_without_any_workspace(tmp_path: Path, remote: Path, git: Git, run: Run) -> None:
    done = run(tmp_path, "set-version", "podinfo", "6.7.1", "--env", "staging", "--remote", str(remote))
    assert done.code == 0, done.err
    assert subjects(remote, git)[0] == "podinfo 6.7.0 → 6.7.1 in staging"


def test_the_same_again_makes_no_commit_and_says_so(out: Path, remote: Path, git: Git, run: Run) -> None:
    for _ in range(2):
        done = run(out, "set-version", "podinfo", "6.7.1", "--env", "staging", "--push")
    assert "Nothing to change." in done.err
    assert subjects(remote, git).count("podinfo 6.7.0 → 6.7.1 in staging") == 1
    older = run(out, "set-version", "podinfo", "6.7.0", "--env", "staging", "--push")
    assert "newer than 6.7.0" in older.err
    assert len(subjects(remote, git)) == len(set(subjects(remote, git)))


def test_a_dry_run_shows_the_diff_and_pushes_nothing(out: Path, remote: Path, git: Git, run: Run) -> None:
    before = git(remote, "rev-parse", "main")
    done = run(out, "set-version", "podinfo", "6.7.1", "--env", "staging", "--push", "--dry-run")
    assert '+    newTag: "6.7.1"' in done.out
    assert git(remote, "rev-parse", "main") == before


def test_a_promotion_is_pushed(out: Path, git: Git, run: Run, tmp_path: Path) -> None:
    assert run(out, "env", "add", "production", "--cluster", "prod-eu").code == 0
    added = ("app", "add", "podinfo", "--repo", "acme/podinfo", "--version", "6.6.0", "--env", "production")
    assert run(out, *added).code == 0
    path = tmp_path / "promoted.git"
    git(out, "clone", "--quiet", "--bare", "acme-apps/acme-gitops", str(path))
    done = run(tmp_path, "promote", "podinfo", "--from", "staging", "--to", "production", "--remote", str(path))
    assert done.code == 0, done.err
    assert subjects(path, git)[0] == "podinfo 6.6.0 → 6.7.0 in production"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set-version", "podinfo", "6.7.1", "--env", "production"], "The app `podinfo` is not in production"),
        (["set-version", "nobody", "6.7.1", "--env", "staging"], "There is no app `nobody`"),
        (["set-version", "podinfo", "6 7", "--env", "staging"], "`6 7` cannot be a version"),
    ],
)
def test_a_mistake_is_the_users_and_changes_nothing(
    remote: Path, tmp_path: Path, git: Git, run: Run, arguments: list[str], said: str
) -> None:
    before = git(remote, "rev-parse", "main")
    done = run(tmp_path, *arguments, "--remote", str(remote))
    assert (done.code, said in done.err) == (1, True), done.err
    assert git(remote, "rev-parse", "main") == before


def test_a_remote_that_is_not_there_is_named(tmp_path: Path, run: Run) -> None:
    done = run(tmp_path, "set-version", "podinfo", "1.0.0", "--env", "staging", "--remote", str(tmp_path / "no.git"))
    assert done.code == 1
    assert "there is no such repository" in done.err


def test_an_address_with_a_password_is_refused_and_not_repeated(tmp_path: Path, run: Run) -> None:
    url = "https://me:s3cret@127.0.0.1/acme/x.git"
    done = run(tmp_path, "set-version", "podinfo", "1.0.0", "--env", "staging", "--remote", url)
    assert done.code == 1
    assert "s3cret" not in done.err + done.out


# ---- By pull request ------------------------------------------------------------------------------------------

PROPOSED = "gitopsmith/podinfo/staging"
REQUEST = ("set-version", "podinfo", "6.7.1", "--env", "staging", "--pull-request")


def test_a_pull_request_gets_a_branch_and_is_told_how_to_open(out: Path, remote: Path, git: Git, run: Run) -> None:
    before = git(remote, "rev-parse", "main")
    done = run(out, *REQUEST)
    head = git(remote, "rev-parse", "--short=7", PROPOSED)
    assert done.code == 0
    assert f"({PROPOSED} {head}): podinfo 6.7.0 → 6.7.1 in staging, pushed\n" in done.err
    assert f"Open a pull request of {PROPOSED} into main" in done.err
    assert git(remote, "rev-parse", "main") == before
    assert git(out / "acme-apps/acme-gitops", "for-each-ref", f"refs/heads/{PROPOSED}") == ""


def test_a_pull_request_twice_is_as_once(out: Path, remote: Path, git: Git, run: Run) -> None:
    run(out, *REQUEST)
    before = git(remote, "for-each-ref")
    again = run(out, *REQUEST)
    assert (again.code, git(remote, "for-each-ref")) == (0, before)
    assert f"Nothing to change.\n{PROPOSED} stands as it is.\nOpen a pull request" in again.err
    deployed = run(out, "set-version", "podinfo", "6.7.0", "--env", "staging", "--pull-request")
    assert "Open a pull request" not in deployed.err


def test_a_pull_request_has_a_dry_run(out: Path, remote: Path, git: Git, run: Run) -> None:
    done = run(out, *REQUEST, "--dry-run")
    assert done.out.startswith(f"# Would push to {remote} ({PROPOSED}): podinfo 6.7.0 → 6.7.1 in staging\n")
    assert git(remote, "for-each-ref", f"refs/heads/{PROPOSED}") == ""


def test_on_a_host_the_address_is_told_where_the_request_is_opened(
    remote: Path, tmp_path: Path, git: Git, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(remote, "config", "http.receivepack", "true")
    monkeypatch.setenv("GITOPSMITH_TOKEN", TOKEN)
    with serving(tmp_path) as web:
        done = run(tmp_path, *REQUEST, "--remote", f"{web.url}/remote.git")
    assert done.code == 0, done.err
    assert f"{web.url}/remote/compare/main...{PROPOSED}?expand=1\n" in done.err
    assert TOKEN not in done.err + done.out


def test_the_branch_that_is_deployed_can_be_another_one(out: Path, remote: Path, git: Git, run: Run) -> None:
    git(remote, "branch", "next", "main")
    before = git(remote, "rev-parse", "main")
    for option in ("--branch", "--remote-branch"):
        version = f"6.8.{len(option)}"
        done = run(out, "set-version", "podinfo", version, "--env", "staging", "--push", option, "next")
        assert done.code == 0
        assert version in git(remote, "log", "-1", "--format=%s", "next")
    assert git(remote, "rev-parse", "main") == before
    run(out, *REQUEST, "--branch", "next", "--allow-downgrade")
    assert git(remote, "rev-parse", f"{PROPOSED}~1") == git(remote, "rev-parse", "next")


def test_a_promotion_by_pull_request(out: Path, remote: Path, git: Git, run: Run) -> None:
    assert run(out, "env", "add", "production", "--cluster", "prod-eu").code == 0
    added = ("app", "add", "podinfo", "--repo", "acme/podinfo", "--version", "6.6.0", "--env", "production")
    assert run(out, *added).code == 0
    git(out / "acme-apps/acme-gitops", "push", "--quiet", "origin", "main")
    done = run(out, "promote", "podinfo", "--from", "staging", "--to", "production", "--pull-request")
    assert done.code == 0, done.err
    log = git(remote, "log", "-1", "--format=%B", "gitopsmith/podinfo/production")
    assert log.startswith("podinfo 6.6.0 → 6.7.0 in production\n\nPromoted from staging.")


def test_a_lost_race_costs_one_more_plan(remote: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "--quiet", str(remote), str(other))
    trees: list[Tree] = []

    def plan(tree: Tree) -> Change:
        trees.append(tree)
        if len(trees) == 1:
            git(other, "commit", "--quiet", "--allow-empty", "--message", "theirs")
            git(other, "push", "--quiet")
        return plan_version(tree, Layout(), SetVersion("podinfo", "staging", "6.7.1"))

    with Remote(str(remote), "main").writable() as writable:
        assert written(writable.deployed, plan, PLAIN).commit == git(remote, "rev-parse", "main")
    assert subjects(remote, git)[:2] == ["podinfo 6.7.0 → 6.7.1 in staging", "theirs"]
    assert len(trees) == 2


# ---- On a GitHub, without any token in the environment ----------------------------------------------------------


@pytest.fixture(params=["an App", "a token file"])
def connected(
    request: pytest.FixtureRequest,
    github: GitHubDouble,
    out: Path,
    tmp_path: Path,
    git: Git,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A workspace that was connected to a GitHub, with the credentials of an App, or with a file that holds a token."""
    for name in (*TOKEN_VARIABLES, "GITHUB_AUTH_TOKEN_FILE", "GITOPSMITH_APP_ID"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / "credentials"
    github.organization("acme"), github.organization("acme-apps")
    if request.param == "an App":
        app = app_in(github)
        file.write_text(app.private_key)
        monkeypatch.setenv("GITOPSMITH_APP_ID", app.id)
        monkeypatch.setenv("GITOPSMITH_APP_PRIVATE_KEY_FILE", str(file))
    else:
        file.write_text(github.token())
        monkeypatch.setenv("GITHUB_AUTH_TOKEN_FILE", str(file))
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    monkeypatch.setenv("GIT_TERMINAL_PROMPT", "0")
    assert run(out, "env", "add", "preview", "--cluster", "prod-eu").code == 0
    here = moved_to(out, git, github.web)
    done = run(here, "connect", "acme")
    assert done.code == 0, done.err
    return here


def test_a_version_is_pushed_to_github(connected: Path, github: GitHubDouble, tmp_path: Path, run: Run) -> None:
    done = run(connected, "set-version", "podinfo", "6.7.1", "--env", "staging", "--push")
    assert done.code == 0, done.err
    url = f"{github.web}/{SLUGS[1]}.git"
    done = run(tmp_path, "set-version", "podinfo", "6.7.2", "--env", "staging", "--remote", url)
    assert done.code == 0, done.err
    assert (
        f"{url} (main {branches(github, SLUGS[1])['main'][:7]}): podinfo 6.7.1 → 6.7.2 in staging, pushed" in done.err
    )


def test_previews_are_pushed_to_github(connected: Path, github: GitHubDouble, tmp_path: Path, run: Run) -> None:
    opening = ("preview", "open", "podinfo", "7", "--branch", "feat/x", "--sha", "3f2c1a9" + "0" * 33)
    done = run(connected, *opening, "--push")
    assert done.code == 0, done.err
    assert "Open preview podinfo-pr-7 at 3f2c1a9, pushed" in done.err
    platform, application = (f"{github.web}/{slug}.git" for slug in SLUGS)
    assert "podinfo-pr-7" in run(tmp_path, "preview", "list", "--remote", application).out
    for where in (("--platform", platform), ("--remote", application, "--platform", platform)):
        done = run(tmp_path, "preview", "close", "podinfo", "7", *where)
        assert done.code == 0, done.err
        assert "podinfo-pr-7" in done.err
