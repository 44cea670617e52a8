"""Secrets whose data lies in git; https://kubernetes.io/docs/concepts/configuration/secret/ (v1.36)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.checking.model import Fault, mapping, sequence

_HINT = "Take it out of git's history, change the secret, and let an ExternalSecret, a SealedSecret or SOPS bring it."


def check_secret(value: dict[str, Any], api_version: str, kind: str) -> Iterator[Fault]:
    """Yield a fault for each filled `data` or `stringData` of a Secret that is not encrypted with SOPS."""
    if (api_version, kind) != ("v1", "Secret") or is_encrypted(value):
        return
    for field in ("data", "stringData"):
        keys = [key for key, content in mapping(value.get(field)).items() if content not in (None, "")]
        if keys:
            named = ", ".join(f"`{key}`" for key in keys)
            yield Fault((field,), f"The Secret holds its data in git: {named}.", _HINT, "secret-data")


def check_secret_generators(value: dict[str, Any]) -> Iterator[Fault]:
    """Yield a fault for each secret of a kustomization that is made of literals."""
    for index, generator in enumerate(sequence(value.get("secretGenerator"))):
        if sequence(mapping(generator).get("literals")):
            path = ("secretGenerator", index, "literals")
            yield Fault(path, "A secret generator holds its data in git.", _HINT, "secret-data")


def is_encrypted(value: dict[str, Any]) -> bool:
    """Return whether SOPS has encrypted the object: then its values are ciphertext of any type."""
    return isinstance(value.get("sops"), dict)
