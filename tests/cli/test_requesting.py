"""`--pull-request` and `--merge` on a GitHub: opened at once, merged as it was pushed, and why where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.cli import requesting
from tests.cli.conftest import Ran, Run
from tests.github_double import git_store
from tests.github_double.double import GitHubDouble
from tests.github_double.faults import Answer
from tests.github_double.fixtures import github
from tests.workspace.proposals import BRANCH, SLUG, OnGitHub, on_github

__all__ = ["github"]

Promote = Callable[..., Ran]


@pytest.fixture
def there(github: GitHubDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnGitHub]:
    """The application repository on a GitHub; staging runs 2.0.0. The environment has a token for it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GITOPSMITH_TOKEN", github.token())
    monkeypatch.setenv("GITOPSMITH_GITHUB_URL", github.url)
    with on_github(github, tmp_path) as made:
        git_store.commit(
            made.path, "main", {f"staging/{cluster}/web.yaml": "version: 2.0.0\n" for cluster in ("eu", "us")}, "2.0.0"
        )
        yield made


@pytest.fixture
def promote(there: OnGitHub, run: Run, tmp_path: Path) -> Promote:
    """Promote `web` to production by pull request, with more options, without any workspace."""
    what = ("promote", "web", "--from", "staging", "--to", "production", "--pull-request")
    return lambda *more: run(tmp_path, *what, "--remote", there.remote.url, *more)


OPEN, MERGED = ("web 1.0.0 → 2.0.0 in production", "open"), ("web 1.0.0 → 2.0.0 in production", "merged")


def url(there: OnGitHub, number: int = 1) -> str:
    return f"{there.github.web}/{SLUG}/pull/{number}"


def test_a_pull_request_is_opened_at_once_and_told_and_again_is_as_once(there: OnGitHub, promote: Promote) -> None:
    done = promote()
    assert done.code == 0, done.err
    assert done.err.endswith(f"web 1.0.0 → 2.0.0 in production, pushed\nPull request: {url(there)}\n")
    assert there.shown == [OPEN]
    again = promote()
    assert (again.code, there.shown) == (0, [OPEN])
    assert again.err == f"Nothing to change.\n{BRANCH} stands as it is.\nPull request: {url(there)}\n"


def test_set_version_brings_the_request_up_to_date(there: OnGitHub, promote: Promote, run: Run, tmp_path: Path) -> None:
    promote()
    what = ("set-version", "web", "3.0.0", "--env", "production", "--pull-request", "--remote", there.remote.url)
    done = run(tmp_path, *what)
    assert done.code == 0, done.err
    assert there.shown == [("web 1.0.0 → 3.0.0 in production", "open")]


def test_a_dry_run_asks_github_nothing(there: OnGitHub, promote: Promote) -> None:
    assert promote("--merge", "--dry-run").code == 0
    assert (there.calls, there.branches) == ([], [])


