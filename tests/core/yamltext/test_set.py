"""Setting one scalar: the exact bytes, case by case, with libyaml and with PyYAML's own parser."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from generator.core.errors import UserError
from generator.core.yamltext import UnsoundEditError, YamlSyntaxError, get_value, set_value
from generator.core.yamltext import events as yamlevents


@pytest.fixture(params=["libyaml", "PyYAML"], autouse=True)
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "PyYAML":
        monkeypatch.setattr(yamlevents, "_PARSER", yaml.SafeLoader)


AMBIGUOUS = [
    *(
        "1.10",
        "1e5",
        "1E5",
        "0x1f",
        "0o17",
        "017",
        "089",
        "0b1",
        "1_000",
        "1:30",
        ".5",
        "1.",
        "+1",
        "-0",
        ".inf",
        "-.INF",
    ),
    *("on", "off", "yes", "No", "y", "N", "true", "FALSE", "null", "~", ".NaN", "2024-01-01", "=", "<<", "---", "..."),
    *("[x]", "{x}", "*x", "&x", "!x", "|x", ">x", "%x", "@x", "`x", "#x", "-", "?", ":"),
]

CASES: list[tuple[str, str, Any, str]] = [
    # A style stays.
    ("a: x # c\n", "a", "y-1", "a: y-1 # c\n"),
    ("a: 'x' # c\n", "a", "it's", "a: 'it''s' # c\n"),
    ('a: "x" # c\n', "a", 'say "y" \\', 'a: "say \\"y\\" \\\\" # c\n'),
    ("a: 'x'# c\n", "a", 5, "a: 5 # c\n"),
    ("a:   x    # tab\there\nb: 1", "a", "y-1", "a:   y-1    # tab\there\nb: 1"),
    ("a: x\n  y\n\n  z # c\nb: 1\n", "a", "new", "a: new # c\nb: 1\n"),
    ("a: 'x\n\n  y' # c\n", "a", "new", "a: 'new' # c\n"),
    ('a: "x \\\n   y" # c\n', "a", "new", 'a: "new" # c\n'),
    ("a:\n  # why\n  x\n", "a", "new", "a:\n  # why\n  new\n"),
    # A plain string stays a string: quotes where some reader would take it for something else.
    *[("a: x # c\n", "a", text, f'a: "{text}" # c\n') for text in AMBIGUOUS],
    ("a: x\n", "a", "", 'a: ""\n'),
    ("a: x\n", "a", "b: c", 'a: "b: c"\n'),
    ("a: x\n", "a", "b #c", 'a: "b #c"\n'),
    ("a: x\n", "a", " b", 'a: " b"\n'),
    ("a: x\n", "a", "b:", 'a: "b:"\n'),
    ("a: x\n", "a", "- b", 'a: "- b"\n'),
    ("a: x\n", "a", "two\nlines\n", 'a: "two\\nlines\\n"\n'),
    ("a: 'x'\n", "a", "two\nlines", 'a: "two\\nlines"\n'),
    ("a: 'x'\n", "a", "bell \x07 \x85 \u2028 \ufeff", 'a: "bell \\x07 \\N \\u2028 \\ufeff"\n'),
    # And is not quoted without need.
    *[("a: x\n", "a", text, f"a: {text}\n") for text in ("6.7.1", "v1.10", "a:b", "a#b", "-x", "1.2.3-rc.1", "ü😀")],
    ("a: 3\n", "a", "6.7.1", "a: 6.7.1\n"),
    ("a: 3\n", "a", "4", 'a: "4"\n'),
    # Other types are written as such, whatever the quotes were.
    ('a: "x" # c\n', "a", 5, "a: 5 # c\n"),
    ("a: x\n", "a", True, "a: true\n"),
    ("a: x\n", "a", None, "a: null\n"),
    ("a: x\n", "a", 1e16, "a: 1.0e+16\n"),
    ("a: x\n", "a", float("-inf"), "a: -.inf\n"),
    ("a: |\n  x\n\nb: 1\n", "a", False, "a: false\n\nb: 1\n"),
    # Nothing changes when nothing changes; 1 is not true, and not "1".
    ("a: 'x'\n", "a", "x", "a: 'x'\n"),
    ("a: yes\n", "a", True, "a: yes\n"),
    ("a:\n", "a", None, "a:\n"),
    ("a: 0x1F\n", "a", 31, "a: 0x1F\n"),
    ("a: 1\n", "a", True, "a: true\n"),
    ("a: 1.10\n", "a", "1.10", 'a: "1.10"\n'),
    ("a: .nan\n", "a", float("nan"), "a: .nan\n"),
    # Where nothing stands yet.
    ("a:\nb: 1\n", "a", "x", "a: x\nb: 1\n"),
    ("a: # c\n", "a", "x", "a: x # c\n"),
    ("a:", "a", "x", "a: x"),
    ("a: &n # c\n", "a", "x", "a: &n x # c\n"),
    ("a: !!str\n", "a", "1.10", "a: !!str 1.10\n"),
    ("- \n- 1\n", "0", "x", "- x \n- 1\n"),
    ("? a\n:\n", "a", "x", "? a\n: x\n"),
    ("---\n", "", "x", "--- x\n"),
    ("a: 1\n--- # c\n...\n", "", "x", "a: 1\n--- x # c\n...\n"),
    ("{a, b: 1}\n", "a", 2, "{a: 2, b: 1}\n"),
    ("{a: , b: 1}\n", "a", 2, "{a: 2 , b: 1}\n"),
    # Literal and folded scalars.
    ("a: | # c\n    x\n    y\n\nb: 1\n", "a", "one\n\n  two\n", "a: | # c\n    one\n\n      two\n\nb: 1\n"),
    ("a: |\n  x\n\nb: 1\n", "a", "y", "a: |-\n  y\n\nb: 1\n"),
    ("a: |-\n  x\n\nb: 1\n", "a", "y\n", "a: |\n  y\n\nb: 1\n"),
    ("a: |\n  x\n\nb: 1\n", "a", "y\n\n\n", "a: |+\n  y\n\n\nb: 1\n"),
    ("a: |+\n  x\n\n\nb: 1\n", "a", "y\n", "a: |+\n  y\nb: 1\n"),
    ("a: |2-\n   x\n  y\nb: 1\n", "a", "z", "a: |2-\n  z\nb: 1\n"),
    ("a: |-2\n   x\n  y\nb: 1\n", "a", " z", "a: |-2\n   z\nb: 1\n"),
    ("k:\n    a: |\n       x\n", "k.a", " z\ny\n", "k:\n    a: |3\n        z\n       y\n"),
    ("- |\n x\n", "0", " z\n", "- |1\n  z\n"),
    ("a: |\nb: 1\n", "a", "x\n", "a: |\n  x\nb: 1\n"),
    ("a: |\n     ", "a", "y", "a: |-\n  y"),
    ("a: |\n  x", "a", "y\n", "a: |\n  y\n"),
    ("a: |\n  x", "a", "y", "a: |-\n  y"),
    ("a: |\r\n  x\r\nb: 1\r\n", "a", "y\nz\n", "a: |\r\n  y\r\n  z\r\nb: 1\r\n"),
    ("a: |\n  x\n", "a", "", 'a: ""\n'),
    ("a: | # c\n  x\n", "a", "r\r\n", 'a: "r\\r\\n" # c\n'),
    ("a: >\n  x\n  y\n", "a", "one\ntwo\n\nthree\n", "a: >\n  one\n\n  two\n\n\n  three\n"),
    ("a: >-\n  x\n  y\n", "a", "one\n  two\nthree", "a: >-\n  one\n    two\n  three\n"),
    ("--- |\n x\n", "", "--- y\n", "--- |\n --- y\n"),
    # Flow collections, JSON among them.
    ("a: {b: x, c: [1, y]}\n", "a.c.1", "z", "a: {b: x, c: [1, z]}\n"),
    ("a: {b: x}\n", "a.b", "y, z", 'a: {b: "y, z"}\n'),
    ("a: {b: x}\n", "a.b", "y:1", 'a: {b: "y:1"}\n'),
    ("a: {b: x:1}\n", "a.b", "y:1", "a: {b: y:1}\n"),
    ('{"a": 1, "b": null}\n', "b", "x", '{"a": 1, "b": "x"}\n'),
    ('{"a":1}', "a", 2, '{"a":2}'),
    ("[a: x]", "0.a", "z", "[a: z]"),
    # Anchors, aliases, tags.
    ("a: &n x\nb: 1\n", "a", "y-1", "a: &n y-1\nb: 1\n"),
    ("a: !!str &n 'x' # c\n", "a", "y", "a: !!str &n 'y' # c\n"),
    ("a: &n x\nb: *n # c\n", "b", "y-1", "a: &n x\nb: y-1 # c\n"),
    ("a: &n x\nb: *n\n", "b", "x", "a: &n x\nb: *n\n"),
    ("a: &n x\nb: &n y\nc: *n\n", "a", "z", "a: &n z\nb: &n y\nc: *n\n"),
    ("a: !!int 3\n", "a", 4, "a: !!int 4\n"),
    ("a: !vault x\n", "a", "y-1", "a: !vault y-1\n"),
    # Line ends, byte order marks, documents, directives, keys.
    ("a: x\r\nb: 1\r\n", "a", "y-1", "a: y-1\r\nb: 1\r\n"),
    ("\ufeffa: x\n", "a", "y-1", "\ufeffa: y-1\n"),
    ("😀: 1\na: é😀 # ü\n", "a", "𝄞", "😀: 1\na: 𝄞 # ü\n"),
    ("%YAML 1.1\n# c\n---\na: x\n...\n", "a", "y-1", "%YAML 1.1\n# c\n---\na: y-1\n...\n"),
    ("'a.b/c': x\n", "'a.b/c'", "y-1", "'a.b/c': y-1\n"),
    ("on: x\n1: 2\n", "1", 3, "on: x\n1: 3\n"),
    ("? [x, y]\n: 1\na: x\n", "a", "y-1", "? [x, y]\n: 1\na: y-1\n"),
    ("- name: a\n  tag: 1\n- name: b\n  tag: 2\n", "[name=b].tag", 3, "- name: a\n  tag: 1\n- name: b\n  tag: 3\n"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "path", "value", "expected"), CASES)
def test_exactly_these_bytes_are_written(file: str, path: str, value: Any, expected: str) -> None:
    number = file.count("\n---") if path == "" and file.startswith("a") else 0
    result = set_value(file.encode(), path, value, document=number)
    assert result.decode() == expected
    assert set_value(result, path, value, document=number) == result


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="only libyaml reads these")
def test_what_only_libyaml_reads_is_edited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert set_value(b"a: x\t# c\nb:\t1\n", "a", "z") == b"a: z\t# c\nb:\t1\n"
    assert set_value(b"a: |# c\n  x\n", "a", 5) == b"a: 5 # c\n"


REFUSED: list[tuple[bytes, str, Any, str]] = [
    (b"a: 1\n", "b", 2, "there is no key 'b'; it has a"),
    (b"a: 1\n", "a.b", 2, "a: line 1: found the scalar '1', so there is no a.b"),
    (b"a: {}\n", "a", 2, "a: line 1: found a mapping, and only a scalar is set"),
    (b"a: []\n", "a", 2, "a: line 1: found a list, and only a scalar is set"),
    (b"a: [1]\n", "a.1", 2, "a.1: line 1: the list has 1 items"),
    (b"a: [1]\n", "a.b", 2, "found a list, which has no key 'b'"),
    (b"a: 1\nb: 1\na: 2\n", "a", 3, "a: the key stands there 2 times, on lines 1 and 3"),
    (b"i:\n- n: x\n- n: x\n", "i[n=x].n", 3, "i[n=x]: 2 items match, on lines 2, 3"),
    (b"i:\n- n: x\n- n: y\n", "i[n=z].n", 3, "i[n=z]: line 2: no item matches; it has 'x', 'y'"),
    (b"i: {n: x}\n", "i[n=x]", 3, "a selection needs a list, not a mapping"),
    (b"a: 1\n", "a", 2, "there is no document 1: the file has 1"),
    (b"# only this\n", "a", 2, "there is no document 1: the file has 0"),
    (b"a: &n 1\nb: *n\nc: [*n]\n", "a", 2, "the anchor &n is repeated by an alias (line 2, 3)"),
    (b"a: &n {x: 1}\nb: *n\n", "a.x", 2, "the anchor &n is repeated by an alias (line 2)"),
    (b"a: &n {x: 1}\nb: *n\n", "b.x", 2, "this is the alias *n; a change inside it would change everything else"),
    (b"a: &n {x: 1}\nb: *n\n", "b", 2, "found a mapping, and only a scalar is set"),
    (b"a: &n {x: 1}\nb: {<<: *n}\n", "b.x", 2, "the key comes from the merge key << (line 1)"),
    (b"a: !!int 3\n", "a", "x", "the tag !!int does not allow a string"),
    (b"a: !!str x\n", "a", 3, "the tag !!str does not allow an integer"),
    (b"a: !!binary x\n", "a", "y", "the tag !!binary does not allow a string"),
    (b"a: !vault x\n", "a", None, "the tag !vault does not allow null"),
    (b"? a\n", "a", 2, "the key has no value, and it is not clear where one would stand"),
    (b"{a # c\n}\n", "a", 2, "the key has no value, and it is not clear where one would stand"),
    (b"a: x\n", "a", "\ud83d", "the value holds U+D83D, half a character"),
    (b"a:\n|\n  x\n", "a", 2, "a: line 2: the edit would leave a file that is not YAML"),
    (b"a: x\n", "a..b", 2, "path 'a..b', character 3: expected a key"),
]


@pytest.mark.parametrize(("file", "path", "value", "reason"), REFUSED)
def test_what_is_not_safe_is_refused_with_its_reason(file: bytes, path: str, value: Any, reason: str) -> None:
    with pytest.raises(UserError) as raised:
        set_value(file, path, value, document=int("document 1" in reason))
    assert reason in raised.value.message


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("a: x".encode("utf-16"), "line 1, column 1: the file is UTF-16; only UTF-8 is edited"),
        ("a: x".encode("utf-16-le"), "not YAML: "),
        (b"a: x\nb: \xe4", "line 2, column 4: byte 0xe4 is not UTF-8"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa: x", "line 1, column 1: the file starts with two byte order marks"),
        (b"a: *n\n", "line 1, column 4: no anchor defines *n"),
        (b"a: &n 1\n---\nb: *n\n", "line 3, column 4: no anchor defines *n"),
        (b"a: b: c\n", "line 1, column 5: not YAML: mapping values are not allowed"),
        (b"a: 1\n  b: 2\n", "line 2, column 4: not YAML: mapping values are not allowed"),
        (b"a: [1\n", "line 2, column 1: not YAML: while parsing a flow sequence"),
        (b"a: {{ .Values.image }}\nb: {{ x }}-y\n", "line 2"),
        (b"{{- if .Values.on }}\na: 1\n{{- end }}\n", "line 1"),
        (b"a: \x07\n", "not YAML: "),
    ],
)
def test_what_is_not_yaml_in_utf_8_is_refused_with_its_place(file: bytes, reason: str) -> None:
    with pytest.raises(YamlSyntaxError) as raised:
        set_value(file, "a", 1)
    assert reason in raised.value.message
    assert raised.value.line >= 1
    assert raised.value.column >= 1


def test_an_edit_that_would_change_anything_else_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.core.yamltext.set.one_line", lambda *_, **__: "x\nb: 2")
    with pytest.raises(UnsoundEditError):
        set_value(b"a: 1\nc: 3\n", "a", "x")
    monkeypatch.setattr("generator.core.yamltext.set.one_line", lambda *_, **__: "1.10")
    with pytest.raises(UnsoundEditError, match=r"would not read back as '1\.10'"):
        set_value(b"a: 1\nc: 3\n", "a", "1.10")


def test_deep_and_wide_files_are_no_trouble() -> None:
    deep = b"[" * 200 + b"x" + b"]" * 200
    assert set_value(deep, ".".join(["0"] * 200), "y-1") == deep.replace(b"x", b"y-1")
    wide = b"".join(b"k%d: v\n" % number for number in range(3000))
    assert set_value(wide, "k2999", "w") == wide[:-2] + b"w\n"


def test_aliases_of_aliases_cost_nothing() -> None:
    laughs = b"a0: &a0 [x, x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 40))
    assert set_value(laughs + b"z: 1\n", "z", 2) == laughs + b"z: 2\n"
    assert isinstance(get_value(laughs, "a39"), list)
