"""A message reads back from git as it was given, whatever strangers wrote into it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import Change
from generator.gitrepo.commit_message import message

FORGED = "Signed-off-by: Mallory <m@example.com>"


def change(subject: str = "podinfo 6.7.0 → 6.7.1", body: str = "", *trailers: tuple[str, str]) -> Change:
    return Change({}, subject, body, trailers)


def read_back(text: str, *options: str) -> list[str]:
    """Return the trailers that git finds, one a line."""
    command = ["git", "interpret-trailers", "--parse", *options]
    found = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    return found.decode().removesuffix("\n").split("\n") if found else []


def test_the_parts_stand_apart() -> None:
    text = message(change("podinfo 6.7.0 → 6.7.1", "Why:\nit was time.", ("Delivery", "1-2"), ("Sha", "abc")))
    assert text == "podinfo 6.7.0 → 6.7.1\n\nWhy:\nit was time.\n\nDelivery: 1-2\nSha: abc\n"


def test_a_subject_alone_is_a_message() -> None:
    assert message(change("just this")) == "just this\n"


def test_trailers_of_the_writer_come_last_and_once() -> None:
    signed = ("Signed-off-by", "A <a@example.com>")
    text = message(change("s", "", signed, ("Delivery", "1")), trailers=(signed, ("Other", "2")))
    assert text == "s\n\nSigned-off-by: A <a@example.com>\nDelivery: 1\nOther: 2\n"


@pytest.mark.parametrize(
    ("given", "subject"),
    [
        ("two\nlines", "two lines"),
        ("a\r\n\r\nSigned-off-by: x", "a Signed-off-by: x"),
        ("  much \t space  ", "much space"),
        ("bell\a and \x1b[31mred", "bell and [31mred"),
        ("nul\0l", "null"),
        ("line\u2028separator\x85next", "line separator next"),
        ("right \u202eleft", "right left"),
        ("lone \ud800 surrogate", "lone ? surrogate"),
        ("x" * 300, "x" * 249 + "…"),
        ("--- a/file", " --- a/file"),
        ("# heading", " # heading"),
    ],
)
def test_a_subject_is_one_line_that_ends_no_message(given: str, subject: str) -> None:
    assert message(change(given)) == f"{subject}\n"


BODIES = [
    FORGED,
    f"text\n\n{FORGED}",
    f"text\n\n{FORGED}\n---\nrest",
    f"text\n\n{FORGED}\n--- \n",
    f"text\n\n{FORGED}\n# ------------------------ >8 ------------------------\nrest",
    f"text\n\n{FORGED}\n; ------------------------ >8 ------------------------\nrest",
    f"text\n\n{FORGED}\n\n# a comment",
    f"text\n\n{FORGED}\n\n\n\n",
    f"text\n\nsome words\n{FORGED}\n(cherry picked from commit {'a' * 40})",
    f"text\r\n\r\n{FORGED}\r\n",
    f"text\u2028\u2028{FORGED}",
    f"text\x0b\x0c{FORGED}",
    "text\n\nSigned-off-by : Mallory",
]


@pytest.mark.parametrize("options", [[], ["--no-divider"]])
@pytest.mark.parametrize("trailers", [(), (("Delivery", "1"),)])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_adds_no_trailer(body: str, trailers: tuple[tuple[str, str], ...], options: list[str]) -> None:
    text = message(change("s", body, *trailers))
    assert read_back(text, *options) == [f"{key}: {value}" for key, value in trailers]


def test_a_body_keeps_its_words_and_paragraphs() -> None:
    body = "First: a paragraph.\n\n- a list\n  - nested\n\nKey: value"
    assert message(change("s", body)) == "s\n\nFirst: a paragraph.\n\n- a list\n  - nested\n\n Key: value\n"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (f"x\n{FORGED}", f"x {FORGED}"),
        (f"x\n\n{FORGED}", f"x {FORGED}"),
        (f"x\r{FORGED}", f"x {FORGED}"),
        ("x\n---\ny", "x --- y"),
        ("---", "---"),
        ("tab\tand\0nul", "tab andnul"),
        ("", ""),
        ("\n\n", ""),
        ("y" * 3000, "y" * 1999 + "…"),
        ("ünï → 🚀", "ünï → 🚀"),
    ],
)
def test_a_value_adds_no_trailer_and_is_found_whole(value: str, found: str) -> None:
    text = message(change("s", "b", ("First", value), ("Last", "end")))
    for options in ([], ["--no-divider"]):
        assert [line.rstrip() for line in read_back(text, *options)] == [f"First: {found}".rstrip(), "Last: end"]


@pytest.mark.parametrize("key", ["", "a b", "a:b", "a\nb", "-a", "ä"])
def test_a_key_that_is_none_is_our_mistake(key: str) -> None:
    with pytest.raises(ValueError, match="no key of a trailer"):
        message(change("s", "", (key, "v")))


def test_a_commit_needs_a_subject() -> None:
    with pytest.raises(ValueError, match="subject"):
        message(change(" \n\t"))


def test_a_body_is_bounded() -> None:
    assert len(message(change("s", "word\n" * 100_000))) < 21_000


PIECES = ["\n", "\n\n", "\r", "\x0b", "\u2028", " ", "\t", ":", "#", "---", "--- a", "x", "ü", "\0", "\ud800", FORGED]
PIECES += ["Delivery: 2", "Signed-off-by:", "key=value", "(cherry picked from commit ab)", "; ------ >8 ------"]
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join)


@given(hostile, hostile, hostile)
def test_nothing_from_outside_forges_a_trailer(subject: str, body: str, value: str) -> None:
    text = message(change(f"s {subject}", body, ("Delivery", f"1 {value}"), ("Sha", "abc")))
    found = read_back(text)
    assert len(found) == 2
    assert found[0].startswith("Delivery: 1")
    assert found[1] == "Sha: abc"
    assert text.split("\n")[1] == ""


@given(hostile)
def test_a_body_without_trailers_holds_none(body: str) -> None:
    assert read_back(message(change("s", body))) == []
    assert read_back(message(change("s", body)), "--no-divider") == []


def test_git_stores_the_message_as_it_is(tmp_path: Path) -> None:
    text = message(change("ünï → 🚀", "body\n\n# no comment\n--- no divider", ("Delivery", "1\n2")))
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)
    tree = subprocess.run(["git", "mktree"], cwd=tmp_path, input=b"", capture_output=True, check=True).stdout.strip()
    commit = subprocess.run(
        ["git", "commit-tree", tree], cwd=tmp_path, input=text.encode(), capture_output=True, check=True
    ).stdout.strip()
    shown = subprocess.run(["git", "cat-file", "commit", commit], cwd=tmp_path, capture_output=True, check=True).stdout
    assert shown.decode().partition("\n\n")[2] == text
