"""`init` on a terminal: copier's own questions, answered by a person."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.templating.library import load_builtin

COMMAND = Path(sys.executable).with_name("gitopsmith")
SUPPLIED = {"role", "gitopsmith_version"}
ERASE = "\x7f"
Run = Callable[..., Any]


class Terminal:
    """A person's terminal, with a command in it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._ours, theirs = pty.openpty()
        self._raw = b""
        self.process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=folder,
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "200"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    @property
    def seen(self) -> str:
        """What a person sees: the text without what moves the cursor and colours it."""
        return re.sub(r"\x1b(\[[0-9;?]*[a-zA-Z]|[=>])", "", self._raw.decode(errors="replace"))

    def until(self, words: str) -> None:
        """Read until the words are shown."""
        while words not in self.seen:
            assert self._read(), f"`{words}` never came: {self.seen}"

    def press(self, keys: str) -> None:
        """Press keys, the return key after them."""
        os.write(self._ours, f"{keys}\r".encode())

    def end(self) -> int:
        """Read what is left and return the exit status."""
        while self._read():
            pass
        return self.process.wait()

    def close(self) -> None:
        """Close the terminal, which ends a command that still waits for a person."""
        os.close(self._ours)
        self.process.kill()
        self.process.wait()

    def _read(self) -> bool:
        assert select.select([self._ours], [], [], 60)[0], f"nothing more came: {self.seen}"
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:  # the other side is closed
            return False
        self._raw += chunk
        return bool(chunk)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Start a command on a terminal, in this test's folder."""
    terminals: list[Terminal] = []

    def start_command(*arguments: str) -> Terminal:
        terminals.append(Terminal(tmp_path, *arguments))
        return terminals[-1]

    yield start_command
    for terminal in terminals:
        terminal.close()


Start = Callable[..., Terminal]


def answered_but(*names: str) -> list[str]:
    """Return options that answer all questions but some."""
    defaults = {
        "org": "acme",
        "topology": "two",
        "app_org": "acme-apps",
        "domain": "acme.com",
        "environments": "[development, production]",
        "management_cluster": "hub",
        "cloud": "aws",
        "region": "eu-west-1",
        "platform_repo": "acme-gitops",
        "application_repo": "acme-gitops",
        "branch": "main",
        "git_url": "https://github.com",
        "environments_path": "registry/environments",
        "clusters_path": "registry/clusters",
        "catalog_path": "catalog",
        "apps_path": "apps",
    }
    asked = {
        name
        for name, question in load_builtin("templates", "repository").questions.items()
        if question.when is not False
    }
    assert asked - SUPPLIED == set(defaults)
    return [word for name, value in defaults.items() if name not in names for word in ("--data", f"{name}={value}")]


def test_the_questions_are_asked_and_the_answers_taken(tmp_path: Path, start: Start) -> None:
    answered = answered_but("org", "domain", "cloud")
    terminal = start("init", *answered, "--output", "out", "--data", "node_count=7")
    terminal.until("owns the platform repository")
    terminal.press("Beta-Corp")
    terminal.until("DNS domain of the organization")
    terminal.press(f"{ERASE * 40}beta.example.net")
    terminal.until("Where does the management cluster run?")
    terminal.press("")
    assert terminal.end() == 0, terminal.seen
    assert "supplied by the platform" not in terminal.seen
    platform = tmp_path / "out/Beta-Corp/acme-gitops"
    document = (platform / "organization.yaml").read_text()
    assert "owner: Beta-Corp\n" in document
    assert "domain: beta.example.net\n" in document
    # An answer about the cluster is no answer about the repositories, and is kept for its turn.
    assert "node_count: 7\n" in (platform / ".gitopsmith/registry/clusters/hub.yaml").read_text()


def test_a_refused_answer_is_asked_for_again(tmp_path: Path, start: Start) -> None:
    terminal = start("init", *answered_but("org"), "--output", "out")
    terminal.until("owns the platform repository")
    terminal.press("not legal")
    terminal.until("must be a GitHub owner")
    terminal.press(f"{ERASE * 20}acme")
    assert terminal.end() == 0, terminal.seen
    assert (tmp_path / "out/acme/acme-gitops/organization.yaml").is_file()


def test_giving_up_ends_with_130_and_makes_nothing(tmp_path: Path, start: Start) -> None:
    terminal = start("init", *answered_but("org"), "--output", "out")
    terminal.until("owns the platform repository")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert "Traceback" not in terminal.seen
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_it_says_how_to_answer(process: Run, tmp_path: Path) -> None:
    ran = process(tmp_path, "init", "acme", "--output", "out")
    assert ran.code == 1
    assert "--defaults" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("org", ["Acme-Corp", "x" * 39, "1e3", "9lives"])
def test_owners_as_github_allows_them_go_all_the_way(run: Run, tmp_path: Path, org: str) -> None:
    out = tmp_path / "out"
    assert run(tmp_path, "init", org, "--defaults", "--output", "out").code == 0
    for line in (
        "cluster add prod-eu --cloud google --region europe-west1",
        "env add staging --cluster prod-eu",
        f"app add web --repo {org}/web --image ghcr.io/{org.lower()}/web --version 1.0.0 --env staging",
    ):
        assert run(out, *line.split()).code == 0
    checked = run(out, "check")
    assert (checked.code, checked.out) == (0, "No findings.\n")
