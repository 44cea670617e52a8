"""Git runs bounded in time, and what it leaves behind is killed with it."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from generator.core.errors import UserError
from generator.gitrepo.git_process import Git, GitFailedError


def test_what_git_writes_is_returned(tmp_path: Path) -> None:
    assert (
        Git(tmp_path).run("hash-object", "--stdin", stdin=b"x\n").strip() == "587be6b4c3f93f93c489c0111bba5596147a26cb"
    )


def test_an_error_tells_what_git_said_without_secrets(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match=r"git rev-parse: fatal: not a \*\*\* repository"):
        Git(tmp_path, secrets=("git",)).run("rev-parse", "HEAD")


def test_a_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "git-forever"
    script.write_text("#!/bin/sh\nsleep 100 & wait\n")
    script.chmod(0o755)
    git = Git(tmp_path, 0.2, config=(("alias.forever", f"!{script}"),))
    began = monotonic()
    with pytest.raises(GitFailedError, match=r"no end in 0\.2 s"):
        git.run("forever")
    assert monotonic() - began < 5


def listen(git: Git, *command: str) -> None:
    with git.conversation(*command) as process:
        assert process.stdout
        process.stdout.readline()


def talk_to_the_dead(git: Git, *command: str) -> None:
    with git.conversation(*command) as process:
        assert process.stdin
        process.wait()
        process.stdin.write(b"blob\n")
        process.stdin.flush()


def test_a_conversation_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match=r"no end in 0\.2 s"):
        listen(Git(tmp_path, 0.2), "hash-object", "--stdin")


def test_a_conversation_that_git_ends_early_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match="not a git repository"):
        talk_to_the_dead(Git(tmp_path), "fast-import")


def test_a_folder_that_is_missing_is_told_as_git_would(tmp_path: Path) -> None:
    with pytest.raises(GitFailedError, match="not a git repository"):
        Git(tmp_path / "none").run("status")


def test_a_machine_without_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no git on the PATH"):
        Git(tmp_path).run("status")


def test_no_secret_is_shown(tmp_path: Path) -> None:
    shown = repr(Git(tmp_path, config=(("http.extraHeader", "hidden"),), secrets=("hidden",)))
    assert "hidden" not in shown
