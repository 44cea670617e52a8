"""A tree that remembers what it was asked: the plans of a batch ask the same of one tree again and again."""

from __future__ import annotations

from generator.core.tree import File, Tree


class RememberingTree:
    """A tree that reads the one beneath once, however often it is asked.

    Args:
        base: The tree that is read; it never changes.
    """

    def __init__(self, base: Tree) -> None:
        self._base = base
        self._files: dict[str, File | None] = {}
        self._under: dict[str, tuple[str, ...]] = {}
        self._children: dict[str, tuple[str, ...]] = {}

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""
        if path not in self._files:
            self._files[path] = self._base.get(path)
        return self._files[path]

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""
        if folder not in self._under:
            self._under[folder] = self._base.under(folder)
        return self._under[folder]

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        if folder not in self._children:
            self._children[folder] = self._base.children(folder)
        return self._children[folder]
