"""Questions are asked on a terminal by copier itself; what is given is not asked for."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pytest

from generator.core.errors import UserError
from generator.templating.asking import ask

Write = Callable[[Mapping[str, str]], Path]

PATIENCE = 30.0
CONFIG = """\
name: {type: str, help: 'What is it called?', validator: "{% if name == 'bad' %}not that one{% endif %}"}
replicas: {type: int, default: 2, help: 'How many?'}
cloud: {type: str, choices: [aws, google], default: google, help: 'Where?'}
zone: {type: str, default: x, when: "{{ cloud == 'aws' }}", help: 'Which zone?'}
shout: {type: str, default: "{{ name | upper }}", when: false}
token: {type: str, secret: true, default: '', help: 'The token?'}
"""
SCRIPT = """\
import json, sys
from pathlib import Path
from generator.core.errors import UserError
from generator.templating.asking import ask
try:
    answers = ask(Path(sys.argv[1]), json.loads(sys.argv[2]))
except KeyboardInterrupt:
    answers = "interrupted"
except UserError as error:
    answers = str(error)
Path(sys.argv[3]).write_text(json.dumps(answers))
"""


class Terminal:
    """A person at a terminal on which `ask` runs.

    Args:
        folder: The template.
        data: The answers that are given.
        report: The file that takes what `ask` returned or raised.
    """

    def __init__(self, folder: Path, data: Mapping[str, object], report: Path) -> None:
        self._report = report
        self._screen, terminal = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder), json.dumps(data), str(report)],
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            env={**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"},
        )  # fmt: skip
        os.close(terminal)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)

    def answer(self, question: str, keys: str) -> None:
        """Wait until a question is on the screen, then press keys."""
        seen = b""
        while question.encode() not in seen:
            ready, _, _ = select.select([self._screen], [], [], PATIENCE)
            assert ready, f"{question} was not asked; on the screen is {seen!r}"
            seen += os.read(self._screen, 65536)
        os.write(self._screen, keys.encode())

    def result(self) -> object:
        """Return what `ask` returned or raised, when it is done."""
        while self._process.poll() is None:
            if select.select([self._screen], [], [], 0.05)[0]:
                try:
                    os.read(self._screen, 65536)
                except OSError:  # the other end is closed
                    break
        assert self._process.wait(PATIENCE) == 0
        return json.loads(self._report.read_text())


@pytest.fixture
def sit(write: Write, tmp_path: Path) -> Callable[..., Terminal]:
    return lambda data: Terminal(write({"copier.yml": CONFIG, "a.jinja": "{{ name }}"}), data, tmp_path / "report")


def test_what_is_not_given_is_asked_for(sit: Callable[..., Terminal]) -> None:
    with sit({"replicas": "3"}) as terminal:
        terminal.answer("What is it called?", "shop\r")
        terminal.answer("Where?", "\r")
        terminal.answer("The token?", "hunter2\r")
        assert terminal.result() == {"name": "shop", "replicas": 3, "cloud": "google", "token": "hunter2"}


@pytest.mark.parametrize(("key", "outcome"), [("\x03", "interrupted"), ("\x04", "the input ended")])
def test_a_person_can_give_up(key: str, outcome: str, sit: Callable[..., Terminal]) -> None:
    with sit({}) as terminal:
        terminal.answer("What is it called?", key)
        assert outcome in str(terminal.result())


def test_without_a_terminal_the_way_out_is_named(write: Write) -> None:
    folder = write({"copier.yml": CONFIG})
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), "{}", str(folder.parent / "report")],
        stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    assert run.returncode == 0
    assert json.loads((folder.parent / "report").read_text()) == (
        "template: the input ended before all questions were answered.\n"
        "Answer them with `--data key=value` or `--data-file`, or take the `--defaults`."
    )


def test_where_everything_is_given_no_terminal_is_needed(write: Write) -> None:
    given = {"name": "shop", "replicas": "1", "cloud": "aws", "zone": "a", "token": "t"}
    answers = ask(write({"copier.yml": CONFIG, "{{ name }}.jinja": "{{ name }}"}), given)
    assert answers == {"name": "shop", "replicas": 1, "cloud": "aws", "zone": "a", "token": "t"}
    assert list(answers) == ["name", "replicas", "cloud", "zone", "token"]


def test_an_answer_that_does_not_fit_is_refused(write: Write) -> None:
    given = {"name": "bad", "replicas": 1, "cloud": "aws", "zone": "a", "token": "t"}
    with pytest.raises(UserError, match="template: Validation error for question 'name': not that one"):
        ask(write({"copier.yml": CONFIG}), given)


def test_an_answer_to_no_question_is_refused(write: Write) -> None:
    with pytest.raises(UserError, match="`nmae`: there is no such question; did you mean `name`"):
        ask(write({"copier.yml": CONFIG}), {"nmae": "x"})


def test_a_template_with_code_of_its_own_needs_trust(write: Write) -> None:
    folder = write({"copier.yml": "_jinja_extensions: [jinja2.ext.do]\na: {default: 1}\n"})
    with pytest.raises(UserError, match="runs code of its own") as caught:
        ask(folder, {"a": 2})
    assert "--trust" in caught.value.hint
    assert ask(folder, {"a": 2}, trust=True) == {"a": 2}
