"""What a preview asks of the two shapes of an app: a namespace of its own, one Pod, marks and a host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

TEMPLATES = Path(__file__).parents[2] / "templates"
SHAPES = ("service", "chart")
PREVIEW: dict[str, Any] = {
    "name": "podinfo-pr-7",
    "application_name": "podinfo-pr-7-preview",
    "namespace": "podinfo-pr-7-preview",
    "environment": "preview",
    "cluster": "prod-eu",
    "host": "podinfo-pr-ebq4dofr.preview.acme.example.com",
    "replicas": 1,
    "own_namespace": True,
    "labels": {"gitopsmith.dev/app": "podinfo", "gitopsmith.dev/pull-request": "7"},
    "annotations": {"gitopsmith.dev/branch": "a'\"b {{ 7 * 7 }} $(host) # x: y", "gitopsmith.dev/sha": "0" * 40},
}


def rendered(shape: str, **answers: Any) -> Mapping[str, str]:
    template = Template.parse(read_folder(TEMPLATES / shape), name=shape)
    tree = render(template, resolve(template, {**PREVIEW, **answers}))
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


def application(shape: str, **answers: Any) -> Any:
    return yaml.safe_load(rendered(shape, **answers)["podinfo-pr-7.yaml"])


@pytest.mark.parametrize("shape", SHAPES)
def test_a_namespace_of_its_own_is_counted_as_the_apps_and_so_goes_with_it(shape: str) -> None:
    policy = application(shape)["spec"]["syncPolicy"]
    # The form is that of Applications outside of Argo CD's own namespace: <namespace>_<name>.
    assert policy["managedNamespaceMetadata"]["annotations"] == {
        "argocd.argoproj.io/tracking-id": "prod-eu-environment_podinfo-pr-7-preview:/Namespace:/podinfo-pr-7-preview"
    }
    assert policy["managedNamespaceMetadata"]["labels"]["gitopsmith.dev/app"] == "podinfo"
    # Without it Argo CD leaves the metadata alone. It also makes the namespace before a chart's first hooks run.
    assert "CreateNamespace=true" in policy["syncOptions"]
    assert application(shape)["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]


@pytest.mark.parametrize("shape", SHAPES)
def test_other_namespaces_stay_when_their_app_goes(shape: str) -> None:
    for answers in ({"own_namespace": False}, {"own_namespace": "no"}):
        assert "annotations" not in application(shape, **answers)["spec"]["syncPolicy"]["managedNamespaceMetadata"]
    template = Template.parse(read_folder(TEMPLATES / shape), name=shape)
    assert resolve(template, {}).values["own_namespace"] is False


def test_argo_cd_tracks_by_the_annotation_that_the_namespace_bears() -> None:
    (values,) = TEMPLATES.glob("cluster/template/*argocd{*/values.yaml.jinja")
    assert "application.resourceTrackingMethod: annotation" in values.read_text(encoding="utf-8")


@pytest.mark.parametrize("shape", SHAPES)
def test_the_marks_of_a_preview_arrive_as_they_are(shape: str) -> None:
    metadata = application(shape)["metadata"]
    assert metadata["annotations"].items() >= PREVIEW["annotations"].items()
    assert metadata["labels"].items() >= PREVIEW["labels"].items()


def test_a_service_runs_one_pod_whose_restart_no_annotation_causes() -> None:
    one, other = (rendered("service", annotations={"gitopsmith.dev/expires": time}) for time in ("1", "2"))
    deployment = yaml.safe_load(one["podinfo-pr-7/deployment.yaml"])
    assert deployment["spec"]["replicas"] == 1
    assert not {path for path in one if "autoscaler" in path or "budget" in path}
    assert {path for path in one if one[path] != other[path]} == {
        "podinfo-pr-7.yaml",
        "podinfo-pr-7/kustomization.yaml",
    }
