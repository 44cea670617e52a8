"""The funnel: every way out of the command, and what is and is not printed on it."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from generator.cli import main as funnel
from generator.cli.examples import EXAMPLES
from generator.cli.main import cli
from generator.core.errors import TemporaryError, UserError, UserErrors

Run = Callable[..., Any]

COMMAND = Path(sys.executable).with_name("gitopsmith")
VERBS = [
    "",
    "init",
    "check",
    "status",
    "render",
    *(f"{noun} {verb}" for noun in ("cluster", "env", "catalog", "app") for verb in ("", "add", "remove", "list")),
    "catalog show",
]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Let the verb `status` fail in a way."""

    def fail_with(failure: BaseException) -> None:
        def status(_workspace: object) -> object:
            raise failure

        monkeypatch.setattr("generator.workspace.status.status", status)

    return fail_with


def test_success_is_0(run: Run, bootstrapped: Path) -> None:
    assert run(bootstrapped, "status").code == 0


def test_what_the_user_can_mend_is_1_with_a_hint(run: Run, bootstrapped: Path, failing: Any) -> None:
    failing(UserError("file.yaml: key: found [red]x[/red] :smile:.", hint="Mend it."))
    ran = run(bootstrapped, "status")
    assert (ran.code, ran.err) == (1, "error: file.yaml: key: found [red]x[/red] :smile:.\nMend it.\n")


def test_text_from_outside_cannot_move_the_cursor_of_a_terminal(run: Run, bootstrapped: Path, failing: Any) -> None:
    failing(UserError("`\x1b[2J` is no name.", hint="Not\nthis: \x9b."))
    assert run(bootstrapped, "status").err == "error: `\\x1b[2J` is no name.\nNot\nthis: \\x9b.\n"


def test_names_that_are_no_text_are_printed_all_the_same(process: Run, tmp_path: Path) -> None:
    (tmp_path / "a\udcff.yaml").write_text("a: [")
    for form in ("text", "json", "github"):
        ran = process(tmp_path, "check", ".", "--format", form, env={"PYTHONIOENCODING": "utf-8:strict"})
        assert (ran.code, ran.err) == (1, "")
        assert "udcff.yaml" in ran.out


def test_several_problems_are_all_told(run: Run, bootstrapped: Path, failing: Any) -> None:
    failing(UserErrors("Two things.", [UserError("one"), UserError("two")]))
    assert run(bootstrapped, "status").err == "error: Two things.\n  - one\n  - two\n"


def test_what_may_pass_says_to_run_it_again(run: Run, bootstrapped: Path, failing: Any) -> None:
    failing(TemporaryError("busy"))
    ran = run(bootstrapped, "status")
    assert (ran.code, ran.err) == (1, "error: busy\nThis may pass: run the command again.\n")


@pytest.mark.parametrize("arguments", [["statsu"], ["status", "--no-such-option"], ["cluster", "add"]])
def test_a_wrong_command_line_is_2(run: Run, tmp_path: Path, arguments: list[str]) -> None:
    ran = run(tmp_path, *arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "written",
    [
        ["--data", "key=hunter2-secret"],
        ["--data=key=hunter2-secret"],
        ["-d", "key=hunter2-secret"],
        ["-dkey=hunter2-secret"],
        ["-nd", "key=hunter2-secret"],
        ["-ndkey=hunter2-secret"],
    ],
)
def test_a_bug_is_3_with_a_report_that_keeps_secrets(
    run: Run, bootstrapped: Path, monkeypatch: pytest.MonkeyPatch, written: list[str]
) -> None:
    def buggy(*_: object, **__: object) -> None:
        raise RuntimeError("what about hunter2-secret?")

    monkeypatch.setattr("generator.workspace.components.add_item", buggy)
    ran = run(bootstrapped, "catalog", "add", "loki", "--cluster", "prod-eu", *written)
    assert ran.code == 3
    assert "This is a bug in gitopsmith" in ran.err
    assert "command:  gitopsmith catalog add loki --cluster prod-eu" in ran.err
    assert f"version:  gitopsmith {version('gitopsmith')}" in ran.err
    assert "RuntimeError" in ran.err
    assert "key=…" in ran.err
    assert "hunter2" not in ran.err


def test_interrupted_is_130(run: Run, bootstrapped: Path, failing: Any) -> None:
    failing(KeyboardInterrupt())
    ran = run(bootstrapped, "status")
    assert (ran.code, ran.err) == (130, "error: Interrupted.\n")


