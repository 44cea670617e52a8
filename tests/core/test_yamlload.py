"""Our own files are read, or refused with their name; nothing that a file holds ends the process."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.core.yamlload import load_all


def test_all_documents_are_read() -> None:
    assert load_all(b"a: 1\n---\n---\n- b\n", "x") == [{"a": 1}, None, ["b"]]
    assert load_all(b"", "x") == []


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 60_000,
        b"{a: " * 60_000,
        b"- " * 60_000,
        b"\n".join(b" " * depth + b"a:" for depth in range(3000)),
        ("[" * 60_000).encode("utf-16"),
        b"a: 2024-13-45",
        b"!!int x",
        b"!!timestamp x",
        b"!!float x",
        b"!!python/object:os.system x",
        b"*missing",
        b"\xff\xff\xff",
        b"a: \x00",
        b"? {a: b}\n: c",
        b"a: &a [*a]",
        b"a: &a {<<: *a}",
        b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d, " % (n - 1) * 10) for n in range(1, 20)),
        b"a0: &a0 {x: 1}\n"
        + b"".join(b"a%d: &a%d {<<: [%s]}\n" % (n, n, b"*a%d, " % (n - 1) * 10) for n in range(1, 20)),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_name(data: bytes) -> None:
    with pytest.raises(UserError) as refused:
        load_all(data, "organization.yaml", hint="Mend it.")
    assert refused.value.message.startswith("organization.yaml: not YAML: ")
    assert refused.value.hint == "Mend it."


def test_what_is_only_long_or_wide_is_read() -> None:
    assert load_all(b"[" + b"[], " * 50_000 + b"]", "x") == [[[]] * 50_000]
    assert load_all(b"a: " + b"x" * 50_000, "x") == [{"a": "x" * 50_000}]
    assert load_all(b"[" * 190 + b"]" * 190, "x") != []


def test_aliases_stand_for_their_values() -> None:
    assert load_all(b"a: &a {b: &b 1, c: *b}\nd: {<<: *a, e: [*a, *a]}\n---\na: &a x\nb: *a", "x") == [
        {"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 1, "e": [{"b": 1, "c": 1}] * 2}},
        {"a": "x", "b": "x"},
    ]
