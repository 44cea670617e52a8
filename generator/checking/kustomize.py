"""What a kustomization refers to; https://kubectl.docs.kubernetes.io/references/kustomize/ (v5.7)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from generator.checking.documents import Path
from generator.checking.model import Fault, mapping, sequence, text

_NAMES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_REMOTE = re.compile(r"^[a-z][a-z0-9+.-]*://|^[^/]+@[^/]+:|^[a-z0-9-]+(\.[a-z0-9-]+)+/[^/]+/|\?ref=|^git::")
_FIELDS = frozenset(
    {
        "apiVersion",
        "bases",
        "buildMetadata",
        "commonAnnotations",
        "commonLabels",
        "components",
        "configMapGenerator",
        "configurations",
        "crds",
        "generatorOptions",
        "generators",
        "helmChartInflationGenerator",
        "helmCharts",
        "helmGlobals",
        "imageTags",
        "images",
        "kind",
        "labels",
        "metadata",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "openapi",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "replicas",
        "resources",
        "secretGenerator",
        "sortOptions",
        "transformers",
        "validators",
        "vars",
    }
)

_COMPLETING = frozenset(
    {
        "commonLabels",
        "components",
        "labels",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "transformers",
    }
)

UseKind = Literal["resource", "patch", "data"]
_LISTS: dict[str, UseKind] = {
    "resources": "resource",
    "bases": "resource",
    "components": "resource",
    "generators": "data",
    "transformers": "data",
    "validators": "data",
    "crds": "data",
    "configurations": "data",
    "patchesStrategicMerge": "patch",
}
_FOLDERS = frozenset({"resources", "bases", "components", "generators", "transformers", "validators"})
_PATHS: dict[str, UseKind] = {"patches": "patch", "patchesJson6902": "patch", "replacements": "data"}


class FileUse(NamedTuple):
    """A file or folder that a kustomization names.

    Attributes:
        path: Where it is named.
        file: The name, relative to the kustomization's folder.
        kind: `resource` for what is applied, `patch` for parts of objects, `data` for anything else.
        folder: Whether it may be a folder with a kustomization.
    """

    path: Path
    file: str
    kind: UseKind
    folder: bool = False


def is_kustomization(file: str) -> bool:
    """Return whether Kustomize reads a file of this name."""
    return file in _NAMES


def uses(value: dict[str, Any]) -> Iterator[FileUse]:
    """Yield every local file that a kustomization names; what lies elsewhere is left out."""
    for use in _all_uses(value):
        if use.file and "\n" not in use.file and not _REMOTE.search(use.file):
            yield use


def completes(value: dict[str, Any]) -> bool:
    """Return whether a kustomization adds to its resources what their schema may require."""
    return any(value.get(field) for field in _COMPLETING)


def _all_uses(value: dict[str, Any]) -> Iterator[FileUse]:
    for field, kind in _LISTS.items():
        for index, entry in enumerate(sequence(value.get(field))):
            yield FileUse((field, index), text(entry), kind, field in _FOLDERS)
    for field, kind in _PATHS.items():
        for index, entry in enumerate(sequence(value.get(field))):
            # Old versions of Kustomize take a bare file name as well.
            yield FileUse((field, index, "path"), text(mapping(entry).get("path")) or text(entry), kind)
    yield FileUse(("openapi", "path"), text(mapping(value.get("openapi")).get("path")), "data")
    yield from _generator_files(value)
    yield from _helm_files(value)


def _helm_files(value: dict[str, Any]) -> Iterator[FileUse]:
    for index, entry in enumerate(sequence(value.get("helmCharts"))):
        yield FileUse(("helmCharts", index, "valuesFile"), text(mapping(entry).get("valuesFile")), "data")
        for number, file in enumerate(sequence(mapping(entry).get("additionalValuesFiles"))):
            yield FileUse(("helmCharts", index, "additionalValuesFiles", number), text(file), "data")


def _generator_files(value: dict[str, Any]) -> Iterator[FileUse]:
    for field in ("configMapGenerator", "secretGenerator"):
        for index, generator in enumerate(sequence(value.get(field))):
            for key in ("files", "envs"):
                for number, entry in enumerate(sequence(mapping(generator).get(key))):
                    # A file may be renamed: `key=path`.
                    yield FileUse((field, index, key, number), text(entry).rpartition("=")[2], "data")
            yield FileUse((field, index, "env"), text(mapping(generator).get("env")), "data")


def check_fields(value: dict[str, Any]) -> Iterator[Fault]:
    """Yield the fields of a kustomization that Kustomize refuses, and lists that are none."""
    if value.get("kind", "Kustomization") not in {"Kustomization", "Component"}:
        yield Fault(("kind",), f"`{value.get('kind')}` is no kind that Kustomize reads.", "", "kustomization")
    for field in value:
        if field not in _FIELDS:
            near = difflib.get_close_matches(field, sorted(_FIELDS), n=1)
            hint = f"Did you mean `{near[0]}`?" if near else "Kustomize refuses the whole file for it; remove it."
            yield Fault((field,), f"`{field}` is no field of a kustomization.", hint, "kustomization")
    for field in ("resources", "components", "patches", "images"):
        if value.get(field) is not None and not isinstance(value[field], list):
            yield Fault((field,), f"`{field}` must be a list.", "Check its indentation.", "kustomization")
