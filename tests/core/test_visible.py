"""Text from outside cannot do anything to a terminal."""

from __future__ import annotations

import pytest

from generator.core.visible import visible


@pytest.mark.parametrize("text", ["plain [red] text", "prød → 例", ""])
def test_what_can_be_seen_stays(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb\tc", "a\\rb\\tc"),
        ("\x9b", "\\x9b"),
        ("\u202e", "\\u202e"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_line_ends_may_stay() -> None:
    assert visible("a\nb\r", keep="\n") == "a\nb\\r"
