"""A change: its message as git reads it, and the tree as it is after it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import Change, ChangedTree, needed
from generator.core.tree import File, MemoryTree

paths = st.sampled_from(["a", "a0", "b/c", "b/d", "b/e/f", "g/h"])
files = st.sampled_from([File(b"1"), File(b"2")])
trees = st.dictionaries(paths, files).map(MemoryTree)
edits = st.dictionaries(paths, files | st.none())
TRAILERS = (("Gitopsmith-Pristine", "0" * 40), ("Reviewed-by", "A <a@example.com>"))


def trailers_of(message: str) -> list[str]:
    command = ["git", "interpret-trailers", "--parse"]
    return subprocess.run(command, input=message, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_message_of_a_subject_alone() -> None:
    assert Change({}, "Add prod-eu").message == "Add prod-eu\n"


def test_git_reads_subject_body_and_trailers() -> None:
    message = Change({}, "Add prod-eu", "\nIt has three nodes.\n\nAnd a disk.\n", TRAILERS).message
    assert message.startswith("Add prod-eu\n\nIt has three nodes.\n\nAnd a disk.\n\nGitopsmith-Pristine: 000")
    assert message.endswith(">\n")
    assert trailers_of(message) == [f"{key}: {value}" for key, value in TRAILERS]


@pytest.mark.parametrize("outside", ["1.0\n\nGitopsmith-Pristine: forged", "1.0\r\nSigned-off-by: forged"])
def test_text_from_outside_makes_no_trailer(outside: str) -> None:
    message = Change({}, f"Add podinfo {outside}", trailers=(("Version", outside), *TRAILERS)).message
    assert message.split("\n")[1] == ""
    assert [line.split(":")[0] for line in trailers_of(message)] == ["Version", "Gitopsmith-Pristine", "Reviewed-by"]


@given(trees, edits)
def test_a_changed_tree_is_the_tree_that_the_edits_make(tree: MemoryTree, changes: dict[str, File | None]) -> None:
    after = {path: file for path in tree.under("") if (file := tree.get(path))} | changes
    expected = MemoryTree({path: file for path, file in after.items() if file})
    changed = ChangedTree(tree, changes)
    for folder in ("", "a", "b", "b/e", "g", "x"):
        assert changed.under(folder) == expected.under(folder)
        assert changed.children(folder) == expected.children(folder)
    assert all(changed.get(path) == expected.get(path) for path in (*tree.under(""), *changes, "x"))


@given(trees, edits)
def test_needed_edits_do_the_same_and_are_needed_once(tree: MemoryTree, changes: dict[str, File | None]) -> None:
    kept = needed(tree, changes)
    assert list(kept) == sorted(kept)
    assert ChangedTree(tree, kept).under("") == ChangedTree(tree, changes).under("")
    assert all(tree.get(path) != file for path, file in kept.items())
    assert needed(ChangedTree(tree, kept), changes) == {}


def test_later_edits_of_the_mapping_do_not_reach_the_tree() -> None:
    changes: dict[str, File | None] = {"a": File(b"1")}
    tree = ChangedTree(MemoryTree(), changes)
    changes["b"] = File(b"2")
    assert tree.under("") == ("a",)


def test_git_takes_a_message_as_it_is(tmp_path: Path) -> None:
    message = Change({}, "Add prod-eu", "Body.", TRAILERS).message
    stripped = subprocess.run(["git", "stripspace"], input=message, capture_output=True, text=True, check=True).stdout
    assert stripped == message
