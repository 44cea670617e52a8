"""A cluster's folder: what Argo CD makes of it, what Terraform reads in it, whatever is answered."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import copier
import hcl2
import pytest
import yaml

from generator.core.errors import UserErrors
from generator.core.names import is_label
from generator.core.tree import MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

ROOT = Path(__file__).parents[2]
SERVER = "https://kubernetes.default.svc"
STORES = ("aws-secrets-manager", "gcp-secret-manager", "vault")
OWN_STORE = {"aws": "aws-secrets-manager", "google": "gcp-secret-manager", "civo": "vault", "existing": "vault"}
CLUSTER_SCOPED = {"Namespace", "ClusterRole", "ClusterSecretStore", "ClusterIssuer", "StorageClass"}
LONGEST = "a-name-of-forty-characters-is-the-longes"

Manifest = dict[str, Any]
Files = Mapping[str, str]


@cache
def template(name: str) -> Template:
    return Template.parse(read_folder(ROOT / "templates" / name), name=name)


def text_of(tree: MemoryTree) -> dict[str, str]:
    return {path: file.data.decode() for path in tree.under("") if (file := tree.get(path)) is not None}


def rendered(name: str, **answers: object) -> dict[str, str]:
    return text_of(render(template(name), resolve(template(name), answers)))


def cluster(**answers: object) -> dict[str, str]:
    return rendered("cluster", **{"cluster": "prod-eu", **answers})


def _cases() -> Iterator[dict[str, str]]:
    for cloud, store in product(("aws", "google", "civo", "existing"), STORES):
        if store == "vault" or OWN_STORE[cloud] == store or cloud == "existing":
            common = {"cloud": cloud, "secret_store": store}
            yield {"cluster": "management", "cluster_type": "management", **common}
            for connection in STORES:
                yield {"cluster": "prod-eu", "cluster_type": "physical", "connection_store": connection, **common}
    for host, connection in product(("management", "prod-eu"), STORES):
        yield {"cluster": "dev", "cluster_type": "virtual", "host_cluster": host, "connection_store": connection}


CASES = list(_cases())
every_cluster = pytest.mark.parametrize("answers", CASES, ids=lambda answers: "-".join(answers.values()))


def documents(text: str) -> list[Manifest]:
    return [document for document in yaml.safe_load_all(text) if document is not None]


def manifests(files: Files) -> dict[str, list[Manifest]]:
    """All manifests by path; values of charts are none."""
    return {
        path: documents(text)
        for path, text in files.items()
        if path.endswith(".yaml") and not path.endswith("values.yaml")
    }


def of_kind(files: Files, kind: str) -> list[Manifest]:
    return [manifest for found in manifests(files).values() for manifest in found if manifest["kind"] == kind]


def wave(manifest: Manifest) -> int:
    return int(manifest["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])


# --- Argo CD's rules, written down a second time ---------------------------------------------------------------------


def glob(pattern: str, text: str) -> bool:
    """Argo CD's globs of directories and projects: a star crosses slashes, braces hold alternatives."""
    if pattern.startswith("!"):
        return not glob(pattern[1:], text)
    if braces := re.fullmatch(r"\{(.*)\}", pattern):
        return any(fnmatchcase(text, part) for part in braces[1].split(","))
    return fnmatchcase(text, pattern)


def selects(source: Mapping[str, Any], path: str) -> bool:
    """Whether a source of the type directory takes a file, by its path below the source's own."""
    directory = source.get("directory", {})
    if "/" in path and not directory.get("recurse"):
        return False
    if "exclude" in directory and glob(directory["exclude"], path):
        return False
    return "include" not in directory or glob(directory["include"], path)


def permits_destination(project: Manifest, destination: Mapping[str, str], namespace: str) -> bool:
    name = destination["name"]
    server = SERVER if name == "in-cluster" else f"https://{name}.example.com"
    permitted = False
    for item in project["spec"]["destinations"]:
        server_fits = glob(item.get("server", ""), server)
        namespace_fits = glob(item["namespace"], namespace)
        if (server_fits or glob(item.get("name", ""), name)) and namespace_fits:
            permitted = True
        elif server_fits and item["namespace"].startswith("!"):
            return False
    return permitted


