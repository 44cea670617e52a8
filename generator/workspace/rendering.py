"""Renders an instance: its template, with what the organization knows and what the user answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.core.documents import Cluster, Organization
from generator.core.errors import UserError, UserErrors
from generator.core.intents import AddInstance
from generator.core.layout import Place
from generator.core.names import cut, slug
from generator.core.record import Record, parse_record
from generator.core.tree import File, MemoryTree, Tree
from generator.core.version_field import VersionField
from generator.templating.answers import Answers, resolve
from generator.templating.render import render
from generator.templating.template import Template
from generator.workspace.templates import Named

SUPPLIED = frozenset(
    {"org", "org_name", "app_org", "platform_repo_url", "application_repo_url", "branch", "management_cluster"}
    | {"catalog_path", "clusters_path", "apps_path", "environments_path"}
    | {"cluster", "cluster_type", "cloud", "region", "domain", "host_cluster"}
    | {"environment", "name", "path", "namespace", "application_name", "source_owner", "source_repo"}
)
"""The questions that gitopsmith answers itself, where a template asks them; nobody is told to answer them."""


def render_instance(
    named: Named, place: Place, tree: Tree, context: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[AddInstance, Answers]:
    """Render an instance.

    Answers are taken from what is given, then from what the organization knows, then from what was given when the
    instance was added, then from the template's defaults: so a second `add` changes what it names and keeps the rest.

    Args:
        named: The template.
        place: Where the instance stands.
        tree: What its repository holds.
        context: What the organization knows; a template gets of it what it asks for.
        given: What the user answered.

    Raises:
        UserError: An answer is missing, unknown or refused; all of them are named.
    """
    asked = named.template.questions
    before = _given_before(tree, place)
    known = {**before, **context}
    answers = resolve(named.template, {**{key: value for key, value in known.items() if key in asked}, **given})
    chosen = tuple(key for key in answers.recorded if key in {*before, *given})
    fields = version_fields(named.template, answers)
    record = Record(named.reference, named.template.digest, answers.recorded, chosen, fields)
    files = {**at(place.destination, render(named.template, answers)), place.record: File(record.dump())}
    return AddInstance(place, files), answers


def version_fields(template: Template, answers: Answers) -> tuple[VersionField, ...]:
    """Return where a template says that the versions stand: its `_gitopsmith.version_fields`, rendered."""
    known = {**template.environment.globals, **answers.values}
    return tuple(VersionField(file.render(known), path.render(known)) for file, path in template.version_fields)


def refuse_supplied(context: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse answers to what the organization knows itself: with others an instance would not fit its place.

    Args:
        context: What the organization knows.
        given: What the user answered.

    Raises:
        UserErrors: Some answers differ from what is known; all of them are named.
    """
    different = [key for key in given if key in context and str(given[key]) != str(context[key])]
    if different:
        raise UserErrors(
            "Some answers are not yours to give.",
            [UserError(f"`{key}`: is `{context[key]}` here, found `{given[key]}`.") for key in different],
        )


def at(folder: str, tree: MemoryTree) -> dict[str, File]:
    """Return the files of a tree by their path in a repository that holds the tree at `folder`."""
    prefix = f"{folder}/" if folder else ""
    return {f"{prefix}{path}": file for path in tree.under("") if (file := tree.get(path))}


def organization_context(organization: Organization) -> dict[str, Any]:
    """Return what every template may ask of an organization."""
    spec = organization.spec
    management = organization.management_cluster
    return {
        "org": spec.owner,
        "org_name": slug(spec.owner),
        "app_org": spec.repositories.application.owner,
        "platform_repo_url": organization.url(spec.repositories.platform),
        "application_repo_url": organization.url(spec.repositories.application),
        "branch": spec.repositories.platform.branch,
        "catalog_path": spec.paths.catalog,
        "clusters_path": spec.paths.clusters,
        "apps_path": spec.paths.apps,
        "environments_path": spec.paths.environments,
        **({"management_cluster": management.name} if management else {}),
    }


def cluster_context(organization: Organization, cluster: Cluster) -> dict[str, Any]:
    """Return what a template may ask about the cluster that it is rendered for."""
    return {
        **organization_context(organization),
        "cluster": cluster.name,
        "cluster_type": cluster.role,
        "cloud": cluster.cloud,
        "region": cluster.region,
        "domain": cluster.domain,
        **({"host_cluster": cluster.host} if cluster.host else {}),
    }


def component_context(organization: Organization, cluster: Cluster, item: str) -> dict[str, Any]:
    """Return what a catalog item's template may ask about itself on a cluster."""
    return {
        **cluster_context(organization, cluster),
        "name": item,
        "path": organization.spec.paths.layout.component_place(cluster.name, item).destination,
        "application_name": cut(f"{cluster.name}-{item}"),
    }


def environment_context(organization: Organization, cluster: Cluster, environment: str) -> dict[str, Any]:
    """Return what a template may ask about an environment on a cluster, which lives in the application repository."""
    return {
        **cluster_context(organization, cluster),
        "environment": environment,
        "branch": organization.spec.repositories.application.branch,
    }


def app_namespace(app: str, environment: str) -> str:
    """Return the namespace of an app in an environment, which its Application is called too."""
    return cut(f"{app}-{environment}")


def app_context(organization: Organization, cluster: Cluster, environment: str, app: str) -> dict[str, Any]:
    """Return what an app's template may ask about itself in an environment on a cluster."""
    return {
        **environment_context(organization, cluster, environment),
        "name": app,
        "path": organization.spec.paths.layout.environment(environment, cluster.name),
        "namespace": app_namespace(app, environment),
        "application_name": app_namespace(app, environment),
    }


def _given_before(tree: Tree, place: Place) -> Mapping[str, Any]:
    file = tree.get(place.record)
    record = parse_record(file.data, place.record) if file else None
    return {name: record.answers[name] for name in record.given} if record else {}
