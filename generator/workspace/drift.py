"""Finds what no longer is what its template rendered: hand edits, reported as information."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checking.findings import Finding, Severity
from generator.core.layout import RECORDS, Layout
from generator.core.tree import Tree
from generator.core.version_field import keep_moved
from generator.workspace.rerendering import rerender


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
        record, files = rerender(place, tree, platform, layout) or (None, {})
        for path, rendered in files.items():
            found = tree.get(path)
            # A version that a machine wrote since is no drift.
            fields = (
                [field for field in record.version_fields if field.file_in(place.destination) == path] if record else []
            )
            _, wanted = keep_moved(fields, rendered, found, rendered)
            if found != wanted:
                what = "was removed" if found is None else "was edited"
                message = f"This file {what} since its template rendered it."
                yield Finding(Severity.INFO, "template-drift", repository, path, 1, 1, "", message)
