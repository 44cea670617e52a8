"""Names, namespaces, labels and annotation keys that Kubernetes refuses, kind by kind.

Follows https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ (v1.36).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from generator.checking.documents import Path
from generator.checking.model import Fault, dotted, mapping, text
from generator.checking.schema import is_built_in
from generator.core.names import LABEL_LIMIT, SUBDOMAIN_LIMIT, is_label, is_subdomain

_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", re.ASCII)
_LIMITS = {("batch/v1", "CronJob"): 52, ("batch/v1", "Job"): LABEL_LIMIT}
"""A Job's name becomes a label; a CronJob leaves eleven characters for the time that names each of its Jobs."""
_RBAC = "rbac.authorization.k8s.io/"
_SEGMENTS = frozenset({"FlowSchema", "PriorityLevelConfiguration"})
_UNRULED = frozenset({"CertificateSigningRequest", "IPAddress", "ClusterTrustBundle"})
"""Built-in kinds whose names follow rules of their own."""
_UNNAMED = frozenset(
    {
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
        "TokenRequest",
        "TokenReview",
    }
)
_POD_TEMPLATES: dict[str, tuple[Path, ...]] = {
    "CronJob": (("spec", "jobTemplate"), ("spec", "jobTemplate", "spec", "template")),
    "DaemonSet": (("spec", "template"),),
    "Deployment": (("spec", "template"),),
    "Job": (("spec", "template"),),
    "ReplicaSet": (("spec", "template"),),
    "ReplicationController": (("spec", "template"),),
    "StatefulSet": (("spec", "template"),),
}
_SELECTORS: dict[str, Path] = {
    "DaemonSet": ("spec", "selector", "matchLabels"),
    "Deployment": ("spec", "selector", "matchLabels"),
    "PodDisruptionBudget": ("spec", "selector", "matchLabels"),
    "NetworkPolicy": ("spec", "podSelector", "matchLabels"),
    "ReplicaSet": ("spec", "selector", "matchLabels"),
    "Service": ("spec", "selector"),
    "StatefulSet": ("spec", "selector", "matchLabels"),
}


def check_identity(value: dict[str, Any], api_version: str, kind: str) -> Iterator[Fault]:
    """Yield what Kubernetes refuses of an object's name, namespace, labels and annotations.

    What is no string is left to the schema.
    """
    metadata = mapping(value.get("metadata"))
    yield from _name(value, metadata, api_version, kind)
    namespace = metadata.get("namespace")
    if isinstance(namespace, str) and namespace and not is_label(namespace):
        yield _refused(("metadata", "namespace"), namespace, "is no legal namespace", _label_hint())
    yield from _metadata(metadata, ("metadata",))
    if is_built_in(api_version, kind):
        for place in _POD_TEMPLATES.get(kind, ()):
            yield from _metadata(mapping(_at(value, place).get("metadata")), (*place, "metadata"))
        selector = _SELECTORS.get(kind)
        if selector:
            yield from _labels(_at(value, selector), selector)


def _name(value: dict[str, Any], metadata: dict[str, Any], api_version: str, kind: str) -> Iterator[Fault]:
    name = metadata.get("name")
    if name is None or name == "":
        if not metadata.get("generateName") and _needs_name(value, api_version, kind):
            yield Fault(("metadata", "name"), f"`{kind}` has no name.", "Give it `metadata.name`.", "name")
        return
    if not isinstance(name, str):
        return
    rule = _rule(name, api_version, kind)
    if rule:
        what, hint = rule
        yield _refused(("metadata", "name"), name, what, hint)
        return
    if kind == "CustomResourceDefinition":
        spec = mapping(value.get("spec"))
        wanted = f"{text(mapping(spec.get('names')).get('plural'))}.{text(spec.get('group'))}"
        if name != wanted and not wanted.startswith(".") and not wanted.endswith("."):
            yield _refused(("metadata", "name"), name, "is not `<plural>.<group>`", f"Name it `{wanted}`.")


