"""Folders on disk read into trees: templates, and what copier rendered."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File, MemoryTree
from generator.templating.config import read_config
from generator.templating.paths import checked_target

FILE_LIMIT = 20_000
BYTE_LIMIT = 256 * 1024 * 1024
"""More than any template holds: a folder beyond these is somebody's home, not a template."""


def read_folder(path: Path) -> MemoryTree:
    """Read a template's folder, without what git keeps in it.

    A symlink to something inside the folder is followed, a folder's too; where the template says
    `_preserve_symlinks: true` it stays a symlink. File modes are git's: executable or not.

    Args:
        path: The folder.

    Raises:
        UserError: It is not there, not a folder, not readable or too large, or holds a symlink that leads out of it,
            to nothing or in a circle, or something that is neither file nor folder.
    """
    return read_tree(path, follow=not _preserves_symlinks(_folder(path)))


def read_tree(path: Path, *, follow: bool) -> MemoryTree:
    """Read a folder into a tree, without what git keeps in it.

    Args:
        path: The folder.
        follow: Whether a symlink is replaced by what it points to, or kept.

    Raises:
        UserError: As for `read_folder`.
    """
    tree = _Reader(_folder(path), follow=follow).read()
    if not follow:
        _check_links(tree, path)
    return tree


@dataclass
class _Reader:
    """One reading of one folder, which keeps count."""

    root: Path
    follow: bool
    files: dict[str, File] = field(default_factory=dict)
    size: int = 0

    def read(self) -> MemoryTree:
        try:
            self._folder(self.root, "", (self.root.resolve(),))
        except OSError as error:
            raise UserError(f"{error.filename or self.root}: {error.strerror or error}.") from error
        return MemoryTree(self.files)

    def _folder(self, folder: Path, prefix: str, above: tuple[Path, ...]) -> None:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            if entry.name != ".git":
                self._entry(entry, _checked_name(folder, entry.name, prefix), above)

    def _entry(self, entry: os.DirEntry[str], path: str, above: tuple[Path, ...]) -> None:
        here = Path(entry.path)
        if entry.is_symlink():
            if not self.follow:
                self._add(path, File(os.fsencode(os.readlink(here)), SYMLINK))
                return
            self._check_target(here)
        if entry.is_dir():
            self._subfolder(here, path, above)
        elif entry.is_file():
            mode = EXECUTABLE if entry.stat().st_mode & stat.S_IXUSR else REGULAR
            self._add(path, File(here.read_bytes(), mode))
        else:
            raise UserError(f"{here}: this is neither a file nor a folder.", hint="Remove it from the template.")

    def _subfolder(self, here: Path, path: str, above: tuple[Path, ...]) -> None:
        real = here.resolve()
        if real in above:
            raise UserError(f"{here}: the symlink leads to a folder that it is in.", hint="Remove the symlink.")
        self._folder(here, f"{path}/", (*above, real))

    def _check_target(self, link: Path) -> None:
        try:
            real = link.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise UserError(f"{link}: the symlink leads to nothing.", hint="Mend or remove it.") from error
        if not real.is_relative_to(self.root.resolve()):
            raise UserError(
                f"{link}: the symlink leads out of the template, to {real}.",
                hint="Put a copy of the file into the template.",
            )

    def _add(self, path: str, file: File) -> None:
        self.size += len(file.data)
        if len(self.files) >= FILE_LIMIT or self.size > BYTE_LIMIT:
            raise UserError(
                f"{self.root}: this is too large for a template: over {FILE_LIMIT} files or {BYTE_LIMIT >> 20} MB.",
                hint="Give the template's own folder.",
            )
        self.files[path] = file


def _folder(path: Path) -> Path:
    if not path.exists():
        raise UserError(f"{path}: there is no such folder.")
    if not path.is_dir():
        raise UserError(f"{path}: this is no folder.", hint="Give the folder that holds copier.yml.")
    return path


def _checked_name(folder: Path, name: str, prefix: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UserError(f"{folder}: the file name {name!r} is not UTF-8.", hint="Rename the file.") from error
    return f"{prefix}{name}"


def _preserves_symlinks(folder: Path) -> bool:
    """Return what the configuration says of symlinks; a broken one is reported when the template is parsed."""
    try:
        configs = {path.name: File(path.read_bytes()) for path in folder.glob("copier.*") if path.is_file()}
        return bool(read_config(MemoryTree(configs), folder.name).settings.get("preserve_symlinks", False))
    except (UserError, OSError):
        return False


def _links(tree: MemoryTree) -> Iterator[tuple[str, File]]:
    for path in tree.under(""):
        file = tree.get(path)
        if file is not None and file.mode == SYMLINK:
            yield path, file


def _check_links(tree: MemoryTree, folder: Path) -> None:
    for path, file in _links(tree):
        checked_target(path, file.data, str(folder / path))
