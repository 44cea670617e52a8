"""A tree that remembers: the same answers as the tree beneath, which is asked once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from generator.core.tree import File, MemoryTree, Tree
from generator.sync.remembering_tree import RememberingTree

FILES = {path: File(path.encode()) for path in ("a", "apps/one.yaml", "apps/two.yaml", "apps/deep/three.yaml")}


class Counting(MemoryTree):
    """A tree that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__(FILES)
        self.asked: Counter[str] = Counter()

    def get(self, path: str) -> File | None:
        self.asked[f"get {path}"] += 1
        return super().get(path)

    def under(self, folder: str) -> tuple[str, ...]:
        self.asked[f"under {folder}"] += 1
        return super().under(folder)

    def children(self, folder: str) -> tuple[str, ...]:
        self.asked[f"children {folder}"] += 1
        return MemoryTree(FILES).children(folder)  # not its own, which asks itself what is below


ASKING: list[Callable[[Tree], object]] = [
    lambda tree: tree.get("apps/one.yaml"),
    lambda tree: tree.get("apps/missing.yaml"),
    lambda tree: tree.get("apps"),
    lambda tree: tree.under(""),
    lambda tree: tree.under("apps"),
    lambda tree: tree.under("missing"),
    lambda tree: tree.children(""),
    lambda tree: tree.children("apps"),
    lambda tree: tree.children("missing"),
]


@pytest.mark.parametrize("ask", ASKING)
def test_it_answers_as_the_tree_beneath_which_is_asked_once(ask: Callable[[Tree], object]) -> None:
    beneath = Counting()
    tree = RememberingTree(beneath)
    assert [ask(tree), ask(tree), ask(tree)] == [ask(MemoryTree(FILES))] * 3
    assert beneath.asked.total() == 1
