"""The two shapes of an app: what their manifests say, whatever is answered."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from generator.core.errors import UserErrors
from generator.templating.answers import resolve
from generator.templating.render import render as render_tree
from generator.templating.source import read_folder
from generator.templating.template import Template

TEMPLATES = Path(__file__).parents[2] / "templates"
SHAPES = ("service", "chart")
PODINFO: dict[str, Any] = {
    "name": "podinfo",
    "application_name": "podinfo-staging",
    "namespace": "podinfo-staging",
    "environment": "staging",
    "cluster": "prod-eu",
    "domain": "prod-eu.acme.example.com",
    "application_repo_url": "https://github.com/acme-apps/acme-gitops.git",
    "version": "6.7.0",
}
SERVICE = {**PODINFO, "image": "ghcr.io/stefanprodan/podinfo", "container_port": 9898}
CHART = {**PODINFO, "chart": "oci://ghcr.io/stefanprodan/charts/podinfo"}
ANSWERS = {"service": SERVICE, "chart": CHART}

# Answers that a reader of YAML takes for numbers or booleans where they stand unquoted.
TREACHEROUS = {
    "application_name": "0x10",
    "namespace": "1e3",
    "environment": "on",
    "cluster": "12",
    "branch": "1.10",
    "labels": {"n": "y", "pull-request": 7, "pinned": True},
    "annotations": {"example.com/note": 'yes: "no" # \U0001f600', "octal": "0755"},
}

Files = Mapping[str, str]


@cache
def template(shape: str) -> Template:
    return Template.parse(read_folder(TEMPLATES / shape), name=shape)


def render_bare(shape: str, answers: Mapping[str, Any]) -> Files:
    """Return the files, by their paths, of a shape rendered with these answers and no others."""
    tree = render_tree(template(shape), resolve(template(shape), answers))
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


def render(shape: str, **answers: Any) -> Files:
    """Return the files, by their paths, of podinfo in this shape."""
    return render_bare(shape, {**ANSWERS[shape], **answers})


def load(text: str) -> Any:
    """Return the one document of a text on which the readers of YAML 1.1 and 1.2 agree."""
    old = yaml.safe_load(text)
    assert old == YAML(typ="safe", pure=True).load(StringIO(text))
    return old


def manifests(files: Files, name: str = "podinfo") -> dict[str, Any]:
    """Return the objects in an app's folder by kind."""
    folder = [load(text) for path, text in files.items() if path.startswith(f"{name}/") and path.endswith(".yaml")]
    return {document["kind"]: document for document in folder if document["kind"] != "Kustomization"}