def permits_kind(project: Manifest, manifest: Manifest) -> bool:
    group = manifest["apiVersion"].rpartition("/")[0]
    if manifest["kind"] in CLUSTER_SCOPED:
        rules = project["spec"].get("clusterResourceWhitelist", [])
    else:
        rules = project["spec"].get("namespaceResourceWhitelist", [{"group": "*", "kind": "*"}])
    return any(
        glob(rule["group"], group)
        and glob(rule["kind"], manifest["kind"])
        and glob(rule.get("name", "*"), manifest["metadata"]["name"])
        for rule in rules
    )


def permits(project: Manifest, application: Manifest, applied: list[Manifest]) -> bool:
    """Whether a project lets an Application take its sources and apply these manifests where it wants to."""
    spec, namespace = application["spec"], application["spec"]["destination"]["namespace"]
    sources = spec.get("sources") or [spec["source"]]
    if not all(any(glob(item, source["repoURL"]) for item in project["spec"]["sourceRepos"]) for source in sources):
        return False
    if application["metadata"]["namespace"] not in ["argocd", *project["spec"].get("sourceNamespaces", [])]:
        return False
    if "CreateNamespace=true" in spec["syncPolicy"].get("syncOptions", []):
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        applied = [made, *applied]
    return permits_destination(project, spec["destination"], namespace) and all(
        permits_kind(project, manifest)
        and (
            manifest["kind"] in CLUSTER_SCOPED
            or permits_destination(project, spec["destination"], manifest["metadata"].get("namespace", namespace))
        )
        for manifest in applied
    )


def applied_by(application: Manifest, files: Files, folder: str) -> list[Manifest]:
    """The manifests of a rendered folder that an Application applies."""
    spec = application["spec"]
    found = []
    for source in spec.get("sources") or [spec["source"]]:
        if "path" in source:
            below = source["path"].removeprefix(folder).lstrip("/")
            prefix = f"{below}/" if below else ""
            for path, content in manifests(files).items():
                if path.startswith(prefix) and selects(source, path.removeprefix(prefix)):
                    found += content
    return found


def app(cluster_name: str, **changes: object) -> Manifest:
    """An app's Application as the application repository holds it."""
    spec = {
        "project": cluster_name,
        "source": {"repoURL": "https://github.com/acme/acme-apps-gitops.git", "path": "x"},
        "destination": {"name": cluster_name, "namespace": "podinfo-staging"},
        "syncPolicy": {"syncOptions": ["CreateNamespace=true"]},
        **changes,
    }
    metadata = {"name": "podinfo-staging", "namespace": f"{cluster_name}-environment"}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}


# --- Every cluster ---------------------------------------------------------------------------------------------------


@every_cluster
def test_every_application_has_a_project_that_permits_what_it_does(answers: dict[str, str]) -> None:
    files = cluster(**answers)
    name = answers["cluster"]
    files |= rendered("environment", cluster=name, environment="staging")
    projects = {project["metadata"]["name"]: project for project in of_kind(files, "AppProject")}
    for application in of_kind(files, "Application"):
        if application["spec"]["project"] == "default":
            assert application["metadata"]["name"] == f"registry-{name}"
            continue
        applied = applied_by(application, files, f"registry/clusters/{name}")
        assert permits(projects[application["spec"]["project"]], application, applied), application["metadata"]


@every_cluster
def test_every_top_level_application_that_points_here_finds_something_or_may_be_empty(
    answers: dict[str, str],
) -> None:
    files = cluster(**answers)
    for application in of_kind(files, "Application"):
        spec = application["spec"]
        for source in spec.get("sources") or [spec["source"]]:
            if source.get("path", "registry/clusters") != "registry/clusters":
                below = source["path"].removeprefix(f"registry/clusters/{answers['cluster']}").lstrip("/")
                assert any(path.startswith(below) for path in files), source
        empty = not applied_by(application, files, f"registry/clusters/{answers['cluster']}")
        if empty and "helm" not in str(spec):
            assert spec["syncPolicy"]["automated"]["allowEmpty"] is True


