"""Plans instances: what must be written and removed so that a repository holds what the templates now render.

Three states of each file decide: what the templates rendered before (the pristine branch), what the repository holds
now, and what the templates render now. Where people and templates changed the same file, nothing is planned and the
file is named: a hand edit is never overwritten silently. Versions that machines write are neither's change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator.core.change import Edits, needed
from generator.core.errors import UserError
from generator.core.intents import AddInstance, InstanceIntent, RemoveInstance
from generator.core.layout import Layout, Place, owned
from generator.core.record import parse_record
from generator.core.tree import File, Tree
from generator.core.version_field import VersionField, keep_moved


@dataclass(frozen=True)
class Plan:
    """The edits that make instances true.

    Attributes:
        main: The edits of the branch that is deployed.
        pristine: The edits of the branch that holds what the templates alone produce.
        overridden: Files changed or added by hand that go all the same, because it was asked for.
    """

    main: Edits
    pristine: Edits
    overridden: tuple[str, ...] = ()


def plan_instances(
    main: Tree, pristine: Tree, layout: Layout, intents: Sequence[InstanceIntent], *, force: bool = False
) -> Plan:
    """Return the edits that make `intents` true.

    Args:
        main: What the repository holds.
        pristine: What the templates alone produced so far.
        layout: Where the repository keeps its instances.
        intents: What should be true; an instance that is not named stays as it is.
        force: Remove and overwrite what was edited by hand; the plan then names it.

    Raises:
        UserError: Files that were edited by hand are in the way; all are named.
    """
    # An instance that comes with this plan keeps the others out of its place, as it will when it is there.
    coming = [intent.place for intent in intents]
    main_edits: dict[str, File | None] = {}
    pristine_edits: dict[str, File | None] = {}
    by_hand: list[str] = []
    for intent in intents:
        place, rendered = intent.place, intent.files if isinstance(intent, AddInstance) else {}
        places = [*layout.places_within(place, main, pristine), *coming]
        _refuse_strays(place, rendered, places)
        # Where people removed the record, the instance is gone for them: it is added anew, not compared with its past.
        present = main.get(place.record) is not None
        fields = _version_fields(place, main.get(place.record) or rendered.get(place.record))
        # What people added to an instance that goes, goes too: left behind, nothing would ever apply or remove it.
        leftovers = _files_of(place, places, main) if isinstance(intent, RemoveInstance) else ()
        for path in sorted({*_files_of(place, places, pristine), *rendered, *leftovers}):
            pristine_edits[path] = rendered.get(path)
            ours = main.get(path)
            base, theirs = keep_moved(
                fields.get(path, ()), pristine.get(path) if present else None, ours, rendered.get(path)
            )
            if theirs == base and (isinstance(intent, AddInstance) or ours == base):
                continue
            main_edits[path] = theirs
            if ours not in (base, theirs):
                by_hand.append(path)
    for path in _displaced(main, main_edits):
        main_edits[path] = None
        by_hand.append(path)
    if by_hand and not force:
        raise _edited_by_hand(by_hand)
    return Plan(needed(main, main_edits), needed(pristine, pristine_edits), tuple(by_hand))


def _version_fields(place: Place, record: File | None) -> dict[str, list[VersionField]]:
    """Return where an instance's versions stand, by path, as its record says."""
    fields: dict[str, list[VersionField]] = {}
    for field in parse_record(record.data, place.record).version_fields if record else ():
        fields.setdefault(field.file_in(place.destination), []).append(field)
    return fields


def _files_of(place: Place, places: Sequence[Place], tree: Tree) -> tuple[str, ...]:
    candidates = [path for root in place.roots for path in _below(tree, root)]
    return owned(place, places, [*candidates, place.record])


def _displaced(main: Tree, edits: Edits) -> list[str]:
    """Return the files that stay, but stand where an edit needs a folder, or in a folder where it needs a file."""
    new = [path for path, file in edits.items() if file is not None and main.get(path) is None]
    standing = {folder for path in new for folder in _folders_of(path) if main.get(folder) is not None}
    standing.update(below for path in new for below in main.under(path))
    return sorted(path for path in standing if edits.get(path, path) is not None)


def _folders_of(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _below(tree: Tree, root: str) -> tuple[str, ...]:
    if root and not root.endswith("/"):
        return (root,)
    return tree.under(root.rstrip("/"))


def _refuse_strays(place: Place, rendered: Mapping[str, File], places: Sequence[Place]) -> None:
    """A template writes within its own place: anything else would be removed with the wrong instance."""
    strays = set(rendered) - set(owned(place, places, rendered))
    if strays:
        raise UserError(
            f"The template of {place.record} renders outside of its place: {', '.join(sorted(strays))}.",
            hint=f"It may write {', '.join(root or 'everywhere' for root in place.roots)}.",
        )


def _edited_by_hand(paths: Sequence[str]) -> UserError:
    listed = "\n".join(f"  {path}" for path in paths)
    return UserError(
        f"Edited by hand, and in the way of this change:\n{listed}",
        hint="Undo or move these edits, or say --force to let them go (git keeps them in its history).",
    )
