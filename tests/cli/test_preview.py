"""`gitopsmith preview` as a user runs it: a process, with exit codes, what it prints, and what it leaves on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Git = Callable[..., str]
State = Callable[[Path], dict[str, tuple[int, bytes]]]

APPLICATION = Path("acme-apps/acme-gitops")
SHA, LATER = "3f2c1a9" + "0" * 33, "9b8c7d6" + "0" * 33
OPEN = ["preview", "open", "podinfo", "7", "--branch", "feat/x", "--sha", SHA]


@pytest.fixture
def ready(process: Run, out: Path) -> Path:
    """The first example with the environment `preview` on its cluster."""
    assert process(out, "env", "add", "preview", "--cluster", "prod-eu").code == 0
    return out


def test_open_update_list_and_close(process: Run, ready: Path, git: Git) -> None:
    opened = process(ready, *OPEN)
    assert (opened.code, opened.out) == (0, "")
    assert "Open preview podinfo-pr-7 at 3f2c1a9, 8 files" in opened.err
    assert process(ready, *OPEN[:-1], LATER).code == 0

    listed = process(ready, "preview", "list", "--format", "json")
    (row,) = json.loads(listed.out)
    assert (row["name"], row["app"], row["pull_request"], row["sha"]) == ("podinfo-pr-7", "podinfo", 7, LATER)
    assert row["url"] == "https://podinfo-pr-01e0lbu0.preview.prod-eu.acme.example.com"
    assert "podinfo-pr-7" in process(ready, "preview", "list", "podinfo").out

    assert "Close preview podinfo-pr-7" in process(ready, "preview", "close", "podinfo", "7").err
    assert process(ready, "preview", "list").err == "No previews.\n"
    assert git(ready / APPLICATION, "log", "-3", "--format=%s").splitlines() == [
        "Close preview podinfo-pr-7",
        "Update preview podinfo-pr-7 to 9b8c7d6",
        "Open preview podinfo-pr-7 at 3f2c1a9",
    ]


@pytest.mark.parametrize("verb", ["open", "close", "gc"])
def test_a_dry_run_shows_a_diff_and_changes_nothing_and_the_verb_twice_is_as_once(
    process: Run, ready: Path, git: Git, state: State, verb: str
) -> None:
    command = {"open": OPEN, "close": ["preview", "close", "podinfo", "7"], "gc": ["preview", "gc"]}[verb]
    if verb != "open":
        assert process(ready, *OPEN).code == 0
    if verb == "gc":
        forget_the_app(ready, git)
    before = state(ready)
    dry = process(ready, *command, "--dry-run")
    assert dry.code == 0
    assert dry.out.startswith("# Would commit to ")
    assert "\ndiff --git a/" in dry.out
    assert state(ready) == before

    assert process(ready, *command).code == 0
    after = git(ready / APPLICATION, "for-each-ref")
    twice = process(ready, *command)
    assert (twice.code, "Nothing to change." in twice.err) == (0, True)
    assert git(ready / APPLICATION, "for-each-ref") == after


def forget_the_app(ready: Path, git: Git) -> None:
    """Remove the app's documents, as a person would; its previews go with them."""
    git(ready / APPLICATION, "rm", "--quiet", "apps/podinfo.yaml")
    git(ready / APPLICATION, "commit", "--quiet", "--message", "by hand")


def test_a_surprising_share_is_removed_only_when_it_is_meant(process: Run, ready: Path, git: Git) -> None:
    for number in range(1, 7):
        named = (str(number), "--branch", f"x{number}")
        assert process(ready, "preview", "open", "podinfo", *named, "--sha", SHA).code == 0
    forget_the_app(ready, git)
    careful = process(ready, "preview", "gc")
    assert careful.code == 0
    assert "6 of 6 previews would go at once; none was touched" in careful.err
    assert len(json.loads(process(ready, "preview", "list", "--format", "json").out)) == 6
    assert process(ready, "preview", "gc", "--allow-many").code == 0
    assert process(ready, "preview", "list", "--format", "json").out == "[]\n"


def test_closing_what_is_not_there_leaves_nothing_and_says_so(process: Run, ready: Path, state: State) -> None:
    before = state(ready)
    closed = process(ready, "preview", "close", "podinfo", "8")
    assert closed.code == 0
    assert "There is no preview podinfo-pr-8." in closed.err
    assert state(ready) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (["--sha", "3f2c1a9"], "`3f2c1a9` is no whole commit id"),
        (["--branch", ""], "branch of the pull request's head is missing"),
        (["--updated-at", "yesterday"], "`yesterday` is no time"),
        (["--fork"], "it comes from a fork"),
        (["--draft"], "it is a draft"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    process: Run, ready: Path, state: State, change: list[str], said: str
) -> None:
    before = state(ready)
    refused = process(ready, *OPEN, *change)
    assert refused.code == 1
    assert said in refused.err
    assert state(ready) == before


