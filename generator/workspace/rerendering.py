"""Renders again what an instance's record says it was rendered from: the same bytes, without the pristine branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generator.core.change import Edits
from generator.core.errors import UserError
from generator.core.layout import Layout, Place, owned
from generator.core.record import BUILTIN_ITEM, Record, parse_record
from generator.core.tree import File, Tree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.workspace.rendering import at
from generator.workspace.templates import recorded


def rerender(
    place: Place, tree: Tree, platform: Tree | None, layout: Layout
) -> tuple[Record, Mapping[str, File]] | None:
    """Return an instance's record and the files that it renders to.

    Args:
        place: Where the instance stands.
        tree: The repository that holds it.
        platform: The platform repository, which holds the organization's own templates; None where it is not here.
        layout: Where the repositories keep everything.

    Returns:
        None where it cannot be told: there is no record or somebody broke it, the template is not here at the recorded
        version, or a secret answer, which no record holds, is needed.
    """
    file = tree.get(place.record)
    try:
        record = parse_record(file.data, place.record) if file else None
        template = recorded(record, platform, layout) if record else None
        if record is None or template is None:
            return None
        if record.template.startswith(BUILTIN_ITEM):
            return record, at(place.destination, template.tree)
        answers = resolve(template, record.answers, skip_validation=True)
        return record, at(place.destination, render(template, answers))
    except UserError:
        return None


def catch_up(main: Tree, pristine: Tree, places: Iterable[Place], platform: Tree, layout: Layout) -> Edits:
    """Return what the pristine branch lacks of instances that the deployed branch has.

    The branch may be behind: somebody pushed without it, merged a request without it, or cloned without it. What the
    templates rendered is then rendered again, so that nobody's work is taken for a hand edit.

    Args:
        main: What the deployed branch holds.
        pristine: What the pristine branch holds.
        places: The instances that are asked about.
        platform: The platform repository.
        layout: Where the repositories keep everything.
    """
    edits: dict[str, File | None] = {}
    for place in places:
        record = main.get(place.record)
        if record is None or record == pristine.get(place.record):
            continue
        if (again := rerender(place, main, platform, layout)) is not None:
            stale = [path for root in place.roots if root for path in pristine.under(root.rstrip("/"))]
            edits |= dict.fromkeys(owned(place, layout.places_within(place, pristine), [*stale, *place.roots]))
            edits |= {**again[1], place.record: record}
    return edits
