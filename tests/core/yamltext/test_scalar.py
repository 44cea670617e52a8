"""Which type a plain scalar has, and that no two equal-looking values are taken for one."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.core.yamltext.scalar import Scalar, can_be_plain, is_ambiguous, plain, read_plain, same


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("podinfo", "podinfo"),
        ("6.7.1", "6.7.1"),
        ("1.10", 1.1),
        ("1e5", 1e5),
        ("1.5e+3", 1500.0),
        ("0x1f", 31),
        ("0o17", 15),
        ("-0o17", -15),
        ("017", 15),
        ("089", 89),
        ("1_000", 1000),
        ("1:30", 90),
        ("0b_", "0b_"),
        ("on", True),
        ("No", False),
        ("y", "y"),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("=", "="),
        ("<<", "<<"),
        # Beyond every float, and too long to be a number that anybody writes.
        ("1:" * 300 + "1.0", "1:" * 300 + "1.0"),
        ("1:" * 100_000 + "1", "1:" * 100_000 + "1"),
        ("0" + "9" * 5000, "0" + "9" * 5000),
        ("0o" + "7" * 5000, "0o" + "7" * 5000),
    ],
)
def test_a_plain_scalar_has_its_type_of_yaml_1_1_and_is_a_number_where_yaml_1_2_says_so(
    text: str, value: Scalar
) -> None:
    assert same(read_plain(text), value)


@given(st.text(alphabet="0123456789.eE+-_xXobByYnNtrufalsiINF:~= Tz", max_size=8))
def test_what_pyyaml_reads_as_no_string_is_never_written_plain(text: str) -> None:
    try:
        read = yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        read = None
    assert isinstance(read, str) or not can_be_plain(text, flow=False)
    assert not (is_ambiguous(text) and can_be_plain(text, flow=True))


@given(st.floats() | st.integers() | st.booleans() | st.none())
def test_every_value_that_is_no_string_is_read_back(value: float | None) -> None:
    assert same(yaml.safe_load(plain(value)), value)
    assert same(read_plain(plain(value)), value)


def test_equal_values_of_different_types_are_different() -> None:
    pairs: list[tuple[Scalar, Scalar]] = [(1, True), (1, 1.0), (0, False), ("1", 1), (None, "")]
    assert same(math.nan, math.nan)
    assert not any(same(one, other) for one, other in pairs)
