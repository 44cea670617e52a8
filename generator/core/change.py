"""A change: the edits of one commit and the words that go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generator.core.tree import File, Tree, names_in, paths_below

Edits = Mapping[str, File | None]
"""What a change does, by path: the file that is written, or None where it is removed."""


@dataclass(frozen=True)
class Change:
    """The edits of one commit, and what it says.

    Attributes:
        edits: The files written and removed.
        subject: The commit's first line.
        body: What a reader of the history wants to know beyond the subject; may be empty.
        trailers: Keys and values for `git interpret-trailers`, in order.
        notes: What was left alone and why; for the user, not for the commit.
    """

    edits: Edits
    subject: str
    body: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class ChangedTree:
    """A tree as it is after edits; the tree beneath is read only where the edits leave it alone.

    Args:
        base: The tree before.
        edits: The files written and removed.
    """

    def __init__(self, base: Tree, edits: Edits) -> None:
        self._base = base
        self._edits = dict(edits)
        self._paths = tuple(sorted(self._edits))

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""
        return self._edits[path] if path in self._edits else self._base.get(path)

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""
        below = self._base.under(folder)
        if touched := paths_below(folder, self._paths):
            written = {path for path in touched if self._edits[path] is not None}
            below = tuple(sorted({*below, *written}.difference(set(touched) - written)))
        return below

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        children = self._base.children(folder)
        if touched := paths_below(folder, self._paths):
            prefix = f"{folder}/" if folder else ""
            written = names_in(folder, (path for path in touched if self._edits[path] is not None))
            removed = set(names_in(folder, touched)).difference(written)
            gone = {name for name in removed if not (self.get(f"{prefix}{name}") or self.under(f"{prefix}{name}"))}
            children = tuple(sorted({*children, *written} - gone))
        return children


def needed(tree: Tree, edits: Edits) -> dict[str, File | None]:
    """Return those of the edits that make a difference to `tree`, sorted by path."""
    return {path: edits[path] for path in sorted(edits) if tree.get(path) != edits[path]}
