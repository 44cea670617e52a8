"""Our own files are read, or refused with their name; nothing that a file holds ends the process."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import product

import pytest

from generator.core.errors import UserError
from generator.core.yamlload import NotYamlError, load_all


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
        b"a: !!bool maybe",
        b'a: !!int ""',
        b"a: " + b":".join([b"1"] * 300) + b".0",
        b"!!int {=: !!str ''}",
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
    assert re.match(r"organization\.yaml(:[0-9]+)?: this is not YAML: ", refused.value.message)
    assert "byte string" not in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint == "Mend it."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\na: !!bool maybe", "`maybe` does not fit its tag !!bool"),
        (b'\na: !!int ""', "`` does not fit its tag !!int"),
        (b"\na: 2024-13-45", "`2024-13-45` does not fit its tag !!timestamp: month must be in 1..12"),
    ],
)
def test_a_value_that_its_tag_does_not_fit_is_named_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(UserError) as refused:
        load_all(data, "apps/podinfo.yaml")
    assert refused.value.message.startswith(f"apps/podinfo.yaml:2: this is not YAML: {reason}")


@pytest.mark.parametrize(
    ("data", "said", "place"),
    [
        (
            b"a: 1\nb: [x,\nc: 1\n",
            "x.yaml:4: this is not YAML: "
            "did not find expected ',' or ']', while parsing a flow sequence from line 2 on.",
            (4, 1),
        ),
        (b"a: b: c\n", "x.yaml:1: this is not YAML: mapping values are not allowed in this context.", (1, 5)),
        (
            b"a: \x00",
            "x.yaml: this is not YAML: byte 3 is no character of YAML (control characters are not allowed).",
            (),
        ),
        (b"a: \xff", "x.yaml: this is not YAML: byte 3 is no character of YAML (invalid leading UTF-8 octet).", ()),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_in_our_words(data: bytes, said: str, place: tuple[int, ...]) -> None:
    with pytest.raises(NotYamlError) as refused:
        load_all(data, "x.yaml")
    assert refused.value.message == said
    assert (refused.value.problem.line, refused.value.problem.column) == (place or (None, None))


@pytest.mark.parametrize(
    "number",
    [
        b":".join([b"1"] * 100_000),
        b":".join([b"1"] * 100_000) + b".0",
        b"0x" + b"f" * 5000,
        b"0b" + b"1" * 50_000,
        b"!!int '" + b":".join([b"1"] * 100_000) + b"'",
        b"!!float {=: " + b":".join([b"1"] * 100_000) + b"}",
    ],
)
def test_a_number_that_nobody_writes_is_refused_before_it_is_reckoned(number: bytes) -> None:
    before = time.process_time()
    with pytest.raises(UserError, match=r"a number of [0-9]+ characters; 1000 are the most"):
        load_all(b"a: " + number, "apps/podinfo.yaml")
    assert time.process_time() - before < 1  # reckoned, the first takes four seconds


TAGS = ["", "! ", "!x ", "!!null ", "!!bool ", "!!int ", "!!float ", "!!timestamp ", "!!binary ", "!!str ", "!!value "]
TAGS += ["!!merge ", "!!seq ", "!!map ", "!!set ", "!!omap ", "!!pairs ", "!!python/none "]
VALUES = ["", "''", "maybe", "1", "-", "+", "_", "0x", "0b", "0o", "0b_", "1:1", "1:1:1.0", "1_", ".inf", ".nan"]
VALUES += [":".join(["1"] * 300) + ".0", "9" * 5000, "0x" + "f" * 5000, "2001-13-01", "2001-01-01T25:00:00Z", "<<", "="]
VALUES += ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "[]", "{}", "[[a]]", "[{a: b, c: d}]", "{<<: 1}"]
VALUES += ["1e400", "YWI=", "a=b", "é", "*a", "&a 1", "{? [] : 1}", "{=: x}", '"\\ud800"']


@pytest.mark.parametrize("form", ["a: {}", "{}: a", "- {}", "{}", "<<: {}"])
def test_no_value_under_any_tag_is_more_than_refused(form: str) -> None:
    for tag, value in product(TAGS, VALUES):
        with suppress(UserError):
            load_all(form.format(tag + value).encode(), "x")


def test_numbers_mean_what_yaml_1_1_says() -> None:
    assert load_all(b"[12:30, 1:1.5, 0x1f, 017, 1_000, 1.5e+3, %s]" % (b"9" * 1000), "x") == [
        [750, 61.5, 31, 15, 1000, 1500.0, int("9" * 1000)]
    ]


def test_what_is_only_long_or_wide_is_read() -> None:
    assert load_all(b"[" + b"[], " * 50_000 + b"]", "x") == [[[]] * 50_000]
    assert load_all(b"a: " + b"x" * 50_000, "x") == [{"a": "x" * 50_000}]
    assert load_all(b"[" * 190 + b"]" * 190, "x") != []


def test_aliases_stand_for_their_values() -> None:
    assert load_all(b"a: &a {b: &b 1, c: *b}\nd: {<<: *a, e: [*a, *a]}\n---\na: &a x\nb: *a", "x") == [
        {"a": {"b": 1, "c": 1}, "d": {"b": 1, "c": 1, "e": [{"b": 1, "c": 1}] * 2}},
        {"a": "x", "b": "x"},
    ]
