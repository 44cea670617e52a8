"""Apps: added to environments on all of their clusters, described by documents in the application repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from generator.core.document_text import parse_document
from generator.core.documents import (
    Cluster,
    GitHubRepository,
    Microservice,
)
from generator.core.errors import UserError
from generator.core.intents import RemoveInstance
from generator.core.layout import RECORDS, Layout, Place
from generator.core.names import check_name
from generator.core.previews import ENVIRONMENT
from generator.core.record import parse_record
from generator.core.tree import Tree, yaml_names
from generator.workspace.app_documents import NewApp, documents, source_of, without_delivery
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import app_context, app_namespace, refuse_supplied, render_instance
from generator.workspace.templates import Named, app_template
from generator.workspace.workspace import Workspace, unknown

_OF_ONE_ENVIRONMENT = ("version", "host")
"""Answers that are not carried from one environment to another."""


def add_app(
    workspace: Workspace, app: NewApp, environments: Sequence[str], cluster: str | None, *, force: bool
) -> Proposal:
    """Add an app to environments, on every cluster of each, or change what is answered about one that is there.

    Args:
        workspace: The organization's repositories.
        app: The app.
        environments: Where it goes, at least one.
        cluster: The one cluster that is meant; None for all of the environments'.
        force: Let go of hand edits that are in the way.

    Raises:
        UserError: A name or an answer is refused, something is unknown, an environment runs on no cluster, or hand
            edits are in the way.
    """
    check_name("app", app.name)
    organization, layout = workspace.organization, workspace.layout
    tree, platform = workspace.tree("application"), workspace.tree("platform")
    path, environments = layout.app_document(app.name), list(dict.fromkeys(environments))
    app = _as_documented(app, tree, path)
    template = app_template(platform, layout, app.template)
    draft = Draft(f"Change {app.name} in {', '.join(environments)}")
    given = {**_given(app), **app.data}
    source, earlier = _answered_earlier(workspace, tree, app.name)
    for environment in environments:
        for target in _targets(workspace, environment, cluster):
            place = layout.app_place(environment, target.name, app.name)
            context = {**app_context(organization, target, environment, app.name), **source_of(app)}
            refuse_supplied(context, given)
            if tree.get(place.record) is None:
                draft.subject = f"Add {app.name} {app.version or ''}".rstrip() + f" to {', '.join(environments)}"
            _check_version(app, template, place, tree, environment)
            _refuse_shared_namespace(app.name, environment, target, tree, layout)
            inherited = earlier if tree.get(place.record) is None else {}
            instance, _ = render_instance(template, place, tree, context, {**inherited, **given})
            draft.instances["application"].append(instance)
            if taken := sorted(inherited.keys() - given.keys()):
                draft.notes.append(f"{environment} on {target.name} takes from {source}: {', '.join(taken)}.")
    # Previews are reached below the domain of the first cluster, whose DNS is looked after there.
    domain = _targets(workspace, environments[0], cluster)[0].domain
    draft.files["application"][path] = documents(app, domain, environments, tree, path)
    return propose(workspace, draft, force=force)


def remove_app(
    workspace: Workspace, name: str, environments: Sequence[str], cluster: str | None, *, force: bool
) -> Proposal:
    """Remove an app from environments; from all of them, with its documents, where none is named.

    Raises:
        UserError: An environment or the cluster is unknown, or hand edits are in the way.
    """
    layout, tree = workspace.layout, workspace.tree("application")
    where = [workspace.require_environment(environment) for environment in environments]
    draft = Draft(f"Remove {name}" + (f" from {', '.join(where)}" if where else ""))
    gone, kept = _split(workspace, tree, name, where, workspace.cluster(cluster).name if cluster else None)
    if not gone and (where or tree.get(layout.app_document(name)) is None):
        known = app_names(tree, layout)
        absent = f"`{name}` is not in {', '.join(where)}." if name in known else str(unknown("app", name, known))
        draft.notes.append(absent)
        return propose(workspace, draft)
    draft.instances["application"] += [RemoveInstance(layout.app_place(*place, name)) for place in gone]
    path = layout.app_document(name)
    if (file := tree.get(path)) is not None:
        rest = {environment for environment, _ in kept}
        left = dict.fromkeys(environment for environment, _ in gone if environment not in rest)
        named = bool(where or cluster)
        draft.files["application"][path] = without_delivery(file.data, path, [*left]) if named else None
    return propose(workspace, draft, force=force)


def app_names(tree: Tree, layout: Layout) -> list[str]:
    """Return the sorted names of the apps that have documents."""
    return yaml_names(tree, layout.apps)


def apps_in(tree: Tree, layout: Layout, environment: str, cluster: str) -> list[str]:
    """Return the sorted names of the apps in an environment on a cluster."""
    return yaml_names(tree, layout.app_records(environment, cluster))


def deployed_apps(tree: Tree, layout: Layout) -> dict[str, Place]:
    """Return the apps that are in any environment, and the first place of each; previews are no apps."""
    found: dict[str, Place] = {}
    records = f"{RECORDS}/{layout.environments}"
    for environment in tree.children(records):
        for cluster in tree.children(f"{records}/{environment}") if environment != ENVIRONMENT else ():
            for name in apps_in(tree, layout, environment, cluster):
                found.setdefault(name, layout.app_place(environment, cluster, name))
    return found


def _answered_earlier(workspace: Workspace, tree: Tree, app: str) -> tuple[str, dict[str, Any]]:
    """Return the first environment that has an app, and what a person answered about the app itself there.

    An app listens on the same port wherever it runs: who brings it to another environment need not say so again.
    """
    for environment in workspace.environments():
        for cluster in workspace.organization.clusters_of(environment):
            place = workspace.layout.app_place(environment, cluster.name, app)
            if (file := tree.get(place.record)) is not None:
                record = parse_record(file.data, place.record)
                kept = (name for name in record.given if name not in _OF_ONE_ENVIRONMENT)
                return environment, {name: record.answers[name] for name in kept}
    return "", {}


def _targets(workspace: Workspace, environment: str, cluster: str | None) -> tuple[Cluster, ...]:
    workspace.require_environment(environment)
    targets = workspace.organization.clusters_of(environment)
    if cluster is not None:
        wanted = workspace.cluster(cluster)
        targets = tuple(target for target in targets if target == wanted)
    if not targets:
        where = f"on {cluster}" if cluster else "on any cluster"
        raise UserError(
            f"The environment `{environment}` does not run {where}.",
            hint=f"Add it first: gitopsmith env add {environment} --cluster {cluster or 'CLUSTER'}",
        )
    return targets


def _check_version(app: NewApp, named: Named, place: Place, tree: Tree, environment: str) -> None:
    """Refuse to guess the first version, and to set another first one where one was written since."""
    if (file := tree.get(place.record)) is None:
        if "version" in named.template.questions and app.version is None and "version" not in app.data:
            raise UserError(f"Which version of `{app.name}` runs in {environment} first?", hint="Say --version 1.2.3.")
        return
    if app.version is None:
        return
    record = parse_record(file.data, place.record)
    for scalar in record.version_fields:
        runs = scalar.read(tree.get(scalar.file_in(place.destination)))
        if runs not in (None, app.version) and record.answers.get("version") not in (runs, app.version):
            raise UserError(
                f"`{app.name}` was released in {environment} since it was added: it runs {runs} there.",
                hint=f"Use `gitopsmith set-version {app.name} {app.version} --env {environment}`.",
            )


def _refuse_shared_namespace(app: str, environment: str, cluster: Cluster, tree: Tree, layout: Layout) -> None:
    """`web` in `eu-prod` and `web-eu` in `prod` would be given one namespace, and undo each other."""
    mine = app_namespace(app, environment)
    for other in cluster.environments:
        for name in apps_in(tree, layout, other, cluster.name):
            if (name, other) != (app, environment) and app_namespace(name, other) == mine:
                raise UserError(
                    f"`{app}` in {environment} and `{name}` in {other} would share the namespace `{mine}`.",
                    hint=f"Both are on {cluster.name}: give the app another name.",
                )


def _as_documented(app: NewApp, tree: Tree, path: str) -> NewApp:
    """Return the app with what its documents say where the user says nothing.

    Raises:
        UserError: The user says something else than the documents, or there are none and what is deployed is missing.
    """
    file = tree.get(path)
    image, chart = app.image or app.data.get("image"), app.chart or app.data.get("chart")
    if image and chart:
        raise UserError(
            f"`{app.name}` would deploy both an image and a chart: {image}, {chart}.", hint="Name one of the two."
        )
    if file is None:
        if not app.repository:
            raise UserError(
                f"Nothing is said of where the source of `{app.name}` is.",
                hint="Name its repository on GitHub: --repo OWNER/NAME.",
            )
        if not image and not chart:
            raise UserError(
                f"Nothing is said of what `{app.name}` deploys.",
                hint="Name its container image with --image, or its OCI chart with --chart.",
            )
        return replace(app, image=image, chart=chart, template=app.template or ("chart" if chart else "service"))
    spec = parse_document(file.data, path, Microservice).spec
    source = parse_document(file.data, path, GitHubRepository).spec
    told = {"repository": app.repository, "template": app.template, "image": image, "chart": chart}
    known = {"repository": f"{source.owner}/{source.repo}", **spec.model_dump(include={"template", "image", "chart"})}
    changes = [f"{key} {known[key]} → {value}" for key, value in told.items() if value and value != known[key]]
    if changes:
        raise UserError(
            f"The app `{app.name}` is there already, and this would change it: {', '.join(changes)}.",
            hint=f"Change {path} and commit it, then run the command again.",
        )
    return replace(app, repository=known["repository"], image=spec.image, chart=spec.chart, template=spec.template)


def _given(app: NewApp) -> dict[str, Any]:
    told = {"image": app.image, "chart": app.chart, "version": app.version}
    return {key: value for key, value in told.items() if value is not None}


def _split(
    workspace: Workspace, tree: Tree, name: str, environments: Sequence[str], cluster: str | None
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return where the app is that should go, and where it stays, as pairs of environment and cluster."""
    gone: list[tuple[str, str]] = []
    kept: list[tuple[str, str]] = []
    for environment in workspace.environments():
        for target in workspace.organization.clusters_of(environment):
            if name in apps_in(tree, workspace.layout, environment, target.name):
                chosen = (not environments or environment in environments) and cluster in (None, target.name)
                (gone if chosen else kept).append((environment, target.name))
    return gone, kept
