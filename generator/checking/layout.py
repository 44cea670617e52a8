"""Which files of a repository are manifests, which belong to Helm, Kustomize or a template, and which are only YAML."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from generator.checking.kustomize import FileUse, completes, is_kustomization, uses
from generator.checking.marks import suspect
from generator.checking.model import CheckedRepository, Known
from generator.core.tree import SYMLINK

YAML_ENDS = (".yaml", ".yml")
_TEMPLATE_FILES = frozenset({"copier.yml", "copier.yaml"})


class Role(Enum):
    """How a file is read."""

    SKIP = "skip"
    """Not YAML, or YAML only after a template engine has rendered it."""
    PARSE = "parse"
    """YAML that is nobody's manifest: it must parse and no more."""
    CHART = "chart"
    """A `Chart.yaml`."""
    KUSTOMIZATION = "kustomization"
    PATCH = "patch"
    """Parts of objects, which Kustomize lays over others."""
    BASE = "base"
    """Objects that Kustomize completes: what is required may come from a patch or from common labels."""
    MANIFEST = "manifest"


class Layout:
    """The roles of the files of one repository.

    Args:
        repository: The repository.
        known: What is known of the organization, or None.
        kustomizations: The values of the repository's kustomizations by path.
    """

    def __init__(
        self, repository: CheckedRepository, known: Known | None, kustomizations: Mapping[str, dict[str, Any]]
    ) -> None:
        self._tree = repository.tree
        paths = repository.tree.under("")
        self._charts = {folder(path) for path in paths if name(path) == "Chart.yaml"}
        self._templates = {folder(path) for path in paths if name(path) in _TEMPLATE_FILES}
        if known and known.catalog_path:
            self._templates.add(known.catalog_path)
        self._uses: dict[str, FileUse] = {}
        self._completed = {folder(path) for path, value in kustomizations.items() if completes(value)}
        for path, value in sorted(kustomizations.items()):
            for use in uses(value):
                target = join(folder(path), use.file)
                self._uses.setdefault(target, use)
                if use.folder and repository.tree.get(target) is None:
                    self._completed.add(target)

    def role(self, path: str) -> Role:
        """Return how the file at `path` is read."""
        file = name(path)
        if not (path.endswith(YAML_ENDS) or is_kustomization(file)):
            return Role.SKIP
        above = parents(path)
        if any(place in self._templates for place in above):
            return Role.PARSE if file in _TEMPLATE_FILES else Role.SKIP
        if any(name(place) == "templates" and folder(place) in self._charts for place in above if place):
            return Role.SKIP
        stored = self._tree.get(path)
        if stored is None or stored.mode == SYMLINK:
            return Role.SKIP
        if any(part.startswith(".") for part in path.split("/")):
            return Role.PARSE
        return self._by_name(path, file)

    def _by_name(self, path: str, file: str) -> Role:
        if file == "Chart.yaml":
            return Role.CHART
        if is_kustomization(file):
            return Role.KUSTOMIZATION
        use = self._uses.get(path)
        if use is None:
            return self._in_chart(path)
        if use.kind == "resource":
            return Role.BASE if folder(path) in self._completed else Role.MANIFEST
        return Role.PATCH if use.kind == "patch" else Role.PARSE

    def _in_chart(self, path: str) -> Role:
        """Return the role of a file that may be part of a chart, which may render any of its files."""
        if folder(path) in self._charts:
            return Role.PARSE
        if any(place in self._charts for place in parents(path) if place):
            stored = self._tree.get(path)
            if stored and suspect(stored.data):
                return Role.SKIP
        return Role.MANIFEST


def folder(path: str) -> str:
    """Return the folder of a path; empty for the root."""
    return path.rpartition("/")[0]


def name(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def parents(path: str) -> list[str]:
    """Return all folders above a path, the root (an empty string) among them."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(len(parts))]


def join(place: str, relative: str) -> str:
    """Return `relative` as seen from the folder `place`, with `.` and `..` resolved.

    A path that leaves the root keeps its `..`, so that nothing is ever found there.
    """
    parts = [part for part in place.split("/") if part]
    for part in relative.split("/"):
        if part in {"", "."}:
            continue
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
