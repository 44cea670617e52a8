"""Machine-owned fields: where a version stands in a file, so that machines write it and templates leave it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from generator.core.errors import UserError
from generator.core.tree import File
from generator.core.yamltext import MissingError, get_value, set_value


@dataclass(frozen=True)
class VersionField:
    """The place of a version.

    Attributes:
        file: The file, relative to the folder that its instance is rendered to.
        path: The scalar in it, as `generator.core.yamltext.path` writes paths.
    """

    file: str
    path: str

    def file_in(self, folder: str) -> str:
        """Return the path of the file where the instance is rendered to `folder`; empty for the repository's root."""
        return f"{folder}/{self.file}" if folder else self.file

    def read(self, file: File | None) -> str | None:
        """Return the version that a file holds; None where there is no such file or scalar."""
        try:
            return None if file is None else str(get_value(file.data, self.path))
        except MissingError:
            return None

    def write(self, file: File, version: str) -> File:
        """Return the file with another version and no other byte changed.

        Raises:
            UserError: The scalar is not there, or cannot be changed safely.
        """
        return replace(file, data=set_value(file.data, self.path, version))


def keep_moved(
    fields: Iterable[VersionField], base: File | None, ours: File | None, theirs: File | None
) -> tuple[File | None, File | None]:
    """Return `base` and `theirs` as if their templates had rendered the versions that were written since.

    With these a three-way comparison sees only what people and templates changed. A version that nobody moved is the
    template's to change.

    Args:
        fields: The versions in this file.
        base: What the template rendered before.
        ours: What the repository holds.
        theirs: What the template renders now.
    """
    for field in fields:
        try:
            moved, before = field.read(ours), field.read(base)
            if base is None or moved is None or before is None or moved == before:
                continue
            base = field.write(base, moved)
            theirs = field.write(theirs, moved) if theirs is not None and field.read(theirs) is not None else theirs
        except UserError:
            # Somebody made the file unreadable: then the whole of it is a hand edit, and is treated as one.
            continue
    return base, theirs
