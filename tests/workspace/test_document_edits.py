"""Lists in documents that people edit: extended where they are, begun where they are missing."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.workspace.document_edits import appended, set_key


def test_a_list_is_extended_and_no_other_byte_changes() -> None:
    text = b"spec:   # mine\n  names:\n  -   a   # first\n  other: 'x'\n"
    assert appended(text, "spec", "names", "b") == text.replace(b"  other", b"  -   b\n  other")


def test_a_list_is_begun_where_it_is_missing() -> None:
    assert appended(b"spec:\n  a: 1\n", "spec", "names", "b") == b"spec:\n  a: 1\n  names:\n    - b\n"


def test_an_empty_list_is_begun() -> None:
    assert appended(b"spec:\n  names: []\n  a: 1\n", "spec", "names", "b") == b"spec:\n  names:\n    - b\n  a: 1\n"


def test_the_document_that_is_meant_is_edited() -> None:
    text = b"spec:\n  names:\n    - a\n"
    assert appended(text + b"---\n" + text, "spec", "names", "b", document=1) == text + b"---\n" + text + b"    - b\n"


def test_what_is_no_list_is_refused() -> None:
    with pytest.raises(UserError, match=r"spec\.names"):
        appended(b"spec:\n  names: a\n", "spec", "names", "b")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a:\n  b: 1  # one\n", b"a:\n  b: 1  # one\n  kept: true\n"),
        (b"a:\n  kept: false  # for now\n  b: 1\n", b"a:\n  kept: true  # for now\n  b: 1\n"),
        (b"a:\n  kept: true\n", b"a:\n  kept: true\n"),
    ],
)
def test_a_key_is_set_where_it_is_and_added_where_it_is_not(before: bytes, after: bytes) -> None:
    assert set_key(before, "a", "kept", value=True) == after
