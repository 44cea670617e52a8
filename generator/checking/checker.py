"""The check: repositories in, findings out. It reads no disk, runs no git and asks no cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from generator.checking.applications import (
    Application,
    application,
    check_addresses,
    check_destination,
    check_folder,
    check_project,
    is_application,
    is_project,
)
from generator.checking.findings import Finding, Severity, in_order
from generator.checking.globs import same_place
from generator.checking.inspection import Inspection
from generator.checking.kustomize import is_kustomization
from generator.checking.layout import Layout, Role, name
from generator.checking.model import CheckedRepository, Fault, Known, Manifest
from generator.checking.projects import Project
from generator.checking.scopes import Scopes
from generator.checking.sources import Applied, Sources, check_kustomization, whole

Progress = Callable[[int, int], None]
"""Told after each file: how many are done, of how many."""


def check(
    repositories: Sequence[CheckedRepository], organization: Known | None = None, progress: Progress | None = None
) -> list[Finding]:
    """Return everything that is wrong in repositories, in the order of their files and lines.

    Args:
        repositories: What is checked together; Applications are held against all of them.
        organization: What is known of the organization; None for a folder of manifests like any other.
        progress: Called after each file.
    """
    inspections = {repository.name: Inspection(repository) for repository in repositories}
    work = [
        (inspection, path, role)
        for inspection in inspections.values()
        for path, role in _roles(inspection, organization)
    ]
    for done, (inspection, path, role) in enumerate(work, start=1):
        inspection.inspect(path, role)
        if progress:
            progress(done, len(work))
    _Between(inspections, organization).check()
    return in_order(finding for inspection in inspections.values() for finding in inspection.findings)


def _roles(inspection: Inspection, organization: Known | None) -> list[tuple[str, Role]]:
    """Return the files that are read, and how."""
    paths = inspection.repository.tree.under("")
    for path in paths:
        if is_kustomization(name(path)):
            inspection.read_kustomization(path)
    layout = Layout(inspection.repository, organization, inspection.kustomizations)
    inspection.kustomizations.clear()
    roles = [(path, layout.role(path)) for path in paths]
    return [(path, role) for path, role in roles if role is not Role.SKIP]


class _Between:
    """What is checked between files: Applications and their projects, sources and duplicates."""

    def __init__(self, inspections: dict[str, Inspection], organization: Known | None) -> None:
        self._inspections = inspections
        self._known = organization
        self._sources = Sources(inspections.values())
        manifests = list(self._manifests())
        self._applications = [application(manifest) for manifest in manifests if is_application(manifest)]
        self._projects: dict[str, Project] = {}
        for manifest in manifests:
            if is_project(manifest):
                self._projects.setdefault(manifest.name, Project(manifest))
        self._scopes = Scopes(m for m in manifests if m.kind == "CustomResourceDefinition")

    def _manifests(self) -> Iterator[Manifest]:
        for inspection in self._inspections.values():
            for path in sorted(inspection.manifests):
                yield from inspection.manifests[path]

    def check(self) -> None:
        """Add every finding to the inspection of its file."""
        for app in self._applications:
            self._add(app.manifest, self._application(app))
            for inspection, path in self._sources.directories(app):
                self._strays(inspection, path)
            applied = self._sources.applied(app)
            self._duplicates(applied, app.namespace)
            self._permissions(app, applied)
        for inspection in self._inspections.values():
            for path in sorted(inspection.manifests):
                self._duplicates(map(whole, inspection.manifests[path]), "")
            if self._known:
                self._duplicates([whole(app.manifest) for app in self._applications_of(inspection)], "")
            self._kustomizations(inspection)

    def _application(self, app: Application) -> Iterator[Fault]:
        yield from self._sources.check_paths(app)
        yield from check_destination(app, self._known)
        if self._known:
            yield from check_folder(app, self._known)
            yield from check_addresses(app, self._known)
        yield from check_project(app, self._projects, self._is_complete())

    def _is_complete(self) -> bool:
        """Return whether every place where a project can stand is among what is checked.

        A project of a folder of which nothing more is known may stand anywhere.
        """
        if self._known is None or not self._known.repositories:
            return False
        checked = {same_place(i.repository.url) for i in self._inspections.values() if i.repository.url}
        return {same_place(url) for url in self._known.repositories} <= checked

    def _applications_of(self, inspection: Inspection) -> Iterator[Application]:
        for app in self._applications:
            if app.manifest.place.repository == inspection.repository.name:
                yield app

    def _kustomizations(self, inspection: Inspection) -> None:
        for path in sorted(inspection.kustomizations):
            for fault in check_kustomization(inspection, path):
                inspection.add_to_file(path, fault)
            self._duplicates(self._sources.kustomized(inspection, path), "")

    def _strays(self, inspection: Inspection, path: str) -> None:
        for stray in inspection.strays.get(path, ()):
            message = f"Argo CD reads this file as manifests, but this is no Kubernetes object: {stray.what}."
            hint = "Move it out of the folder, or make it an object with `apiVersion` and `kind`."
            repository = inspection.repository.name
            inspection.findings.append(
                Finding(Severity.ERROR, "stray-yaml", repository, path, stray.line, stray.column, "", message, hint)
            )

    def _duplicates(self, applied: Iterable[Applied], namespace: str) -> None:
        first: dict[tuple[str, str, str, str], Manifest] = {}
        for item in applied:
            manifest = item.manifest
            if not item.name:
                continue
            place = "" if self._scopes.namespaced(manifest) is False else item.namespace or namespace
            key = (manifest.group, manifest.kind, place, item.name)
            earlier = first.setdefault(key, manifest)
            if earlier is not manifest:
                self._add(manifest, [_duplicate(manifest, earlier, item.name)])

    def _permissions(self, app: Application, applied: list[Applied]) -> None:
        project = self._projects.get(app.project)
        if project is None:
            return
        for item in applied:
            self._add(item.manifest, self._forbidden(app, project, item))

    def _forbidden(self, app: Application, project: Project, item: Applied) -> Iterator[Fault]:
        manifest = item.manifest
        namespaced = self._scopes.namespaced(manifest)
        if namespaced is None:
            return
        hint = f"Allow it in the AppProject in {project.manifest.place.path}, or use another project."
        if not project.allows_kind(manifest.group, manifest.kind, item.name, namespaced):
            message = f"The project `{project.name}` of {app.title} does not allow the kind `{manifest.kind}`."
            yield Fault(("kind",), message, hint, "project-permission")
        elif namespaced and not _lands_in(project, app, item):
            where = f"the namespace `{item.namespace}`"
            message = f"The project `{project.name}` of {app.title} does not allow {where} as a destination."
            yield Fault(("metadata", "namespace"), message, hint, "project-permission")

    def _add(self, manifest: Manifest, faults: Iterable[Fault]) -> None:
        inspection = self._inspections[manifest.place.repository]
        for fault in faults:
            inspection.add(manifest.place, fault)


def _lands_in(project: Project, app: Application, item: Applied) -> bool:
    """Return whether an object may go where it says; one that says nothing goes where its Application does."""
    if not item.namespace or item.namespace == app.namespace:
        return True
    return project.allows_destination(app.cluster, app.server, item.namespace)


def _duplicate(manifest: Manifest, earlier: Manifest, called: str) -> Fault:
    where = earlier.place.path if earlier.place.path != manifest.place.path else "the same file"
    message = f"`{manifest.kind}` `{called}` stands twice in what is applied together, first in {where}."
    return Fault(("metadata", "name"), message, "Rename one of the two, or remove it.", "duplicate")
