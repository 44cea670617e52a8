"""Branches that moved here and on GitHub: what is advised, followed to the letter, brings them together again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.gitrepo.credentials import Credentials
from generator.hub.credentials import Token
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.checkup import check_folder
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.workspace import find_workspace
from tests.github_double.double import GitHubDouble
from tests.github_double.fixtures import github
from tests.workspace.conftest import Commit, Git
from tests.workspace.connected import Run, run
from tests.workspace.on_github import BRANCHES, SLUGS, branches

__all__ = ["github", "run"]

APPLICATION = SLUGS[1]
PRISTINE = "gitopsmith/pristine"
PLACE = "https://127.0.0.1"
Add = Callable[..., None]
Follow = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace that was rendered for a GitHub on loopback, which answers without TLS."""
    from tests.workspace.conftest import commit_proposal  # noqa: PLC0415 - what the fixture of one test is made of

    out = tmp_path_factory.mktemp("rendered") / "out"
    told = {"org": "acme", "app_org": "acme-apps", "git_url": PLACE}
    commit_proposal(propose_organization(out, told))
    data = {"cloud": "aws", "region": "eu-west-1"}
    commit_proposal(add_cluster(find_workspace(out), "prod-eu", "physical", data, force=False))
    commit_proposal(add_environment(find_workspace(out), "staging", "prod-eu", before=None, force=False))
    return out


@pytest.fixture
def here(rendered: Path, tmp_path: Path, git: Git, github: GitHubDouble) -> Path:
    """Return a workspace that is as if it were rendered for the double, all of its branches."""
    github.organization("acme"), github.organization("acme-apps")
    out = Path(shutil.copytree(rendered, tmp_path / "the workspace", symlinks=True))
    for folder in (out / slug for slug in SLUGS):
        for branch in BRANCHES:
            git(folder, "switch", "--quiet", branch)
            for path in git(folder, "grep", "--files-with-matches", PLACE).splitlines():
                file = folder / path
                file.write_text(file.read_text().replace(PLACE, github.web))
            git(folder, "commit", "--quiet", "--all", "--message", "Where GitHub is")
    return out


@pytest.fixture
def add(commit: Commit) -> Add:
    """Add an app to a workspace, or change it."""

    def added(folder: Path, name: str, **data: str) -> None:
        app = NewApp(name, f"acme/{name}", version="1.0.0", image=f"ghcr.io/acme/{name}", data=data)
        commit(add_app(find_workspace(folder), app, ["staging"], None, force=False))

    return added


@pytest.fixture
def elsewhere(here: Path, run: Run, git: Git, github: GitHubDouble, add: Add) -> Path:
    """Return another workspace, connected to the same GitHub, whose push moved both branches there."""
    run(here)
    other = Path(shutil.copytree(here, here.parent / "other", symlinks=True))
    add(other, "theirs")
    run(other)
    assert branches(github, APPLICATION)["main"] != git(here / APPLICATION, "rev-parse", "main")
    return other


@pytest.fixture
def follow(github: GitHubDouble, tmp_path: Path) -> Follow:
    """Run each line of a hint that is a command, somewhere else, and return these lines."""

    def followed(hint: str) -> list[str]:
        settings = Credentials(github.token()).settings(github.web)
        environment = {"GIT_CONFIG_COUNT": str(len(settings))}
        for number, (key, value) in enumerate(settings):
            environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        commands = [line.strip() for line in hint.splitlines() if line.strip().startswith("git ")]
        for command in commands:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=tmp_path,
                env={**os.environ, **environment},
                check=False,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, (command, done.stderr)
        return commands

    return followed


def refused(run: Run, here: Path) -> UserError:
    with pytest.raises(UserError, match="commits there that are not here") as caught:
        run(here)
    return caught.value


def test_branches_that_parted_come_together_by_what_is_advised(
    here: Path, elsewhere: Path, run: Run, git: Git, github: GitHubDouble, add: Add, follow: Follow
) -> None:
    add(here, "ours")
    problem = refused(run, here)
    assert "main and gitopsmith/pristine have commits there" in problem.message
    assert len(follow(problem.hint)) == 2
    assert run(here) == [f"{APPLICATION}: pushed main."]
    assert run(here) == []
    assert check_folder(here) == []
    for name in ("ours", "theirs"):  # neither was edited by hand
        add(here, name, container_port="9898")
    run(here)
    assert {name: git(here / APPLICATION, "rev-parse", name) for name in BRANCHES} == branches(github, APPLICATION)
    assert check_folder(here) == []


def test_what_the_work_tree_shows_is_heeded_and_only_what_parted_is_brought_together(
    here: Path, elsewhere: Path, run: Run, add: Add, follow: Follow, git: Git, github: GitHubDouble
) -> None:
    add(here, "ours")
    git(here / APPLICATION, "switch", "--quiet", PRISTINE)
    switch, pull, fetch = refused(run, here).hint.splitlines()[1:]
    follow(f"{switch}\n{pull}")
    merged = git(here / APPLICATION, "rev-parse", "main")
    problem = refused(run, here)
    assert ": gitopsmith/pristine has commits there" in problem.message
    assert follow(problem.hint) == [fetch.strip()]
    run(here)
    assert branches(github, APPLICATION)["main"] == merged
    assert check_folder(here) == []


def test_what_is_wrong_with_the_credentials_is_told_once(here: Path, run: Run, github: GitHubDouble) -> None:
    with pytest.raises(UserError) as caught:
        run(here, Token("ghp_wrong"))
    assert "acme-gitops" not in str(caught.value)
    assert "cannot be connected" not in str(caught.value), "it is one problem"
    with pytest.raises(UserError) as caught:
        run(here, Token(github.token(scopes=("gist",))))
    assert str(caught.value).count("lacks the scope repo") == 1
    assert str(caught.value).count("lacks the scope workflow") == 1
