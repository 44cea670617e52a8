"""The files of a template arranged for rendering: each name and body compiled, siblings decided, folders nested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from generator.core.tree import SYMLINK, File, MemoryTree
from generator.templating.sandbox import Sandbox
from generator.templating.settings import Settings
from generator.templating.text import Place, Text


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file to render.

    Attributes:
        source: Its path in the template.
        name: Its name without the suffix of templates.
        is_template: Whether its name has that suffix.
        file: It as it is.
        body: Its text, where that is rendered: the content of a file, the target of a symlink.
        fault: Why it cannot be rendered, if it cannot.
    """

    source: str
    name: Text
    is_template: bool
    file: File
    body: Text | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """One folder to render.

    Attributes:
        source: Its path in the template.
        name: Its name.
        files: Its files, by path.
        folders: Its folders, by path.
    """

    source: str
    name: Text
    files: list[FileEntry] = field(default_factory=list)
    folders: dict[str, FolderEntry] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FilePlan:
    """What is rendered of a template.

    Attributes:
        root: The folder whose content is rendered.
        count: How many files it holds at any depth.
    """

    root: FolderEntry
    count: int

    def texts(self) -> Iterator[Text]:
        """Yield the name of every file and folder and every body that is rendered."""
        yield from _names(self.root)
        yield from _bodies(self.root)

    @property
    def names(self) -> list[str]:
        """The names of all files and folders, as written."""
        return [text.source for text in _names(self.root)]


def plan_files(
    tree: MemoryTree,
    subdirectory: str,
    *,
    settings: Settings,
    environment: Sandbox,
    template: str,
    paths: frozenset[str],
) -> FilePlan:
    """Arrange the files below a folder of a template.

    A file that has a sibling of the same name with the suffix of templates gives way to it.

    Args:
        tree: The template's files.
        subdirectory: The folder, empty for all of the template.
        settings: The template's settings.
        environment: Its Jinja environment.
        template: Its name, for messages.
        paths: All files and folders of the template.
    """
    suffix = settings.templates_suffix
    root = FolderEntry(subdirectory, _name(environment, "", template, subdirectory))
    count = 0
    for path in tree.under(subdirectory):
        file = tree.get(path)
        if file is None or (suffix and f"{path}{suffix}" in paths):
            continue
        count += 1
        folder = root
        relative = path[len(subdirectory) :].lstrip("/")
        *parents, _ = relative.split("/")
        for parent in parents:
            source = f"{folder.source}/{parent}" if folder.source else parent
            if parent not in folder.folders:
                folder.folders[parent] = FolderEntry(source, _name(environment, parent, template, source))
            folder = folder.folders[parent]
        folder.files.append(_entry(path, file, suffix, environment, template))
    return FilePlan(root, count)


def _entry(path: str, file: File, suffix: str, environment: Sandbox, template: str) -> FileEntry:
    name = path.rpartition("/")[2]
    is_template = name.endswith(suffix)
    # Copier drops what pathlib calls the suffix: of `.tmpl.j2` only the `.j2`.
    stem = PurePosixPath(name).with_suffix("").name if suffix and is_template else name
    name_text = _name(environment, stem, template, path)
    if not is_template:
        return FileEntry(path, name_text, is_template, file)
    try:
        source = file.data.decode()
    except UnicodeDecodeError as error:
        # Where every file is a template, what is no text is copied.
        fault = f"{template}: {path}: byte {error.start} is not UTF-8, as a template must be." if suffix else ""
        return FileEntry(path, name_text, is_template, file, fault=fault)
    body = Text(environment, source, Place(template, path), None if file.mode == SYMLINK else path)
    return FileEntry(path, name_text, is_template, file, body)


def _name(environment: Sandbox, name: str, template: str, path: str) -> Text:
    return Text(environment, name, Place(template, path, is_name=True))


def _names(folder: FolderEntry) -> Iterator[Text]:
    yield folder.name
    yield from (entry.name for entry in folder.files)
    for child in folder.folders.values():
        yield from _names(child)


def _bodies(folder: FolderEntry) -> Iterator[Text]:
    yield from (entry.body for entry in folder.files if entry.body is not None)
    for child in folder.folders.values():
        yield from _bodies(child)
