"""A template that needs copier is rendered by it, if it is trusted, in a process that leaves nothing behind."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.templating.source import read_folder
from generator.templating.template import Template
from generator.templating.through_copier import render_through_copier

Write = Callable[[Mapping[str, str | bytes | Path | tuple[str]]], Path]
Load = Callable[[Mapping[str, str | bytes | Path | tuple[str]]], Template]


@pytest.fixture
def load(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a template written to disk; temporary folders are made where the test can see them."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return lambda files: Template.parse(read_folder(write(files)), name="demo")


def test_tasks_run_and_their_files_are_part_of_the_tree(load: Load, tmp_path: Path) -> None:
    template = load(
        {
            "copier.yml": """\
                _exclude: [copier.yml]
                _tasks:
                - "echo {{ name }} > made.txt && chmod +x made.txt && ln -s made.txt link"
                - git init -q .
                - "(sleep 300 &)"
                name: {type: str}
                token: {type: str, secret: true, default: ''}
                shout: {default: '{{ name | upper }}', when: false}
                """,
            "{{ name }}/{% yield n from [1, 2] %}{{ n }}{% endyield %}.txt.jinja": (
                "{{ n }} {{ _folder_name }} {{ shout }}"
            ),
            "{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers | to_nice_yaml }}",
        }
    )
    data = {"name": "app", "token": "hunter2"}
    tree, answers = render_through_copier(template, data, trust=True, folder="project")
    assert {path: tree.get(path) for path in tree.under("")} == {
        ".copier-answers.yml": File(b"_src_path: template\nname: app\n"),
        "app/1.txt": File(b"1 project APP"),
        "app/2.txt": File(b"2 project APP"),
        "made.txt": File(b"app\n", EXECUTABLE),
        "link": File(b"made.txt", SYMLINK),
    }
    assert answers.values == {"name": "app", "token": "hunter2", "shout": "APP"}
    assert answers.recorded == {"name": "app"}
    assert list((tmp_path / "temporary").iterdir()) == []


def test_without_trust_nothing_runs_and_the_features_are_named(load: Load, tmp_path: Path) -> None:
    template = load({"copier.yml": f"_tasks: ['touch {tmp_path}/ran']\na: '{{{{ now() }}}}'\n"})
    with pytest.raises(UserError, match=r"may run code on this machine: _tasks, `now` \(the clock\)") as caught:
        render_through_copier(template, {})
    assert "--trust" in caught.value.hint
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("config", "data", "message"),
    [
        ("_tasks: ['echo on purpose >&2; exit 3']\n", {}, r"on purpose\nCommand .* returned non-zero exit status 3"),
        ("_tasks: [echo]\na: {type: int}\n", {}, 'Question "a" is required'),
        ("_tasks: [echo]\na: {type: str, validator: 'no good'}\n", {"a": "x"}, "Validation error .*: no good"),
        ("_tasks: ['exec kill -9 $PPID']\n", {}, "it said nothing"),
        ("_tasks: ['ln -s /etc/passwd out']\n", {}, "out: the symlink points to '/etc/passwd'"),
    ],
)
def test_a_failure_is_told_in_copiers_own_words(
    config: str, data: dict[str, object], message: str, load: Load, tmp_path: Path
) -> None:
    template = load({"copier.yml": config})
    with pytest.raises(UserError, match=message):
        render_through_copier(template, data, trust=True)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_questions_of_included_files_are_copiers_to_ask(load: Load) -> None:
    files = {"copier.yml": "_exclude: ['*.yml']\n---\n!include more.yml\n", "more.yml": "a: x\n", "b.jinja": "{{ a }}"}
    tree, answers = render_through_copier(load(files), {"a": "given"}, trust=True)
    assert tree.get("b") == File(b"given")
    assert answers.recorded == {"a": "given"}


def test_an_unknown_answer_is_refused_before_anything_runs(load: Load) -> None:
    with pytest.raises(UserError, match="`nmae`: there is no such question; did you mean `name`"):
        render_through_copier(load({"copier.yml": "_tasks: [echo]\nname: x\n"}), {"nmae": "y"}, trust=True)


def test_a_task_that_does_not_end_is_ended(load: Load, tmp_path: Path) -> None:
    template = load({"copier.yml": "_tasks: ['sleep 300']\n"})
    with pytest.raises(UserError, match=r"demo: copier did not finish within 0\.1 seconds"):
        render_through_copier(template, {}, trust=True, timeout=0.1)
    assert list((tmp_path / "temporary").iterdir()) == []
