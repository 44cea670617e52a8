"""Argo CD's Applications and what they point at; https://argo-cd.readthedocs.io/en/stable/user-guide/ (v3.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.checking.documents import Path
from generator.checking.findings import Severity
from generator.checking.globs import same_place
from generator.checking.model import Fault, Known, Manifest, mapping, sequence, text
from generator.checking.projects import IN_CLUSTER, Project

DEFAULT_PROJECT = "default"
CREATE_NAMESPACE = "CreateNamespace=true"


@dataclass(frozen=True, slots=True)
class Source:
    """One source of an Application.

    Attributes:
        at: Where it stands in the Application.
        body: The source itself.
    """

    at: Path
    body: dict[str, Any]

    @property
    def url(self) -> str:
        """The repository or chart repository."""
        return text(self.body.get("repoURL"))

    @property
    def path(self) -> str:
        """The folder in the repository, or empty."""
        return text(self.body.get("path"))

    @property
    def revision(self) -> str:
        """The branch, tag, commit or range of versions, or empty."""
        return text(self.body.get("targetRevision"))

    @property
    def chart(self) -> str:
        """The chart, or empty where the source is a git repository."""
        return text(self.body.get("chart"))

    @property
    def ref(self) -> str:
        """The name by which other sources refer to its files, or empty."""
        return text(self.body.get("ref"))


@dataclass(frozen=True, slots=True)
class Application:
    """One Application, as far as its manifest can be trusted.

    Attributes:
        manifest: Where it stands.
        project: The name of its project.
        cluster: The name of the destination cluster, or empty.
        server: The API server of the destination, or empty.
        namespace: The namespace of the destination, or empty.
        sources: Its sources, one or several.
        creates_namespace: Whether Argo CD creates the namespace.
    """

    manifest: Manifest
    project: str
    cluster: str
    server: str
    namespace: str
    sources: tuple[Source, ...]
    creates_namespace: bool

    @property
    def title(self) -> str:
        """How findings about other files call it."""
        return f"the Application `{self.manifest.name}`"


def application(manifest: Manifest) -> Application:
    """Return the Application of a manifest; what is ill-typed is empty, the schema has told about it."""
    spec = mapping(mapping(manifest.body).get("spec"))
    destination = mapping(spec.get("destination"))
    policy = mapping(spec.get("syncPolicy"))
    several = sequence(spec.get("sources"))
    # As in Argo CD, `sources` hides `source`.
    sources = [Source(("spec", "sources", number), mapping(body)) for number, body in enumerate(several)]
    hydrated = mapping(mapping(spec.get("sourceHydrator")).get("drySource"))
    if not sources and spec.get("source") is not None:
        sources = [Source(("spec", "source"), mapping(spec["source"]))]
    elif not sources and hydrated:
        sources = [Source(("spec", "sourceHydrator", "drySource"), hydrated)]
    return Application(
        manifest,
        text(spec.get("project")) or DEFAULT_PROJECT,
        text(destination.get("name")),
        text(destination.get("server")),
        text(destination.get("namespace")),
        tuple(sources),
        CREATE_NAMESPACE in sequence(policy.get("syncOptions")) or bool(policy.get("managedNamespaceMetadata")),
    )


def is_application(manifest: Manifest) -> bool:
    """Return whether a manifest is an Application of Argo CD."""
    return manifest.kind == "Application" and manifest.group == "argoproj.io"


def is_project(manifest: Manifest) -> bool:
    """Return whether a manifest is an AppProject."""
    return manifest.kind == "AppProject" and manifest.group == "argoproj.io"


def check_destination(app: Application, known: Known | None) -> Iterator[Fault]:
    """Yield what is wrong with where an Application is meant for."""
    place: Path = ("spec", "destination")
    if app.cluster and app.server:
        message = "The destination gives both `name` and `server`; Argo CD refuses that."
        yield Fault(place, message, "Keep one of the two.", "application-cluster")
    elif not app.cluster and not app.server:
        message = "The destination gives neither `name` nor `server`."
        yield Fault(place, message, "Give `name`, the cluster's name.", "application-cluster")
    elif app.cluster and known and "{{" not in app.cluster:
        yield from _cluster(app.cluster, (*place, "name"), known)


def _cluster(cluster: str, place: Path, known: Known) -> Iterator[Fault]:
    if cluster == IN_CLUSTER:
        return
    if cluster == known.management_cluster:
        message = f"The cluster `{cluster}` is the management cluster, which Argo CD calls `{IN_CLUSTER}`."
        yield Fault(place, message, f"Write `name: {IN_CLUSTER}`.", "application-cluster")
    elif cluster not in known.clusters:
        message = f"There is no cluster `{cluster}`."
        yield Fault(place, message, f"Known clusters: {listed(known.clusters)}.", "application-cluster")


def check_addresses(app: Application, known: Known) -> Iterator[Fault]:
    """Yield the sources that name a repository of the organization on another host than it is on."""
    places = {same_place(url) for url in known.repositories}
    hosts = {place.partition("/")[2]: place.partition("/")[0] for place in places}
    for source in app.sources:
        place = "" if source.chart else same_place(source.url)
        host, _, slug = place.partition("/")
        if slug in hosts and place not in places:
            message = (
                f"The organization has `{slug}` on {hosts[slug]} (gitUrl of organization.yaml), and this is {host}."
            )
            hint = "Correct the one that is wrong; `gitopsmith init --data git_url=…` renders for another server."
            yield Fault((*source.at, "repoURL"), message, hint, "application-repository", Severity.WARNING)


def check_folder(app: Application, known: Known) -> Iterator[Fault]:
    """Yield the environment and the cluster that an Application's folder names and that do not exist."""
    path = app.manifest.place.path
    parts = path.removeprefix(f"{known.environments_path}/").split("/")
    if path.startswith(f"{known.environments_path}/"):
        environment, cluster = parts[0], parts[1] if len(parts) > 2 else ""  # noqa: PLR2004  (env, cluster, file)
        if environment not in known.environments:
            message = f"The folder names the environment `{environment}`, which does not exist."
            hint = f"Known environments: {listed(known.environments)}."
            yield Fault((), message, hint, "application-environment")
    elif path.startswith(f"{known.clusters_path}/"):
        cluster = path.removeprefix(f"{known.clusters_path}/").split("/")[0]
    else:
        return
    if cluster and cluster not in known.clusters:
        message = f"The folder names the cluster `{cluster}`, which does not exist."
        yield Fault((), message, f"Known clusters: {listed(known.clusters)}.", "application-cluster")


