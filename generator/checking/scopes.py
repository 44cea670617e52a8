"""Which kinds belong to the whole cluster and which to a namespace."""

from __future__ import annotations

from collections.abc import Iterable

from generator.checking.model import Manifest, mapping, text
from generator.checking.schema import is_built_in

_BUILT_IN = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CSINode",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "DeviceClass",
        "FlowSchema",
        "IPAddress",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ResourceSlice",
        "RuntimeClass",
        "ServiceCIDR",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
        "VolumeAttributesClass",
    }
)
_CUSTOM: dict[tuple[str, str], bool] = {
    ("argoproj.io", "AppProject"): True,
    ("argoproj.io", "Application"): True,
    ("argoproj.io", "ApplicationSet"): True,
    ("argoproj.io", "Rollout"): True,
    ("bitnami.com", "SealedSecret"): True,
    ("cert-manager.io", "Certificate"): True,
    ("cert-manager.io", "ClusterIssuer"): False,
    ("cert-manager.io", "Issuer"): True,
    ("cilium.io", "CiliumClusterwideNetworkPolicy"): False,
    ("external-secrets.io", "ClusterExternalSecret"): False,
    ("external-secrets.io", "ClusterPushSecret"): False,
    ("external-secrets.io", "ClusterSecretStore"): False,
    ("external-secrets.io", "ExternalSecret"): True,
    ("external-secrets.io", "PushSecret"): True,
    ("external-secrets.io", "SecretStore"): True,
    ("gateway.networking.k8s.io", "Gateway"): True,
    ("gateway.networking.k8s.io", "GatewayClass"): False,
    ("gateway.networking.k8s.io", "HTTPRoute"): True,
    ("karpenter.sh", "NodePool"): False,
    ("kyverno.io", "ClusterPolicy"): False,
    ("kyverno.io", "Policy"): True,
    ("monitoring.coreos.com", "PodMonitor"): True,
    ("monitoring.coreos.com", "PrometheusRule"): True,
    ("monitoring.coreos.com", "ServiceMonitor"): True,
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"): False,
}
"""Custom kinds that are met often: whether they are namespaced."""


class Scopes:
    """What is known of scopes: the built-in kinds, common custom ones, and the definitions among the manifests."""

    def __init__(self, definitions: Iterable[Manifest] = ()) -> None:
        self._custom = dict(_CUSTOM)
        for manifest in definitions:
            spec = mapping(mapping(manifest.body).get("spec"))
            kind = text(mapping(spec.get("names")).get("kind"))
            self._custom[text(spec.get("group")), kind] = spec.get("scope") != "Cluster"

    def namespaced(self, manifest: Manifest) -> bool | None:
        """Return whether an object belongs to a namespace; None where that is not known."""
        custom = self._custom.get((manifest.group, manifest.kind))
        if custom is not None:
            return custom
        return manifest.kind not in _BUILT_IN if is_built_in(manifest.api_version, manifest.kind) else None
