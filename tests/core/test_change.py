"""The tree as it is after a change, and the edits that make a difference."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import ChangedTree, needed
from generator.core.tree import File, MemoryTree

paths = st.sampled_from(["a", "a0", "b/c", "b/d", "b/e/f", "g/h"])
files = st.sampled_from([File(b"1"), File(b"2")])
trees = st.dictionaries(paths, files).map(MemoryTree)
edits = st.dictionaries(paths, files | st.none())


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