def test_an_app_pushes_and_opens_it_without_any_token(
    there: OnGitHub, promote: Promote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app = there.github.app(owner="acme-apps")
    there.github.install(app, "acme-apps")
    (tmp_path / "app.pem").write_text(app.private_key)
    monkeypatch.delenv("GITOPSMITH_TOKEN")
    monkeypatch.setenv("GITOPSMITH_APP_ID", str(app.id))
    monkeypatch.setenv("GITOPSMITH_APP_PRIVATE_KEY_FILE", str(tmp_path / "app.pem"))
    done = promote()
    assert done.code == 0, done.err
    assert there.shown == [OPEN]


def test_what_is_superseded_is_taken_away_and_told(there: OnGitHub, promote: Promote) -> None:
    promote()
    there.deploy("2.0.1")
    done = promote()
    assert done.code == 0, done.err
    assert f"{BRANCH}: What it proposes is deployed already, or something newer.\n" in done.err
    assert (there.shown, there.branches) == ([("web 1.0.0 → 2.0.0 in production", "closed")], [])


def test_one_that_a_person_closed_is_not_opened_again_and_where_it_is_told(there: OnGitHub, promote: Promote) -> None:
    promote()
    there.close_by_hand()
    done = promote()
    assert (done.code, len(there.shown)) == (0, 1)
    assert f"so it is not opened again: {url(there)}" in done.err


def test_github_says_why_it_opens_none_and_what_a_person_can_do(there: OnGitHub, promote: Promote) -> None:
    there.github.fault(Answer(403, "Resource not accessible by integration"), f"POST /repos/{SLUG}/pulls")
    done = promote()
    assert done.code == 1
    assert "Resource not accessible by integration" in done.err
    assert f"/compare/main...{BRANCH}?expand=1" in done.err
    assert there.branches == [BRANCH]


@pytest.mark.parametrize("missing", ["GITOPSMITH_TOKEN", "GITOPSMITH_GITHUB_URL"])
def test_without_credentials_or_on_another_host_the_address_is_told(
    there: OnGitHub, promote: Promote, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    token = there.remote.token or ""
    monkeypatch.delenv(missing)
    monkeypatch.setenv("GIT_TOKEN", token)  # which is for git alone
    refused = promote("--merge")
    assert refused.code == 1
    assert "so no pull request can be merged" in refused.err
    assert there.branches == []
    done = promote()
    assert done.code == 0, done.err
    assert f"{there.github.web}/{SLUG}/compare/main...{BRANCH}?expand=1\n" in done.err
    assert there.shown == []


# ---- Merged at once -------------------------------------------------------------------------------------------


def test_it_is_merged_at_once_and_leaves_no_branch(there: OnGitHub, promote: Promote) -> None:
    done = promote("--merge")
    assert done.code == 0, done.err
    assert done.err.endswith(f"Pull request: {url(there)}\nMerged into main.\n")
    assert (there.shown, there.branches) == ([MERGED], [])
    assert git_store.run(there.path, "show", "main:production/eu/web.yaml") == "version: 2.0.0"
    again = promote("--merge")
    assert (again.code, again.err, there.shown) == (0, "Nothing to change.\n", [MERGED])


def test_it_is_merged_by_the_same_command_once_it_is_approved(there: OnGitHub, promote: Promote) -> None:
    said = "At least 1 approving review is required by reviewers with write access."
    there.github.fault(Answer(405, said), "PUT .*/merge")
    refused = promote("--merge")
    assert refused.code == 1
    assert said in refused.err
    assert f"Once {url(there)} can be merged" in refused.err
    assert there.shown == [OPEN]
    done = promote("--merge")
    assert done.code == 0, done.err
    assert (there.shown, there.branches) == ([MERGED], [])


def test_in_a_merge_queue_it_is_told_that_it_waits(there: OnGitHub, promote: Promote) -> None:
    there.repository.merge_queues["main"] = []
    for _ in range(2):
        done = promote("--merge")
        assert done.code == 0, done.err
        assert done.err.endswith(f"Pull request: {url(there)}\nIt is in the merge queue of main.\n")
    assert (there.shown, there.branches) == ([OPEN], [BRANCH])


def test_what_somebody_pushed_after_us_is_not_merged(
    there: OnGitHub, promote: Promote, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = requesting.bring_up_to_date

    def late(*arguments: object, **options: bool) -> None:
        there.by_hand()
        real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(requesting, "bring_up_to_date", late)
    done = promote("--merge")
    assert done.code == 1
    assert f"Somebody pushed to {BRANCH} after us, so nothing is merged." in done.err
    assert [state for _, state in there.shown] == ["open"]


def test_one_that_a_person_closed_and_a_branch_that_is_not_ours_are_not_merged(
    there: OnGitHub, promote: Promote
) -> None:
    promote()
    there.close_by_hand()
    closed = promote("--merge")
    assert closed.code == 1
    assert f"somebody closed it, with this very commit: {url(there)}" in closed.err
    there.begin(BRANCH, there.head("main"))
    git_store.commit(
        there.path, BRANCH, {f"production/{cluster}/web.yaml": "version: 2.0.0\n" for cluster in ("eu", "us")}, "mine"
    )
    theirs = promote("--merge")
    assert theirs.code == 1
    assert "has no pull request that could be merged" in theirs.err


def test_merging_needs_a_pull_request(there: OnGitHub, run: Run, tmp_path: Path) -> None:
    what = ("promote", "web", "--from", "staging", "--to", "production", "--merge", "--remote", there.remote.url)
    done = run(tmp_path, *what)
    assert done.code == 1
    assert "Add --pull-request." in done.err
    assert there.branches == []