def container(objects: Mapping[str, Any]) -> Any:
    return objects["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def version_of(shape: str, files: Files, **answers: Any) -> Any:
    """Return the scalar that the template declares as its version."""
    (declared,) = template(shape).metadata["version_fields"]
    known = resolve(template(shape), {**ANSWERS[shape], **answers}).values
    file, path = (template(shape).environment.from_string(declared[key]).render(known) for key in ("file", "path"))
    match = re.fullmatch(r"(\w+)\[name=(.+)\]\.(\w+)", path)
    assert match is not None
    (entry,) = [entry for entry in load(files[file])[match[1]] if entry["name"] == match[2]]
    return entry[match[3]]


# ---- The Argo CD Application ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_the_application_points_at_the_folder_beside_it(shape: str) -> None:
    files = render(shape)
    application = load(files["podinfo.yaml"])
    assert application["metadata"]["name"] == "podinfo-staging"
    assert application["metadata"]["namespace"] == "prod-eu-environment"
    assert application["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"] == "."
    assert application["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "gitopsmith",
        "app.kubernetes.io/part-of": "podinfo",
        "gitopsmith.dev/environment": "staging",
    }
    spec = application["spec"]
    assert spec["project"] == "prod-eu"
    assert spec["destination"] == {"name": "prod-eu", "namespace": "podinfo-staging"}
    assert spec["source"]["repoURL"] == "https://github.com/acme-apps/acme-gitops.git"
    assert spec["source"]["targetRevision"] == "main"
    assert spec["source"]["path"] == "registry/environments/staging/prod-eu/podinfo"
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "CreateNamespace=true" in spec["syncPolicy"]["syncOptions"]
    assert spec["syncPolicy"]["retry"]["limit"] > 0
    assert all(path == "podinfo.yaml" or path.startswith("podinfo/") for path in files)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_management_cluster_is_argo_cds_own(shape: str) -> None:
    application = load(render(shape, cluster_type="management")["podinfo.yaml"])
    assert application["spec"]["destination"]["name"] == "in-cluster"
    assert application["spec"]["project"] == "prod-eu"


@pytest.mark.parametrize("shape", SHAPES)
def test_strings_stay_strings(shape: str) -> None:
    files = render(shape, **TREACHEROUS)
    application = load(files["podinfo.yaml"])
    metadata = application["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("0x10", "12-environment")
    assert metadata["labels"]["gitopsmith.dev/environment"] == "on"
    assert (metadata["labels"]["n"], metadata["labels"]["pull-request"], metadata["labels"]["pinned"]) == (
        "y",
        "7",
        "true",
    )
    assert metadata["annotations"]["example.com/note"] == 'yes: "no" # \U0001f600'
    assert metadata["annotations"]["octal"] == "0755"
    assert application["spec"]["project"] == "12"
    assert application["spec"]["destination"] == {"name": "12", "namespace": "1e3"}
    assert application["spec"]["source"]["targetRevision"] == "1.10"
    # Go's reader, which Kubernetes' tools use, also takes y and n for booleans: they must stand in quotes.
    assert '"n": "y"' in files["podinfo.yaml"]


@pytest.mark.parametrize("shape", SHAPES)
def test_templates_work_without_answers(shape: str) -> None:
    assert {"example.yaml", "example/README.md"} < set(render_bare(shape, {}))


@pytest.mark.parametrize("shape", SHAPES)
def test_files_end_with_one_newline_and_lines_without_blanks(shape: str) -> None:
    service = {"env": {"A": "1"}, "secrets": {"B": "k"}, "config": {"c": "d\n"}, "max_replicas": 5}
    chart = {"values": {"a": {"b": [1, {}]}}}
    answers: Mapping[str, Any] = service if shape == "service" else chart
    for path, text in render(shape, **answers).items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not re.search(r"[ \t]$|\n\n\n", text, re.MULTILINE), path


# ---- The version ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["6.7.0", "1.10", "1e3", "0x1F", "2024_01_01", "007"])
def test_a_services_version_is_a_string_in_one_place(version: str) -> None:
    files = render("service", version=version)
    assert version_of("service", files, version=version) == version
    assert sum(text.count(f'"{version}"') for text in files.values()) == 1
    assert "6.7.0" not in "".join(files.values()).replace(version, "")


@pytest.mark.parametrize("version", ["6.7.0", "v1.16.2", "6.8.0-rc.1", "1.0.0-rc.0a1b2c3+build.5"])
def test_a_charts_version_is_a_string_in_one_place(version: str) -> None:
    files = render("chart", version=version)
    assert version_of("chart", files, version=version) == version
    assert sum(text.count(version) for text in files.values()) == 1


def test_an_image_may_stand_in_a_registry_with_a_port() -> None:
    image = "registry.acme.internal:5000/team/pod__info"
    files = render("service", image=image)
    assert version_of("service", files, image=image) == "6.7.0"
    assert container(manifests(files))["image"] == image


# ---- The service: objects that belong together ----------------------------------------------------------------


def test_kustomization_lists_every_manifest_and_no_other() -> None:
    optional = {"env": {"A": "1"}, "secrets": {"B": "k"}, "config": {"c": "d"}, "registry_credentials": "ghcr"}
    for answers in ({}, {"ingress": False, "replicas": 1}, {"max_replicas": 5}, optional):
        files = render("service", **answers)
        listed = load(files["podinfo/kustomization.yaml"])["resources"]
        there = [path.removeprefix("podinfo/") for path in files if path.startswith("podinfo/")]
        assert sorted(listed) == sorted(set(there) - {"kustomization.yaml", "README.md"})


def test_selectors_match_the_pods_and_ports_lead_to_the_container() -> None:
    objects = manifests(render("service", port=81, max_replicas=5, labels={"team": "payments"}))
    deployment = objects["Deployment"]["spec"]
    selector = {"app.kubernetes.io/name": "podinfo"}
    assert deployment["selector"]["matchLabels"] == selector
    assert deployment["template"]["metadata"]["labels"].items() >= selector.items()
    assert objects["Service"]["spec"]["selector"] == selector
    assert objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == selector
    for constraint in deployment["template"]["spec"]["topologySpreadConstraints"]:
        assert constraint["labelSelector"]["matchLabels"] == selector
    assert objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": objects["Deployment"]["metadata"]["name"],
    }
    (container_port,) = container(objects)["ports"]
    (service_port,) = objects["Service"]["spec"]["ports"]
    assert container_port["containerPort"] == 9898
    assert service_port["port"] == 81
    assert service_port["targetPort"] == container_port["name"]
    backend = objects["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
    assert backend == {"name": objects["Service"]["metadata"]["name"], "port": {"name": service_port["name"]}}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container(objects)[probe]["httpGet"]["port"] == container_port["name"]
    assert deployment["template"]["spec"]["serviceAccountName"] == objects["ServiceAccount"]["metadata"]["name"]


def test_probes_ask_the_paths_and_give_time_to_start() -> None:
    answers = {"liveness_path": "/live?deep=1", "readiness_path": "/ready", "startup_seconds": 61}
    probes = container(manifests(render("service", **answers)))
    assert probes["livenessProbe"]["httpGet"]["path"] == "/live?deep=1"
    assert probes["readinessProbe"]["httpGet"]["path"] == "/ready"
    startup = probes["startupProbe"]
    assert startup["httpGet"]["path"] == "/live?deep=1"
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 61


@pytest.mark.parametrize(
    ("answers", "fixed", "autoscaled", "budget"),
    [
        ({"replicas": 1}, 1, None, False),  # a budget for one Pod blocks every drain, or promises nothing
        ({"replicas": 2}, 2, None, True),
        ({"replicas": 1, "max_replicas": 5}, None, (1, 5), False),
        ({"replicas": 3, "max_replicas": 10}, None, (3, 10), True),
    ],
)
def test_replicas_are_fixed_or_autoscaled_and_drains_never_blocked(
    answers: Any, fixed: int | None, autoscaled: tuple[int, int] | None, budget: bool
) -> None:
    objects = manifests(render("service", **answers))
    assert objects["Deployment"]["spec"].get("replicas") == fixed
    scaler = objects.get("HorizontalPodAutoscaler", {}).get("spec")
    assert (scaler and (scaler["minReplicas"], scaler["maxReplicas"])) == autoscaled
    assert ("PodDisruptionBudget" in objects) == budget
    if budget:
        assert objects["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
        assert "minAvailable" not in objects["PodDisruptionBudget"]["spec"]


def test_a_new_version_takes_no_capacity_away() -> None:
    deployment = manifests(render("service", drain_seconds=20))["Deployment"]["spec"]
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    pod = deployment["template"]["spec"]
    assert pod["containers"][0]["lifecycle"]["preStop"] == {"sleep": {"seconds": 20}}
    assert pod["terminationGracePeriodSeconds"] > 20
    assert "lifecycle" not in container(manifests(render("service", drain_seconds=0)))


def test_pods_keep_the_restricted_security_standard() -> None:
    files = render("service")
    objects = manifests(files)
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    security = container(objects)["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["readOnlyRootFilesystem"] is True
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert [volume["name"] for volume in pod["volumes"] if "emptyDir" in volume] == ["tmp"]
    assert {"name": "tmp", "mountPath": "/tmp"} in container(objects)["volumeMounts"]  # noqa: S108 - the Pod's
    assert pod["automountServiceAccountToken"] is False
    assert objects["ServiceAccount"]["automountServiceAccountToken"] is False
    namespace = load(files["podinfo.yaml"])["spec"]["syncPolicy"]["managedNamespaceMetadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_resources_are_what_was_asked() -> None:
    answers = {"cpu_request": "2", "memory_request": "512Mi", "memory_limit": "1Gi"}
    assert container(manifests(render("service", **answers)))["resources"] == {
        "requests": {"cpu": "2", "memory": "512Mi"},
        "limits": {"memory": "1Gi"},
    }


# ---- The service: the ways in ---------------------------------------------------------------------------------


def test_the_host_is_made_of_app_environment_and_domain() -> None:
    ingress = manifests(render("service"))["Ingress"]
    host = "podinfo.staging.prod-eu.acme.example.com"
    assert ingress["spec"]["rules"][0]["host"] == host
    assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": "podinfo-tls"}]
    assert ingress["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "letsencrypt-production"
    assert ingress["spec"]["ingressClassName"] == "nginx"


def test_ingress_and_its_certificate_can_be_left_out() -> None:
    ingress = manifests(render("service", tls=False, host="podinfo.test"))["Ingress"]
    assert "tls" not in ingress["spec"]
    assert "annotations" not in ingress["metadata"]
    assert ingress["spec"]["rules"][0]["host"] == "podinfo.test"
    assert "Ingress" not in manifests(render("service", ingress=False))


# ---- The service: what it is told -----------------------------------------------------------------------------


def test_variables_arrive_as_the_strings_that_were_given() -> None:
    asked = {
        "A": "1e3",
        "B": 5,
        "C": True,
        "D": "",
        "E": 'a"b\\c\nd\u2028\U0001f600',
        "F": 1.5,
        "G": "y",
        "H": "many words " * 30,
    }
    files = render("service", env=asked)
    variables = {entry["name"]: entry["value"] for entry in container(manifests(files))["env"]}
    assert variables == {**asked, "B": "5", "C": "true", "F": "1.5"}
    assert 'value: "y"' in files["podinfo/deployment.yaml"]


def test_secrets_come_from_the_store_and_never_from_git() -> None:
    files = render("service", secrets={"DATABASE_URL": "apps/podinfo#database_url", "TOKEN": "podinfo-token"})
    objects = manifests(files)
    external = objects["ExternalSecret"]
    assert external["apiVersion"] == "external-secrets.io/v1"
    assert external["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "platform"}
    references = {entry["secretKey"]: entry["remoteRef"] for entry in external["spec"]["data"]}
    assert references["DATABASE_URL"].items() >= {"key": "apps/podinfo", "property": "database_url"}.items()
    assert references["TOKEN"]["key"] == "podinfo-token"
    assert "property" not in references["TOKEN"]
    used = {entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in container(objects)["env"]}
    target = external["spec"]["target"]["name"]
    assert used == {key: {"name": target, "key": key} for key in references}
    assert "kind: Secret\n" not in "".join(files.values())


def test_a_private_registry_is_pulled_from_with_credentials_of_the_store() -> None:
    files = render("service", registry_credentials="registry#config")
    external = load(files["podinfo/externalsecret-registry.yaml"])["spec"]
    assert external["target"]["template"]["type"] == "kubernetes.io/dockerconfigjson"
    (entry,) = external["data"]
    assert entry["secretKey"] == ".dockerconfigjson"
    assert entry["remoteRef"].items() >= {"key": "registry", "property": "config"}.items()
    pod = load(files["podinfo/deployment.yaml"])["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": external["target"]["name"]}]


def test_configuration_files_are_mounted_unchanged_and_a_change_restarts() -> None:
    asked = {
        "app.yaml": "a: 1\n\nb: {{ not ours }}\n",
        "lead": "  a\n b \n\n",
        "crlf": "a\r\nb",
        "tab": "\ta",
        "none": "",
        "on": "1e3",
    }
    objects = manifests(render("service", config=asked, config_path="/etc/podinfo"))
    assert objects["ConfigMap"]["data"] == asked
    mounts = {mount["name"]: mount["mountPath"] for mount in container(objects)["volumeMounts"]}
    assert mounts["config"] == "/etc/podinfo"
    volumes = objects["Deployment"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "config", "configMap": {"name": objects["ConfigMap"]["metadata"]["name"]}} in volumes
    annotations = objects["Deployment"]["spec"]["template"]["metadata"]["annotations"]
    changed = manifests(render("service", config={**asked, "on": "1e4"}))["Deployment"]["spec"]["template"]
    assert changed["metadata"]["annotations"] != annotations


def test_more_labels_and_annotations_reach_the_application_and_the_objects() -> None:
    files = render("service", labels={"team": "payments"}, annotations={"example.com/pull-request": "7"})
    application = load(files["podinfo.yaml"])
    assert application["metadata"]["labels"]["team"] == "payments"
    assert application["metadata"]["annotations"]["example.com/pull-request"] == "7"
    kustomization = load(files["podinfo/kustomization.yaml"])
    (labels,) = kustomization["labels"]
    assert labels["pairs"]["team"] == "payments"
    assert labels["pairs"]["app.kubernetes.io/managed-by"] == "gitopsmith"
    assert labels["includeSelectors"] is False
    transformer = load(kustomization["transformers"][0])
    assert transformer["annotations"] == {"example.com/pull-request": "7"}
    assert transformer["fieldSpecs"] == [{"path": "metadata/annotations", "create": True}]


@pytest.mark.needs("kubectl|kustomize")
def test_kustomize_builds_what_the_files_promise(tmp_path: Path) -> None:
    files = render(
        "service",
        **TREACHEROUS,
        version="1e3",
        image="localhost:5000/team/podinfo",
        max_replicas=5,
        env={"A": "y"},
        secrets={"B": "k"},
        config={"c": "d"},
        registry_credentials="ghcr",
    )
    (tmp_path / "podinfo").mkdir()
    for path, text in files.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    program = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    command = [*program, str(tmp_path / "podinfo")]
    built = list(yaml.safe_load_all(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert len(built) == 9
    for document in built:
        assert document["metadata"]["namespace"] == "1e3"
        assert document["metadata"]["labels"]["app.kubernetes.io/name"] == "podinfo"
        assert document["metadata"]["labels"]["gitopsmith.dev/environment"] == "on"
        assert document["metadata"]["labels"]["pull-request"] == "7"
        assert document["metadata"]["annotations"]["octal"] == "0755"
    objects = {document["kind"]: document for document in built}
    deployment = objects["Deployment"]["spec"]
    assert container(objects)["image"] == "localhost:5000/team/podinfo:1e3"
    assert deployment["selector"]["matchLabels"] == {"app.kubernetes.io/name": "podinfo"}
    assert objects["Service"]["spec"]["selector"] == {"app.kubernetes.io/name": "podinfo"}
    assert deployment["template"]["metadata"]["labels"]["pull-request"] == "7"
    assert "octal" not in deployment["template"]["metadata"]["annotations"]


# ---- The chart ------------------------------------------------------------------------------------------------


def test_the_wrapper_has_the_chart_as_its_one_dependency() -> None:
    files = render("chart", chart="oci://registry.acme.internal:5000/charts/team/pod-info")
    chart = load(files["podinfo/Chart.yaml"])
    assert chart["apiVersion"] == "v2"
    assert chart["name"] == "podinfo"
    assert chart["dependencies"] == [
        {"name": "pod-info", "repository": "oci://registry.acme.internal:5000/charts/team", "version": "6.7.0"}
    ]
    assert list(load(files["podinfo/values.yaml"])) == ["pod-info"]


def test_values_reach_the_chart_as_they_were_given() -> None:
    asked = {
        "replicaCount": 3,
        "text": ["1e3", "y", "0755", "1.10", "", "null", "~", "a: b", "# no", "x\n  y\n", "é\U0001f600\u2028\x7f"],
        "true": "on",
        "1e3": {"n": None, "deep": [[1, [{"a": {}, "b": []}]], {"c": [1.5, False]}]},
        "nginx.ingress.kubernetes.io/rewrite-target": "/$1",
        "empty": {},
        "y": "many words " * 30,
    }
    text = render("chart", values=asked)["podinfo/values.yaml"]
    assert load(text) == {"podinfo": asked}
    assert list(load(text)["podinfo"]) == list(asked)
    # Go's reader, which Helm uses, also takes y and n for booleans: they must stand in quotes.
    assert '    - "y"\n' in text
    assert '\n  "y": "many' in text


@settings(deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_value_reaches_the_chart(value: Any) -> None:
    text = render("chart", values={"value": value})["podinfo/values.yaml"]
    assert load(text) == {"podinfo": {"value": value}}


def test_values_may_name_what_differs_between_instances() -> None:
    values = {"replicaCount": "$(replicas)", "ingress": {"hosts": ["$(host)"], "url": "https://$(host)/$(name)"}}
    text = render("chart", values=values, host="pr-7.podinfo.test", replicas=1)["podinfo/values.yaml"]
    assert load(text)["podinfo"] == {
        "replicaCount": 1,
        "ingress": {"hosts": ["pr-7.podinfo.test"], "url": "https://pr-7.podinfo.test/podinfo"},
    }


def test_release_names_are_cut_for_helm_and_stay_apart() -> None:
    names = ["a" * 53, f"{'a' * 43}-{'b' * 19}", f"{'a' * 43}-{'c' * 19}"]
    releases = [
        load(render("chart", name=name)[f"{name}.yaml"])["spec"]["source"]["helm"]["releaseName"] for name in names
    ]
    assert releases[0] == names[0]
    assert len(set(releases)) == 3
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?", release) for release in releases)


def test_the_namespace_of_a_chart_enforces_what_was_chosen() -> None:
    application = load(render("chart", pod_security="restricted")["podinfo.yaml"])
    labels = application["spec"]["syncPolicy"]["managedNamespaceMetadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


# ---- What is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_names_of_63_characters_are_kept_whole(shape: str) -> None:
    long = {"name": "a" * 63, "application_name": "b" * 63, "namespace": "c" * 63, "environment": "e" * 63}
    files = render(shape, **long, cluster="d" * 40, host="podinfo.test")
    application = load(files[f"{'a' * 63}.yaml"])
    assert application["metadata"]["name"] == "b" * 63
    assert len(application["metadata"]["namespace"]) <= 63
    assert all(len(value) <= 63 for value in application["metadata"]["labels"].values())


@pytest.mark.parametrize(
    ("shape", "key", "answer", "rule"),
    [
        ("service", "name", "1app", "begins with a letter"),
        ("service", "name", "a" * 64, "at most 63"),
        ("service", "name", "app\n", "DNS label"),
        ("service", "namespace", "Acme", "DNS label"),
        ("service", "path", "../elsewhere", "relative path"),
        ("service", "application_repo_url", 'https://x"\ny', "must be a URL"),
        ("service", "image", "ghcr.io/acme/app:1.0", "must not carry a tag"),
        ("service", "image", "localhost:5000/app:1.0", "must not carry a tag"),
        ("service", "image", "ghcr.io/acme/app@sha256:00", "must not carry a digest"),
        ("service", "image", "ghcr.io/Acme/App", "must be an image repository"),
        ("service", "version", "sha256:00", "must be an image tag"),
        ("service", "version", '1"', "must be an image tag"),
        ("service", "container_port", 0, "from 1 to 65535"),
        ("service", "port", 65536, "from 1 to 65535"),
        ("service", "liveness_path", "healthz", "begins with a slash"),
        ("service", "readiness_path", '/"', "begins with a slash"),
        ("service", "run_as_user", 0, "root is refused"),
        ("service", "replicas", 0, "from 1 to 1000"),
        ("service", "max_replicas", 1, "from 2 (replicas) to 1000"),
        ("service", "cpu_request", "0", "CPU quantity"),
        ("service", "cpu_request", "0.0", "CPU quantity"),
        ("service", "memory_request", "lots", "memory quantity"),
        ("service", "memory_limit", "100M", "must not be less than memory_request"),
        ("service", "host", "Podinfo.test", "must be a host name"),
        ("service", "host", f"{'a' * 64}.test", "at most 63"),
        ("service", "host", ".".join(["a" * 50] * 6), "at most 253 characters"),
        ("service", "host", "podinfo.test/path", "must be a host name"),
        ("service", "env", {"1A": "x"}, "`1A` is no name of a variable"),
        ("service", "env", {"A": ["x"]}, "the value of `A` must be text"),
        ("service", "env", ["A"], "must be a mapping"),
        ("service", "secrets", {"A": 'k"'}, "the value of `A` must be a key of the secret store"),
        ("service", "secrets", {"A": "a#b#c"}, "the value of `A` must be a key of the secret store"),
        ("service", "config", {"a/b": "x"}, "`a/b` is no file name"),
        ("service", "config", {"a": {"b": 1}}, "must be text"),
        ("service", "labels", {"app.kubernetes.io/name": "x"}, "is set by the template"),
        ("service", "labels", {"team": "a b"}, "the value of `team` must be at most 63"),
        ("service", "labels", {"-team": "a"}, "is no label key"),
        ("service", "annotations", {"a": None}, "must be text, a number or a boolean"),
        ("chart", "chart", "https://example.com/charts/app", "must begin with oci://"),
        ("chart", "chart", "oci://ghcr.io/acme/app:1.0.0", "must not carry a tag"),
        ("chart", "chart", "oci://ghcr.io/acme/app@sha256:00", "must not carry a digest"),
        ("chart", "chart", "oci://app", "must be a registry and a path"),
        ("chart", "version", "^1.2.0", "one exact semantic version"),
        ("chart", "version", "1.10", "one exact semantic version"),
        ("chart", "values", ["a"], "must be a mapping"),
        ("chart", "labels", {"gitopsmith.dev/environment": "x"}, "is set by the template"),
    ],
)
def test_answers_that_would_break_the_manifests_are_refused(shape: str, key: str, answer: object, rule: str) -> None:
    with pytest.raises(UserErrors, match=re.escape(rule)) as refusal:
        render(shape, **{key: answer})
    (problem,) = refusal.value.problems
    assert f"`{key}`" in problem.message


def test_a_variable_is_a_secret_or_not() -> None:
    with pytest.raises(UserErrors, match="`A` is in `env` as well"):
        render("service", env={"A": "x"}, secrets={"A": "k"})


@pytest.mark.parametrize(
    ("promised", "limit"), [("1Gi", "1024Mi"), ("1000k", "1M"), ("1023Ki", "1Mi"), ("1048576", "1Mi")]
)
def test_memory_is_compared_across_units(promised: str, limit: str) -> None:
    resources = container(manifests(render("service", memory_request=promised, memory_limit=limit)))["resources"]
    assert resources["limits"]["memory"] == limit
