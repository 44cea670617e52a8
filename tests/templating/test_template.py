"""A template knows what it is, tells its files apart by a digest, and finds out what only copier performs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from generator.core.tree import EXECUTABLE, File, MemoryTree
from generator.templating.template import Template

Parse = Callable[[Mapping[str, str | bytes]], Template]


def _digest(files: Mapping[str, File]) -> str:
    return Template.parse(MemoryTree({"copier.yml": File(b""), **files}), name="demo").digest


def test_the_digest_depends_on_paths_modes_and_bytes_and_on_nothing_else() -> None:
    digest = _digest({"a": File(b"1"), "b": File(b"2")})
    assert digest == _digest({"b": File(b"2"), "a": File(b"1")})
    assert digest == "sha256:b79816d60587c7ddfd2869e3fde5f414ca8c9152903bc1273d867910093262d3"
    others = [
        {"a": File(b"1"), "c": File(b"2")},
        {"a": File(b"1"), "b": File(b"2", EXECUTABLE)},
        {"a": File(b"1"), "b": File(b"3")},
        {"a": File(b"12"), "b": File(b"")},
        {"a": File(b"1")},
    ]
    assert digest not in [_digest(files) for files in others]


def test_questions_and_metadata_are_read(parse: Parse) -> None:
    template = parse(
        {
            "copier.yml": (
                "_gitopsmith: {kind: app}\na: {type: int, help: How many.}\nb: x\nc: {default: 1, when: '{{ b }}'}\n"
            )
        }
    )
    assert template.metadata == {"kind": "app"}
    assert [(q.name, q.type, q.help, q.required, q.when) for q in template.questions.values()] == [
        ("a", "int", "How many.", True, True),
        ("b", "str", "", False, True),
        ("c", "int", "", False, "{{ b }}"),
    ]
    assert parse({"copier.yml": ""}).metadata == {}


NEEDS = {
    "nothing": ({"copier.yml": "_message_after_copy: hi\n_tasks: []\na: 1\n", "a.jinja": "{{ a }}"}, ()),
    "tasks": ({"copier.yml": "_tasks: [echo]\n"}, ("_tasks",)),
    "migrations and external data": (
        {"copier.yml": "_migrations: [{command: x}]\n_external_data: {a: b.yml}\n"},
        ("_external_data", "_migrations"),
    ),
    "included configuration": ({"copier.yml": "a: !include x.yml\n"}, ("`!include` in copier.yml",)),
    "yield in a name": (
        {"copier.yml": "", "{% yield x from [1] %}{{ x }}{% endyield %}": ""},
        ("`yield` in the name `{% yield x from [1] %}{{ x }}{% endyield %}`",),
    ),
    "clock and chance": (
        {"copier.yml": "a: '{{ now() }}'\n", "a.jinja": "{{ [1] | random }}{{ lipsum() }}{{ 1 | ans_random }}"},
        (
            "`lipsum` (a random value)",
            "`now` (the clock)",
            "filter `ans_random` (a random value)",
            "filter `random` (a random value)",
        ),
    ),
    "the machine": (
        {"copier.yml": "", "a.jinja": "{{ '~' | expanduser }}{{ _folder_name }}{{ _copier_python }}"},
        (
            "`_copier_python` (a path of this machine)",
            "`_folder_name` (the folder that is rendered to)",
            "filter `expanduser` (looks at this machine)",
        ),
    ),
    "more of copier's own": (
        {"copier.yml": "", "a.jinja": "{{ _copier_conf.src_path }}{{ _copier_conf['os'] }}{{ _copier_conf.sep }}"},
        ("`_copier_conf.os`", "`_copier_conf.src_path`"),
    ),
    "all of copier's own": ({"copier.yml": "", "a.jinja": "{{ _copier_conf }}"}, ("`_copier_conf`",)),
    "in a question": (
        {"copier.yml": "a: {choices: ['{{ _folder_name }}']}"},
        ("`_folder_name` (the folder that is rendered to)",),
    ),
    "in a file that is included": (
        {
            "copier.yml": "_subdirectory: t",
            "t/a.jinja": "{% include ['b', 'c'] %}",
            "c": "{{ now() }}",
            "d.jinja": "{{ now() }}",
        },
        ("`now` (the clock)",),
    ),
    "in a file that is included in another spelling": (
        {"copier.yml": "", "a.jinja": "{% include './b/./c' %}", "b/c": "{{ now() }}"},
        ("`now` (the clock)",),
    ),
    "not in what is copied, nor in what is no Jinja": (
        {"copier.yml": "", "a": "{{ now() }}", "b.jinja": "{% if %}"},
        (),
    ),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_only_copier_performs_is_found(case: str, parse: Parse) -> None:
    files, features = NEEDS[case]
    assert parse(files).needs_copier == features
