"""Renders a preview: an app's template once more, as the app's first environment was answered, for a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.core.document_text import parse_document, parse_documents
from generator.core.documents import GitHubRepository, Microservice, NetworkPolicy, Organization, Preview
from generator.core.errors import UserError
from generator.core.intents import AddInstance
from generator.core.layout import Layout
from generator.core.names import check_name
from generator.core.preview_names import host, preview_name, preview_tag
from generator.core.preview_plan import Opening
from generator.core.previews import ENVIRONMENT, Target, marks
from generator.core.pull_requests import PullRequest
from generator.core.record import parse_record
from generator.core.tree import MemoryTree, Tree
from generator.workspace.apps import app_names, apps_in
from generator.workspace.rendering import app_context, app_namespace, render_instance
from generator.workspace.templates import app_template
from generator.workspace.workspace import unknown

# What a preview answers itself, or must not take from its base: two instances cannot share a host.
_OWN = frozenset({"version", "image", "chart", "host", "tls", "replicas", "max_replicas", "own_namespace"})


@dataclass(frozen=True)
class Source:
    """What opening and closing previews is planned on.

    Attributes:
        organization: The organization.
        platform: What the platform repository holds.
        main: What the application repository holds.
        pristine: What its templates alone produced so far.
    """

    organization: Organization
    platform: Tree
    main: Tree
    pristine: Tree

    @property
    def layout(self) -> Layout:
        """Where the repositories keep everything."""
        return self.organization.spec.paths.layout


@dataclass(frozen=True)
class PreviewedApp:
    """What the documents of an app say of its previews.

    Attributes:
        name: The app.
        path: The file of the documents.
        repository: Its source.
        service: What is deployed.
        domain: The template of a preview's host with the key that it stands at; None where there is none.
        disable_tls: Whether that host is served without a certificate.
    """

    name: str
    path: str
    repository: GitHubRepository
    service: Microservice
    domain: tuple[str, str] | None
    disable_tls: bool

    @property
    def policy(self) -> Preview:
        """What the app wants of its previews."""
        return self.service.spec.preview

    @property
    def limit(self) -> int:
        """The most previews at once: the app's own number, and no more than its repository's."""
        return min(self.policy.max, self.repository.spec.max_available)


def previewed_app(source: Source, name: str) -> PreviewedApp:
    """Return what the documents of an app say.

    Raises:
        UserError: There is no such app, or its documents cannot be read.
    """
    path = source.layout.app_document(check_name("app", name))
    file = source.main.get(path)
    if file is None:
        raise unknown("app", name, app_names(source.main, source.layout))
    documents = parse_documents(file.data, path)
    hosts = next((found.spec.external_dns for found in documents if isinstance(found, NetworkPolicy)), ())
    return PreviewedApp(
        name,
        path,
        parse_document(file.data, path, GitHubRepository),
        parse_document(file.data, path, Microservice),
        (hosts[0].domain, f"{path}: spec.externalDNS[0].domain") if hosts else None,
        bool(hosts) and hosts[0].disable_tls,
    )


def render_preview(
    source: Source, app: PreviewedApp, pull_request: PullRequest, target: Target, opening: Opening
) -> AddInstance:
    """Render a preview: as its base was answered, but with its own names, version, host and marks, and one Pod.

    Args:
        source: What is rendered from.
        app: What the app's documents say.
        pull_request: The pull request.
        target: Where it goes, and its base.
        opening: Until when it stays.

    Raises:
        UserError: An answer is refused, the host is no DNS name, or the namespace is another app's.
    """
    name = preview_name(app.name, pull_request.number)
    named = app_template(source.platform, source.layout, app.service.spec.template)
    if "annotations" not in named.template.questions:
        raise UserError(
            f"The template `{app.service.spec.template}` does not ask for `annotations`.",
            hint="A preview is known by its annotations; let the template render them, as `service` does.",
        )
    repository = app.repository.spec
    context = {
        **app_context(source.organization, target.cluster, ENVIRONMENT, name),
        "source_owner": repository.owner,
        "source_repo": repository.repo,
    }
    _refuse_shared_namespace(source, target, context["namespace"])
    base = _base_answers(source, target)
    labels, annotations = marks(
        app.name,
        f"{repository.owner}/{repository.repo}",
        pull_request,
        updated=opening.updated,
        expires=opening.expires,
        pinned=opening.pinned,
    )
    given = {
        **{key: value for key, value in base.items() if key not in context and key not in _OWN},
        **_own_answers(app, pull_request),
        "labels": {**_mapping(base.get("labels")), **labels},
        "annotations": {**_mapping(base.get("annotations")), **annotations},
    }
    given = {key: value for key, value in given.items() if key in named.template.questions}
    place = source.layout.app_place(ENVIRONMENT, target.cluster.name, name)
    # No tree: what an earlier commit of the pull request was answered is not asked again, the base may say otherwise.
    instance, _ = render_instance(named, place, MemoryTree(), context, given)
    return instance


def _own_answers(app: PreviewedApp, pull_request: PullRequest) -> dict[str, Any]:
    spec = app.service.spec
    version = preview_tag(spec, pull_request)
    deployed = {"image": spec.image, "chart": spec.chart, "version": version}
    own: dict[str, Any] = {key: value for key, value in deployed.items() if value is not None}
    if app.domain is not None:
        domain, where = app.domain
        own["host"] = host(domain, app.name, pull_request.branch, version, where)
    if app.disable_tls:
        own["tls"] = False
    # Every preview has its namespace for itself, so the namespace goes with it.
    return {**own, "replicas": 1, "max_replicas": 1, "own_namespace": True}


def _base_answers(source: Source, target: Target) -> dict[str, Any]:
    """Return what a person answered for the base; what the templates answered themselves, they answer anew."""
    file = source.main.get(target.record)
    record = parse_record(file.data, target.record) if file is not None else None
    return {name: record.answers[name] for name in record.given} if record else {}


def _refuse_shared_namespace(source: Source, target: Target, namespace: str) -> None:
    """Refuse a namespace that another app has: it would go with the preview, and the app with it.

    `podinfo-pr-7` in `preview` and `podinfo` in an environment `pr-7-preview` are both `podinfo-pr-7-preview`.
    """
    for environment in target.cluster.environments:
        if environment.endswith(f"-{ENVIRONMENT}"):
            for app in apps_in(source.main, source.layout, environment, target.cluster.name):
                if app_namespace(app, environment) == namespace:
                    raise UserError(
                        f"The namespace `{namespace}` on {target.cluster.name} is that of {app} in `{environment}`.",
                        hint="Give that environment another name, or let the previews run on another cluster.",
                    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
