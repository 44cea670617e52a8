"""Apps: added to environments on all of their clusters, described by documents in the application repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from generator.core.document_text import dump_documents, parse_document, parse_documents
from generator.core.documents import (
    Cluster,
    Delivery,
    ExternalDNS,
    GitHubRepository,
    GitHubRepositorySpec,
    Metadata,
    Microservice,
    MicroserviceSpec,
    NetworkPolicy,
    NetworkPolicySpec,
    SecretReference,
)
from generator.core.errors import UserError
from generator.core.layout import Layout, Place
from generator.core.names import check_name, check_owner, check_repository
from generator.core.plan import Instance
from generator.core.record import parse_record
from generator.core.tree import Tree, yaml_names
from generator.core.yamltext import remove_item
from generator.workspace.document_edits import appended
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import app_context, app_namespace, refuse_supplied, render_instance
from generator.workspace.templates import Named, app_template
from generator.workspace.workspace import Workspace, unknown

_COMMENT = """What gitopsmith knows of this app: its source, where its releases go, the names under which it is reached.
Yours to edit; the commands change only what they name."""

_OF_ONE_ENVIRONMENT = ("version", "host")
"""Answers that are not carried from one environment to another."""


@dataclass(frozen=True)
class NewApp:
    """What the user says about an app.

    Attributes:
        name: The app.
        repository: Its source as `owner/name`.
        template: The template that it is rendered from; empty for what its documents say, else `service` or `chart`.
        image: The container image without a tag; None for a chart, or for what its documents say.
        chart: The OCI chart; None for an image, or for what its documents say.
        version: What is deployed at first.
        data: The answers to the template's questions.
    """

    name: str
    repository: str
    template: str = ""
    image: str | None = None
    chart: str | None = None
    version: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


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
            context = {**app_context(organization, target, environment, app.name), **_source(app)}
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
    draft.files["application"][path] = _documents(app, domain, environments, tree, path)
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
    draft.instances["application"] += [Instance(layout.app_place(*place, name)) for place in gone]
    path = layout.app_document(name)
    if (file := tree.get(path)) is not None:
        rest = {environment for environment, _ in kept}
        left = dict.fromkeys(environment for environment, _ in gone if environment not in rest)
        named = bool(where or cluster)
        draft.files["application"][path] = _without_delivery(file.data, path, [*left]) if named else None
    return propose(workspace, draft, force=force)


def app_names(tree: Tree, layout: Layout) -> list[str]:
    """Return the sorted names of the apps that have documents."""
    return yaml_names(tree, layout.apps)


def apps_in(tree: Tree, layout: Layout, environment: str, cluster: str) -> list[str]:
    """Return the sorted names of the apps in an environment on a cluster."""
    return yaml_names(tree, layout.app_records(environment, cluster))


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
    if file is None:
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
    return replace(app, image=spec.image, chart=spec.chart, template=spec.template)


def _source(app: NewApp) -> dict[str, Any]:
    owner, _, repo = app.repository.partition("/")
    return {
        "source_owner": check_owner("repository's owner", owner),
        "source_repo": check_repository("repository", repo),
    }


def _given(app: NewApp) -> dict[str, Any]:
    told = {"image": app.image, "chart": app.chart, "version": app.version}
    return {key: value for key, value in told.items() if value is not None}


def _documents(app: NewApp, domain: str, environments: Sequence[str], tree: Tree, path: str) -> bytes:
    file = tree.get(path)
    if file is None:
        return dump_documents(_new_documents(app, domain, environments), _COMMENT)
    known = {rule.environment for rule in parse_document(file.data, path, Microservice).spec.delivery}
    text = file.data
    for environment in environments:
        if environment not in known:
            text = appended(
                text, "spec", "delivery", {"environment": environment}, document=_microservice_at(text, path)
            )
    return text


def _new_documents(
    app: NewApp, domain: str, environments: Sequence[str]
) -> tuple[GitHubRepository, Microservice, NetworkPolicy]:
    source, metadata = _source(app), Metadata(name=app.name)
    return (
        GitHubRepository(
            metadata=metadata, spec=GitHubRepositorySpec(owner=source["source_owner"], repo=source["source_repo"])
        ),
        Microservice(
            metadata=metadata,
            spec=MicroserviceSpec(
                repository=SecretReference(name=app.name),
                image=app.image,
                chart=app.chart,
                template=app.template,
                delivery=tuple(Delivery(environment=environment) for environment in environments),
            ),
        ),
        NetworkPolicy(
            metadata=metadata,
            spec=NetworkPolicySpec(
                microservice=SecretReference(name=app.name),
                externalDNS=(ExternalDNS(domain=f"{{{{.StreamName}}}}.preview.{domain}"),),
            ),
        ),
    )


def _microservice_at(text: bytes, path: str) -> int:
    documents = parse_documents(text, path)
    return next(index for index, document in enumerate(documents) if isinstance(document, Microservice))


def _without_delivery(text: bytes, path: str, environments: Sequence[str]) -> bytes:
    rules = parse_document(text, path, Microservice).spec.delivery
    index = _microservice_at(text, path)
    for environment in environments:
        if any(rule.environment == environment for rule in rules):
            text = remove_item(text, f"spec.delivery[environment={environment}]", document=index)
    return text


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
