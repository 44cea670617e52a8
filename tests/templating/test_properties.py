"""Whatever a template and its answers are: the same input gives the same bytes, and no path leaves its folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.core.tree import File, MemoryTree
from generator.templating.answers import resolve
from generator.templating.paths import checked_part, checked_target
from generator.templating.render import render
from generator.templating.template import Template

NAMES = st.sampled_from(
    [
        "a",
        "b.txt",
        "{{ x }}",
        "{{ y }}.yaml",
        "{% if z %}on{% endif %}",
        "{{ x }}-{{ y }}",
        "..",
        ".git",
        "{{ x }}{{ x }}",
    ]
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
BODIES = st.sampled_from(
    ["", "{{ x }}\n", "{{ xs | to_json }}", "{% for i in xs %}{{ i }}{% endfor %}", "{{ y | upper }}"]
)
FILES = st.dictionaries(st.tuples(PATHS, st.sampled_from(["", ".jinja"])).map("".join), BODIES, min_size=1, max_size=5)
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["../x", "/etc", "a/../../b", ".git", "./a//b/", "..", "a\nb"]))
DATA = st.fixed_dictionaries({"x": TEXTS, "y": TEXTS, "z": st.booleans(), "xs": st.lists(st.integers(), max_size=3)})
CONFIG = "x: {type: str}\ny: {type: str}\nz: {type: bool}\nxs: {type: yaml}\n_exclude: [copier.yml]\n"


def _rendered(files: Mapping[str, str], data: Mapping[str, object]) -> MemoryTree | str:
    tree = MemoryTree({"copier.yml": File(CONFIG.encode())} | {p: File(body.encode()) for p, body in files.items()})
    template = Template.parse(tree, name="demo")
    try:
        return render(template, resolve(template, data))
    except UserError as error:
        return str(error)


@given(FILES, DATA)
def test_rendered_paths_stay_in_their_folder(files: Mapping[str, str], data: Mapping[str, object]) -> None:
    rendered = _rendered(files, data)
    if isinstance(rendered, str):
        return
    for path in rendered.under(""):
        steps = path.split("/")
        assert not {"", ".", ".."}.intersection(steps)
        assert ".git" not in (step.lower() for step in steps)
        assert path.isprintable() or not any(ord(letter) < 32 for letter in path)


@given(FILES, DATA)
def test_the_same_input_gives_the_same_bytes(files: Mapping[str, str], data: Mapping[str, object]) -> None:
    backwards = dict(reversed(list(files.items()))), dict(reversed(list(data.items())))
    assert _rendered(files, data) == _rendered(*backwards)


@given(st.text(max_size=12))
def test_a_name_that_is_accepted_is_normal_and_stays_so(part: str) -> None:
    try:
        name = checked_part(part, "x")
    except UserError:
        return
    assert not name.startswith("/")
    assert ".." not in name.split("/")
    assert checked_part(name, "x") == name


@given(st.lists(st.sampled_from(["..", ".", "a", "b", "", "/"]), max_size=5), st.sampled_from(["l", "a/l", "a/b/l"]))
def test_a_symlink_that_is_accepted_stays_in_its_folder(steps: list[str], path: str) -> None:
    target = "/".join(steps)
    try:
        checked_target(path, target.encode(), "x")
    except UserError:
        return
    depth = path.count("/")
    for step in target.split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(step, 1)
        assert depth >= 0
    assert not target.startswith("/")


@given(st.dictionaries(st.sampled_from("abc"), st.recursive(st.none() | st.booleans() | st.text(), st.lists)))
def test_answers_of_yaml_survive_being_recorded(data: Mapping[str, object]) -> None:
    tree = MemoryTree({"copier.yml": File(b"a: {type: yaml, default: 1}\nb: {type: json, default: 1}\nc: 1\n")})
    template = Template.parse(tree, name="demo")
    try:
        answers = resolve(template, data)
    except UserError:
        return
    again = yaml.safe_load(yaml.safe_dump(dict(answers.recorded)))
    assert json.dumps(again) == json.dumps(answers.recorded)


def test_rendering_imports_neither_copier_nor_pydantic() -> None:
    heavy = "{'copier', 'pydantic', 'pydantic_core', 'prompt_toolkit', 'git', 'typer', 'rich'}"
    code = (
        "import sys, generator.templating.render, generator.templating.library, generator.templating.asking, "
        f"generator.templating.through_copier, generator.templating.values; print(sorted({heavy} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
