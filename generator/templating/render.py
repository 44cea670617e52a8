"""Rendering: a template and the answers of one instance become a tree, in memory, the same bytes every time."""

from __future__ import annotations

from copy import deepcopy
from pathlib import PurePosixPath
from typing import Any

from generator.core.errors import UserError
from generator.core.tree import SYMLINK, File, MemoryTree, Tree
from generator.templating.answers import Answers, base_context
from generator.templating.files import FileEntry, FolderEntry
from generator.templating.paths import checked_part, checked_target, join
from generator.templating.patterns import Patterns
from generator.templating.template import Template
from generator.templating.text import Context


def render(template: Template, answers: Answers, *, existing: Tree | None = None) -> MemoryTree:
    """Render one instance of a template.

    What copier 9.19 writes, byte for byte (https://copier.readthedocs.io/en/stable/creating/), but for paths that
    lead out of the folder or into `.git`, which are refused.

    Args:
        template: The template.
        answers: The instance's answers, from `resolve`.
        existing: What stands where the instance goes, by the same paths; a file of it that `_skip_if_exists` matches
            is returned as it is.

    Raises:
        UserError: The template needs copier itself, is no valid Jinja, reads an unknown name under StrictUndefined,
            or renders two files to one path or one out of its folder; with file and line.
    """
    if template.needs_copier:
        raise UserError(
            f"{template.name}: only copier itself can render this template: {', '.join(template.needs_copier)}.",
            hint="Add `--trust` if you trust this template: copier will run it.",
        )
    context = _context(template, answers)
    rendering = _Rendering(template, context, existing)
    rendering.folder(template.plan(_subdirectory(template, context)).root, "")
    return rendering.tree()


def _context(template: Template, answers: Answers) -> dict[str, Any]:
    context = base_context(template, "render")
    # A template may change a list or a mapping that it is given; the answers stay as they are.
    for name, value in answers.values.items():
        context[name] = deepcopy(value) if isinstance(value, (list, dict)) else value
    context["_copier_answers"].update((name, context.get(name, value)) for name, value in answers.recorded.items())
    context["_copier_conf"]["answers_file"] = PurePosixPath(template.answers_file.render(context))
    return context


def _subdirectory(template: Template, context: Context) -> str:
    rendered = template.subdirectory.render(context)
    if not rendered or (rendered in template.all_paths and template.tree.get(rendered) is None):
        return rendered
    path = join("", checked_part(rendered, template.config.place("_subdirectory")))
    if (path and path not in template.all_paths) or path in template.tree.under(""):
        folders = sorted({name.partition("/")[0] for name in template.tree.under("") if "/" in name})
        raise UserError(
            f"{template.config.place('_subdirectory')}: there is no folder `{rendered}` in the template.",
            hint=f"Its folders: {', '.join(folders) or 'none'}.",
        )
    return path


class _Rendering:
    """One instance on its way to a tree."""

    def __init__(self, template: Template, context: Context, existing: Tree | None) -> None:
        self._template = template
        self._context = context
        self._existing = existing
        self._suffix = template.settings.templates_suffix
        self._answers_file = str(context["_copier_conf"]["answers_file"])
        extended = {**context, "_copier_operation": "copy"} if template.exclude else context
        self._excluded = Patterns.of_lines(text.render(extended) for text in template.exclude)
        self._skipped = Patterns.of(text.render(context) for text in template.skip_if_exists) if existing else None
        self._files: dict[str, File] = {}
        self._sources: dict[str, str] = {}
        self._folders: set[str] = set()

    def folder(self, folder: FolderEntry, prefix: str) -> None:
        """Render a folder's files, then its folders; what has an empty name is dropped with all that it holds."""
        for entry in folder.files:
            path = self._path(entry, prefix)
            if path is not None and not self._excluded.match(path):
                self._add(path, entry)
        for child in folder.folders.values():
            part = child.name.render(self._context)
            if part:
                self.folder(child, join(prefix, checked_part(part, f"{self._template.name}: {child.source}")))

    def tree(self) -> MemoryTree:
        """Return what was rendered.

        Raises:
            UserError: One path is a file and a folder at once.
        """
        for path in self._files:
            parent = path.rpartition("/")[0]
            while parent and parent not in self._folders:
                self._folders.add(parent)
                parent = parent.rpartition("/")[0]
        for path in sorted(self._folders.intersection(self._files)):
            raise UserError(
                f"{self._template.name}: {self._sources[path]} is rendered to `{path}`, which is a folder as well."
            )
        return MemoryTree(self._files)

    def _path(self, entry: FileEntry, prefix: str) -> str | None:
        part = entry.name.render(self._context)
        if not part:
            return None
        if part == self._answers_file:
            # The answers file has one place, wherever the template keeps it.
            return join("", checked_part(part, f"{self._template.name}: {entry.source}"))
        path = join(prefix, checked_part(part, f"{self._template.name}: {entry.source}"))
        if not path or path == prefix:
            raise UserError(f"{self._template.name}: {entry.source} is rendered to a path without a name.")
        if not entry.is_template and f"{path}{self._suffix}" in self._template.all_paths:
            return None
        return path

    def _add(self, path: str, entry: FileEntry) -> None:
        file = self._kept(path) or self._rendered(path, entry)
        before = self._files.setdefault(path, file)
        if before != file:
            raise UserError(
                f"{self._template.name}: {self._sources[path]} and {entry.source} are both rendered to `{path}`.",
                hint="Give them names that differ for these answers.",
            )
        self._sources.setdefault(path, entry.source)

    def _kept(self, path: str) -> File | None:
        if self._existing is None or self._skipped is None or not self._skipped.match(path):
            return None
        return self._existing.get(path)

    def _rendered(self, path: str, entry: FileEntry) -> File:
        if entry.fault:
            raise UserError(entry.fault)
        file = entry.file
        if entry.body is not None:
            file = _encoded(entry, entry.body.render(self._context), self._template.name)
        if file.mode == SYMLINK:
            checked_target(path, file.data, f"{self._template.name}: {entry.source}")
        return file


def _encoded(entry: FileEntry, text: str, template: str) -> File:
    try:
        return File(text.encode(), entry.file.mode)
    except UnicodeEncodeError as error:
        raise UserError(
            f"{template}: {entry.source}: what it renders to is no Unicode text: {error.reason}."
        ) from error
