"""Reading through paths, and law 3 over every scalar of the files that real people wrote."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import pytest
import yaml

from generator.core.errors import UserError
from generator.core.yamltext import (
    MissingError,
    Path,
    YamlSyntaxError,
    documents,
    get_value,
    has,
    position,
    set_value,
)

CORPUS = FilePath(os.environ.get("GITOPSMITH_CORPUS") or FilePath(__file__).parents[4] / "shared" / "corpus").joinpath(
    "manifests"
)

FILE = b"""\
base: &base {image: x, tag: 1.10}
app:
  <<: [*base, {extra: 1}]
  tag: "2"
again: *base
on: 2024-01-01
list: [1, a, {b: null}]
---
second: 0o17
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("base", {"image": "x", "tag": 1.1}),
        ("app", {"image": "x", "tag": "2", "extra": 1}),
        ("app.image", "x"),
        ("app.tag", "2"),
        ("again.image", "x"),
        ("on", "2024-01-01"),
        ("list", [1, "a", {"b": None}]),
        ("list.2.b", None),
        ("list[b=null]", {"b": None}),
        ("list[=a]", "a"),
    ],
)
def test_a_value_is_read_through_aliases_and_merge_keys(path: str, value: Any) -> None:
    assert get_value(FILE, path) == value
    assert has(FILE, path)


def test_positions_count_from_one_and_not_the_byte_order_mark() -> None:
    assert position(FILE, "app.tag") == (4, 8)
    assert position(FILE, "second", document=1) == (9, 9)
    assert position(b"\xef\xbb\xbfa: x", "a") == (1, 4)
    assert position("😀: x".encode(), "😀") == (1, 4)


def test_documents_are_counted() -> None:
    counts = {b"": 0, b"# c\n": 0, b"a: 1\n": 1, b"---\n": 1, FILE: 2, b"--- a\n--- b\n...\n": 2}
    assert {file: documents(file) for file in counts} == counts
    assert get_value(FILE, "second", document=1) == 15


def test_what_is_missing_is_no_error_to_ask_for() -> None:
    assert not has(FILE, "app.nothing")
    assert not has(FILE, "list.3")
    assert not has(FILE, "base", document=7)
    with pytest.raises(UserError):
        has(b"a: 1\na: 2\n", "a")
    with pytest.raises(MissingError):
        get_value(FILE, "base", document=-1)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"a: {b: 1, b: 2}\n", "line 1: the key 'b' stands there twice"),
        (b"a: {[x]: 1}\n", "line 1: a list or mapping as a key cannot be read"),
        (b"a: !vault x\n", "line 1: the tag !vault has no value that is known here"),
        (b"a: !!int x\n", "line 1: 'x' does not fit its tag tag:yaml.org,2002:int"),
        (b"a: &n [*n]\n", "line 1: the value contains itself"),
        (b"a: &n {<<: *n}\n", "line 1: the merge key << merges a mapping into itself"),
        (b"a: {<<: 1}\n", "line 1: the merge key << needs a mapping or a list of mappings"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_with_its_reason(file: bytes, reason: str) -> None:
    with pytest.raises(UserError) as raised:
        get_value(file, "a")
    assert raised.value.message == reason


def manifests() -> list[FilePath]:
    return sorted(path for path in CORPUS.rglob("*") if path.suffix in {".yaml", ".yml"})


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not at {CORPUS} (set GITOPSMITH_CORPUS)")
def test_law_3_over_every_scalar_of_every_manifest_of_the_corpus() -> None:
    tried = 0
    for file in manifests():
        data = file.read_bytes()
        try:
            places = scalars(data)
        except yaml.YAMLError:
            with pytest.raises(YamlSyntaxError):  # a Helm template, refused as it is read
                set_value(data, "a", 1)
            continue
        for at, (number, path, _) in enumerate(places):
            if path is not None:
                check(data, at, number, path)
                tried += 1
    assert tried > 1000


def scalars(data: bytes) -> list[tuple[int, Path | None, yaml.ScalarNode]]:
    """Every scalar value of a file, with its document and its path; no path below a key that is a mapping."""
    roots = enumerate(yaml.compose_all(data, Loader=yaml.CSafeLoader))
    return [(number, path, node) for number, root in roots for path, node in below(root, Path())]


def below(node: yaml.Node, path: Path | None) -> Iterator[tuple[Path | None, yaml.ScalarNode]]:
    if isinstance(node, yaml.ScalarNode):
        yield path, node
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield from below(item, None if path is None else path / number)
    else:
        for key, value in node.value:
            named = path is not None and isinstance(key, yaml.ScalarNode)
            yield from below(value, path / key.value if path is not None and named else None)


def check(data: bytes, at: int, number: int, path: Path) -> None:
    present: Any = get_value(data, path, document=number)
    assert set_value(data, str(path), present, document=number) == data
    text = data.decode()
    old = scalars(data)
    node = old[at][2]
    before, behind = text[: node.start_mark.index], text[node.end_mark.index :]
    for value in ("0.1.0-law", "1.10", 7, "two: lines\n # here\n"):
        result = set_value(data, path, value, document=number)
        assert result.decode().startswith(before)
        assert result.decode().endswith(behind)
        new = scalars(result)
        kind = "int" if value == 7 else "str"
        assert (new[at][2].value, new[at][2].tag) == (str(value), f"tag:yaml.org,2002:{kind}")
        back = set_value(result, path, present, document=number)
        assert get_value(back, path, document=number) == present
        assert meanings(old, at) == meanings(new, at) == meanings(scalars(back), at)


def meanings(places: list[tuple[int, Path | None, yaml.ScalarNode]], but: int) -> list[Any]:
    return [(number, path, node.tag, node.value) for number, path, node in places[:but] + places[but + 1 :]]
