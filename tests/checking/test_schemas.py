"""The schemas that ship: whole, compact, and of the kinds that are promised."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

FOLDER = resources.files("generator.checking").joinpath("schemas")


def load(name: str) -> Any:
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["kubernetes", "argo-cd"])
def test_every_kind_has_a_definition_that_compiles(name: str) -> None:
    content = load(name)
    for definition in content["kinds"].values():
        schema = {"$ref": f"#/$defs/{definition}", "$defs": content["definitions"]}
        Draft202012Validator(schema)
        assert content["definitions"][definition]["type"] == "object"


def test_the_kinds_that_manifests_are_made_of_are_known() -> None:
    kubernetes, argo_cd = load("kubernetes"), load("argo-cd")
    assert {"v1/Service", "apps/v1/Deployment", "networking.k8s.io/v1/Ingress", "policy/v1/PodDisruptionBudget"} <= set(
        kubernetes["kinds"]
    )
    assert set(argo_cd["kinds"]) == {
        f"argoproj.io/v1alpha1/{k}" for k in ("AppProject", "Application", "ApplicationSet")
    }


def test_what_is_no_longer_served_is_replaced_by_what_is() -> None:
    kubernetes = load("kubernetes")
    for key, version in kubernetes["removed"].items():
        assert key not in kubernetes["kinds"]
        assert not version or f"{version}/{key.rpartition('/')[2]}" in kubernetes["kinds"]


@pytest.mark.parametrize("name", ["kubernetes", "argo-cd"])
def test_the_data_says_where_it_comes_from_and_holds_no_prose(name: str) -> None:
    content = load(name)
    assert all(package["license"] == "MIT" and package["version"] for package in content["packages"])
    assert content[name][0].isdigit()
    readme = FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    assert all(f"`{package['name']}` | {package['version']}" in readme for package in content["packages"])
    assert "Tommy Chen" in FOLDER.joinpath("LICENSE").read_text(encoding="utf-8")
    assert all(not isinstance(schema.get("description"), str) for schema in content["definitions"].values())
