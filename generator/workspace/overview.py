"""What an organization has, as listings: its clusters, environments, apps with their versions, and catalog."""

from __future__ import annotations

from typing import Any

from generator.core.errors import UserError
from generator.core.layout import Layout
from generator.core.plan_version import deployed, may_be_deployed
from generator.core.tree import MemoryTree, Tree
from generator.templating.library import builtin_names
from generator.templating.questions import Question
from generator.workspace.apps import app_names, apps_in, deployed_apps
from generator.workspace.components import components_on
from generator.workspace.listing import Listing
from generator.workspace.rendering import SUPPLIED
from generator.workspace.templates import builtin, item, item_names, own_items
from generator.workspace.workspace import Workspace

_UNREADABLE = "unreadable"
"""Stands for the version of an app that may be there, where a record or a document is broken or holds none."""


def clusters(workspace: Workspace) -> Listing:
    """Return the clusters of the organization, in its order."""
    tree, layout = workspace.tree("platform"), workspace.layout
    rows = tuple(
        {
            "name": cluster.name,
            "type": cluster.role,
            "cloud": cluster.cloud,
            "region": cluster.region,
            "domain": cluster.domain,
            "environments": list(cluster.environments),
            "components": components_on(tree, layout, cluster.name),
        }
        for cluster in workspace.organization.spec.clusters
    )
    columns = ("name", "type", "cloud", "region", "domain", "environments")
    return Listing(columns, rows, "No clusters yet. Add one: gitopsmith cluster add NAME")


def environments(workspace: Workspace) -> Listing:
    """Return the environments in promotion order."""
    tree, layout = workspace.tree("application"), workspace.layout
    rows = []
    for name in workspace.environments():
        on = [cluster.name for cluster in workspace.organization.clusters_of(name)]
        apps = sorted({app for cluster in on for app in apps_in(tree, layout, name, cluster)})
        rows.append({"name": name, "clusters": on, "apps": apps})
    return Listing(("name", "clusters", "apps"), tuple(rows), "No environments yet. Add one: gitopsmith env add NAME")


def apps(workspace: Workspace) -> Listing:
    """Return the apps with their version in each environment, by cluster where an environment has several."""
    tree, layout, order = workspace.tree("application"), workspace.layout, workspace.environments()
    rows = tuple(
        {"name": name, **{environment: _version(tree, layout, name, environment) for environment in order}}
        for name in sorted({*app_names(tree, layout), *deployed_apps(tree, layout)})
    )
    return Listing(("name", *order), rows, "No apps yet. Add one: gitopsmith app add NAME --repo OWNER/NAME --env ENV")


def catalog(workspace: Workspace | None, cluster: str | None) -> Listing:
    """Return the catalog items; those on one cluster where one is named.

    Args:
        workspace: The organization; None for what ships with gitopsmith.
        cluster: The one cluster that is asked about.

    Raises:
        UserError: The cluster is unknown.
    """
    if cluster is not None and workspace is None:
        raise UserError(f"There is no cluster `{cluster}`: this is no workspace.", hint="Name one with --workspace.")
    tree, layout = _catalog_of(workspace)
    used = _used(workspace, tree, layout)
    own = set(own_items(tree, layout))
    names = item_names(tree, layout)
    if cluster is not None and workspace is not None:
        names = components_on(tree, layout, workspace.cluster(cluster).name)
    rows = []
    for name in names:
        metadata = item(tree, layout, name).template.metadata
        row = {"name": name, "category": metadata.get("category", ""), "summary": metadata.get("summary", "")}
        rows.append(row if workspace is None else {**row, "in_catalog": name in own, "clusters": used.get(name, [])})
    columns = ("name", "category", "summary", *(() if workspace is None else ("in_catalog", "clusters")))
    return Listing(columns, tuple(rows), "No catalog items.")


def catalog_item(workspace: Workspace | None, name: str) -> dict[str, Any]:
    """Return what there is to know about a catalog item, or about a template that ships, such as `service`.

    That is its metadata, what it asks, and the clusters it is on.

    Raises:
        UserError: There is no such item.
    """
    tree, layout = _catalog_of(workspace)
    shipped = name not in item_names(tree, layout) and name in builtin_names("templates")
    template = builtin(name).template if shipped else item(tree, layout, name).template
    asked = [_described(question) for question in template.questions.values()]
    return {
        "name": name,
        **template.metadata,
        "clusters": _used(workspace, tree, layout).get(name, []),
        "questions": asked,
    }


def _described(question: Question) -> dict[str, Any]:
    default = None if question.required else question.default
    return {
        "name": question.name,
        "type": question.type,
        "default": default,
        "help": question.help,
        "required": question.required,
        "secret": question.secret,
        "supplied": question.name in SUPPLIED,
    }


def _catalog_of(workspace: Workspace | None) -> tuple[Tree, Layout]:
    return (MemoryTree(), Layout()) if workspace is None else (workspace.tree("platform"), workspace.layout)


def _used(workspace: Workspace | None, tree: Tree, layout: Layout) -> dict[str, list[str]]:
    used: dict[str, list[str]] = {}
    for cluster in workspace.organization.spec.clusters if workspace else ():
        for name in components_on(tree, layout, cluster.name):
            used.setdefault(name, []).append(cluster.name)
    return used


def _version(tree: Tree, layout: Layout, app: str, environment: str) -> Any:
    """Return the version where all clusters agree, else each cluster's; an empty text where the app is not there.

    What cannot be read is never shown as not there.
    """
    try:
        versions = {place.cluster: place.version for place in deployed(tree, layout, app, environment)}
    except UserError:
        return _UNREADABLE if may_be_deployed(tree, layout, app, environment) else ""
    different = set(versions.values())
    return different.pop() if len(different) == 1 else versions
