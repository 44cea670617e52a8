"""What the sources of Applications and the kustomizations apply, as far as it lies in the checked repositories.

Follows Argo CD 3.4: https://argo-cd.readthedocs.io/en/stable/user-guide/directory/ and …/multiple_sources/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from generator.checking.applications import Application, Source
from generator.checking.globs import glob, same_place
from generator.checking.inspection import Inspection
from generator.checking.kustomize import is_kustomization, uses
from generator.checking.layout import Role, folder, join, name
from generator.checking.model import CheckedRepository, Fault, Manifest, mapping, sequence, text

_MANIFEST_ENDS = (".yaml", ".yml", ".json")
_SKIP_MARKER = b"+argocd:skip-file-rendering"
_RULE = "application-path"
_OBJECT_LIMIT = 5_000
"""The most objects of one kustomization that are looked at: a few that build on each other can make any number."""
_LEVEL_LIMIT = 100


class Applied(NamedTuple):
    """An object as it is applied: Kustomize may have changed its name and namespace."""

    manifest: Manifest
    namespace: str
    name: str


def whole(manifest: Manifest) -> Applied:
    """Return an object that is applied as it stands in its file."""
    return Applied(manifest, manifest.namespace, manifest.name)


class Sources:
    """The files behind sources.

    Args:
        inspections: The checked repositories, every YAML file of them inspected.
    """

    def __init__(self, inspections: Iterable[Inspection]) -> None:
        self._all = list(inspections)
        self._by_url = {
            same_place(inspection.repository.url): inspection for inspection in self._all if inspection.repository.url
        }
        self._kustomized: dict[tuple[str, str], tuple[Applied, ...]] = {}

    def of(self, source: Source) -> Inspection | None:
        """Return the checked repository that a source takes from, if it takes what is checked.

        A tag, a commit or another branch may hold other files, so nothing is said of them.
        """
        inspection = None if source.chart else self._by_url.get(same_place(source.url))
        if inspection is None:
            return None
        branch = inspection.repository.branch
        return inspection if source.revision in {"", "HEAD", branch, f"refs/heads/{branch}"} else None

    def check_paths(self, app: Application) -> Iterator[Fault]:
        """Yield the paths and values files of an Application that do not exist."""
        for source in app.sources:
            if source.url and not (source.path or source.chart or source.ref):
                message = "The source has neither `path` nor `chart`."
                yield Fault(source.at, message, "Give `path: .` for the root of the repository.", _RULE)
                continue
            inspection = self.of(source)
            if inspection and source.path:
                fault = _path_fault(source, inspection.repository)
                if fault:
                    yield fault
                    continue
            yield from self._values_files(app, source, inspection)

    def _values_files(self, app: Application, source: Source, own: Inspection | None) -> Iterator[Fault]:
        helm = mapping(source.body.get("helm"))
        if helm.get("ignoreMissingValueFiles") is True:
            return
        for number, entry in enumerate(sequence(helm.get("valueFiles"))):
            file = text(entry)
            inspection, place = own, "" if file.startswith("/") else source.path
            if file.startswith("$"):
                first, _, file = file.partition("/")
                referred = [other for other in app.sources if other.ref and f"${other.ref}" == first]
                inspection, place = (self.of(referred[0]), "") if referred else (None, "")
            if inspection is None or not file or "://" in file or set("*?[{$") & set(file):
                continue
            path = join(place, file)
            if inspection.repository.tree.get(path) is None:
                message = f"The values file `{path}` does not exist in {_called(inspection.repository)}."
                yield Fault((*source.at, "helm", "valueFiles", number), message, "Correct the path.", _RULE)

    def applied(self, app: Application) -> list[Applied]:
        """Return the objects that an Application applies from the checked repositories, without what Helm renders."""
        found: list[Applied] = []
        for source in app.sources:
            inspection = self.of(source)
            if inspection is None:
                continue
            kind = _kind(inspection, source)
            if kind == "kustomize":
                found.extend(self.kustomized(inspection, kustomization_in(inspection, join("", source.path))))
            elif kind == "directory":
                for path in files_of(inspection, source):
                    found.extend(map(whole, inspection.manifests.get(path, ())))
        return found

    def kustomized(self, inspection: Inspection, path: str | None, level: int = 0) -> tuple[Applied, ...]:
        """Return the objects that a kustomization takes from files, under the names that it gives them.

        Each is worked out once, however many others build on it; one that leads back to itself adds nothing.

        Args:
            inspection: The repository.
            path: The kustomization; None for none.
            level: How many others lead to it.
        """
        if path is None or level > _LEVEL_LIMIT:
            return ()
        key = inspection.repository.name, path
        if key not in self._kustomized:
            self._kustomized[key] = ()
            self._kustomized[key] = tuple(islice(self._renamed(inspection, path, level), _OBJECT_LIMIT))
        return self._kustomized[key]

    def _renamed(self, inspection: Inspection, path: str, level: int) -> Iterator[Applied]:
        value = inspection.kustomizations.get(path, {})
        namespace, prefix, suffix = (text(value.get(key)) for key in ("namespace", "namePrefix", "nameSuffix"))
        for use in uses(value):
            if use.kind != "resource":
                continue
            target = join(folder(path), use.file)
            if inspection.repository.tree.get(target) is not None:
                below: Iterable[Applied] = map(whole, inspection.manifests.get(target, ()))
            else:
                below = self.kustomized(inspection, kustomization_in(inspection, target), level + 1)
            for item in below:
                renamed = f"{prefix}{item.name}{suffix}" if item.name else ""
                yield Applied(item.manifest, namespace or item.namespace, renamed)

    def directories(self, app: Application) -> Iterator[tuple[Inspection, str]]:
        """Yield the files that an Application reads as plain manifests."""
        for source in app.sources:
            inspection = self.of(source)
            if inspection is not None and _kind(inspection, source) == "directory":
                for path in files_of(inspection, source):
                    yield inspection, path


def _kind(inspection: Inspection, source: Source) -> str:
    """Return how Argo CD reads a source: what it says itself comes first, then what lies in its folder."""
    if not source.path:
        return ""
    for tool in ("plugin", "kustomize", "helm", "directory"):
        if source.body.get(tool) is not None:
            return tool
    place = join("", source.path)
    if kustomization_in(inspection, place):
        return "kustomize"
    return "helm" if inspection.repository.tree.get(join(place, "Chart.yaml")) else "directory"


def _path_fault(source: Source, repository: CheckedRepository) -> Fault | None:
    path = source.path
    place = join("", path)
    if path.startswith("/") or place.startswith(".."):
        message = f"`{path}` leaves the repository."
        return Fault((*source.at, "path"), message, "Write the path relative to the repository's root.", _RULE)
    if not repository.tree.under(place):
        what = "is a file" if repository.tree.get(place) else "does not exist or is empty"
        message = f"The folder `{path}` {what} in {_called(repository)}."
        hint = "Argo CD reads folders." if repository.tree.get(place) else "Correct the path, or add the folder."
        return Fault((*source.at, "path"), message, hint, _RULE)
    return None


def _called(repository: CheckedRepository) -> str:
    return f"`{repository.name}`" if repository.name else "this repository"


def files_of(inspection: Inspection, source: Source) -> Iterator[str]:
    """Yield the files of a directory source, as Argo CD chooses them."""
    options = mapping(source.body.get("directory"))
    include, exclude = text(options.get("include")), text(options.get("exclude"))
    place = join("", source.path)
    tree = inspection.repository.tree
    for path in tree.under(place):
        relative = path.removeprefix(f"{place}/")
        if not path.endswith(_MANIFEST_ENDS) or ("/" in relative and options.get("recurse") is not True):
            continue
        if (exclude and glob(exclude, relative)) or (include and not glob(include, relative)):
            continue
        stored = tree.get(path)
        if stored is None or _SKIP_MARKER in stored.data:
            continue
        if path.endswith(".json") and path not in inspection.manifests and path not in inspection.strays:
            inspection.inspect(path, Role.MANIFEST)
        yield path


def kustomization_in(inspection: Inspection, place: str) -> str | None:
    """Return the path of the kustomization of a folder, if there is one."""
    for file in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
        if inspection.repository.tree.get(join(place, file)) is not None:
            return join(place, file)
    return None


def check_kustomization(inspection: Inspection, path: str) -> Iterator[Fault]:
    """Yield the files and folders that a kustomization names and that do not exist."""
    tree = inspection.repository.tree
    for use in uses(inspection.kustomizations[path]):
        target = join(folder(path), use.file)
        if tree.get(target) is not None:
            if use.kind == "resource" and is_kustomization(name(target)):
                message = f"`{use.file}` is a kustomization; Kustomize refuses it as a resource."
                yield Fault(use.path, message, "Name its folder instead.", "kustomization")
            continue
        if target.startswith("..") or (use.folder and kustomization_in(inspection, target)):
            # What lies above the checked folder cannot be seen.
            continue
        what = "has no kustomization" if use.folder and tree.under(target) else "does not exist"
        yield Fault(use.path, f"`{use.file}` {what}.", "Add it, or take it out of the list.", "kustomization")