def _needs_name(value: dict[str, Any], api_version: str, kind: str) -> bool:
    """Return whether an object must have a name: a file of an unknown kind without metadata may be no object."""
    return kind not in _UNNAMED and (is_built_in(api_version, kind) or isinstance(value.get("metadata"), dict))


def _rule(name: str, api_version: str, kind: str) -> tuple[str, str] | None:
    """Return what is wrong with a name and what would be right, or None."""
    if is_built_in(api_version, kind):
        if api_version.startswith(_RBAC) or kind in _SEGMENTS:
            return _segment_rule(name)
        if kind in _UNRULED:
            return None
        if kind in {"Namespace", "Service"}:
            return _label_rule(name, kind)
    if not is_subdomain(name):
        return "is no legal Kubernetes name", _subdomain_hint()
    limit = _LIMITS.get((api_version, kind), SUBDOMAIN_LIMIT)
    return (f"has {len(name)} characters", f"The name of a {kind} has at most {limit}.") if len(name) > limit else None


def _label_rule(name: str, kind: str) -> tuple[str, str] | None:
    starts = kind == "Namespace" or name[0].isalpha()
    if is_label(name) and starts:
        return None
    letter = " The name of a Service begins with a letter." if kind == "Service" else ""
    return f"is no legal name of a {kind}", _label_hint() + letter


def _segment_rule(name: str) -> tuple[str, str] | None:
    if name in {".", ".."} or "/" in name or "%" in name:
        return "is no legal name", "It is part of a URL: it may not be `.` or `..` nor hold `/` or `%`."
    return None


def _metadata(metadata: dict[str, Any], place: Path) -> Iterator[Fault]:
    yield from _labels(mapping(metadata.get("labels")), (*place, "labels"))
    for key in mapping(metadata.get("annotations")):
        wrong = _key_fault(key)
        if wrong:
            yield Fault((*place, "annotations", key), f"The annotation key `{key}` {wrong}.", _KEY_HINT, "name")


_KEY_HINT = (
    "A key is at most 63 letters, digits, `-`, `_` and `.`, beginning and ending with a letter or digit, after an "
    "optional DNS domain and `/`."
)


def _labels(labels: dict[str, Any], place: Path) -> Iterator[Fault]:
    for key, value in labels.items():
        wrong = _key_fault(key)
        if wrong:
            yield Fault((*place, key), f"The label key `{key}` {wrong}.", _KEY_HINT, "name")
        if isinstance(value, str) and value and not (len(value) <= LABEL_LIMIT and _QUALIFIED.fullmatch(value)):
            found = f"has {len(value)} characters" if len(value) > LABEL_LIMIT else "is no legal label value"
            message = f"`{dotted((*place, key))}`: `{value}` {found}."
            hint = "Use at most 63 letters, digits, `-`, `_` and `.`; begin and end with a letter or digit."
            yield Fault((*place, key), message, hint, "name")


def _key_fault(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return "has a prefix that is no DNS domain"
    if len(name) > LABEL_LIMIT:
        return f"has {len(name)} characters after its prefix"
    return "" if _QUALIFIED.fullmatch(name) else "is not legal"


def _at(value: Any, path: Path) -> dict[str, Any]:
    for step in path:
        value = mapping(value).get(str(step))
    return mapping(value)


def _refused(path: Path, name: str, what: str, hint: str) -> Fault:
    return Fault(path, f"`{dotted(path)}`: `{name}` {what}.", hint, "name")


def _label_hint() -> str:
    return f"Use at most {LABEL_LIMIT} of `a-z`, `0-9` and `-`; begin and end with a letter or digit."


def _subdomain_hint() -> str:
    return (
        f"Use at most {SUBDOMAIN_LIMIT} of `a-z`, `0-9`, `-` and `.`; begin and end each part with a letter or digit."
    )
