"""What a check is given, and the objects that it finds in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from generator.checking.documents import Path
from generator.checking.findings import Severity
from generator.core.tree import Tree


@dataclass(frozen=True, slots=True)
class CheckedRepository:
    """One repository, or one folder of manifests, that is checked.

    Attributes:
        name: How findings call it; may be empty for a lone folder. Unique among those checked together.
        tree: Its files.
        url: Where Argo CD fetches it from; None where that is not known, then no Application is held against it.
        branch: The branch that `tree` is of.
    """

    name: str
    tree: Tree
    url: str | None = None
    branch: str = "main"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the organization that the repositories belong to.

    Attributes:
        clusters: Names of all clusters, the management cluster among them.
        environments: Names of all environments.
        repositories: URLs of all repositories of the organization.
        management_cluster: The cluster that Argo CD runs on and calls `in-cluster`.
        catalog_path: The folder of templates, of which only `copier.yml` is read.
        clusters_path: The folder with one folder per cluster.
        environments_path: The folder with `<environment>/<cluster>` folders.
    """

    clusters: frozenset[str]
    environments: frozenset[str]
    repositories: frozenset[str] = frozenset()
    management_cluster: str | None = None
    catalog_path: str = "catalog"
    clusters_path: str = "registry/clusters"
    environments_path: str = "registry/environments"


class Place(NamedTuple):
    """Where an object stands: repository, file, number of the document, and the path inside it (for lists)."""

    repository: str
    path: str
    document: int
    at: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object of a file.

    Attributes:
        place: Where it stands.
        api_version: `apps/v1`.
        kind: `Deployment`.
        namespace: Its namespace, or empty.
        name: Its name, or empty where it has only `generateName`.
        body: The whole object for the kinds that other objects are held against, else None.
    """

    place: Place
    api_version: str
    kind: str
    namespace: str
    name: str
    body: dict[str, Any] | None = None

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong inside one object: a finding that does not know its file yet.

    Attributes:
        path: Where, inside the object.
        message: What is wrong, as a sentence.
        hint: What to do about it; may be empty.
        rule: The id of the rule.
        severity: How much it matters.
    """

    path: Path
    message: str
    hint: str = ""
    rule: str = "schema"
    severity: Severity = Severity.ERROR


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is a mapping, else an empty one: manifests are read before their schema is certain."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """Return `value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return `value` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def dotted(path: Path) -> str:
    """Return a path as findings write it: `spec.containers[0].image`; keys with dots are bracketed."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif "." in step or "/" in step:
            parts.append(f"['{step}']")
        else:
            parts.append(f".{step}" if parts else step)
    return "".join(parts)
