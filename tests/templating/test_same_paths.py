"""Which files a template renders to, and what they are called, is what copier makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Content = str | bytes | Path | tuple[str]
Case = tuple[Mapping[str, Content], Mapping[str, object]]
Same = Callable[[Mapping[str, Content], Mapping[str, object]], None]

CASES: dict[str, Case] = {
    "suffix is dropped, other files are copied": (
        {"copier.yml": "who: me\n", "a.txt.jinja": "{{ who }}\n", "b.txt": "{{ who }}\n"},
        {},
    ),
    "subdirectory": (
        {"copier.yml": "_subdirectory: template\nwho: me\n", "template/a.jinja": "{{ who }}", "other.txt": "no"},
        {"who": "you"},
    ),
    "templated subdirectory": (
        {"copier.yml": "_subdirectory: '{{ flavour }}'\nflavour: x\n", "x/a": "x", "y/a": "y"},
        {"flavour": "y"},
    ),
    "subdirectory that is the folder itself keeps the default excludes": (
        {"copier.yml": "_subdirectory: .\n", "a": "a", "__pycache__/b": "b"},
        {},
    ),
    "another suffix": (
        {"copier.yml": "_templates_suffix: .j2\nwho: me\n", "a.j2": "{{ who }}", "b.jinja": "{{ who }}"},
        {},
    ),
    "a suffix of two parts loses only the last": (
        {"copier.yml": "_templates_suffix: .tmpl.j2\nwho: me\n", "a.tmpl.j2": "{{ who }}"},
        {},
    ),
    "suffix without a dot": (
        {"copier.yml": "_templates_suffix: tpl\nwho: me\n", "a.tpl": "{{ who }}", "b-tpl": "{{ who }}"},
        {},
    ),
    "empty suffix renders everything and copies what is no text": (
        {
            "copier.yml": "_templates_suffix: ''\n_subdirectory: t\nwho: me\n",
            "t/a.txt": "{{ who }}\n",
            "t/logo.png": b"\x89PNG\xff\xfe{{ who }}",
        },
        {},
    ),
    "null suffix is the default": ({"copier.yml": "_templates_suffix:\nwho: me\n", "a.jinja": "{{ who }}"}, {}),
    "sibling with the suffix wins": (
        {"copier.yml": "who: me\n", "a.txt": "plain", "a.txt.jinja": "{{ who }}", "b/c": "1", "b/c.jinja": "2"},
        {},
    ),
    "sibling with the suffix wins in a subdirectory": (
        {
            "copier.yml": "_subdirectory: t\nwho: me\n",
            "t/a.txt": "plain",
            "t/a.txt.jinja": "{{ who }}",
            "t/b.jinja": "no",
            "t/b.jinja.jinja": "{{ '{{ kept }}' }}",
        },
        {},
    ),
    "in a subdirectory nothing is excluded by default": (
        {"copier.yml": "_subdirectory: t\n", "t/~a": "", "t/copier.yml": "a: 1", "t/__pycache__/b.pyc": ""},
        {},
    ),
    "the answers file has one place wherever the template keeps it": (
        {
            "copier.yml": "who: me\n",
            "kept/here/{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers | to_nice_yaml }}",
        },
        {},
    ),
    "a plain file gives way to a rendered name at the root": (
        {"copier.yml": "_subdirectory: t\nname: a\n", "t/{{ name }}": "plain", "t/b": "b", "a.jinja": "root"},
        {},
    ),
    "templated names of files and folders": (
        {
            "copier.yml": "name: app\nenv: dev\ndeep: er/est\n",
            "{{ name }}/{{ env }}-{{ name }}.yaml.jinja": "n: {{ name }}\n",
            "{{ name }}/plain-{{ env }}": "{{ name }}\n",
            "{{ deep }}/{{ name }}.txt": "x",
        },
        {"name": "shop"},
    ),
    "an empty name drops file and folder": (
        {
            "copier.yml": "cloud: aws\n",
            "{% if cloud == 'aws' %}aws.tf{% endif %}.jinja": "# {{ cloud }}\n",
            "{% if cloud == 'gcp' %}gcp.tf{% endif %}.jinja": "# {{ cloud }}\n",
            "{% if cloud == 'gcp' %}gcp{% endif %}/a/b/c.txt": "no",
            "{% if cloud == 'aws' %}aws{% endif %}/{% if true %}on{% endif %}/c.txt": "yes",
        },
        {},
    ),
    "a name of one dot leaves its folder out": (
        {
            "copier.yml": "flat: true\nc: ./c//d/\n",
            "{% if flat %}.{% else %}src{% endif %}/a.txt": "a",
            "b/{{ c }}": "b",
        },
        {},
    ),
    "default excludes": (
        {"copier.yml": "", "~a": "", "x.pyc": "", "y.pyo": "", ".DS_Store": "", "k/~b": "", "keep/.svn/x": "", "z": ""},
        {},
    ),
    "exclude replaces the default excludes": ({"copier.yml": "_exclude: ['*.md']\n", "a.md": "", "b.pyc": ""}, {}),
    "exclude by templated patterns, several in one": (
        {
            "copier.yml": (
                "docs: false\n_exclude:\n- copier.yml\n- '{% if not docs %}docs/{% endif %}'\n"
                "- |\n  one\n  # a comment\n  two\n- '{{ _copier_operation }}-only'\n"
            ),
            "docs/a": "", "one": "", "two": "", "three": "", "copy-only": "",
        },
        {},
    ),
    "exclude with negation": (
        {
            "copier.yml": "_exclude: ['*', '!keep', '!keep/**', 'keep/not']\n",
            "a": "", "keep/a": "a", "keep/not": "", "other/keep": "k",
        },
        {},
    ),
    "exclude judges rendered paths": (
        {"copier.yml": "name: a\n_exclude: ['copier.yml', 'a.txt', '/top', 'x/**/y']\n",
         "{{ name }}.txt": "", "top": "", "in/top": "in", "x/1/2/y": "", "x/z": "z"},
        {},
    ),
    "exclude with letters that Unicode composes": (
        {"copier.yml": "_exclude: [copier.yml, 'é.txt']\n", "é.txt": "composed", "é.md": "other"},
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_renders_the_paths_that_copier_renders(case: str, same_as_copier: Same) -> None:
    same_as_copier(*CASES[case])
