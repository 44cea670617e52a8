"""Environments: steps of the promotion order, each on the clusters that it runs on."""

from __future__ import annotations

from generator.core.documents import Cluster
from generator.core.errors import UserError
from generator.core.intents import RemoveInstance
from generator.core.layout import ORGANIZATION_FILE
from generator.core.names import check_name
from generator.core.yamltext import add_item, remove_item
from generator.workspace.apps import apps_in
from generator.workspace.clusters import committed_organization
from generator.workspace.document_edits import appended
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import environment_context, render_instance
from generator.workspace.templates import builtin
from generator.workspace.workspace import Workspace, still_used, unknown


def add_environment(
    workspace: Workspace, name: str, cluster: str | None, *, before: str | None, force: bool
) -> Proposal:
    """Add an environment to the promotion order if it is new, and put it on a cluster.

    Args:
        workspace: The organization's repositories.
        name: The environment.
        cluster: The cluster that it runs on; None puts it into the promotion order alone.
        before: The environment that comes after a new one; None puts the new one last.
        force: Let go of hand edits that are in the way.

    Raises:
        UserError: The name is refused, a cluster or environment is unknown, or hand edits are in the way.
    """
    known = workspace.environments()
    document = committed_organization(workspace.tree("platform"))
    draft = Draft(f"Add environment {name}" + (f" to {cluster}" if cluster else ""))
    if check_name("environment", name) not in known:
        index = known.index(workspace.require_environment(before)) if before else None
        document = add_item(document, "spec.environments", {"name": name}, index=index)
    elif before:
        raise UserError(
            f"The environment `{name}` has its place in the promotion order already.",
            hint=f"Move it in {ORGANIZATION_FILE}, or run the command without --before.",
        )
    if cluster is not None:
        target = workspace.cluster(cluster)
        if name not in target.environments:
            document = appended(document, f"spec.clusters[name={cluster}]", "environments", name)
        _place_environment(workspace, draft, target, name)
    draft.files["platform"][ORGANIZATION_FILE] = document
    return propose(workspace, draft, force=force)


def _place_environment(workspace: Workspace, draft: Draft, cluster: Cluster, name: str) -> None:
    organization, layout = workspace.organization, workspace.layout
    context = environment_context(organization, cluster, name)
    application, _ = render_instance(
        builtin("environment"), layout.environment_place(name, cluster.name), workspace.tree("platform"), context, {}
    )
    folder, _ = render_instance(
        builtin("environment-folder"),
        layout.environment_folder_place(name, cluster.name),
        workspace.tree("application"),
        context,
        {},
    )
    draft.instances["platform"].append(application)
    draft.instances["application"].append(folder)


def remove_environment(workspace: Workspace, name: str, cluster: str | None, *, force: bool) -> Proposal:
    """Take an environment off a cluster, or where no cluster is named off all and out of the promotion order.

    Raises:
        UserError: The cluster is unknown, apps still run in the environment, or hand edits are in the way.
    """
    organization, layout = workspace.organization, workspace.layout
    application, document = workspace.tree("application"), committed_organization(workspace.tree("platform"))
    draft = Draft(f"Remove environment {name}" + (f" from {cluster}" if cluster else ""))
    if name not in workspace.environments():
        draft.notes.append(str(unknown("environment", name, workspace.environments())))
        return propose(workspace, draft)
    clusters = [workspace.cluster(cluster)] if cluster else list(organization.spec.clusters)
    for target in clusters:
        if apps := apps_in(application, layout, name, target.name):
            raise still_used(f"environment `{name}` on {target.name}", "runs", apps)
        draft.instances["platform"].append(RemoveInstance(layout.environment_place(name, target.name)))
        draft.instances["application"].append(RemoveInstance(layout.environment_folder_place(name, target.name)))
        if name in target.environments:
            document = remove_item(document, f"spec.clusters[name={target.name}].environments[={name}]")
    if cluster is None:
        document = remove_item(document, f"spec.environments[name={name}]")
    draft.files["platform"][ORGANIZATION_FILE] = document
    return propose(workspace, draft, force=force)
