"""Rendering: what is refused, with file and line, and what stays the same from one instance to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from generator.core.errors import UserError
from generator.core.tree import File, MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.template import Template

Parse = Callable[[Mapping[str, str | bytes]], Template]
Render = Callable[..., dict[str, bytes]]

STRICT = "_envops: {undefined: jinja2.StrictUndefined}\n"


@pytest.fixture
def rendered(parse: Parse) -> Render:
    """Return the bytes by path that files in memory render to."""

    def render_files(files: Mapping[str, str | bytes], existing: Mapping[str, str] | None = None) -> dict[str, bytes]:
        template = parse(files)
        standing = None if existing is None else MemoryTree({p: File(text.encode()) for p, text in existing.items()})
        tree = render(template, resolve(template, {}), existing=standing)
        return {path: file.data for path in tree.under("") if (file := tree.get(path))}

    return render_files


@pytest.mark.parametrize("path", ["../x", "..", "a/../b", "/x", ".git", "a/.GIT", "a\\nb", "a\\x00b", ".", "./"])
def test_a_path_that_leads_astray_is_refused(path: str, rendered: Render) -> None:
    with pytest.raises(UserError, match=r"^demo: \{\{ p \}\} is rendered to (the|a) path"):
        rendered({"copier.yml": f'p: "{path}"', "{{ p }}": ""})


def test_a_folder_that_leads_astray_is_refused(rendered: Render) -> None:
    with pytest.raises(UserError, match=r"^demo: \{\{ p \}\} is rendered to the path '\.\.', which is refused"):
        rendered({"copier.yml": "p: ..", "{{ p }}/a": ""})


def test_an_answers_file_that_leads_astray_is_refused(rendered: Render) -> None:
    with pytest.raises(UserError, match=r"it holds `\.\.`"):
        rendered({"copier.yml": "_answers_file: ../x\n", "{{_copier_conf.answers_file}}.jinja": "x"})


@pytest.mark.parametrize(
    ("subdirectory", "message"),
    [
        ("nope", "there is no folder `nope`"),
        ("../t", "it holds `..`"),
        ("/t", "it is absolute"),
        ("f", "no folder `f`"),
    ],
)
def test_a_subdirectory_that_is_not_there_is_refused(subdirectory: str, message: str, rendered: Render) -> None:
    with pytest.raises(UserError, match=message) as caught:
        rendered({"copier.yml": f"a: 1\n_subdirectory: {subdirectory}", "t/a": "", "f": ""})
    assert caught.value.message.startswith("demo: copier.yml:2: `_subdirectory`")


def test_two_files_for_one_path_are_refused_unless_they_are_the_same(rendered: Render) -> None:
    with pytest.raises(UserError, match=r"demo: a and \{\{ p \}\} are both rendered to `a`"):
        rendered({"copier.yml": "p: a", "{{ p }}": "1", "a": "2"})
    assert rendered({"copier.yml": "p: a", "{{ p }}": "1", "a": "1"}) == {"a": b"1"}


def test_a_path_that_is_file_and_folder_is_refused(rendered: Render) -> None:
    with pytest.raises(UserError, match=r"demo: \{\{ p \}\} is rendered to `a`, which is a folder as well"):
        rendered({"copier.yml": "p: a", "{{ p }}": "1", "a/b/c": "2"})


FAILING: dict[str, tuple[Mapping[str, str | bytes], str]] = {
    "unknown name": ({"x/a.jinja": "1\n2 {{ nobody }}\n"}, "demo: x/a.jinja:2: 'nobody' is undefined"),
    "unknown name in an included file": (
        {"a.jinja": "1\n{% include 'b' %}", "b": "x\ny\n{{ nobody }}"},
        "demo: b:3: 'nobody' is undefined",
    ),
    "unknown name in a file's name": (
        {"{{ nobody }}.txt": ""},
        "demo: the name of {{ nobody }}.txt: 'nobody' is undefined",
    ),
    "unknown name in a pattern": (
        {"copier.yml": f"{STRICT}_exclude: ['{{{{ nobody }}}}']", "a": ""},
        "demo: copier.yml:2: `_exclude`: 'nobody' is undefined",
    ),
    "block that does not end": ({"a.jinja": "1\n{% if x %}\n"}, "demo: a.jinja:2: Unexpected end of template"),
    "included block that is empty": ({"a.jinja": "{% include 'b' %}", "b": "\n{% if %}"}, "demo: b:2: Expected an"),
    "broken name": ({"{% if %}": ""}, "demo: the name of {% if %}: Expected an expression"),
    "unknown filter": ({"a.jinja": "\n{{ 1 | nofilter }}"}, "demo: a.jinja:2: No filter named 'nofilter'"),
    "included file that is not there": (
        {"a.jinja": "\n{% include 'nope' %}"},
        "demo: a.jinja:2: there is no file `nope` in the template",
    ),
    "division by zero": ({"a.jinja": "\n\n{{ 1 / 0 }}"}, "demo: a.jinja:3: ZeroDivisionError: division by zero"),
    "template that is no text": ({"a.jinja": b"\n\xff"}, "demo: a.jinja: byte 1 is not UTF-8"),
    "half a character": ({"a.jinja": "{{ '\\ud800' }}"}, "demo: a.jinja: what it renders to is no Unicode text"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_template_that_fails_is_reported_with_file_and_line(case: str, rendered: Render) -> None:
    files, message = FAILING[case]
    with pytest.raises(UserError) as caught:
        rendered({"copier.yml": STRICT, **files})
    assert caught.value.message.startswith(message)


def test_a_file_that_is_dropped_or_excluded_may_be_broken(rendered: Render) -> None:
    files = {
        "copier.yml": "_exclude: ['*.yml', out]",
        "out.jinja": "{% if %}",
        "{% if false %}x{% endif %}.jinja": b"\xff",
    }
    assert rendered(files) == {}


def test_a_file_to_skip_stays_as_it_stands(rendered: Render) -> None:
    files = {
        "copier.yml": "d: mine\n_skip_if_exists: ['{{ d }}/*', '!mine/no']",
        "mine/a": "1",
        "mine/no": "1",
        "b": "1",
    }
    new = {"mine/a": b"1", "mine/no": b"1", "b": b"1"}
    assert rendered(files) == new
    assert rendered(files, {}) == new
    assert rendered(files, {"mine/a": "kept", "mine/no": "old", "b": "old", "c": "c"}) == new | {"mine/a": b"kept"}


def test_every_instance_starts_afresh(parse: Parse) -> None:
    template = parse(
        {
            "copier.yml": "_subdirectory: t\nxs: [1]\n",
            "t/a.jinja": "{% import 'm' as m %}{% set _ = xs.append(2) %}{{ xs }} {{ m.add(3) }}",
            "m": "{% set seen = [] %}{% macro add(x) %}{% set _ = seen.append(x) %}{{ seen }}{% endmacro %}",
        }
    )
    answers = resolve(template, {})
    first = render(template, answers)
    assert first.get("a") == File(b"[1, 2] [3]")
    assert render(template, answers) == first
    assert answers.values == {"xs": [1]}


def test_without_a_source_the_record_tells_no_path(rendered: Render) -> None:
    files = {"copier.yml": "a: 1\n", "{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers | to_json }}"}
    assert rendered(files) == {".copier-answers.yml": b'{"a": 1}'}


def test_a_template_that_needs_copier_is_not_rendered(rendered: Render) -> None:
    with pytest.raises(UserError, match="demo: only copier itself can render this template: _tasks") as caught:
        rendered({"copier.yml": "_tasks: [echo]"})
    assert "--trust" in caught.value.hint
