"""Previews straight on remotes: the same trees as in a workspace, with no checkout and whoever else pushes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.core.errors import UserError
from generator.core.intents import EnsurePreview, RemovePreview
from generator.core.layout import PRISTINE_BRANCH
from generator.core.pull_requests import PullRequest
from generator.gitrepo.remote_branch import RemoteBranch
from generator.workspace.app_documents import NewApp
from generator.workspace.apps import add_app
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.committing import committing
from generator.workspace.environments import add_environment
from generator.workspace.preview_pushing import PreviewRemotes, list_previews, push_previews, show_previews
from generator.workspace.previews import Decide, plan_close, plan_collection, plan_open, propose
from generator.workspace.remotes import Remote
from generator.workspace.workspace import find_workspace
from tests.gitrepo.writing.conftest import TOKEN, serving
from tests.workspace.conftest import commit_proposal

Git = Callable[..., str]

PODINFO = NewApp("podinfo", "acme/podinfo", image="ghcr.io/stefanprodan/podinfo", version="6.7.0")
NOW, SHA, LATER = "2026-01-31T12:00:00Z", "3f2c1a9" + "0" * 33, "9b8c7d6" + "0" * 33
BRANCHES = ("main", PRISTINE_BRANCH)


def opens(number: int = 7, sha: str = SHA, updated_at: str = NOW) -> Decide:
    intent = EnsurePreview("podinfo", PullRequest(number, sha, f"feat/{number}", updated_at=updated_at), NOW)
    return lambda source: plan_open(source, intent)


def closes(number: int = 7) -> Decide:
    return lambda source: plan_close(source, RemovePreview("podinfo", number))


def collects(now: str) -> Decide:
    return lambda source: plan_collection(source, now)


@pytest.fixture(scope="session", params=["two", "single"])
def organization(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An organization of two repositories, or of one, ready for previews: its workspace, and a bare copy of each."""
    folder = tmp_path_factory.mktemp(request.param)
    owners = {"app_org": "acme-apps"} if request.param == "two" else {}
    commit_proposal(propose_organization(folder / "out", {"org": "acme", "topology": request.param, **owners}))
    data = {"cloud": "aws", "region": "eu-west-1"}
    commit_proposal(add_cluster(find_workspace(folder / "out"), "prod-eu", "physical", data, force=False))
    for name in ("staging", "preview"):
        commit_proposal(add_environment(find_workspace(folder / "out"), name, "prod-eu", before=None, force=False))
    commit_proposal(add_app(find_workspace(folder / "out"), PODINFO, ["staging"], None, force=False))
    for path in (folder / "out").glob("*/*"):
        bare = folder / "remotes" / path.relative_to(folder / "out").with_suffix(".git")
        subprocess.run(["git", "clone", "--quiet", "--bare", path, bare], check=True)
    return folder


@pytest.fixture
def home(organization: Path, tmp_path: Path) -> Path:
    """A folder with the organization's remotes, this test's own."""
    shutil.copytree(organization / "remotes", tmp_path / "remotes", symlinks=True)
    return tmp_path


@pytest.fixture
def application(home: Path) -> Path:
    """The application repository's remote."""
    return next((home / "remotes").glob("acme-apps/*"), home / "remotes/acme/acme-gitops.git")


@pytest.fixture
def remotes(home: Path, application: Path) -> PreviewRemotes:
    """Both remotes, which may be the same."""
    cache = home / "cache"
    platform = home / "remotes/acme/acme-gitops.git"
    return PreviewRemotes(Remote(str(application), "main", cache=cache), Remote(str(platform), "main", cache=cache))


def trees(git: Git, path: Path) -> list[str]:
    return [git(path, "rev-parse", f"{branch}^{{tree}}") for branch in BRANCHES]


def test_the_same_trees_come_as_in_a_workspace(
    organization: Path, home: Path, application: Path, remotes: PreviewRemotes, git: Git
) -> None:
    shutil.copytree(organization / "out", home / "out", symlinks=True)
    local = home / "out" / application.relative_to(home / "remotes").with_suffix("")
    for decide in (opens(), opens(sha=LATER), opens(8), closes(), collects("2026-12-31T12:00:00Z")):
        remote, outcome = push_previews(remotes, decide)
        commit_proposal(propose(find_workspace(home / "out"), decide))
        assert remote == remotes.application
        assert (outcome.commit, outcome.pristine) == tuple(git(application, "rev-parse", *BRANCHES).split())
        assert trees(git, application) == trees(git, local)
        assert git(application, "log", "-1", "--format=%s") == git(local, "log", "-1", "--format=%s")
    assert git(application, "log", "-1", "--format=%s") == "Close preview podinfo-pr-8"


def test_the_same_again_makes_no_commit(application: Path, remotes: PreviewRemotes, git: Git) -> None:
    push_previews(remotes, opens())
    before = git(application, "for-each-ref")
    _, outcome = push_previews(remotes, opens())
    assert (outcome.commit, outcome.pristine, git(application, "for-each-ref")) == (None, None, before)
    assert outcome.change
    assert outcome.change.notes == ("podinfo-pr-7 shows 3f2c1a9 already.",)


def test_a_dry_run_shows_the_diff_and_pushes_nothing(application: Path, remotes: PreviewRemotes, git: Git) -> None:
    before = git(application, "for-each-ref")
    _, change, text = show_previews(remotes, opens())
    assert change.subject == "Open preview podinfo-pr-7 at 3f2c1a9"
    assert f'+    newTag: "{SHA}"' in text or f"+    newTag: {SHA}" in text
    assert git(application, "for-each-ref") == before


