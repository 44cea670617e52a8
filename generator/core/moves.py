"""Moves: which versions a change sets and where, and how its commit says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_LONGEST = 72
"""The most characters of a subject that tells of several moves: longer ones are cut where history is listed."""


@dataclass(frozen=True)
class Move:
    """A version that is set in one place.

    Attributes:
        app: The app.
        environment: The environment.
        version: The version that is set.
        before: The version that stood there; empty where that is not known.
        place: What tells the place from others of the environment: its cluster, or else its file.
        only_on: The one cluster that was meant; None for every cluster of the environment.
    """

    app: str
    environment: str
    version: str
    before: str = ""
    place: str = ""
    only_on: str | None = None

    @property
    def where(self) -> str:
        """Where the app moves, as it was asked for."""
        return f"{self.environment} on {self.only_on}" if self.only_on else self.environment


def subject(moves: Sequence[Move]) -> str:
    """Return the subject of a commit that makes these moves, at least one.

    One app in one environment is told whole. Of several as much as fits: the versions before and after, else those
    after alone, else how many apps move.
    """
    groups = _groups(moves)
    exact = _told(groups, exact=True)
    if len(groups) == 1:
        return exact
    apps = _unique(move.app for move in moves)
    versions = _unique(move.version for move in moves)
    places = _unique(move.where for move in moves)
    who = _counted(apps, "app")
    candidates = (
        exact,
        _told(groups, exact=False),
        f"{who} → {', '.join(versions)} in {', '.join(places)}",
        f"{who} → {', '.join(versions)} in {_counted(places, 'environment')}",
    )
    last = f"{who} → {_counted(versions, 'version')} in {_counted(places, 'environment')}"
    return next((text for text in candidates if len(text) <= _LONGEST), last)


def body(moves: Sequence[Move]) -> str:
    """Return what the subject of a commit that makes these moves leaves out; empty where it tells all."""
    groups = _groups(moves)
    if all(_before(group) for group in groups) and subject(moves) == _told(groups, exact=True):
        return ""
    if len(groups) == 1:
        return "\n".join(f"{move.place}: was {move.before}" for move in moves if move.before)
    return "\n".join(line for group in groups for line in _lines(group))


def _groups(moves: Iterable[Move]) -> list[list[Move]]:
    """Return the moves of each app in each environment."""
    groups: dict[tuple[str, str], list[Move]] = {}
    for move in moves:
        groups.setdefault((move.app, move.where), []).append(move)
    return list(groups.values())


def _told(groups: Sequence[Sequence[Move]], *, exact: bool) -> str:
    """Return all groups in words: the environments of the same move joined, then the apps."""
    environments: dict[tuple[str, str], list[str]] = {}
    for group in groups:
        environments.setdefault((group[0].app, _arrow(group, exact=exact)), []).append(group[0].where)
    apps: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (app, arrow), places in environments.items():
        apps.setdefault((arrow, tuple(places)), []).append(app)
    return "; ".join(f"{', '.join(names)} {arrow} in {', '.join(places)}" for (arrow, places), names in apps.items())


def _arrow(group: Sequence[Move], *, exact: bool) -> str:
    before = _before(group) if exact else ""
    return f"{before} → {group[0].version}" if before else f"→ {group[0].version}"


def _before(group: Sequence[Move]) -> str:
    """Return the version that stood in every place of a group; empty where they did not agree."""
    before = {move.before for move in group}
    return before.pop() if len(before) == 1 else ""


def _lines(group: Sequence[Move]) -> list[str]:
    if _before(group):
        return [f"{group[0].app} {_arrow(group, exact=True)} in {group[0].where}"]
    return [f"{move.app} {move.before} → {move.version} in {move.environment} ({move.place})" for move in group]


def _counted(names: Sequence[str], kind: str) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} {kind}s"


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
