"""Trees in memory: what is where, and below a folder exactly what is below it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from generator.core.tree import EXECUTABLE, File, MemoryTree, as_memory, names_in

segments = st.text(st.sampled_from("ab0/.-é"), min_size=1, max_size=3).map(lambda text: text.replace("/", "0"))
paths = st.lists(segments, min_size=1, max_size=3).map("/".join)
trees = st.dictionaries(paths, st.binary(max_size=2).map(File)).map(MemoryTree)


@given(trees, paths)
def test_below_a_folder_is_what_begins_with_its_name_and_a_slash(tree: MemoryTree, folder: str) -> None:
    assert tree.under(folder) == tuple(path for path in tree.under("") if path.startswith(f"{folder}/"))
    assert list(tree.under("")) == sorted(tree.under(""))


@given(trees, paths | st.just(""))
def test_children_are_the_first_names_of_what_is_below(tree: MemoryTree, folder: str) -> None:
    prefix = f"{folder}/" if folder else ""
    below = {path.removeprefix(prefix).split("/")[0] for path in tree.under(folder)}
    assert tree.children(folder) == names_in(folder, tree.under(folder)) == tuple(sorted(below))


@given(trees)
def test_reading_all_of_a_tree_gives_an_equal_one(tree: MemoryTree) -> None:
    assert as_memory(tree) == tree
    assert hash(as_memory(tree)) == hash(tree)


def test_a_tree_does_not_change_with_what_it_was_made_of() -> None:
    files = {"a": File(b"1")}
    tree = MemoryTree(files)
    files["b"] = File(b"2")
    assert tree.under("") == ("a",)
    assert tree.get("b") is None


def test_only_what_is_there_is_read() -> None:
    tree = MemoryTree({"a": File(b"1"), "b": File(b"2", EXECUTABLE)})
    assert as_memory(tree, ["b", "c"]) == MemoryTree({"b": File(b"2", EXECUTABLE)})


def test_the_mode_belongs_to_the_file() -> None:
    assert File(b"") != File(b"", EXECUTABLE)
    assert MemoryTree({"a": File(b"")}) != MemoryTree({"a": File(b"", EXECUTABLE)})