@every_cluster
def test_apps_may_do_what_apps_do_and_no_more(answers: dict[str, str]) -> None:
    name = answers["cluster"]
    files = cluster(**answers)
    project = next(one for one in of_kind(files, "AppProject") if one["metadata"]["name"] == name)
    here = {"name": "in-cluster" if answers["cluster_type"] == "management" else name}
    deployment: Manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "podinfo"}}
    role: Manifest = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}}
    destination = {**here, "namespace": "podinfo-staging"}
    assert permits(project, app(name, destination=destination), [deployment])
    assert not permits(project, app(name, destination=destination), [role])
    assert not permits(project, app(name, destination={"name": "other", "namespace": "x"}), [])
    assert not permits(project, app(name, destination={"name": "in-cluster", "namespace": "argocd"}), [])
    elsewhere = {"repoURL": "https://github.com/acme/acme-gitops.git", "path": "x"}
    assert not permits(project, app(name, destination=destination, source=elsewhere), [])
    if answers["cluster_type"] == "management":
        other = {"name": "in-cluster", "namespace": "prod-eu-environment"}
        assert not permits(project, app(name, destination=other), [])


@every_cluster
def test_an_environment_may_apply_nothing_but_applications(answers: dict[str, str]) -> None:
    name = answers["cluster"]
    project = next(
        one for one in of_kind(cluster(**answers), "AppProject") if one["metadata"]["name"] == f"{name}-environment"
    )
    (environment,) = of_kind(rendered("environment", cluster=name, environment="staging"), "Application")
    config: Manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    assert permits(project, environment, [app(name)])
    assert not permits(project, environment, [config])
    stranger = app(name)
    stranger["metadata"]["namespace"] = "argocd"
    assert not permits(project, environment, [stranger])


@every_cluster
def test_waves_follow_the_numbers_of_the_files(answers: dict[str, str]) -> None:
    for path, found in manifests(cluster(**answers)).items():
        if number := re.match(r"(\d\d)-[^/]+$", path):
            expected = -1 if number[1] == "00" else int(number[1])
            assert {wave(manifest) for manifest in found} == {expected}, path


@every_cluster
def test_objects_are_legal_ours_and_unique(answers: dict[str, str]) -> None:
    seen = set()
    for path, found in manifests(cluster(**answers)).items():
        for manifest in found:
            metadata = manifest["metadata"]
            assert is_label(metadata["name"]), path
            assert metadata["labels"]["app.kubernetes.io/managed-by"] == "gitopsmith", path
            key = (manifest["kind"], metadata.get("namespace"), metadata["name"])
            assert key not in seen
            seen.add(key)


@every_cluster
def test_nothing_is_left_unresolved_and_no_secret_is_in_git(answers: dict[str, str]) -> None:
    files = cluster(**answers)
    for path, text in files.items():
        assert "{%" not in text, path
        assert not re.search(r"<[A-Z][A-Z0-9_]+>", text), path
        if "{{" in text:
            assert {manifest["kind"] for manifest in documents(text)} <= {"ExternalSecret", "PushSecret"}, path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\n\n\n" not in text, path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path
    assert not of_kind(files, "Secret")


@every_cluster
def test_each_registry_has_exactly_one_owner(answers: dict[str, str]) -> None:
    (root,) = documents(cluster(**answers)["registry.yaml"])
    assert selects(root["spec"]["source"], "registry.yaml") is (answers["cluster_type"] == "management")
    assert selects(root["spec"]["source"], "00-projects.yaml")
    assert not selects(root["spec"]["source"], "components/reloader/application.yaml")


# --- The management cluster registers the others ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("prod-eu/registry.yaml", True),
        ("on-management/registry.yaml", True),
        ("management-2/registry.yaml", True),
        ("m/registry.yaml", True),
        ("management/registry.yaml", False),
        ("prod-eu/00-projects.yaml", False),
        ("prod-eu/components/harbor/registry.yaml", False),
        ("management/components/harbor/registry.yaml", False),
        ("registry.yaml", False),
    ],
)
def test_the_management_cluster_registers_every_other_cluster(path: str, taken: bool) -> None:
    (clusters,) = documents(cluster(cluster="management")["50-clusters.yaml"])
    assert clusters["spec"]["source"]["path"] == "registry/clusters"
    assert selects(clusters["spec"]["source"], path) is taken


def test_removing_the_registration_by_mistake_removes_no_cluster() -> None:
    (clusters,) = documents(cluster(cluster="management")["50-clusters.yaml"])
    assert "finalizers" not in clusters["metadata"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("reloader/application.yaml", True),
        ("reloader/manifests/application.yaml", False),
        ("reloader/values.yaml", False),
        ("README.md", False),
    ],
)
def test_components_are_taken_by_their_application(path: str, taken: bool) -> None:
    (components,) = documents(cluster()["30-components.yaml"])
    assert selects(components["spec"]["source"], path) is taken


