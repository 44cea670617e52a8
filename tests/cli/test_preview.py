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
        assert process(ready, *OPEN, "--updated-at", "2024-01-01T00:00:00Z").code == 0
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


def test_a_surprising_share_is_removed_only_when_it_is_meant(process: Run, ready: Path) -> None:
    for number in range(1, 7):
        told = ["--branch", "x", "--sha", SHA, "--updated-at", f"2024-01-0{number}T00:00:00Z"]
        assert process(ready, "preview", "open", "podinfo", str(number), *told).code == 0
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
