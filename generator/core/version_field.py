"""Machine-owned fields: where a version stands in a file, so that machines write it and templates leave it alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from generator.core.errors import UserError
from generator.core.tree import File
from generator.core.yamltext import Marked, MissingError, get_value, marked, set_marked, set_value

MARKER = "$imagepolicy:"
"""What the path of a version begins with that a marker of one of Flux's image policies points out."""


@dataclass(frozen=True)
class VersionField:
    """The place of a version.

    Attributes:
        file: The file, relative to the folder that its instance is rendered to.
        path: The scalar in it, as `generator.core.yamltext.path` writes paths; or `MARKER` with what a marker says:
            then every scalar that has it. Without `:tag` at its end that is a whole image, of which the tag is meant.
    """

    file: str
    path: str

    def file_in(self, folder: str) -> str:
        """Return the path of the file where the instance is rendered to `folder`; empty for the repository's root."""
        return f"{folder}/{self.file}" if folder else self.file

    def read(self, file: File | None) -> str | None:
        """Return the version that a file holds; None where there is no such file or scalar.

        Raises:
            UserError: The file is not YAML, or scalars that have one marker hold different versions or none.
        """
        if file is None:
            return None
        if self._marker:
            versions = sorted({_image_and_tag(scalar)[1] for scalar in self._marked(file)})
            if len(versions) > 1:
                raise UserError(
                    f"{self.file}: the fields with the marker {self._marker} hold {' and '.join(versions)}.",
                    hint="Set them to one version by hand.",
                )
            return versions[0] if versions else None
        try:
            return str(get_value(file.data, self.path))
        except MissingError:
            return None

    def write(self, file: File, version: str) -> File:
        """Return the file with another version and no other byte changed.

        Raises:
            UserError: The scalar is not there, or cannot be changed safely.
        """
        if not self._marker:
            return replace(file, data=set_value(file.data, self.path, version))
        data = file.data
        for scalar in self._marked(file):
            image, _ = _image_and_tag(scalar)
            data = set_marked(data, scalar, f"{image}:{version}" if image else version)
        # Where nothing has the marker, this says which markers there are.
        return replace(file, data=data if self._marked(file) else set_marked(data, self._marker, version))

    @property
    def _marker(self) -> str:
        return self.path.removeprefix(MARKER) if self.path.startswith(MARKER) else ""

    def _marked(self, file: File) -> list[Marked]:
        return [scalar for scalar in marked(file.data) if scalar.marker == self._marker]


def _image_and_tag(scalar: Marked) -> tuple[str, str]:
    """Return the image, empty where the scalar is the tag alone, and the tag that a marked scalar holds."""
    if scalar.kind == "tag":
        return "", scalar.value
    image, _, tag = scalar.value.rpartition(":")
    if scalar.kind or not image or "/" in tag or "@" in scalar.value:
        raise UserError(
            f"line {scalar.line}: the field with the marker {scalar.marker} holds no tag: {scalar.value}",
            hint="Mark a tag, or an image with its tag and without a digest.",
        )
    return image, tag


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