def test_argo_cd_manages_itself_with_the_values_of_its_first_install() -> None:
    files = cluster(cluster="management", argo_cd_version="9.9.9")
    (argo_cd,) = documents(files["10-argocd.yaml"])
    chart, repository = argo_cd["spec"]["sources"]
    assert (chart["chart"], chart["targetRevision"], chart["helm"]["releaseName"]) == ("argo-cd", "9.9.9", "argocd")
    assert repository["ref"] == "values"
    assert chart["helm"]["valueFiles"] == ["$values/registry/clusters/management/argocd/values.yaml"]
    assert "helm upgrade --install argocd argo-cd" in files["README.md"]
    assert "--version 9.9.9" in files["README.md"]
    values = yaml.safe_load(files["argocd/values.yaml"])
    assert values["configs"]["params"]["application.namespaces"] == "*-environment"
    assert isinstance(yaml.safe_load(values["configs"]["cm"]["resource.exclusions"]), list)


@pytest.mark.parametrize("said", [False, "false", "no"])
def test_a_false_that_comes_as_text_is_false(said: object) -> None:
    files = cluster(cluster="management", argo_cd_ha=said, argo_cd_ingress=said, issuers=said)
    values = yaml.safe_load(files["argocd/values.yaml"])
    assert "redis-ha" not in values
    assert "server" not in values
    assert "40-issuers.yaml" not in files
    assert not any(path.startswith("issuers/") for path in files)


def test_high_availability_and_ingress_are_options() -> None:
    values = yaml.safe_load(cluster(cluster="management", argo_cd_ha=True, domain="acme.com")["argocd/values.yaml"])
    assert values["redis-ha"]["enabled"] is True
    assert values["server"]["replicas"] == values["repoServer"]["replicas"] == 2
    assert values["server"]["ingress"]["enabled"] is True
    assert values["global"]["domain"] == "argocd.acme.com"


@pytest.mark.parametrize(
    ("application_owner", "urls"),
    [
        ("Acme", ["https://github.com/Acme/"]),
        ("Acme-apps", ["https://github.com/Acme/", "https://github.com/Acme-apps/"]),
    ],
)
def test_credentials_are_per_owner_and_match_no_longer_name(application_owner: str, urls: list[str]) -> None:
    files = cluster(
        cluster="management",
        platform_repo_url="https://github.com/Acme/acme-gitops.git",
        application_repo_url=f"https://github.com/{application_owner}/acme-gitops.git",
    )
    found = documents(files["repositories/repository-credentials.yaml"])
    assert [one["spec"]["target"]["template"]["data"]["url"] for one in found] == urls


# --- Secrets and the connection --------------------------------------------------------------------------------------


@every_cluster
def test_the_secret_store_needs_no_stored_credentials(answers: dict[str, str]) -> None:
    (store,) = of_kind(cluster(**answers), "ClusterSecretStore")
    ((provider, settings),) = store["spec"]["provider"].items()
    secret_store = answers.get("secret_store", "vault")
    assert provider == {"aws-secrets-manager": "aws", "gcp-secret-manager": "gcpsm", "vault": "vault"}[secret_store]
    assert "secretref" not in json.dumps(settings).lower()
    if provider == "vault":
        assert settings["auth"]["kubernetes"]["mountPath"] == f"kubernetes-{answers['cluster']}"


