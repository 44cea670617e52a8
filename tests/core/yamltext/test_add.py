"""Adding keys and items: the exact bytes, in the manner of the neighbours."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from generator.core.errors import UserError
from generator.core.yamltext import add_item, add_key
from generator.core.yamltext import events as yamlevents


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML":
        monkeypatch.setattr(yamlevents, "_PARSER", yaml.SafeLoader)


NESTED = {"m": {"on": "1.10"}, "l": [1, {"x": None, "z": []}], "t": "one\ntwo\n"}

NESTED_LINES = """\
    m:
        "on": "1.10"
    l:
    - 1
    - x: null
      z: []
    t: |
        one
        two
"""

KEYS: list[tuple[str, str, Any, str]] = [
    # A block mapping: after its last line, whatever follows.
    ("a:\n  b: 1 # c\n# d\ne: 2\n", "a", 3, "a:\n  b: 1 # c\n  k: 3\n# d\ne: 2\n"),
    ("a: 1", "", "x", "a: 1\nk: x"),
    ("a: 1\r\n", "", "x", "a: 1\r\nk: x\r\n"),
    ("a: 1\n\n\n# end\n", "", "x", "a: 1\nk: x\n\n\n# end\n"),
    ("a: 1\n...\n---\nb: 1\n", "", "x", "a: 1\nk: x\n...\n---\nb: 1\n"),
    ("a: |\n  x\n\nb: 1\n", "", "x", "a: |\n  x\n\nb: 1\nk: x\n"),
    ("b: 1\na: |\n  x\n\n# c\n", "", "x", "b: 1\na: |\n  x\nk: x\n\n# c\n"),
    ("b: 1\na: |+\n  x\n\n", "", "x", "b: 1\na: |+\n  x\n\nk: x\n"),
    ("a: |-\n  x", "", "y z", "a: |-\n  x\nk: y z"),
    ("- a: 1\n  b:\n    c: 2\n- x\n", "0", 3, "- a: 1\n  b:\n    c: 2\n  k: 3\n- x\n"),
    ("a: &n\n  b: 1\n", "a", 2, "a: &n\n  b: 1\n  k: 2\n"),
    ("n: &n {k: 1}\na:\n  <<: *n\n", "a", 2, "n: &n {k: 1}\na:\n  <<: *n\n  k: 2\n"),
    # In the file's own indentation and quotes.
    ("a:\n    b: 1\nc:\n- 1\n", "", NESTED, "a:\n    b: 1\nc:\n- 1\nk:\n" + NESTED_LINES),
    ("a:\n  - 1\n", "", [1, [2, 3], {}], "a:\n  - 1\nk:\n  - 1\n  - - 2\n    - 3\n  - {}\n"),
    ("a: 'x'\nb: 1\n", "", "y", "a: 'x'\nb: 1\nk: 'y'\n"),
    ("a: 'x'\nb: y-1\n", "", "z", "a: 'x'\nb: y-1\nk: z\n"),
    ("a: 1\n  # c\nb: 1\n", "", "one\ntwo", "a: 1\n  # c\nb: 1\nk: |-\n  one\n  two\n"),
    ("a: 1\n  # c\n", "", "one\ntwo", 'a: 1\nk: "one\\ntwo"\n  # c\n'),
    # What is empty is begun.
    ("", "", 1, "k: 1\n"),
    ("# only this", "", {"x": 1}, "# only this\nk:\n  x: 1\n"),
    ("---\n", "", 1, "---\nk: 1\n"),
    ("{}\n", "", 1, "k: 1\n"),
    ("--- {}\n", "", 1, "---\nk: 1\n"),
    ("a:\nb: 1\n", "a", 2, "a:\n  k: 2\nb: 1\n"),
    ("a:", "a", 2, "a:\n  k: 2"),
    ("a: {} # c\nb: 1\n", "a", 2, "a: # c\n  k: 2\nb: 1\n"),
    ("a: null\n", "a", 2, "a:\n  k: 2\n"),
    ("a: &n {}\n", "a", 2, "a: &n\n  k: 2\n"),
    ("a: &n\nb: 1\n", "a", 2, "a: &n\n  k: 2\nb: 1\n"),
    ("a:\n  {}\nb: 1\n", "a", {"x": 1}, "a:\n  k:\n    x: 1\nb: 1\n"),
    ("-\n- {}\n", "0", {"x": 1}, "- k:\n    x: 1\n- {}\n"),
    ("-\n- {}\n", "1", {"x": 1, "z": 2}, "-\n- k:\n    x: 1\n    z: 2\n"),
    # Flow mappings, JSON among them.
    ("a: {b: 1} # c\n", "a", [1, "x, y"], 'a: {b: 1, k: [1, "x, y"]} # c\n'),
    ("a: {b: 1,}\n", "a", 2, "a: {b: 1, k: 2,}\n"),
    ("a: {b, c: }\n", "a", 2, "a: {b, c: , k: 2}\n"),
    ("a: [{}, ~]\n", "a.1", 2, "a: [{}, {k: 2}]\n"),
    ("a: [{}, ~]\n", "a.0", 2, "a: [{k: 2}, ~]\n"),
    ('{"a": true, "b": {}}', "b", "x", '{"a": true, "b": {"k": "x"}}'),
    ('{\n  "a": {\n    "b": 1\n  }\n}\n', "a", "x", '{\n  "a": {\n    "b": 1,\n    "k": "x"\n  }\n}\n'),
    ("a: {\n  b: 1, # c\n  d: 2 # e\n}\n", "a", 3, "a: {\n  b: 1, # c\n  d: 2, # e\n  k: 3\n}\n"),
    ("a: {\n  b: 1,\n  d: 2}\n", "a", 3, "a: {\n  b: 1,\n  d: 2,\n  k: 3}\n"),
    ("a: {\n  b: 1, # c\n}\n", "a", 3, "a: {\n  b: 1, # c\n  k: 3,\n}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "path", "value", "expected"), KEYS)
def test_a_key_is_added_in_exactly_these_bytes(file: str, path: str, value: Any, expected: str) -> None:
    assert add_key(file.encode(), path, "k", value).decode() == expected


ITEMS: list[tuple[str, str, Any, str]] = [
    ("a:\n- 1 # c\n# d\nb: 1\n", "a", 2, "a:\n- 1 # c\n- 2\n# d\nb: 1\n"),
    ("a:\n-   x: 1\n    z: 2\n", "a", {"x": 3, "z": 4}, "a:\n-   x: 1\n    z: 2\n-   x: 3\n    z: 4\n"),
    ("- - a\n  - b\n- c\n", "0", "d", "- - a\n  - b\n  - d\n- c\n"),
    ('a:\n  - "x"\n', "a", "z", 'a:\n  - "x"\n  - "z"\n'),
    ("a:\n  - x", "a", "two\nlines\n", 'a:\n  - x\n  - "two\\nlines\\n"'),
    ("a:\r\n- x\r\n", "a", "1.10", 'a:\r\n- x\r\n- "1.10"\r\n'),
    ("a: &n # c\n  - x\nb: 1\n", "a", "z", "a: &n # c\n  - x\n  - z\nb: 1\n"),
    ("a: []\nb:\n- 1\n", "a", "x", "a:\n- x\nb:\n- 1\n"),
    ("a: [] # c\nb:\n  - 1\n", "a", {"x": 1, "z": 2}, "a: # c\n  - x: 1\n    z: 2\nb:\n  - 1\n"),
    ("a:\n", "a", "x", "a:\n  - x\n"),
    ("", "", "x", "- x\n"),
    ("- []\n", "0", [1], "- - - 1\n"),
    ("a: [x]\n", "a", {"z": 1}, "a: [x, {z: 1}]\n"),
    ("a: ['x']\n", "a", "it's", "a: ['x', 'it''s']\n"),
    ("a: [x: 1]\n", "a", "z", "a: [x: 1, z]\n"),
    ("a: [\n  1,\n  2\n]\n", "a", 3, "a: [\n  1,\n  2,\n  3\n]\n"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "path", "value", "expected"), ITEMS)
def test_an_item_is_added_in_exactly_these_bytes(file: str, path: str, value: Any, expected: str) -> None:
    assert add_item(file.encode(), path, value).decode() == expected


@pytest.mark.parametrize(
    ("file", "path", "value", "reason"),
    [
        (b"k: 1\n", "", 2, "k: line 1: the key is there already"),
        (b"a: 1\n", "a", 2, "a: line 1: expected a mapping, found a scalar"),
        (b"a: [1]\n", "a", 2, "a: line 1: expected a mapping, found a list"),
        (b"a: 1\n", "b", 2, "there is no key 'b'"),
        (b"a: &n {x: 1}\nb: *n\n", "a", 2, "the anchor &n is repeated by an alias"),
        (b"a: &n {x: 1}\nb: *n\n", "b", 2, "this is the alias *n"),
        (b"a: &n\nb: *n\n", "a", 2, "the anchor &n is repeated by an alias"),
        (b"a: !!null\n", "a", 2, "expected a mapping, found a scalar"),
        (b"? a\n: 1\n", "", 2, "line 1: a key with '?' is not edited here"),
        (b"[a: 1]\n", "0", 2, "line 1: a pair without braces is not edited here"),
        (b"a: |\n  x", "", 2, "the file ends in a block scalar without a line break"),
        (b"a: 1\n", "", {1, 2}, "a value of type set cannot be written to YAML"),
        (b"a: 1\n", "", {(1,): 2}, "a key of type tuple cannot be written to YAML"),
        (b"a: 1\n", "", {"x" * 1001: 2}, "has 1001 characters; YAML keys have at most 1000"),
    ],
)
def test_what_is_not_safe_to_extend_is_refused_with_its_reason(file: bytes, path: str, value: Any, reason: str) -> None:
    with pytest.raises(UserError) as raised:
        add_key(file, path, "k", value)
    assert reason in raised.value.message


def test_an_item_needs_a_list() -> None:
    with pytest.raises(UserError, match="a: line 1: expected a list, found a mapping"):
        add_item(b"a: {x: 1}\n", "a", 1)


@pytest.mark.parametrize(
    ("file", "index", "expected"),
    [
        ("a:\n  # 1\n  - 1\n  # 2\n  - 2\n", 0, "a:\n  # 1\n  - q: 0\n    t: |\n      x\n  - 1\n  # 2\n  - 2\n"),
        ("a:\n- 1 # 1\n# 2\n- 2", 1, "a:\n- 1 # 1\n- q: 0\n  t: |\n    x\n# 2\n- 2"),
        ("a:\n- 1\n- 2\n", 2, "a:\n- 1\n- 2\n- q: 0\n  t: |\n    x\n"),
        ("a: [1, 2]\n", 0, 'a: [{q: 0, t: "x\\n"}, 1, 2]\n'),
        ("a: [1, 2]\n", 1, 'a: [1, {q: 0, t: "x\\n"}, 2]\n'),
        ("a: [\n  1, # 1\n  2\n]\n", 1, 'a: [\n  1, # 1\n  {q: 0, t: "x\\n"},\n  2\n]\n'),
        ("a: []\n", 0, "a:\n  - q: 0\n    t: |\n      x\n"),
    ],
)  # fmt: skip
def test_an_item_is_put_where_it_is_told(file: str, index: int, expected: str) -> None:
    assert add_item(file.encode(), "a", {"q": 0, "t": "x\n"}, index=index).decode() == expected


def test_an_item_in_a_list_within_a_list_can_be_the_first() -> None:
    assert add_item(b"- - a\n  - b\n", "0", "x", index=0) == b"- - x\n  - a\n  - b\n"


@pytest.mark.parametrize("index", [-1, 2])
def test_a_position_that_a_list_does_not_have_is_refused(index: int) -> None:
    with pytest.raises(UserError, match=f"a: line 1: the list has 1 items; no place {index}"):
        add_item(b"a: [1]\n", "a", 0, index=index)
