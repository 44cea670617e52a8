"""Removing keys and items: their lines go, every other byte stays."""

from __future__ import annotations

import pytest
import yaml

from generator.core.errors import UserError
from generator.core.yamltext import MissingError, remove_item, remove_key
from generator.core.yamltext import events as yamlevents


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML":
        monkeypatch.setattr(yamlevents, "_PARSER", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("file", "path", "expected"),
    [
        ("# a\na: 1 # a\n# b\nb:\n  c: 1\n  # c\n  d: 2\n# e\ne: 3\n", "b", "# a\na: 1 # a\n# b\n# e\ne: 3\n"),
        ("a: 1\nb: 2", "b", "a: 1"),
        ("a: |\n  x\nb: 2", "b", "a: |\n  x\n"),
        ("a: 1\r\nb: 2\r\n", "a", "b: 2\r\n"),
        ("a: |\n  x\n\n\nb: 2\n", "a", "\n\nb: 2\n"),
        ("a: |+\n  x\n\n\nb: 2\n", "a", "b: 2\n"),
        ("- a: 1 # a\n  b: 2\n", "0.a", "- b: 2\n"),
        ("- a: 1\n  b: 2\n", "0.a", "- b: 2\n"),
        ("- a: 1\n  # b\n  b: 2\n", "0.a", "-\n  # b\n  b: 2\n"),
        ("a: # c\n  b: 1 # b\nc: 1\n", "a.b", "a: {} # c\nc: 1\n"),
        ("a: &n\n  b: 1\n", "a.b", "a: &n {}\n"),
        ("- a: 1 # a\n", "0.a", "- {} # a\n"),
        ("a: 1", "a", "{}"),
        ("a: {b: 1, c: 2}\n", "a.b", "a: {c: 2}\n"),
        ("a: {b: 1, c: 2,}\n", "a.c", "a: {b: 1,}\n"),
        ("a: {b: 1,}\n", "a.b", "a: {}\n"),
        ('{\n  "a": 1,\n  "b": 2\n}\n', "b", '{\n  "a": 1\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', "a", '{\n  "b": 2\n}\n'),
        ("a: &n 1\nb: &n 2\nc: *n\n", "a", "b: &n 2\nc: *n\n"),
    ],
)
def test_a_key_is_removed_with_exactly_these_bytes(file: str, path: str, expected: str) -> None:
    assert remove_key(file.encode(), path).decode() == expected


@pytest.mark.parametrize(
    ("file", "path", "expected"),
    [
        ("a:\n- 1\n# 2\n- 2 # 2\n- 3\n", "a.1", "a:\n- 1\n# 2\n- 3\n"),
        ("resources:\n  - ../base\n  - x.yaml\n", "resources[=../base]", "resources:\n  - x.yaml\n"),
        ("i:\n- name: a\n  tag: 1\n- name: b\n", "i[name=a]", "i:\n- name: b\n"),
        ("- - a\n  - b\n", "0.0", "- - b\n"),
        ("a:\n-\n- 1\n", "a.0", "a:\n- 1\n"),
        ("a:\n  - 1\nb: 1\n", "a.0", "a: []\nb: 1\n"),
        ("a: [1, 2]\n", "a.0", "a: [2]\n"),
        ("a: [x: 1, z]\n", "a.0", "a: [z]\n"),
        ("a: [ 1 ]\n", "a.0", "a: []\n"),
    ],
)
def test_an_item_is_removed_with_exactly_these_bytes(file: str, path: str, expected: str) -> None:
    assert remove_item(file.encode(), path).decode() == expected


@pytest.mark.parametrize(
    ("file", "path", "reason"),
    [
        (b"a: 1\n", "", "the document: line 1: this is not a key of a mapping"),
        (b"a: [1]\n", "a.0", "a.0: line 1: this is not a key of a mapping"),
        (b"a: &n 1\nb: *n\n", "a", "a: line 1: the alias on line 2 needs the anchor &n"),
        (b"a: {x: &n 1}\nb: *n\n", "a", "a: line 1: the alias on line 2 needs the anchor &n"),
        (b"a: &n {x: 1}\nb: *n\n", "b.x", "this is the alias *n"),
        (b"? a\n: 1\nb: 2\n", "a", "line 1: a key with '?' is not edited here"),
        (b"[a: 1]\n", "0.a", "line 1: a pair without braces is not edited here"),
        (b"a: {\n  b: 1, # b\n  c: 2\n}\n", "a.b", "a comment stands beside it inside the brackets"),
        (b"a: |+\n  x\nb: 1\n\nc: 2\n", "b", "this cannot be removed: the edit would change what stands on line 1"),
    ],
)
def test_what_is_not_safe_to_remove_is_refused_with_its_reason(file: bytes, path: str, reason: str) -> None:
    with pytest.raises(UserError) as raised:
        remove_key(file, path)
    assert reason in raised.value.message


def test_what_is_not_there_cannot_be_removed() -> None:
    with pytest.raises(MissingError, match="there is no key 'b'"):
        remove_key(b"a: 1\n", "b")
    with pytest.raises(MissingError, match="no item matches; it has 'x'"):
        remove_item(b"a: [x]\n", "a[=y]")
    with pytest.raises(UserError, match="a: line 1: this is not an item of a list"):
        remove_item(b"a: 1\n", "a")
