"""What a template's files hold, and their modes, is what copier makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Content = str | bytes | Path | tuple[str]
Case = tuple[Mapping[str, Content], Mapping[str, object]]
Same = Callable[[Mapping[str, Content], Mapping[str, object]], None]

CASES: dict[str, Case] = {
    "line ends become those of the environment": (
        {
            "copier.yml": "who: me\n",
            "crlf.txt.jinja": b"one {{ who }}\r\ntwo\r\n",
            "cr.txt.jinja": b"one\rtwo {{ who }}\r",
            "plain-crlf.txt": b"one\r\ntwo\r\n",
            "no-mark.txt.jinja": b"one\r\ntwo\r\n",
        },
        {},
    ),
    "another newline sequence": (
        {
            "copier.yml": '_envops: {newline_sequence: "\\r\\n"}\nwho: me\n',
            "a.jinja": "{{ who }}\nb\n",
            "b.jinja": "b\n",
        },
        {},
    ),
    "a missing last newline stays missing": (
        {"copier.yml": "who: me\n", "a.jinja": "{{ who }}", "b.jinja": "b", "c": "c"},
        {},
    ),
    "a last newline that the environment drops": (
        {
            "copier.yml": "_envops: {keep_trailing_newline: false}\nwho: me\n",
            "a.jinja": "{{ who }}\n",
            "b.jinja": "b\n",
        },
        {},
    ),
    "trimmed blocks": (
        {
            "copier.yml": "_envops: {trim_blocks: true, lstrip_blocks: true}\nitems: [1, 2]\n",
            "a.jinja": "x:\n  {% for i in items %}\n  - {{ i }}\n  {% endfor %}\nend\n",
        },
        {},
    ),
    "other delimiters": (
        {
            "copier.yml": (
                "_envops:\n  variable_start_string: '[['\n  variable_end_string: ']]'\n  block_start_string: '[%'\n"
                "  block_end_string: '%]'\n  comment_start_string: '[#'\n  comment_end_string: '#]'\n"
                "name: a\nlong: '[[ name ]]-{{ x }}'\n"
            ),
            "[[ name ]].txt.jinja": "[[ long ]] {{ helm }} [% if true %]yes[% endif %][# no #]\n",
        },
        {},
    ),
    "line statements and comments": (
        {
            "copier.yml": "_envops: {line_statement_prefix: '%%', line_comment_prefix: '##'}\nitems: [1]\n",
            "a.jinja": "%% for i in items\n{{ i }} ## gone\n%% endfor\nend\n",
            "b.jinja": "no mark ## gone\n",
        },
        {},
    ),
    "autoescape": (
        {"copier.yml": "_envops: {autoescape: true}\nhtml: '<b>'\n", "a.jinja": "<i>{{ html }}</i>\n"},
        {},
    ),
    "an unknown name renders to nothing by default": (
        {
            "copier.yml": "who: me\n",
            "a.jinja": "[{{ nobody }}][{{ who }}]",
            "{{ nobody }}b": "b",
            "{{ nobody }}": "gone",
        },
        {},
    ),
    "StrictUndefined with names that exist": (
        {"copier.yml": "_envops: {undefined: jinja2.StrictUndefined}\nwho: me\n", "a.jinja": "{{ who }}"},
        {},
    ),
    "include, import and extends": (
        {
            "copier.yml": "_subdirectory: t\nwho: me\n",
            "t/a.jinja": (
                "{% include 'parts/head.txt' %}{% from 'parts/m.jinja' import hi with context %}{{ hi('x') }}\n"
            ),
            "t/b.jinja": "{% extends './parts/base.jinja' %}{% block body %}B {{ super() }}{% endblock %}\n",
            "t/c.jinja": "{% import 'parts/m.jinja' as m %}{{ m.plain(who) }}{% include ['no', 't/d'] %}\n",
            "t/d": "d of {{ who }}\r\n",
            "parts/head.txt": "head of {{ who }}\n",
            "parts/base.jinja": "base {% block body %}of {{ who }}{% endblock %}\n",
            "parts/m.jinja": (
                "{% macro hi(x) %}{{ x }} {{ who }}{% endmacro %}{% macro plain(x) %}<{{ x }}>{% endmacro %}"
            ),
        },
        {},
    ),
    "an imported macro with state starts afresh": (
        {
            "copier.yml": "_subdirectory: t\n",
            "t/a.jinja": "{% import 'm' as m %}{{ m.add(1) }}{{ m.add(2) }}\n",
            "m": "{% set seen = [] %}{% macro add(x) %}{% set _ = seen.append(x) %}{{ seen }}{% endmacro %}",
        },
        {},
    ),
    "raw, comments and whitespace control": (
        {
            "copier.yml": "a: 1\n",
            "a.jinja": "{% raw %}{{ .Values.x }}{% endraw %}{# no #} {%- if a %} x {%- endif %}\n",
        },
        {},
    ),
    "filters of ansible": (
        {
            "copier.yml": "d: {default: {b: [1, two], a: null}}\nt: a.b-c\n",
            "a.jinja": (
                "{{ d | to_json }} {{ d | to_nice_json }} {{ d | to_yaml }}{{ d | to_nice_yaml }}"
                "{{ t | regex_replace('[.]', '_') }} {{ t | hash('sha256') }} {{ t | b64encode }} {{ t | basename }}"
                "{{ t | regex_search('^a') }} {{ t | to_uuid }} {{ 'yes' | bool }} {{ d.b | ternary(1, 2) }}"
                "{{ t | quote }} {{ t | comment }} {{ '[1]' | from_json }} {{ 'a: 1' | from_yaml }}\n"
            ),
        },
        {},
    ),
    "to_json of what JSON does not know": (
        {
            "copier.yml": "day: 2020-01-31\nxs: [a]\n",
            "a.jinja": (
                "{{ day | to_json }} {{ xs | map('upper') | to_json }} {{ _copier_conf.answers_file | to_json }}\n"
            ),
        },
        {},
    ),
    "pathjoin": (
        {
            "copier.yml": "a: x\n",
            "{{ pathjoin(a, 'y', 'z.txt') }}": "p",
            "w.jinja": "{{ pathjoin('a', '/b') }} {{ pathjoin('a', 'b', mode='windows') }}",
        },
        {},
    ),
    "answers file": (
        {
            "copier.yml": "name: app\nport: 80\ntoken: {default: t, secret: true}\nsum: {default: 1, when: false}\n",
            "{{_copier_conf.answers_file}}.jinja": "# kept\n{{ _copier_answers|to_nice_yaml -}}\n",
        },
        {"port": 8080},
    ),
    "answers file of another name, kept in a folder": (
        {
            "copier.yml": "_answers_file: .config/{{ name }}.yml\nname: app\n",
            "{{_copier_conf.answers_file}}.jinja": "{{ _copier_answers|to_json }} {{ _copier_conf.answers_file }}\n",
        },
        {},
    ),
    "phase and separator": (
        {"copier.yml": "at: '{{ _copier_phase }}'\n", "a.jinja": "{{ at }} {{ _copier_phase }} {{ _copier_conf.sep }}"},
        {},
    ),
    "executables stay executable": (
        {
            "copier.yml": "who: me\n",
            "run.sh": ("#!/bin/sh\n",),
            "{{ who }}.sh.jinja": ("echo {{ who }}\n",),
            "plain": "",
        },
        {},
    ),
    "names and texts in other scripts": (
        {
            "copier.yml": "name: Zürich-東京-🚀\n",
            "{{ name }}/файл.txt.jinja": "grüß {{ name }}\n",
            "mark.txt.jinja": b"\xef\xbb\xbfmark {{ name }}\n",
            "with space and 'quote'": "x",
        },
        {},
    ),
    "bytes that are no text": ({"copier.yml": "", "latin1.txt": b"caf\xe9 {{ x }}\n", "nul": b"\0\1"}, {}),
    "symlinks inside are followed": (
        {
            "copier.yml": "_subdirectory: t\nwho: me\n",
            "shared/a.txt.jinja": "{{ who }}\n",
            "shared/run": ("x",),
            "t/a.txt.jinja": Path("../shared/a.txt.jinja"),
            "t/folder": Path("../shared"),
        },
        {},
    ),
    "symlinks are preserved": (
        {
            "copier.yml": "_preserve_symlinks: true\n_subdirectory: t\nname: a\n",
            "t/{{ name }}.txt": "x",
            "t/link": Path("d/b"),
            "t/d/b": "b",
            "t/up": Path("d"),
            "t/d/back": Path("../link"),
            "t/templated.jinja": Path("{{ name }}.txt"),
        },
        {},
    ),
    "several documents and lists joined": (
        {
            "copier.yml": "_exclude: [copier.yml, x]\na: 1\nb: 1\n---\n- _exclude: [y]\n- a: 2\n---\n",
            "x": "", "y": "", "z.jinja": "{{ a }}{{ b }}",
        },
        {},
    ),
    "messages and keys of others are ignored": (
        {"copier.yml": "_message_after_copy: '{{ nobody.x }}'\n_gitopsmith: {kind: app}\n_mine: 1\n", "a": "a"},
        {},
    ),
    "an answer that a template changes": (
        {"copier.yml": "xs: [1]\n", "a.jinja": "{% set _ = xs.append(2) %}{{ xs }}"},
        {},
    ),
    "a folder whose name ends like a template": (
        {"copier.yml": "who: me\n", "d.jinja/a.jinja": "{{ who }}", "d.jinja/b": "b"},
        {},
    ),
    "configuration as copier.YAML": ({"copier.YAML": "who: me\n_exclude: [copier.YAML]\n", "a.jinja": "{{ who }}"}, {}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_renders_the_bytes_that_copier_renders(case: str, same_as_copier: Same) -> None:
    same_as_copier(*CASES[case])
