"""Catalog items: copied into the organization's catalog, and put on clusters from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from generator.core.documents import Cluster, Organization
from generator.core.errors import UserError
from generator.core.intents import AddInstance, RemoveInstance
from generator.core.layout import Layout
from generator.core.record import BUILTIN_ITEM, Record
from generator.core.tree import File, Tree, yaml_names
from generator.templating.library import builtin_names, load_builtin
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import at, component_context, refuse_supplied, render_instance
from generator.workspace.templates import component_template, own_items
from generator.workspace.workspace import Workspace, still_used, unknown


def add_item(workspace: Workspace, name: str, cluster: str | None, data: Mapping[str, Any], *, force: bool) -> Proposal:
    """Put a catalog item on a cluster, or where no cluster is named into the organization's catalog alone.

    Raises:
        UserError: The item or the cluster is unknown, an answer is refused or for no cluster, or hand edits are in
            the way.
    """
    tree, layout = workspace.tree("platform"), workspace.layout
    component_template(tree, layout, name)
    if cluster is None and data:
        raise UserError(
            f"There is nothing to answer while {name} goes to no cluster: {', '.join(data)}.",
            hint="Name the cluster with --cluster, or leave the answers out.",
        )
    draft = Draft(f"Add {name} to {cluster or 'the catalog'}")
    draft.instances["platform"] += missing_items(tree, layout, [name])
    if cluster is not None:
        if name in components_on(tree, layout, cluster):
            draft.subject = f"Change {name} on {cluster}"
        draft.instances["platform"].append(
            component(workspace.organization, workspace.cluster(cluster), name, tree, data)
        )
        draft.notes += [
            f"{name} needs {other}, which is not on {cluster}: gitopsmith catalog add {other} --cluster {cluster}"
            for other in _required(tree, layout, name)
            if other not in components_on(tree, layout, cluster)
        ]
    return propose(workspace, draft, force=force)


def remove_item(workspace: Workspace, name: str, cluster: str | None, *, force: bool) -> Proposal:
    """Take a catalog item off a cluster, or where no cluster is named out of the organization's catalog.

    Raises:
        UserError: The cluster is unknown, the item is still on one, or hand edits are in the way.
    """
    tree, layout = workspace.tree("platform"), workspace.layout
    if cluster is not None:
        place = layout.component_place(workspace.cluster(cluster).name, name)
        present = components_on(tree, layout, cluster)
        draft = Draft(f"Remove {name} from {cluster}")
    else:
        place = layout.item_place(name)
        present = own_items(tree, layout)
        draft = Draft(f"Remove {name} from the catalog")
        clusters = [known.name for known in workspace.organization.spec.clusters]
        if users := [known for known in clusters if name in components_on(tree, layout, known)]:
            raise still_used(f"catalog item `{name}`", "is on", users)
    if name not in present:
        draft.notes.append(str(unknown("catalog item", name, present)))
        return propose(workspace, draft)
    draft.instances["platform"].append(RemoveInstance(place))
    for other in present if cluster is not None else ():
        if name in _required(tree, layout, other):
            draft.notes.append(f"{other} on {cluster} needs {name}.")
    return propose(workspace, draft, force=force)


def component(
    organization: Organization, cluster: Cluster, name: str, tree: Tree, data: Mapping[str, Any]
) -> AddInstance:
    """Render a catalog item for a cluster.

    Args:
        organization: The organization, `cluster` included.
        cluster: Where the item goes.
        name: The item.
        tree: The platform repository.
        data: What the user answered.

    Raises:
        UserError: The item is unknown or an answer is refused.
    """
    layout = organization.spec.paths.layout
    template = component_template(tree, layout, name)
    place = layout.component_place(cluster.name, name)
    context = component_context(organization, cluster, name)
    refuse_supplied(context, data)
    instance, _ = render_instance(template, place, tree, context, data)
    return instance


def components_on(tree: Tree, layout: Layout, cluster: str) -> list[str]:
    """Return the sorted names of the catalog items on a cluster."""
    return yaml_names(tree, layout.component_records(cluster))


def _required(tree: Tree, layout: Layout, name: str) -> list[str]:
    """Return the items that one says it needs; none for one that cannot be read, which keeps no other from leaving."""
    try:
        required = component_template(tree, layout, name).template.metadata.get("requires")
    except UserError:
        return []
    return [str(other) for other in required] if isinstance(required, list) else []


def missing_items(tree: Tree, layout: Layout, names: Iterable[str]) -> list[AddInstance]:
    """Return copies of those items that ship and that the organization's catalog does not have."""
    own = set(own_items(tree, layout))
    return [_copy(layout, name) for name in names if name not in own and name in builtin_names("catalog")]


def _copy(layout: Layout, name: str) -> AddInstance:
    place, template = layout.item_place(name), load_builtin("catalog", name)
    record = Record(f"{BUILTIN_ITEM}{name}", template.digest)
    return AddInstance(place, {**at(place.destination, template.tree), place.record: File(record.dump())})
