"""Every item of the catalog: what it tells about itself, and what it renders on each cloud and type of cluster."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import copier
import hcl2
import pytest
import yaml

from generator.core.errors import UserErrors
from generator.templating.answers import resolve
from generator.templating.render import render as render_tree
from generator.templating.source import read_folder
from generator.templating.template import Template

CATALOG = Path(__file__).parents[2] / "catalog"
ITEMS = sorted(path.parent.name for path in CATALOG.glob("*/copier.yml"))
EXPECTED = {
    "argo-rollouts", "cert-manager", "cloudnative-pg", "envoy-gateway", "external-dns", "external-secrets",
    "gitopsmith-monitoring", "ingress-nginx", "keda", "kube-prometheus-stack", "kyverno", "loki", "metrics-server", "object-storage-bucket",
    "reloader", "vault", "velero",
}  # fmt: skip
SUPPLIED = {
    "application_name": "acme-x", "branch": "main", "cloud": "aws", "cluster": "prod-eu", "cluster_type": "physical",
    "domain": "prod-eu.acme.example.com", "name": "x", "org_name": "acme",
    "path": "registry/clusters/prod-eu/components/x", "region": "eu-west-1",
    "platform_repo_url": "https://github.com/Acme-Corp/acme-gitops.git",
}  # fmt: skip
"""What the platform answers, whatever the item."""
SUPPLIED_MARK = "(supplied by the platform)"
REGIONS = {"aws": "eu-west-1", "google": "europe-west1", "civo": "LON1", "existing": ""}
TYPES = ("management", "physical", "virtual")
EXACT_VERSION = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+")
MARKS_OF_A_CLOUD = {
    "aws": ("service.beta.kubernetes.io/aws", "AWS_DEFAULT_REGION", "hashicorp/aws", "aws_s3", "amazonaws"),
    "google": ("gke.io", "cloud.google.com", "hashicorp/google", "google_", "plugin-for-gcp", "gcs", "googleapis"),
    "civo": ("kubernetes.civo.com", "CIVO_TOKEN", "civo/civo", "civo_", "civo.com"),
    "existing": (),
}
GO_TEMPLATE = re.compile(r"\{\{ \.[a-z]+ \}\}")
"""What External Secrets itself fills in."""

Files = dict[str, str]


@cache
def item(name: str) -> Template:
    return Template.parse(read_folder(CATALOG / name), name=name)


def supplied(name: str, **answers: object) -> dict[str, Any]:
    """Return the platform's answers that an item asks for, with further answers over them."""
    given = {key: value for key, value in SUPPLIED.items() if key in item(name).questions}
    return {**given, **answers}


def rendered(name: str, **answers: object) -> Files:
    template = item(name)
    tree = render_tree(template, resolve(template, supplied(name, **answers)))
    files = {path: tree.get(path) for path in tree.under("")}
    return {path: file.data.decode() for path, file in files.items() if file is not None}


def documents(files: Files) -> Iterator[dict[str, Any]]:
    for path, text in files.items():
        if path.endswith(".yaml"):
            yield from (document for document in yaml.safe_load_all(text) if document)


def application(files: Files) -> dict[str, Any]:
    found = yaml.safe_load(files["application.yaml"])
    assert isinstance(found, dict)
    return found


def sources(files: Files) -> list[dict[str, Any]]:
    spec = application(files)["spec"]
    found = spec.get("sources") or [spec["source"]]
    assert isinstance(found, list)
    return found


def values(files: Files) -> dict[str, Any]:
    found = sources(files)[0]["helm"]["valuesObject"]
    assert isinstance(found, dict)
    return found


def clouds(name: str) -> list[str]:
    return list(item(name).metadata.get("clouds") or REGIONS)


def on(name: str, cloud: str, cluster_type: str = "physical") -> dict[str, Any]:
    """Return the answers that place an item on a cloud and a type of cluster, as far as it asks."""
    where = {"cloud": cloud, "cluster_type": cluster_type, "region": REGIONS[cloud]}
    return {key: value for key, value in where.items() if key in item(name).questions}


