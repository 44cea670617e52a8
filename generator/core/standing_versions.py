"""Reads which versions of apps stand in a tree, and at which addresses they can be seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.plan_version import deployed, may_be_deployed
from generator.core.record import parse_record
from generator.core.tree import Tree


def standing_versions(
    tree: Tree, layout: Layout, places: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], frozenset[str]]:
    """Return the versions of apps in environments; none for one that is not there, no entry where it is unreadable.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        places: Apps, each with an environment.
    """
    found = {}
    for app, environment in places:
        try:
            found[app, environment] = frozenset(one.version for one in deployed(tree, layout, app, environment))
        except UserError:
            if not may_be_deployed(tree, layout, app, environment):
                found[app, environment] = frozenset()
    return found


def addresses(tree: Tree, layout: Layout, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return the addresses of apps in environments, on the first cluster that has one; no entry where none has.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        places: Apps, each with an environment.
    """
    found: dict[tuple[str, str], str] = {}
    for app, environment in places:
        for path in _records(tree, layout, app, environment):
            if url := _url(tree, path):
                found.setdefault((app, environment), url)
    return found


def _records(tree: Tree, layout: Layout, app: str, environment: str) -> list[str]:
    """Return the records of an app in an environment, by cluster."""
    clusters = tree.children(f"{layout.environments}/{environment}")
    paths = [layout.app_place(environment, cluster, app).record for cluster in clusters]
    return [path for path in paths if tree.get(path) is not None]


def _url(tree: Tree, path: str) -> str:
    file = tree.get(path)
    try:
        return parse_record(file.data, path).url if file else ""
    except UserError:
        return ""  # `check` names it
