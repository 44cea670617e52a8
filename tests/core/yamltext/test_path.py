"""The grammar of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.errors import UserError
from generator.core.yamltext.path import Path, Select, Step, parse_path


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("", ()),
        ("spec.source.targetRevision", ("spec", "source", "targetRevision")),
        ("dependencies.0.version", ("dependencies", 0, "version")),
        ("dependencies[0].version", ("dependencies", 0, "version")),
        ("images[name=ghcr.io/acme/podinfo:1].newTag", ("images", Select("name", "ghcr.io/acme/podinfo:1"), "newTag")),
        ('metadata.annotations."example.com/key"', ("metadata", "annotations", "example.com/key")),
        ("metadata.annotations.'example.com/\"'", ("metadata", "annotations", 'example.com/"')),
        (r'"a\"b\\c"', ('a"b\\c',)),
        ("resources[=../base]", ("resources", Select(None, "../base"))),
        ('[name="a]b"]["k=y"=z=1]', (Select("name", "a]b"), Select("k=y", "z=1"))),
        ("[='']", (Select(None, ""),)),
        ('[""=x]', (Select("", "x"),)),
        ('"0".00."".with space.ü', ("0", "00", "", "with space", "ü")),
    ],
)
def test_a_path_is_keys_positions_and_selections(text: str, steps: tuple[Step, ...]) -> None:
    path = parse_path(text)
    assert path == Path(steps)
    assert parse_path(str(path)) == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (".a", "character 1: expected a key, but found '.'"),
        ("a.", "character 3: expected a key, but the path ends"),
        ("a..b", "character 3: expected a key, but found '.'"),
        ("a]b", "character 2: expected '.' or '[', but found ']'"),
        ('a"b"', "character 2: expected '.' or '[', but found '\"'"),
        ('a."b', "character 3: the quote is not closed"),
        ("a.'b", "character 3: the quote is not closed"),
        ("a[", "character 3: expected '=' in the selection, but the path ends"),
        ("a[x]", "character 4: expected '=' in the selection, but found ']'"),
        ('a["0"]', "character 6: expected '=' in the selection, but found ']'"),
        ("a[x=]", "character 5: expected a value after '=', but found ']'"),
        ("a[x=y", "character 6: expected ']', but the path ends"),
        ("a[x=y]b", "character 7: expected '.' or '[', but found 'b'"),
    ],
)
def test_an_ill_formed_path_is_refused_where_it_breaks(text: str, reason: str) -> None:
    with pytest.raises(UserError) as raised:
        parse_path(text)
    assert reason in raised.value.message
    assert "images[name=ghcr.io/acme/podinfo].newTag" in raised.value.hint


TEXT = st.text(max_size=8)
STEPS = st.lists(TEXT | st.integers(0, 10**6) | st.builds(Select, TEXT | st.none(), TEXT), max_size=5)


@given(STEPS)
def test_every_path_that_can_be_built_can_be_written_and_read(steps: list[Step]) -> None:
    path = Path()
    for step in steps:
        path /= step
    assert parse_path(str(path)) == path
    assert parse_path(path) is path