def test_a_reader_that_leaves_is_no_error_to_talk_about(bootstrapped: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        done = subprocess.run(
            [COMMAND, "catalog", "show", "loki", "--format", "json"],
            cwd=bootstrapped,
            check=False,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.stderr == ""
    assert done.returncode not in {2, 3}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(run: Run, tmp_path: Path, verb: str) -> None:
    ran = run(tmp_path, *verb.split(), "--help")
    assert ran.code == 0
    assert "Usage: gitopsmith" in ran.out
    assert run(tmp_path, *verb.split(), "-h").out == ran.out


def commands(command: Any, *above: str) -> Iterator[tuple[str, Any]]:
    """Yield every command below one, with how it is called."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *above, name)
    yield " ".join(above), command


def test_no_command_has_two_options_of_one_name() -> None:
    for called, command in commands(get_command(cli)):
        names = Counter(name for option in command.params for name in (*option.opts, *option.secondary_opts))
        assert [name for name, times in names.items() if times > 1] == [], called


def test_every_verb_ends_its_help_with_an_example_that_can_be_typed() -> None:
    verbs = {called: verb for called, verb in commands(get_command(cli)) if not hasattr(verb, "commands")}
    assert EXAMPLES.keys() == verbs.keys()
    for called, verb in verbs.items():
        assert verb.epilog == f"Example: gitopsmith {EXAMPLES[called]}"
        words = EXAMPLES[called].split()
        assert " ".join(words[: len(called.split())]) == called
        with verb.make_context(called, words[len(called.split()) :]) as context:
            assert context.params


def test_the_version_is_printed(process: Run, tmp_path: Path) -> None:
    assert process(tmp_path, "--version").out == f"gitopsmith {version('gitopsmith')}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_is_printed(process: Run, tmp_path: Path, shell: str) -> None:
    # What the shell asks for when the user presses the tabulator after `--show-completion`'s script was sourced.
    ran = process(tmp_path, env={"_GITOPSMITH_COMPLETE": f"source_{shell}"})
    assert ran.code == 0
    assert "_GITOPSMITH_COMPLETE" in ran.out


def test_the_shell_is_told_the_verbs(process: Run, tmp_path: Path) -> None:
    asked = {"_GITOPSMITH_COMPLETE": "complete_bash", "COMP_WORDS": "gitopsmith cl", "COMP_CWORD": "1"}
    assert process(tmp_path, env=asked).out.split() == ["cluster"]


def test_there_are_no_colours_without_a_terminal(process: Run, bootstrapped: Path) -> None:
    for arguments in (["status"], ["--help"], ["cluster", "list"], ["cluster", "add", "X"], ["nonsense"]):
        ran = process(bootstrapped, *arguments)
        assert "\x1b" not in ran.out + ran.err


def test_a_terminal_gets_colours_unless_it_wants_none(bootstrapped: Path) -> None:
    for environment, coloured in (({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        with open(ours, "rb", buffering=0) as terminal:
            subprocess.run(
                [COMMAND, "cluster", "add", "X"],
                cwd=bootstrapped,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stderr=theirs,
                check=False,
            )
            os.close(theirs)
            said = terminal.read(4096)
        assert b"error: " in said
        assert bool(re.search(rb"\x1b\[[0-9;]*3[0-9]", said)) is coloured


def test_quiet_says_nothing_but_what_was_asked_for(run: Run, out: Path) -> None:
    add = ["catalog", "add", "loki", "--cluster", "prod-eu"]
    dry = run(out, "--quiet", *add, "--dry-run")
    assert dry.err == ""
    assert "diff --git" in dry.out
    assert (run(out, "--quiet", *add).out, run(out, "--quiet", *add).err) == ("", "")
    assert "prod-eu" in run(out, "--quiet", "cluster", "list").out
    assert "error: " in run(out, "--quiet", "cluster", "add", "X").err


def test_the_command_line_starts_without_what_only_some_verbs_need() -> None:
    look = "import sys, generator.cli.main; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout.split()
    slow = {"copier", "pydantic", "git", "jinja2", "ruamel", "ruamel.yaml", "yaml", "jsonschema_rs"}
    assert slow.isdisjoint(loaded)


def test_interrupting_the_process_ends_it_with_130(tmp_path: Path, bootstrapped: Path) -> None:
    # A git that waits for ever stands for any moment at which a user loses patience.
    fake = tmp_path / "git"
    fake.write_text(f"#!/bin/sh\necho started > {tmp_path}/fifo\nexec sleep 600\n")
    fake.chmod(0o755)
    os.mkfifo(tmp_path / "fifo")
    started = subprocess.Popen(
        [COMMAND, "status"],
        cwd=bootstrapped,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert (tmp_path / "fifo").read_text() == "started\n"
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=30)
    assert started.returncode == funnel.INTERRUPTED
    assert said == "error: Interrupted.\n"


@pytest.mark.parametrize("quiet", ["--quiet", "-q"])
def test_quiet_may_stand_after_the_verb(tmp_path: Path, run: Run, quiet: str) -> None:
    done = run(tmp_path, "init", "acme", "--defaults", "--output", "out", quiet)
    assert (done.code, done.out, done.err) == (0, "", "")
