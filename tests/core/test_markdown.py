"""Text from outside as Markdown that does nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.markdown import code, defused, link


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("feature", "`feature`"),
        ("@octocat Fixes #1", "`@octocat Fixes #1`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        ("two\nlines | <b>", "`two lines | <b>`"),
        ("", "–"),
    ],
)
def test_code_shows_a_text_as_it_is(text: str, shown: str) -> None:
    assert code(text) == shown


@given(st.text(st.sampled_from("`a @#1\n\\<")))
def test_nothing_ends_code_early(text: str) -> None:
    shown = code(text)
    if shown != "–":
        fence = re.match("`+", shown)
        assert fence
        inner = shown[len(fence[0]) : -len(fence[0])]
        assert fence[0] not in re.findall("`+", inner)
        assert "\n" not in shown


def test_a_title_keeps_its_words_and_loses_its_effects() -> None:
    told = defused("@acme/team fixes #12 and GH-3: mail a@b.example")
    assert told.replace("\u200b", "") == "@acme/team fixes #12 and GH-3: mail a@b.example"
    assert not re.search(r"@\w|#\d|GH-\d", told)
    assert defused("podinfo 6.7.0 → 6.8.0 in production") == "podinfo 6.7.0 → 6.8.0 in production"


def test_an_address_is_followed_only_where_it_is_plain() -> None:
    assert link("https://a-b.acme.example") == "<https://a-b.acme.example>"
    assert link("https://acme.example/> [x](javascript:1)") == "`https://acme.example/> [x](javascript:1)`"
    assert link("javascript:alert(1)") == "`javascript:alert(1)`"