def check_project(app: Application, projects: Mapping[str, Project], is_complete: bool) -> Iterator[Fault]:
    """Yield what an Application does without its project's leave.

    Args:
        app: The Application.
        projects: Every project that was found, by name.
        is_complete: Whether no project can stand anywhere else.
    """
    project = projects.get(app.project)
    if project is None:
        if app.project != DEFAULT_PROJECT and is_complete and "{{" not in app.project:
            names = listed({DEFAULT_PROJECT, *projects})
            message = f"There is no project `{app.project}`."
            yield Fault(("spec", "project"), message, f"Known projects: {names}.", "application-project")
        return
    for source in app.sources:
        if source.url and not project.allows_source(source.url):
            message = f"The project `{project.name}` does not allow the source `{source.url}`."
            yield _denied((*source.at, "repoURL"), message, "sourceRepos", project)
    yield from _check_permissions(app, project)


def _check_permissions(app: Application, project: Project) -> Iterator[Fault]:
    target = app.cluster or app.server
    if target and not project.allows_destination(app.cluster, app.server, app.namespace):
        where = f"the namespace `{app.namespace}`" if app.namespace else "no namespace"
        message = f"The project `{project.name}` does not allow {where} on `{target}` as a destination."
        yield _denied(("spec", "destination"), message, "destinations", project)
    if not project.allows_application_in(app.manifest.namespace):
        message = f"The project `{project.name}` may not be used from the namespace `{app.manifest.namespace}`."
        yield _denied(("metadata", "namespace"), message, "sourceNamespaces", project)
    if app.creates_namespace and app.namespace and not project.allows_kind("", "Namespace", app.namespace, False):
        message = f"The project `{project.name}` does not allow the Namespace that `CreateNamespace` creates."
        yield _denied(("spec", "syncPolicy"), message, "clusterResourceWhitelist", project)


def _denied(path: Path, message: str, field: str, project: Project) -> Fault:
    hint = f"Add it to `{field}` of the AppProject in {project.manifest.place.path}, or use another project."
    return Fault(path, message, hint, "project-permission")


def listed(names: frozenset[str] | set[str]) -> str:
    """Return names for a message, at most ten of them."""
    shown = sorted(names)
    more = f" and {len(shown) - 10} more" if len(shown) > 10 else ""  # noqa: PLR2004  (as the docstring says)
    return (", ".join(f"`{name}`" for name in shown[:10]) or "none") + more