@pytest.mark.parametrize(("app", "number"), [("podinf", "7"), ("..", "7"), ("podinfo", "0"), ("podinfo", str(10**30))])
def test_an_app_or_a_number_that_there_is_not_is_refused(process: Run, ready: Path, app: str, number: str) -> None:
    refused = process(ready, "preview", "open", app, number, *OPEN[4:])
    assert refused.code == 1
    assert "Traceback" not in refused.err


def test_without_the_environment_the_command_says_how_to_add_it(process: Run, out: Path) -> None:
    refused = process(out, *OPEN)
    assert refused.code == 1
    assert "gitopsmith env add preview --cluster prod-eu" in refused.err


# ---- Straight on the remote -----------------------------------------------------------------------------------


@pytest.fixture
def remotes(ready: Path, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A remote of each repository, which is the workspace's `origin`, and a cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = {}
    for role, path in (("platform", Path("acme/acme-gitops")), ("application", APPLICATION)):
        found[role] = tmp_path / f"{role}.git"
        git(ready, "clone", "--quiet", "--bare", str(path), str(found[role]))
        git(ready / path, "remote", "set-url", "origin", str(found[role]))
    return found


def test_previews_are_pushed_from_within_a_workspace_which_stays_as_it_is(
    run: Run, ready: Path, git: Git, remotes: dict[str, Path], state: State
) -> None:
    before = state(ready)
    done = run(ready, *OPEN, "--push")
    assert (done.code, done.out) == (0, "")
    assert "Open preview podinfo-pr-7 at 3f2c1a9, pushed" in done.err
    assert "podinfo-pr-7" in run(ready, "preview", "list", "--remote", str(remotes["application"])).out
    assert "Nothing to change." in run(ready, *OPEN, "--push").err
    assert "Close preview podinfo-pr-7, pushed" in run(ready, "preview", "close", "podinfo", "7", "--push").err
    assert state(ready) == before
    for branch in ("main", "gitopsmith/pristine"):
        assert git(remotes["application"], "log", "-1", "--format=%s", branch) == "Close preview podinfo-pr-7"


@pytest.mark.parametrize("verb", ["open", "close", "gc"])
def test_a_push_needs_no_workspace_and_has_a_dry_run(
    run: Run, tmp_path: Path, git: Git, remotes: dict[str, Path], verb: str
) -> None:
    where = ["--remote", str(remotes["application"]), "--platform", str(remotes["platform"])]
    command = {"open": OPEN, "close": ["preview", "close", "podinfo", "7"], "gc": ["preview", "gc"]}[verb]
    if verb != "open":
        assert "pushed" in run(tmp_path, *OPEN, *where).err
    if verb == "gc":
        git(tmp_path, "clone", "--quiet", str(remotes["application"]), str(tmp_path / APPLICATION))
        forget_the_app(tmp_path, git)
        git(tmp_path / APPLICATION, "push", "--quiet")
    before = git(remotes["application"], "for-each-ref")
    dry = run(tmp_path, *command, *where, "--dry-run")
    assert (dry.code, dry.out.startswith(f"# Would push to {remotes['application']} (main): ")) == (0, True)
    assert "\ndiff --git a/" in dry.out
    assert git(remotes["application"], "for-each-ref") == before
    assert "pushed" in run(tmp_path, *command, *where).err


def test_without_the_platform_repository_the_error_says_what_to_name(
    run: Run, tmp_path: Path, ready: Path, remotes: dict[str, Path]
) -> None:
    done = run(tmp_path, *OPEN, "--remote", str(remotes["application"]))
    assert done.code == 1
    assert "--platform URL" in done.err
    assert run(ready, *OPEN, "--remote", str(remotes["application"])).code == 0, "the workspace tells it"


def test_the_branch_that_is_deployed_is_not_that_of_the_pull_request(
    run: Run, ready: Path, git: Git, remotes: dict[str, Path]
) -> None:
    git(remotes["application"], "branch", "next", "main")
    assert run(ready, *OPEN, "--push", "--remote-branch", "next").code == 0
    log = git(remotes["application"], "log", "-1", "--format=%s", "next")
    assert log == "Open preview podinfo-pr-7 at 3f2c1a9"
    assert run(ready, "preview", "close", "podinfo", "7", "--push", "--branch", "next").code == 0


def test_who_opened_a_pull_request_is_not_who_writes_the_commit(run: Run, ready: Path, git: Git) -> None:
    assert run(ready, *OPEN, "--opened-by", "octocat", "--author", "Ada <ada@example.com>").code == 0
    log = git(ready / APPLICATION, "log", "-1", "--format=%an|%(trailers:key=Argocd-reference-commit-author)")
    assert log.startswith("Ada|Argocd-reference-commit-author: octocat")
