"""What an AppProject allows; https://argo-cd.readthedocs.io/en/stable/user-guide/projects/ (v3.4)."""

from __future__ import annotations

from typing import Any

from generator.checking.globs import glob, in_namespaces, is_denial, normalized_url, permits
from generator.checking.model import Manifest, mapping, sequence, text

IN_CLUSTER = "in-cluster"
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"


class Project:
    """The permissions of one AppProject.

    Where a project names a cluster by its server and the Application by its name (or the other way round), which
    belongs to which is not written in git; then the project is given the benefit of the doubt.
    """

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.name = manifest.name
        self.namespace = manifest.namespace or "argocd"
        self._spec = mapping(mapping(manifest.body).get("spec"))

    def allows_source(self, url: str) -> bool:
        """Return whether an Application may take a source from `url`."""
        found = normalized_url(url)
        allowed = False
        for pattern in self._texts("sourceRepos"):
            denial = is_denial(pattern)
            normal = ("!" if denial else "") + normalized_url(pattern.removeprefix("!"))
            matched = permits(normal, found, "/")
            if denial and not matched:
                return False
            allowed = allowed or matched
        return allowed

    def allows_destination(self, cluster: str, server: str, namespace: str) -> bool:
        """Return whether something may be applied to a namespace of a cluster.

        Args:
            cluster: The name of the cluster, or empty where only the server is given.
            server: The URL of its API server, or empty where only the name is given.
            namespace: The namespace.
        """
        if cluster == IN_CLUSTER or server == IN_CLUSTER_SERVER:
            cluster, server = IN_CLUSTER, IN_CLUSTER_SERVER
        allowed = False
        for entry in sequence(self._spec.get("destinations")):
            item = {key: text(mapping(entry).get(key)) for key in ("name", "server", "namespace")}
            by_name = _matches(item["name"], cluster)
            by_server = _matches(item["server"], server)
            by_namespace = permits(item["namespace"], namespace)
            denied = (
                (is_denial(item["name"]) and not by_name)
                or (is_denial(item["server"]) and not by_server and by_namespace)
                or (is_denial(item["namespace"]) and not by_namespace and by_server)
            )
            if (by_name or by_server) and by_namespace:
                allowed = True
            elif denied:
                return False
        return allowed

    def allows_application_in(self, namespace: str) -> bool:
        """Return whether Applications of a namespace may use the project; those of Argo CD's own always may."""
        return namespace in {"", self.namespace} or in_namespaces(self._texts("sourceNamespaces"), namespace)

    def allows_kind(self, group: str, kind: str, name: str, namespaced: bool) -> bool:
        """Return whether objects of a kind may be applied."""
        if namespaced:
            allowed = self._spec.get("namespaceResourceWhitelist")
            listed = allowed is None or _in_list(group, kind, None, allowed)
            return listed and not _in_list(group, kind, None, self._spec.get("namespaceResourceBlacklist"))
        listed = _in_list(group, kind, name, self._spec.get("clusterResourceWhitelist"))
        return listed and not _in_list(group, kind, name, self._spec.get("clusterResourceBlacklist"))

    def _texts(self, field: str) -> list[str]:
        return [text(item) for item in sequence(self._spec.get(field))]


def _matches(pattern: str, value: str) -> bool:
    """Return whether a name or server matches; one that is not known matches every pattern that is there."""
    if not value:
        return bool(pattern)
    return permits(pattern, value)


def _in_list(group: str, kind: str, name: str | None, entries: Any) -> bool:
    for entry in sequence(entries):
        item = mapping(entry)
        if not (glob(text(item.get("kind")), kind, "/") and glob(text(item.get("group")), group, "/")):
            continue
        wanted = text(item.get("name"))
        if name is None or not wanted or glob(wanted, name, "/"):
            return True
    return False