CHARTS = [name for name in ITEMS if item(name).metadata.get("namespace")]
PLACES = [
    (name, cloud, cluster_type) for name in ITEMS for cloud, cluster_type in itertools.product(clouds(name), TYPES)
]


# What an item tells about itself


def test_the_catalog_has_what_people_install() -> None:
    assert set(ITEMS) >= EXPECTED


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_describes_itself(name: str) -> None:
    metadata = item(name).metadata
    assert metadata["kind"] == "component"
    assert metadata["summary"].endswith(".")
    assert len(metadata["summary"]) <= 100
    assert metadata["category"]
    assert metadata["homepage"].startswith("https://")
    assert isinstance(metadata["order"], int)
    assert set(metadata.get("requires", [])) <= set(ITEMS) - {name}
    assert set(metadata.get("clouds", [])) <= set(REGIONS)


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_runs_nothing_and_needs_no_copier(name: str) -> None:
    assert item(name).needs_copier == ()


@pytest.mark.parametrize("name", ITEMS)
def test_a_question_says_whether_the_platform_answers_it(name: str) -> None:
    marked = {key for key, question in item(name).questions.items() if SUPPLIED_MARK in question.help}
    assert marked == set(item(name).questions) & set(SUPPLIED)
    assert all(question.help for question in item(name).questions.values())


@pytest.mark.parametrize("name", ITEMS)
def test_the_readme_documents_every_input_of_a_person(name: str) -> None:
    readme = (CATALOG / name / "README.md").read_text()
    told = set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
    assert told == set(item(name).questions) - set(SUPPLIED)
    assert all(heading in readme for heading in ("## Inputs", "## What it needs", "## Upgrade"))


@pytest.mark.parametrize("name", CHARTS)
def test_the_chart_is_pinned_to_one_version(name: str) -> None:
    version = sources(rendered(name))[0]["targetRevision"]
    assert EXACT_VERSION.fullmatch(version)
    assert f"`{version}`" in (CATALOG / name / "README.md").read_text()


# What every item renders


@pytest.mark.parametrize("name", ITEMS)
def test_the_defaults_alone_are_a_working_item_for_copier_as_well(name: str, tmp_path: Path) -> None:
    copier.run_copy(str(CATALOG / name), tmp_path, defaults=True, quiet=True)
    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    template = item(name)
    tree = render_tree(template, resolve(template, {}))
    assert written == {path: file.data.decode() for path in tree.under("") if (file := tree.get(path))}


@pytest.mark.parametrize(("name", "cloud", "cluster_type"), PLACES)
def test_nothing_is_left_to_fill_in(name: str, cloud: str, cluster_type: str) -> None:
    for path, text in rendered(name, **on(name, cloud, cluster_type)).items():
        assert not re.search(r"\{\{|\{%|<[A-Z_]{3,}>", GO_TEMPLATE.sub("", text)), path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path


@pytest.mark.parametrize(("name", "cloud", "cluster_type"), PLACES)
def test_no_other_cloud_is_rendered(name: str, cloud: str, cluster_type: str) -> None:
    text = "".join(rendered(name, **on(name, cloud, cluster_type)).values())
    others = [mark for other, marks in MARKS_OF_A_CLOUD.items() if other != cloud for mark in marks]
    assert [mark for mark in others if mark in text] == []


