"""A tree: an immutable map from path to file, the form in which every plan sees a repository."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

REGULAR: Literal[0o100644] = 0o100644
EXECUTABLE: Literal[0o100755] = 0o100755
SYMLINK: Literal[0o120000] = 0o120000

Mode = Literal[0o100644, 0o100755, 0o120000]
"""The file modes that git records (https://git-scm.com/docs/git-fast-import, version 2.39)."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a tree.

    Attributes:
        data: Its bytes; for a symlink the path that it points to.
        mode: Its git mode.
    """

    data: bytes
    mode: Mode = REGULAR


class Tree(Protocol):
    """What a plan may ask of a tree. Paths are relative, with `/`, and never start or end with it."""

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`, without listing what is below them."""


class MemoryTree:
    """A tree held in memory.

    Args:
        files: The files by path; copied, so that a later change of the mapping does not reach the tree.
    """

    def __init__(self, files: Mapping[str, File] | None = None) -> None:
        self._files = dict(files or {})
        self._paths = tuple(sorted(self._files))

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""
        return self._files.get(path)

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""
        return paths_below(folder, self._paths)

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        return names_in(folder, self.under(folder))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryTree) and self._files == other._files

    def __hash__(self) -> int:
        return hash(tuple((path, self._files[path]) for path in self._paths))

    def __repr__(self) -> str:
        return f"MemoryTree({len(self._paths)} files)"


def paths_below(folder: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the sorted `paths` that are below `folder`; all of them for an empty string."""
    if not folder:
        return paths
    # "0" is the character after "/", so the two bounds enclose exactly the paths below the folder.
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]


def names_in(folder: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the sorted names directly in `folder` of which all `paths`, files below it, consist."""
    start = len(folder) + 1 if folder else 0
    return tuple(sorted({path[start:].partition("/")[0] for path in paths}))


def yaml_names(tree: Tree, folder: str) -> list[str]:
    """Return the sorted names, without their ending, of the `.yaml` files directly in a folder of a tree."""
    names = (path[len(folder) + 1 :] for path in tree.under(folder) if path.endswith(".yaml"))
    return sorted(name.removesuffix(".yaml") for name in names if "/" not in name)


def as_memory(tree: Tree, paths: Iterable[str] | None = None) -> MemoryTree:
    """Read the files at `paths` (by default all) of a tree into memory; paths without a file are left out."""
    chosen = tree.under("") if paths is None else paths
    return MemoryTree({path: file for path in chosen if (file := tree.get(path)) is not None})
