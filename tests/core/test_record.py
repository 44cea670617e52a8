"""A record gives back what was recorded, byte for byte the same each time."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.core.record import Record, parse_record
from generator.core.version_field import VersionField

texts = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "yes",
        "null",
        "1e3",
        "1.10",
        "0o7",
        "012",
        "2024-01-01",
        "1:30",
        "~",
        "",
        " a ",
        "a: b",
        "#",
        "- x",
        "a\n",
        "\r\n",
    ]
)
scalars = texts | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False)
answers = st.dictionaries(
    texts, st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
)


@given(answers)
def test_what_is_dumped_is_parsed_again(values: dict[str, Any]) -> None:
    record = Record("catalog:cert-manager", "sha256:0", values, tuple(values))
    assert parse_record(record.dump(), "x") == record
    assert parse_record(record.dump(), "x").dump() == record.dump()
    assert list(parse_record(record.dump(), "x").answers) == list(values)


def test_the_file_is_for_people_too() -> None:
    record = Record("builtin:app", "sha256:0", {"b": "1.10", "a": ["x"]}, ("b",), (VersionField("f.yaml", "a.b"),))
    assert record.dump().decode() == (
        "# What this was rendered from. Written by gitopsmith; change it with the command that added it.\n"
        "template: builtin:app\ndigest: sha256:0\nanswers:\n  b: '1.10'\n  a:\n  - x\n"
        "given:\n- b\nversion_fields:\n- file: f.yaml\n  path: a.b\n"
    )
    assert parse_record(record.dump(), "x") == record


def test_the_bytes_tell_what_is_recorded_not_how_it_was_computed() -> None:
    shared = ["a", "b"]
    assert Record("t", "d", {"x": shared, "y": shared}).dump() == Record("t", "d", {"x": shared, "y": [*shared]}).dump()
    nested = {"x": [shared, {"k": shared}]}
    assert Record("t", "d", nested).dump() == Record("t", "d", deepcopy(nested)).dump()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "template: x",
        "[]",
        "template: 1\ndigest: x\nanswers: {}",
        "template: a\ndigest: b\nanswers: []",
        "template: a\ndigest: b\nanswers: {}\n---\ntemplate: a\ndigest: b\nanswers: {}",
        "template: [",
        "template: a\ndigest: b\nanswers: {x: 2024-13-01}",
        "template: a\ndigest: b\nanswers: {}\nversion_fields: x",
        "template: a\ndigest: b\nanswers: {}\nversion_fields: [{file: x}]",
        "[" * 50_000,
    ],
)
def test_a_broken_record_is_the_users_to_restore(text: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_record(text.encode(), ".gitopsmith/repository.yaml")
    assert re.match(r"\.gitopsmith/repository\.yaml(:\d+)?: ", refused.value.message)
    assert refused.value.hint == "Restore the file from git."


@pytest.mark.parametrize("given", ["x", "1", "[a, [b], 1]", "{a: b}", "null"])
def test_only_answers_are_given(given: str) -> None:
    record = parse_record(f"template: a\ndigest: b\nanswers: {{a: 1}}\ngiven: {given}\n".encode(), "x")
    assert set(record.given) <= {"a"}