def test_previews_are_listed(application: Path, remotes: PreviewRemotes) -> None:
    push_previews(remotes, opens())
    assert remotes.application
    assert [row["name"] for row in list_previews(remotes.application).rows] == ["podinfo-pr-7"]
    with pytest.raises(UserError, match="There is no app `other`"):
        list_previews(remotes.application, "other")


def test_whoever_pushes_meanwhile_is_planned_on(
    application: Path, remotes: PreviewRemotes, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, raced = RemoteBranch.publish, list[int]()

    def late(self: RemoteBranch, *arguments: Any) -> None:
        if not raced:
            raced.append(1)
            assert remotes.application
            another = replace(remotes.application, cache=remotes.application.cache / "another")
            push_previews(
                PreviewRemotes(another, replace(another, url=str(remotes.platform and remotes.platform.url))), opens(8)
            )
        publish(self, *arguments)

    monkeypatch.setattr(RemoteBranch, "publish", late)
    push_previews(remotes, opens())
    assert git(application, "log", "-2", "--format=%s").splitlines() == [
        "Open preview podinfo-pr-7 at 3f2c1a9",
        "Open preview podinfo-pr-8 at 3f2c1a9",
    ]
    assert "podinfo-pr-8.yaml" in git(application, "ls-tree", "-r", "--name-only", PRISTINE_BRANCH)


def test_a_pristine_branch_that_is_behind_or_missing_catches_up(
    application: Path, remotes: PreviewRemotes, git: Git
) -> None:
    push_previews(remotes, opens())
    git(application, "update-ref", "-d", f"refs/heads/{PRISTINE_BRANCH}")
    _, outcome = push_previews(remotes, opens(sha=LATER))
    assert outcome.pristine == git(application, "rev-parse", PRISTINE_BRANCH)
    paths = [path for path in git(application, "ls-tree", "-r", "--name-only", "main").splitlines() if "-pr-7" in path]
    assert paths == [
        path
        for path in git(application, "ls-tree", "-r", "--name-only", PRISTINE_BRANCH).splitlines()
        if "-pr-7" in path
    ]
    assert len(paths) > 5


def test_commits_are_made_as_is_asked_for(application: Path, remotes: PreviewRemotes, git: Git) -> None:
    how = committing(author="Ada <ada@example.com>", sign_off=True, message_template="ci: {{ subject }}")
    push_previews(remotes, opens(), how)
    for branch in BRANCHES:
        form = "--format=%an|%s|%(trailers:key=Signed-off-by,valueonly,separator=)"
        made = "Ada|ci: Open preview podinfo-pr-7 at 3f2c1a9|Test <test@example.com>"
        assert git(application, "log", "-1", form, branch) == made


def test_the_organizations_file_tells_where_the_application_repository_is(
    home: Path, application: Path, remotes: PreviewRemotes, git: Git, tmp_path: Path
) -> None:
    assert remotes.platform
    work = tmp_path / "work"
    git(tmp_path, "clone", "--quiet", remotes.platform.url, str(work))
    file = work / "organization.yaml"
    file.write_text(file.read_text().replace("spec:\n", f"spec:\n  gitUrl: file://{home}/remotes\n", 1))
    git(work, "commit", "--quiet", "--all", "--message", "by hand")
    git(work, "push", "--quiet")
    remote, outcome = push_previews(PreviewRemotes(None, remotes.platform), opens())
    assert remote.url.endswith(str(application))
    assert outcome.commit == git(application, "rev-parse", "main")
    git(application, "branch", "next", "main")
    push_previews(PreviewRemotes(None, remotes.platform, "next"), closes())
    assert git(application, "log", "-1", "--format=%s", "next") == "Close preview podinfo-pr-7"
    # The file may name any host, so what opens the platform repository is not for that one.
    platform = replace(remotes.platform, token="s3cret")
    remote, _ = push_previews(PreviewRemotes(None, platform, token=lambda url: f"of {url}"), opens(8))
    assert remote.token == ("s3cret" if remote.url == platform.url else f"of {remote.url}")


def test_all_this_goes_over_http_with_a_password(
    home: Path, application: Path, remotes: PreviewRemotes, git: Git
) -> None:
    git(application, "config", "http.receivepack", "true")
    with serving(home / "remotes") as web:

        def there(remote: Remote | None) -> Remote:
            assert remote
            path = Path(remote.url).relative_to(home / "remotes")
            return replace(remote, url=f"{web.url}/{path}", token=TOKEN)

        push_previews(PreviewRemotes(there(remotes.application), there(remotes.platform)), opens())
    assert git(application, "log", "-1", "--format=%s") == "Open preview podinfo-pr-7 at 3f2c1a9"


@pytest.mark.parametrize("platform", ["none", "itself", "itself spelt otherwise"])
@pytest.mark.parametrize("organization", ["two"], indirect=True)
def test_without_the_organizations_file_the_error_says_what_to_name(
    remotes: PreviewRemotes, application: Path, git: Git, platform: str
) -> None:
    assert remotes.application
    before = git(application, "for-each-ref")
    named = {
        "none": None,
        "itself": remotes.application,
        "itself spelt otherwise": replace(remotes.application, url=remotes.application.url.removesuffix(".git")),
    }[platform]
    with pytest.raises(UserError, match=r"no organization\.yaml in it") as refused:
        push_previews(PreviewRemotes(remotes.application, named), opens())
    assert "--platform URL" in refused.value.hint
    assert git(application, "for-each-ref") == before