@pytest.mark.parametrize(("name", "cloud", "cluster_type"), [place for place in PLACES if place[0] in CHARTS])
def test_the_application_goes_to_its_cluster(name: str, cloud: str, cluster_type: str) -> None:
    metadata, spec = (application(rendered(name, **on(name, cloud, cluster_type)))[key] for key in ("metadata", "spec"))
    assert metadata["name"] == "acme-x"
    assert metadata["namespace"] == "argocd"
    assert metadata["annotations"]["argocd.argoproj.io/sync-wave"] == str(item(name).metadata["order"])
    assert metadata["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert spec["project"] == "prod-eu-platform"
    assert spec["destination"] == {
        "name": "in-cluster" if cluster_type == "management" else "prod-eu",
        "namespace": item(name).metadata["namespace"],
    }
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    assert "CreateNamespace=true" in spec["syncPolicy"]["syncOptions"]
    assert spec["syncPolicy"]["retry"]["limit"]


@pytest.mark.parametrize(("name", "cloud", "cluster_type"), [place for place in PLACES if place[0] in CHARTS])
def test_own_manifests_are_a_source_exactly_when_there_are_some(name: str, cloud: str, cluster_type: str) -> None:
    files = rendered(name, **on(name, cloud, cluster_type))
    chart, *own = sources(files)
    assert chart["chart"]
    assert chart["helm"]["releaseName"]
    assert isinstance(chart["helm"]["valuesObject"], dict)
    expected = {
        "repoURL": SUPPLIED["platform_repo_url"],
        "targetRevision": "main",
        "path": f"{SUPPLIED['path']}/manifests",
    }
    assert own == ([expected] if any(path.startswith("manifests/") for path in files) else [])


@pytest.mark.parametrize(("name", "cloud"), [(name, cloud) for name in CHARTS for cloud in clouds(name)])
def test_our_manifests_are_labelled_and_hold_no_secret(name: str, cloud: str) -> None:
    for document in documents(rendered(name, **on(name, cloud))):
        assert document["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "gitopsmith"
        assert document["kind"] != "Secret"
        if document["kind"] == "ExternalSecret":
            assert document["apiVersion"] == "external-secrets.io/v1"
            assert document["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "platform"}
            assert document["metadata"]["namespace"] == item(name).metadata["namespace"]


@pytest.mark.parametrize("name", CHARTS)
def test_answers_that_look_like_numbers_stay_text(name: str) -> None:
    files = rendered(name, version="1.10", cluster="1e3", application_name="0x1f")
    made = application(files)
    assert sources(files)[0]["targetRevision"] == "1.10"
    assert made["spec"]["destination"]["name"] == "1e3"
    assert made["metadata"]["name"] == "0x1f"
    for other in sources(rendered(name, **_numbers(name)))[1:]:
        assert (other["targetRevision"], other["path"]) == ("1.10", "1e3/manifests")


def _numbers(name: str) -> dict[str, str]:
    numbers = {"branch": "1.10", "path": "1e3", "cloud": clouds(name)[-1]}
    return {key: value for key, value in numbers.items() if key in item(name).questions}


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("cluster", ["Upper", "a.b", "", "x" * 41, "-a", 'a"b', "a\n"])
def test_no_name_that_kubernetes_refuses_gets_in(name: str, cluster: str) -> None:
    with pytest.raises(UserErrors, match="cluster"):
        resolve(item(name), supplied(name, cluster=cluster))


# What single items promise


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("cert-manager", {"replicas": 0}),
        ("cert-manager", {"replicas": "many"}),
        ("cert-manager", {"version": "1.x"}),
        ("cert-manager", {"version": "latest"}),
        ("cert-manager", {"version": "1.0.0\n"}),
        ("cert-manager", {"memory_request": "much"}),
        ("cert-manager", {"replica": 2}),
        ("envoy-gateway", {"https_hosts": ["UPPER.example.com"]}),
        ("envoy-gateway", {"internal": True, "cloud": "civo"}),
        ("external-dns", {"provider": "azure"}),
        ("external-dns", {"provider": "google", "cloud": "aws"}),
        ("external-dns", {"domain_filters": "example.com"}),
        ("external-dns", {"domain_filters": ["example.com", "no domain"]}),
        ("external-dns", {"sources": []}),
        ("external-dns", {"policy": "create"}),
        ("ingress-nginx", {"internal": True, "cloud": "existing"}),
        ("kube-prometheus-stack", {"retention": "15 days"}),
        ("kube-prometheus-stack", {"storage_class": "Fast Disk"}),
        ("kube-prometheus-stack", {"ingress": True, "host": "grafana_.example.com"}),
        ("kyverno", {"replicas": 2}),
        ("loki", {"mode": "scalable", "storage": "volume"}),
        ("loki", {"mode": "scalable", "replicas": 2}),
        ("loki", {"replicas": 2}),
        ("loki", {"storage": "bucket", "bucket": "Logs"}),
        ("metrics-server", {"cloud": "google"}),
        ("object-storage-bucket", {"cloud": "existing"}),
        ("object-storage-bucket", {"bucket": "no_underscores"}),
        ("object-storage-bucket", {"bucket": "x" * 64}),
        ("object-storage-bucket", {"bucket": "my-google-logs", "cloud": "google"}),
        ("object-storage-bucket", {"service_account": "velero"}),
        ("object-storage-bucket", {"max_size_gb": 700, "cloud": "civo"}),
        ("vault", {"replicas": 2}),
        ("vault", {"auto_unseal": "awskms", "cloud": "google"}),
        ("vault", {"auto_unseal": "gcpckms", "cloud": "civo"}),
        ("velero", {"schedule": "daily"}),
        ("velero", {"volume_snapshots": True, "cloud": "civo"}),
    ],
)
def test_answers_that_would_break_it_are_refused(name: str, answers: Mapping[str, object]) -> None:
    with pytest.raises(UserErrors):
        resolve(item(name), supplied(name, **answers))


def test_cert_manager_runs_as_many_replicas_as_asked() -> None:
    made = values(rendered("cert-manager", replicas="2"))
    assert made["replicaCount"] == 2
    assert made["webhook"]["replicaCount"] == 2
    assert made["podDisruptionBudget"] == {"enabled": True}


@pytest.mark.parametrize(
    ("cloud", "provider", "variables"),
    [
        ("aws", "aws", {"AWS_DEFAULT_REGION"}),
        ("google", "google", set()),
        ("civo", "civo", {"CIVO_TOKEN"}),
        ("existing", "cloudflare", {"CF_API_TOKEN"}),
    ],
)
def test_external_dns_uses_the_dns_of_its_cloud(cloud: str, provider: str, variables: set[str]) -> None:
    files = rendered("external-dns", **on("external-dns", cloud))
    made = values(files)
    assert made["provider"] == {"name": provider}
    assert {variable["name"] for variable in made.get("env", [])} == variables
    assert ("manifests/externalsecret.yaml" in files) == (provider in ("civo", "cloudflare"))
    assert made["txtOwnerId"] == "prod-eu"
    assert made["domainFilters"] == ["prod-eu.acme.example.com"]
    assert made["serviceAccount"]["name"] == "external-dns"


@pytest.mark.parametrize("name", ["external-dns", "external-secrets"])
def test_service_accounts_have_the_names_that_clouds_give_permissions_to(name: str) -> None:
    files = rendered(name)
    assert values(files)["serviceAccount"]["name"] == name
    assert application(files)["spec"]["destination"]["namespace"] == name


def test_grafanas_admin_comes_from_the_secret_store() -> None:
    files = rendered("kube-prometheus-stack")
    assert values(files)["grafana"]["admin"]["existingSecret"] == "grafana-admin"
    assert "manifests/externalsecret.yaml" in files
    assert "manifests/externalsecret.yaml" not in rendered("kube-prometheus-stack", grafana=False)


def test_prometheus_keeps_its_data_on_the_disk_that_was_asked_for() -> None:
    made = values(rendered("kube-prometheus-stack", storage_class="fast", storage_size="9Gi", retention="2d"))
    spec = made["prometheus"]["prometheusSpec"]
    claim = spec["storageSpec"]["volumeClaimTemplate"]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"]["requests"]["storage"] == "9Gi"
    assert spec["retention"] == "2d"


@pytest.mark.parametrize(
    ("cloud", "annotation"),
    [
        ("aws", "service.beta.kubernetes.io/aws-load-balancer-type"),
        ("google", "cloud.google.com/l4-rbs"),
        ("civo", "kubernetes.civo.com/loadbalancer-algorithm"),
        ("existing", None),
    ],
)
def test_load_balancers_are_annotated_for_their_cloud(cloud: str, annotation: str | None) -> None:
    nginx = values(rendered("ingress-nginx", cloud=cloud))["controller"]["service"]
    envoy = yaml.safe_load(rendered("envoy-gateway", cloud=cloud)["manifests/envoyproxy.yaml"])
    for service in (nginx, envoy["spec"]["provider"]["kubernetes"]["envoyService"]):
        assert (annotation in service["annotations"]) if annotation else ("annotations" not in service)


def test_envoy_gateway_serves_each_host_with_a_certificate_of_its_own() -> None:
    files = rendered("envoy-gateway", https_hosts=["a.example.com", "*.example.com"], issuer="letsencrypt-staging")
    gateway = yaml.safe_load(files["manifests/gateway.yaml"])
    listeners = {listener["name"]: listener for listener in gateway["spec"]["listeners"]}
    assert gateway["metadata"]["annotations"]["cert-manager.io/cluster-issuer"] == "letsencrypt-staging"
    assert [listeners[name]["hostname"] for name in ("https-1", "https-2")] == ["a.example.com", "*.example.com"]
    secrets = {listeners[name]["tls"]["certificateRefs"][0]["name"] for name in ("https-1", "https-2")}
    assert len(secrets) == 2
    plain = yaml.safe_load(rendered("envoy-gateway")["manifests/gateway.yaml"])
    assert [listener["protocol"] for listener in plain["spec"]["listeners"]] == ["HTTP"]


def test_ingress_nginx_says_that_it_is_retired() -> None:
    readme = (CATALOG / "ingress-nginx" / "README.md").read_text()
    assert "March 2026" in readme
    assert "envoy-gateway" in readme


def test_loki_runs_as_one_process_or_as_parts() -> None:
    single, scalable = values(rendered("loki")), values(rendered("loki", mode="scalable"))
    assert single["deploymentMode"] == "Monolithic"
    assert single["loki"]["storage"] == {"type": "filesystem"}
    assert single["singleBinary"]["replicas"] == 1
    assert scalable["deploymentMode"] == "Distributed"
    assert scalable["singleBinary"]["replicas"] == 0
    assert scalable["ingester"]["replicas"] == 3
    assert scalable["loki"]["storage"]["bucketNames"]["chunks"] == "acme-prod-eu-loki"
    assert scalable["loki"]["limits_config"]["retention_period"] == "720h"


@pytest.mark.parametrize(
    ("cloud", "provider", "plugin", "keyless"),
    [("aws", "aws", "aws", True), ("google", "gcp", "gcp", True), ("civo", "aws", "aws", False)],
)
def test_velero_reaches_its_bucket(cloud: str, provider: str, plugin: str, keyless: bool) -> None:
    files = rendered("velero", **on("velero", cloud))
    made = values(files)
    location = made["configuration"]["backupStorageLocation"][0]
    assert location["provider"] == provider
    assert location["bucket"] == "acme-prod-eu-velero"
    assert f"velero-plugin-for-{plugin}:" in made["initContainers"][0]["image"]
    assert made["credentials"]["useSecret"] is not keyless
    assert ("manifests/externalsecret.yaml" in files) is not keyless
    assert location["config"].get("s3Url") == (None if keyless else "https://objectstore.lon1.civo.com")
    assert made["serviceAccount"]["server"]["name"] == "velero"


def test_velero_hands_the_key_over_as_the_file_that_its_plugin_reads() -> None:
    secret = yaml.safe_load(rendered("velero", **on("velero", "civo"))["manifests/externalsecret.yaml"])
    assert secret["spec"]["target"]["template"]["data"]["cloud"].splitlines() == [
        "[default]",
        "aws_access_key_id={{ .id }}",
        "aws_secret_access_key={{ .key }}",
    ]


@pytest.mark.parametrize(
    ("cloud", "seal"), [("aws", "awskms"), ("google", "gcpckms"), ("civo", "transit"), ("existing", "shamir")]
)
def test_vault_is_unsealed_as_chosen(cloud: str, seal: str) -> None:
    files = rendered("vault", **on("vault", cloud), auto_unseal=seal, replicas=5)
    made = values(files)["server"]
    config = hcl2.loads(made["ha"]["raft"]["config"])
    assert [_bare(name) for entry in config.get("seal", []) for name in entry] == ([] if seal == "shamir" else [seal])
    assert made["ha"]["raft"]["config"].count("retry_join") == made["ha"]["replicas"] == 5
    assert ("manifests/externalsecret.yaml" in files) == (seal == "transit")


def _bare(name: str) -> str:
    return name.strip('"')


# The bucket, which is Terraform


BUCKET = "object-storage-bucket"
TERRAFORM = {f"terraform/{name}.tf" for name in ("main", "outputs", "variables", "versions")}


@pytest.mark.parametrize("service_account", ["", "velero/velero"])
@pytest.mark.parametrize("cloud", ["aws", "google", "civo"])
def test_the_bucket_is_terraform_of_its_cloud_and_nothing_for_argo_cd(cloud: str, service_account: str) -> None:
    files = rendered(BUCKET, **on(BUCKET, cloud), service_account=service_account)
    assert set(files) == {"README.md", *TERRAFORM}
    parsed = {path: hcl2.loads(files[path]) for path in TERRAFORM}
    provider = files["terraform/versions.tf"]
    assert re.search(r'version = "~> [0-9.]+"', provider)
    assert "backend" in provider
    assert "terraform init" in files["README.md"]
    declared = {_bare(name) for entry in parsed["terraform/variables.tf"]["variable"] for name in entry}
    used = set(re.findall(r"\bvar\.(\w+)", "".join(files[path] for path in TERRAFORM)))
    assert used == declared


@pytest.mark.parametrize(
    ("cloud", "protections"),
    [
        ("aws", ["aws_s3_bucket_public_access_block", "sse_algorithm", "versioning_configuration", "SecureTransport"]),
        ("google", ["public_access_prevention", '"enforced"', "uniform_bucket_level_access", "versioning"]),
    ],
)
def test_the_bucket_is_closed_encrypted_and_versioned(cloud: str, protections: list[str]) -> None:
    main = rendered(BUCKET, **on(BUCKET, cloud))["terraform/main.tf"]
    assert [protection for protection in protections if protection not in main] == []
    assert "lifecycle" in main


@pytest.mark.parametrize(("cloud", "mark"), [("aws", "aws_eks_pod_identity"), ("google", "principal://")])
def test_the_bucket_opens_to_one_service_account_without_a_key(cloud: str, mark: str) -> None:
    assert mark not in rendered(BUCKET, **on(BUCKET, cloud))["terraform/main.tf"]
    files = rendered(BUCKET, **on(BUCKET, cloud), service_account="velero/backup")
    assert mark in files["terraform/main.tf"]
    assert '"backup"' in files["terraform/variables.tf"]


@pytest.mark.parametrize("name", [BUCKET, "loki", "velero"])
def test_bucket_names_of_long_organizations_are_cut_with_a_hash(name: str) -> None:
    answers = {**SUPPLIED, "org_name": "o" * 39, "cluster": "c" * 40}
    known = {key: value for key, value in answers.items() if key in item(name).questions}
    buckets = {
        resolve(item(name), {**known, "cluster": cluster}).values["bucket"] for cluster in ("c" * 40, "c" * 39 + "d")
    }
    assert len(buckets) == 2
    assert all(len(bucket) <= 63 for bucket in buckets)
