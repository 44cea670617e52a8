"""A template sees neither Python's insides nor the machine, and runs no code of its own without trust."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2_ansible_filters import core_filters

from generator.core.errors import UserError
from generator.core.tree import File, MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.template import Template

Parse = Callable[[Mapping[str, str | bytes]], Template]

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'].mro() }}",
    "{{ '' | attr('__class__') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(range) }}",
    "{{ '{x.__class__}'.format_map({'x': 1}) }}",
    "{{ pathjoin.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ self.__init__.__globals__ }}",
    "{{ _copier_conf.answers_file.parser.os.environ }}",
    "{{ (xs | map('upper')).gi_frame.f_globals }}",
    "{% set f = xs.append %}{{ f.__self__.__class__ }}",
    "{{ range(100000000) | list }}",
    "{% include '/etc/passwd' %}",
    "{% include '../../../../etc/passwd' %}",
    "{% import 'os' as os %}{{ os }}",
    "{{ ['/etc/*'] | map('fileglob') | list }}",
    "{{ ['$HOME'] | map('expandvars') | list }}",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_an_escape_fails(escape: str, parse: Parse) -> None:
    template = parse({"copier.yml": "xs: [a]\n_envops: {undefined: jinja2.StrictUndefined}\n", "a.jinja": escape})
    with pytest.raises(UserError, match=r"^demo: a\.jinja:1: "):
        render(template, resolve(template, {}))


@pytest.mark.parametrize("key", ["default", "validator", "when", "choices", "type"])
def test_an_escape_fails_in_a_question(key: str, parse: Parse) -> None:
    template = parse({"copier.yml": f"a:\n  default: x\n  {key}: \"{{{{ ''.__class__.__mro__ }}}}\"\n"})
    with pytest.raises(UserError, match="access to attribute '__class__' of 'str' object is unsafe"):
        resolve(template, {})


def test_an_extension_needs_trust(parse: Parse) -> None:
    template = parse({"copier.yml": "a: 1\n_jinja_extensions: [jinja2.ext.do]\n", "a.jinja": "{% do [] %}"})
    with pytest.raises(
        UserError, match=r"copier.yml:2: `_jinja_extensions` runs code of its own: jinja2\.ext\.do"
    ) as err:
        render(template, resolve(template, {}))
    assert "--trust" in err.value.hint


def _trusted(files: Mapping[str, str]) -> Template:
    return Template.parse(MemoryTree({p: File(t.encode()) for p, t in files.items()}), name="demo", trust=True)


def test_a_trusted_extension_is_used() -> None:
    template = _trusted(
        {
            "copier.yml": "xs: [1]\n_jinja_extensions: [jinja2.ext.do, jinja2.ext.loopcontrols]\n",
            "a.jinja": "{% do xs.append(2) %}{% for x in xs %}{{ x }}{% break %}{% endfor %}{{ xs }}",
        }
    )
    assert render(template, resolve(template, {})).get("a") == File(b"1[1, 2]")


@pytest.mark.parametrize("name", ["nowhere.at.all", "jinja2.ext.Nothing", "nodots"])
def test_an_extension_that_is_not_there_is_named(name: str) -> None:
    template = _trusted({"copier.yml": f"_jinja_extensions: [{name}]\n"})
    with pytest.raises(UserError, match=f"names `{name}`, which cannot be imported"):
        _ = template.environment


@given(st.text())
@example("")
@example("no")
@example("1e3")
@example("- a\nb: c\n")
def test_a_text_is_written_as_yaml_as_by_the_filter_that_copier_has_however_often(text: str) -> None:
    to_yaml = _trusted({"copier.yml": "a: 1\n"}).environment.filters["to_yaml"]
    assert to_yaml(text) == to_yaml(text) == core_filters.to_yaml(text)
    assert to_yaml(text, default_style="'") == core_filters.to_yaml(text, default_style="'")
