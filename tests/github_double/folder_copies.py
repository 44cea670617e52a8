"""Brings a folder back to what a copy of it holds, by what differs alone: most of it never does."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def copied(folder: Path, copy: Path) -> None:
    """Copy a folder, with the times of its files, by which `restore` knows those that were not touched since."""
    shutil.copytree(folder, copy, symlinks=True)


def restore(folder: Path, copy: Path) -> None:
    """Let a folder hold again what a copy of it holds."""
    here, there = _entries(folder), _entries(copy)
    for name, entry in here.items():
        if name not in there or _kind(entry) != _kind(there[name]):
            _remove(entry)
    for name, entry in there.items():
        target, old = folder / name, here.get(name)
        is_there = old is not None and _kind(old) == _kind(entry)
        if entry.is_dir(follow_symlinks=False):
            if is_there:
                restore(target, Path(entry.path))
            else:
                copied(Path(entry.path), target)
        elif not is_there or _stamp(old) != _stamp(entry):
            target.unlink(missing_ok=True)
            shutil.copy2(entry.path, target, follow_symlinks=False)


def _entries(folder: Path) -> dict[str, os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return {entry.name: entry for entry in found}


def _kind(entry: os.DirEntry[str]) -> tuple[bool, bool]:
    return entry.is_symlink(), entry.is_dir(follow_symlinks=False)


def _stamp(entry: os.DirEntry[str] | None) -> tuple[int, int, int]:
    assert entry is not None
    found = entry.stat(follow_symlinks=False)
    return found.st_size, found.st_mtime_ns, found.st_mode


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        Path(entry.path).unlink()
