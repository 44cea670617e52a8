"""A commit's tree, read lazily: a folder is read when something in it is asked for, a file when it is asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File, Mode
from generator.gitrepo.object_reader import Object

_FOLDER = b"40000"
_LINKED_REPOSITORY = b"160000"
_MODES: dict[bytes, Mode] = {b"120000": SYMLINK, b"100755": EXECUTABLE}
# A tree object is entries, one right behind the other: `MODE NAME NUL OBJECT`, the object in 20 or 32 bytes.
_ENTRIES = {size: re.compile(rb"(\d+) ([^\0]+)\0(.{%d})" % size, re.DOTALL) for size in (20, 32)}

_Folder = dict[bytes, tuple[bytes, bytes]]
"""By name, the mode and the object."""


class ObjectTree:
    """The tree of one commit.

    Args:
        read: Returns the objects of these names.
        root: The name of the tree object.
    """

    def __init__(self, read: Callable[[Sequence[str]], list[Object]], root: str) -> None:
        self._objects = read
        self._read: dict[str, _Folder] = {}
        self._root = root

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""
        folder, slash, name = path.rpartition("/")
        mode, found = self._folder(folder).get(_encoded(name), (_FOLDER, b""))
        if mode in (_FOLDER, _LINKED_REPOSITORY) or (slash and not folder):
            return None
        return File(self._objects([found.hex()])[0].data, _MODES.get(mode, REGULAR))

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""
        paths: list[str] = []
        level = {folder: self._folder(folder)}
        while level:
            below: dict[str, bytes] = {}
            for where, entries in level.items():
                for name, (mode, found) in entries.items():
                    path = f"{where}/{os.fsdecode(name)}" if where else os.fsdecode(name)
                    if mode == _FOLDER:
                        below[path] = found
                    elif mode != _LINKED_REPOSITORY:
                        paths.append(path)
            level = self._folders(below)
        return tuple(sorted(paths))

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        entries = self._folder(folder)
        return tuple(sorted(os.fsdecode(name) for name, (mode, _) in entries.items() if mode != _LINKED_REPOSITORY))

    def _folder(self, path: str) -> _Folder:
        if path not in self._read:
            if not path:
                return self._folders({"": bytes.fromhex(self._root)})[""]
            parent, _, name = path.rpartition("/")
            mode, found = self._folder(parent).get(_encoded(name), (b"", b""))
            if mode != _FOLDER:
                return {}
            return self._folders({path: found})[path]
        return self._read[path]

    def _folders(self, names: dict[str, bytes]) -> dict[str, _Folder]:
        """Return the folders of these paths, given with the names of their objects, and remember them."""
        new = [path for path in names if path not in self._read]
        for path, found in zip(new, self._objects([names[path].hex() for path in new]), strict=True):
            entries = _ENTRIES[len(found.name) // 2].findall(found.data)
            self._read[path] = {name: (mode, object_) for mode, name, object_ in entries}
        return {path: self._read[path] for path in names}


def _encoded(name: str) -> bytes:
    """Return a name as git has it; an empty one, which no file has, where it cannot be written."""
    try:
        return os.fsencode(name)
    except UnicodeEncodeError:
        return b""
