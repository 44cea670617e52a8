"""Finds what no longer is what its template rendered: hand edits, reported as information."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from generator.checking.findings import Finding, Severity
from generator.core.errors import UserError
from generator.core.layout import RECORDS, Layout, Place
from generator.core.record import BUILTIN_ITEM, Record, parse_record
from generator.core.tree import File, Tree
from generator.core.version_field import VersionField, keep_moved
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.template import Template
from generator.workspace.rendering import at
from generator.workspace.templates import recorded


def drift(repository: str, tree: Tree, platform: Tree | None, layout: Layout) -> Iterator[Finding]:
    """Yield a finding for each file that differs from what its instance's template renders with the recorded answers.

    An instance whose template is not here at the recorded version says nothing.

    Args:
        repository: How findings call it.
        tree: What the repository holds.
        platform: The platform repository, which holds the organization's own templates; None where it is not here.
        layout: Where the repositories keep everything.
    """
    for place in layout.places(tree.under(RECORDS)):
        for path, rendered, fields in _rendered(place, tree, platform, layout):
            found = tree.get(path)
            # A version that a machine wrote since is no drift.
            _, wanted = keep_moved(fields, rendered, found, rendered)
            if found != wanted:
                what = "was removed" if found is None else "was edited"
                message = f"This file {what} since its template rendered it."
                yield Finding(Severity.INFO, "template-drift", repository, path, 1, 1, "", message)


def _rendered(
    place: Place, tree: Tree, platform: Tree | None, layout: Layout
) -> Iterator[tuple[str, File, Sequence[VersionField]]]:
    """Yield each file that an instance's template renders, with the versions in it."""
    record = _record(place, tree)
    template = recorded(record, platform, layout) if record else None
    if record is None or template is None:
        return
    try:
        files = _render(place, record, template)
    except UserError:
        return  # A secret answer is not recorded, so what was rendered with it cannot be rendered again.
    for path, file in files.items():
        yield path, file, [field for field in record.version_fields if f"{place.destination}/{field.file}" == path]


def _record(place: Place, tree: Tree) -> Record | None:
    file = tree.get(place.record)
    try:
        return parse_record(file.data, place.record) if file else None
    except UserError:
        return None  # It was edited by hand into something else; nothing can be said of its files.


def _render(place: Place, record: Record, template: Template) -> Mapping[str, File]:
    if record.template.startswith(BUILTIN_ITEM):
        return at(place.destination, template.tree)
    answers = resolve(template, record.answers, skip_validation=True)
    return at(place.destination, render(template, answers))
