"""Clusters: added with the catalog items that they come with, removed when nothing runs on them any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.core.documents import Cluster, ClusterRole, Organization
from generator.core.errors import UserError
from generator.core.intents import AddInstance, RemoveInstance
from generator.core.layout import ORGANIZATION_FILE
from generator.core.names import CLUSTER_LIMIT, check_name
from generator.core.record import parse_record
from generator.core.tree import Tree
from generator.core.yamltext import remove_item
from generator.workspace.components import component, components_on, missing_items
from generator.workspace.document_edits import appended
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import cluster_context, refuse_supplied, render_instance
from generator.workspace.templates import builtin
from generator.workspace.workspace import Workspace, still_used, unknown

_TOLD = frozenset({"cloud", "region", "domain", "host_cluster"})
"""What the user answers about a new cluster and the organization knows of it from then on."""


def add_cluster(
    workspace: Workspace, name: str, role: ClusterRole | None, data: Mapping[str, Any], *, force: bool
) -> Proposal:
    """Add a cluster, or change what is answered about one.

    Args:
        workspace: The organization's repositories.
        name: The cluster.
        role: What it is for; None for what it is already, `physical` where it is new.
        data: What the user answered: `cloud`, `region`, `domain`, `host_cluster` and every question of the template.
        force: Let go of hand edits that are in the way.

    Raises:
        UserError: The name, the role or an answer is refused, the host is unknown, or hand edits are in the way.
    """
    organization = workspace.organization
    draft = Draft(f"Add cluster {name}")
    known = organization.cluster(check_name("cluster", name, CLUSTER_LIMIT))
    if known is None:
        _refuse_role(organization, role)
        wanted = Cluster(
            name=name, role=role or "physical", domain=f"{name}.{_parent_domain(organization, role, data)}"
        )
    elif role not in (None, known.role):
        raise UserError(f"The cluster `{name}` is {known.role}, not {role}.", hint="Remove it and add it anew.")
    else:
        wanted = known
    instances, cluster = cluster_instances(organization, wanted, workspace.tree("platform"), data, new=known is None)
    draft.instances["platform"] += instances
    if cluster.host is not None:
        workspace.cluster(cluster.host)
    if known is None:
        document = committed_organization(workspace.tree("platform"))
        draft.files["platform"][ORGANIZATION_FILE] = appended(document, "spec", "clusters", cluster_entry(cluster))
    elif cluster != known:
        raise _moved(known, cluster)
    else:
        draft.subject = f"Change cluster {name}"
    return propose(workspace, draft, force=force)


def remove_cluster(workspace: Workspace, name: str, *, force: bool) -> Proposal:
    """Remove a cluster with the catalog items on it.

    Raises:
        UserError: Environments or other clusters still need it, or hand edits are in the way.
    """
    organization, layout, tree = workspace.organization, workspace.layout, workspace.tree("platform")
    draft = Draft(f"Remove cluster {name}")
    cluster = organization.cluster(name)
    if cluster is None:
        draft.notes.append(str(unknown("cluster", name, [known.name for known in organization.spec.clusters])))
        return propose(workspace, draft)
    others = [known.name for known in organization.spec.clusters if known != cluster]
    if cluster.environments:
        raise still_used(f"cluster `{name}`", "runs the environments", list(cluster.environments))
    if cluster.role == "management" and others:
        raise still_used(f"management cluster `{name}`", "provisions", others)
    if guests := [known.name for known in organization.spec.clusters if known.host == name]:
        raise still_used(f"cluster `{name}`", "is the host of", guests)
    items = [RemoveInstance(layout.component_place(name, item)) for item in components_on(tree, layout, name)]
    draft.instances["platform"] += [*items, RemoveInstance(layout.cluster_place(name))]
    document = committed_organization(tree)
    draft.files["platform"][ORGANIZATION_FILE] = remove_item(document, f"spec.clusters[name={name}]")
    return propose(workspace, draft, force=force)


def cluster_instances(
    organization: Organization, wanted: Cluster, tree: Tree, data: Mapping[str, Any], *, new: bool
) -> tuple[list[AddInstance], Cluster]:
    """Render a cluster and, where it is new, the catalog items that its template asks for.

    Args:
        organization: The organization; the cluster may be missing from it.
        wanted: The cluster as far as it is known.
        tree: The platform repository.
        data: What the user answered.
        new: Whether the cluster is not there yet.

    Returns:
        The instances, and the cluster as the answers describe it.

    Raises:
        UserError: An answer is refused.
    """
    layout = organization.spec.paths.layout
    known = cluster_context(organization, wanted)
    refuse_supplied({key: value for key, value in known.items() if key not in _TOLD}, data)
    context = {**_connection(organization, tree), **known}
    if new:
        # What is not known yet is the template's to default, by cloud and type.
        context = {key: value for key, value in context.items() if key not in ("cloud", "region")}
    instance, answers = render_instance(builtin("cluster"), layout.cluster_place(wanted.name), tree, context, data)
    cluster = _answered(wanted, answers.values)
    items = list(answers.values["components"]) if new or "components" in data else []
    components = [component(organization, cluster, item, tree, {}) for item in items]
    return [*missing_items(tree, layout, items), instance, *components], cluster


def _parent_domain(organization: Organization, role: ClusterRole | None, data: Mapping[str, Any]) -> str:
    """Return the domain that a new cluster's is below: a virtual cluster shares the DNS of its host."""
    management = organization.management_cluster
    host = organization.cluster(str(data.get("host_cluster") or (management.name if management else "")))
    return host.domain if role == "virtual" and host else organization.spec.domain


def _connection(organization: Organization, tree: Tree) -> dict[str, Any]:
    """Return where the management cluster looks for other clusters' addresses and credentials: its own secret store."""
    management = organization.management_cluster
    place = organization.spec.paths.layout.cluster_place(management.name) if management else None
    record = tree.get(place.record) if place else None
    if place is None or record is None:
        return {}
    told = parse_record(record.data, place.record).answers
    names = {
        "connection_store": "secret_store",
        "connection_region": "secret_store_region",
        "connection_project": "gcp_project",
    }
    return {ours: told[theirs] for ours, theirs in names.items() if theirs in told}


def committed_organization(tree: Tree) -> bytes:
    """Return the bytes of the organization's document, which every opened workspace has."""
    file = tree.get(ORGANIZATION_FILE)
    return file.data if file else b""


def cluster_entry(cluster: Cluster) -> dict[str, Any]:
    """Return a cluster as it stands in the organization's document."""
    return cluster.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _answered(cluster: Cluster, answers: Mapping[str, Any]) -> Cluster:
    told = {key: answers[key] for key in ("cloud", "region", "domain")}
    host = answers.get("host_cluster") if cluster.role == "virtual" else None
    return Cluster.model_validate({**cluster.model_dump(), **told, "host": host or None})


def _refuse_role(organization: Organization, role: ClusterRole | None) -> None:
    management = organization.management_cluster
    if role == "management" and management is not None:
        raise UserError(
            f"The organization has a management cluster already: {management.name}.",
            hint="Add the cluster as `physical` or `virtual`.",
        )


def _moved(known: Cluster, wanted: Cluster) -> UserError:
    before, after = cluster_entry(known), cluster_entry(wanted)
    changes = [f"{key} {before.get(key)} → {after.get(key)}" for key in after if before.get(key) != after[key]]
    return UserError(
        f"The cluster `{known.name}` is there already, and this would change it: {', '.join(changes)}.",
        hint=f"Remove it and add it anew, or change {ORGANIZATION_FILE} and run it without these options.",
    )