@every_cluster
def test_the_connection_is_read_under_the_name_under_which_it_is_written(answers: dict[str, str]) -> None:
    files = cluster(**answers)
    if answers["cluster_type"] == "management":
        assert "20-argocd-connection.yaml" not in files
        return
    (connection,) = of_kind({"x.yaml": files["20-argocd-connection.yaml"]}, "ExternalSecret")
    keys = {item["remoteRef"]["key"] for item in connection["spec"]["data"]}
    slash = "-" if answers["connection_store"] == "gcp-secret-manager" else "/"
    assert keys == {f"clusters{slash}{answers['cluster']}"}
    assert {item["remoteRef"]["property"] for item in connection["spec"]["data"]} == {"server", "config"}
    template_of_secret = connection["spec"]["target"]["template"]
    assert template_of_secret["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "cluster"
    assert template_of_secret["data"]["name"] == answers["cluster"]
    if pushed := of_kind(files, "PushSecret"):
        assert {item["match"]["remoteRef"]["remoteKey"] for item in pushed[0]["spec"]["data"]} == keys
    else:
        where = {path: text for path, text in files.items() if path.startswith(("infrastructure/", "README"))}
        assert any(keys.copy().pop() in text for text in where.values())


@pytest.mark.parametrize(
    ("cloud", "store", "written"),
    [
        ("aws", "aws-secrets-manager", "aws_secretsmanager_secret_version"),
        ("google", "gcp-secret-manager", "google_secret_manager_secret_version"),
        ("aws", "vault", None),
        ("google", "aws-secrets-manager", None),
        ("civo", "vault", None),
    ],
)
def test_terraform_writes_the_connection_or_gives_it_out(cloud: str, store: str, written: str | None) -> None:
    files = cluster(cluster_type="physical", cloud=cloud, connection_store=store)
    assert ("secret_version" in files["infrastructure/connection.tf"]) is (written is not None)
    assert written is None or f'"{written}" "connection"' in files["infrastructure/connection.tf"]
    assert ('output "argocd_connection"' in files["infrastructure/outputs.tf"]) is (written is None)
    assert ("output -json argocd_connection" in files["README.md"]) is (written is None)


def test_a_virtual_cluster_hands_over_argo_cds_own_json() -> None:
    files = cluster(cluster="dev", cluster_type="virtual")
    (push,) = of_kind(files, "PushSecret")
    text = push["spec"]["template"]["data"]["config"]
    config = json.loads(text.replace('"certificate-authority"', "ca").replace("{{ index .", "{{ ."))
    assert set(config) == {"bearerToken", "tlsClientConfig"}
    assert config["tlsClientConfig"]["insecure"] is False
    (vcluster,) = documents(files["10-vcluster.yaml"])
    assert push["metadata"]["namespace"] == vcluster["spec"]["destination"]["namespace"] == "vcluster-dev"


@pytest.mark.parametrize(
    ("host", "destination", "server"),
    [
        ("management", "in-cluster", "https://dev.vcluster-dev.svc"),
        ("prod-eu", "prod-eu", "https://api.dev.acme.com"),
    ],
)
def test_argo_cd_reaches_a_virtual_cluster_on_its_host(host: str, destination: str, server: str) -> None:
    files = cluster(cluster="dev", cluster_type="virtual", host_cluster=host, domain="dev.acme.com")
    (vcluster,) = documents(files["10-vcluster.yaml"])
    values = yaml.safe_load(files["vcluster/values.yaml"])
    assert vcluster["spec"]["destination"]["name"] == destination
    assert values["exportKubeConfig"]["server"] == server
    assert values["controlPlane"]["proxy"]["extraSANs"] == [server.removeprefix("https://")]
    assert ("service" in values["controlPlane"]) is (host != "management")


# --- Terraform -------------------------------------------------------------------------------------------------------


@every_cluster
def test_infrastructure_is_of_one_cloud_only(answers: dict[str, str]) -> None:
    files = cluster(**answers)
    terraform = {path: text for path, text in files.items() if path.startswith("infrastructure/")}
    cloud = answers.get("cloud", "existing")
    if cloud == "existing":
        assert not terraform
        assert "terraform" not in files["README.md"].lower()
        return
    kinds = re.findall(r'^(?:resource|data) "([a-z]+)_', "\n".join(terraform.values()), re.MULTILINE)
    others = {"kubernetes"} if answers["cluster_type"] == "physical" else set()
    assert set(kinds) == {cloud} | others
    assert ("infrastructure/connection.tf" in files) is (answers["cluster_type"] == "physical")
    assert not re.search(r"\b\d{12}\b", "\n".join(terraform.values()))


@every_cluster
def test_terraform_parses_and_every_reference_is_declared(answers: dict[str, str]) -> None:
    terraform = {path: text for path, text in cluster(**answers).items() if path.endswith(".tf")}
    for text in terraform.values():
        hcl2.load(io.StringIO(text))
    source = re.sub(r"^\s*#.*$", "", "\n".join(terraform.values()), flags=re.MULTILINE)
    declared = set(re.findall(r'^variable "(\w+)"', source, re.MULTILINE))
    used = set(re.findall(r"\bvar\.(\w+)", source))
    assert used == declared
    blocks = {f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', source, re.MULTILINE)}
    data = {f"data.{kind}.{name}" for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', source, re.MULTILINE)}
    assert set(re.findall(r"\bdata\.\w+\.\w+", source)) <= data
    referred = set(re.findall(r"(?<![\w.\"/])((?:aws|google|civo|kubernetes)_\w+\.\w+)", source))
    assert referred <= blocks
    local_names = {
        name
        for body in re.findall(r"^locals \{\n(.*?)^\}", source, re.MULTILINE | re.DOTALL)
        for name in re.findall(r"^  (\w+) +=|^  (\w+)=", body, re.MULTILINE)
        for name in name
        if name
    }
    assert set(re.findall(r"\blocal\.(\w+)", source)) == local_names


@pytest.mark.needs("terraform|hclfmt")
def test_terraform_is_formatted() -> None:
    # `hclfmt` is the formatter beneath `terraform fmt`, and needs nothing but Go to be built.
    program = ["terraform", "fmt", "-"] if shutil.which("terraform") else ["hclfmt"]
    texts = {text for answers in CASES for path, text in cluster(**answers).items() if path.endswith(".tf")}
    assert texts
    for text in texts:
        found = subprocess.run(program, input=text, capture_output=True, check=True, text=True)
        assert found.stdout == text


@pytest.mark.parametrize("cloud", ["aws", "google"])
def test_pods_get_only_the_permissions_that_their_store_needs(cloud: str) -> None:
    own = cluster(cluster_type="physical", cloud=cloud)["infrastructure/identity.tf"]
    vault = cluster(cluster_type="physical", cloud=cloud, secret_store="vault")["infrastructure/identity.tf"]
    assert "external-secrets" in own
    assert "external-secrets" not in vault
    assert "external-dns" in own
    assert "external-dns" in vault


# --- Answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "on-1", "x1e3", LONGEST])
@pytest.mark.parametrize("org", ["Acme-Corp", "1e3", "A" * 39, "0"])
@pytest.mark.parametrize("cluster_type", ["management", "physical", "virtual"])
def test_awkward_names_stay_legal_and_stay_text(name: str, org: str, cluster_type: str) -> None:
    url = f"https://github.com/{org}/{org.lower()}-gitops.git"
    files = cluster(cluster=name, cluster_type=cluster_type, org=org, platform_repo_url=url, branch="1.10")
    files |= rendered("environment", cluster=name, environment="on", branch="1.10")
    for path, found in manifests(files).items():
        for manifest in found:
            assert is_label(manifest["metadata"]["name"]), path
            if manifest["kind"] == "Application":
                spec = manifest["spec"]
                namespaces = (manifest["metadata"]["namespace"], spec["destination"]["namespace"])
                assert all(is_label(namespace) for namespace in namespaces)
                sources = spec.get("sources") or [spec["source"]]
                assert all(isinstance(source["targetRevision"], str) for source in sources)
                assert isinstance(spec["project"], str)


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ({"cluster": "Prod"}, "cluster"),
        ({"cluster": LONGEST + "x"}, "cluster"),
        ({"cluster": "prod\n"}, "cluster"),
        ({"cluster": "prod-platform"}, "cluster"),
        ({"cluster": "in-cluster"}, "cluster"),
        ({"cluster": "0a", "cluster_type": "virtual"}, "cluster_type"),
        ({"cluster": "0a", "cloud": "google"}, "cloud"),
        ({"cluster_type": "logical"}, "cluster_type"),
        ({"cluster_type": "virtual", "cloud": "aws"}, "cloud"),
        ({"cluster_type": "virtual", "host_cluster": "prod-eu"}, "host_cluster"),
        ({"cluster_type": "virtual", "secret_store": "aws-secrets-manager"}, "secret_store"),
        ({"cluster_type": "management", "management_cluster": "other"}, "management_cluster"),
        ({"cluster_type": "physical", "management_cluster": "prod-eu"}, "management_cluster"),
        ({"cloud": "azure"}, "cloud"),
        ({"cloud": "aws", "region": "europe-west1"}, "region"),
        ({"cloud": "google", "region": "eu-west-1"}, "region"),
        ({"cloud": "civo", "region": "lon1"}, "region"),
        ({"cloud": "civo", "secret_store": "aws-secrets-manager"}, "secret_store"),
        ({"cloud": "google", "secret_store": "aws-secrets-manager"}, "secret_store"),
        ({"cloud": "civo", "kubernetes_version": "1.35"}, "kubernetes_version"),
        ({"kubernetes_version": "1.35.2"}, "kubernetes_version"),
        ({"node_count": 0}, "node_count"),
        ({"node_count": "three"}, "node_count"),
        ({"node_count": 5, "node_count_max": 4}, "node_count_max"),
        ({"components": ["nonsense"]}, "components"),
        ({"domain": "Acme.com"}, "domain"),
        ({"domain": 'acme.com"'}, "domain"),
        ({"acme_email": "nobody"}, "acme_email"),
        ({"branch": 'main"\n'}, "branch"),
        ({"platform_repo_url": "git@github.com:acme/acme-gitops.git"}, "platform_repo_url"),
        ({"clusters_path": "../clusters"}, "clusters_path"),
        ({"clusters_path": "/clusters"}, "clusters_path"),
        ({"secret_store": "vault", "vault_server": "vault.acme.com"}, "vault_server"),
        ({"cloud": "google", "gcp_project": "No_Project"}, "gcp_project"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_wrong_answers_are_refused_by_their_key(answers: dict[str, object], key: str) -> None:
    with pytest.raises(UserErrors) as caught:
        cluster(**answers)
    assert any(problem.message.startswith(f"`{key}`") for problem in caught.value.problems)


def test_all_folders_and_addresses_are_options() -> None:
    files = cluster(
        cluster="management",
        clusters_path="deploy/all",
        branch="live",
        platform_repo_url="https://git.acme.com/Platform/root.git",
        application_repo_url="https://git.acme.com/Apps/root.git",
    )
    everything = "\n".join(files.values())
    assert "registry/clusters" not in everything
    assert "github.com/acme" not in everything
    assert {source["targetRevision"] for source in re_sources(files)} == {"live"}
    assert all(source["path"].startswith("deploy/all") for source in re_sources(files) if "path" in source)


def re_sources(files: Files) -> list[dict[str, Any]]:
    """The sources of all Applications that are in the platform repository."""
    specs = [application["spec"] for application in of_kind(files, "Application")]
    sources = [source for spec in specs for source in spec.get("sources") or [spec["source"]]]
    return [source for source in sources if source["repoURL"].endswith("/root.git")]


@pytest.mark.parametrize(
    ("answers", "components"),
    [
        ({"cluster_type": "management"}, "cert-manager external-dns external-secrets ingress-nginx reloader"),
        (
            {"cluster_type": "physical", "cloud": "aws"},
            "cert-manager external-dns external-secrets ingress-nginx metrics-server reloader",
        ),
        (
            {"cluster_type": "physical", "cloud": "google"},
            "cert-manager external-dns external-secrets ingress-nginx reloader",
        ),
        ({"cluster_type": "virtual"}, "external-secrets reloader"),
    ],
)
def test_components_by_default(answers: dict[str, object], components: str) -> None:
    chosen = resolve(template("cluster"), {"cluster": "c", **answers}).recorded["components"]
    assert chosen == components.split()


def test_every_component_that_can_be_chosen_is_in_the_catalog() -> None:
    asked = template("cluster").config.questions["components"]["choices"]
    assert [item for item in asked if not (ROOT / "catalog" / item / "copier.yml").is_file()] == []


@pytest.mark.parametrize("answers", [CASES[0], CASES[1], CASES[-1]], ids=["management", "physical", "virtual"])
def test_copier_renders_the_same(answers: dict[str, str], tmp_path: Path) -> None:
    copier.run_copy(str(ROOT / "templates/cluster"), tmp_path, data=answers, defaults=True, quiet=True)
    assert text_of(read_folder(tmp_path)) == cluster(**answers)


def test_only_the_management_cluster_reads_the_credentials_of_argo_cd() -> None:
    for cluster_type, refused in (("management", False), ("physical", True)):
        name = "management" if cluster_type == "management" else "prod-eu"
        aws = cluster(cluster=name, cluster_type=cluster_type, cloud="aws")["infrastructure/identity.tf"]
        assert (':argocd/*"]' in aws and '"Deny"' in aws) is refused
        vault = cluster(cluster=name, cluster_type=cluster_type, cloud="aws", secret_store="vault")["README.md"]
        assert ('path "secret/data/argocd/*" { capabilities = ["deny"] }' in vault) is refused
