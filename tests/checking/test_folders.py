"""Files by the folders they lie in: Helm, Kustomize, templates, directories that Argo CD reads, and duplicates."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator.checking.findings import Finding
from generator.checking.model import Known

Check = Callable[..., list[Finding]]
URL = "https://github.com/acme-apps/acme-gitops.git"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
NO_NAME = "apiVersion: v1\nkind: ConfigMap\n"
MARKS = "{{- if .Values.x }}\na: 1\n{{- end }}\n"
CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"


def application(source: str, name: str = "app") -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\nspec:\n"
        f"  project: default\n  source: {{repoURL: '{URL}', {source}}}\n"
        "  destination: {name: in-cluster, namespace: web}\n"
    )


@pytest.mark.parametrize(
    "path",
    [
        "chart/templates/x.yaml",
        "chart/templates/sub/x.yaml",
        "chart/rules/x.yaml",
        "template/copied/x.yaml",
        "catalog/item/template/x.yaml",
        "README.md",
        "main.tf",
    ],
)
def test_what_a_template_engine_renders_is_not_read_as_yaml(check_files: Check, acme: Known, path: str) -> None:
    files = {"chart/Chart.yaml": CHART, "template/copier.yml": "_subdirectory: copied\n", path: MARKS}
    assert check_files(files, acme) == []


@pytest.mark.parametrize(
    "path",
    [
        "chart/values.yaml",
        "catalog/item/copier.yml",
        ".gitopsmith/a.yaml",
        ".github/workflows/check.yaml",
        "loose.yml",
        "templates/x.yaml",
    ],
)
def test_other_yaml_must_parse(check_files: Check, acme: Known, path: str) -> None:
    files = {"chart/Chart.yaml": CHART}
    assert [f.path for f in check_files({**files, path: "a: b: c\n"}, acme)] == [path]
    assert check_files({**files, path: "on: [push]\nkind: ConfigMap\n"}, acme) == []


def test_workflows_and_answers_are_no_manifests(check_files: Check) -> None:
    assert check_files({".github/a.yaml": NO_NAME, ".gitopsmith/b.yaml": NO_NAME, "chart/Chart.yaml": CHART}) == []
    assert [f.path for f in check_files({"chart/Chart.yaml": CHART, "chart/crds/a.yaml": NO_NAME})] == [
        "chart/crds/a.yaml"
    ]


@pytest.mark.parametrize("field", ["apiVersion", "name", "version"])
def test_a_chart_says_what_helm_requires(check_files: Check, field: str) -> None:
    text = "".join(line for line in CHART.splitlines(keepends=True) if not line.startswith(field))
    (finding,) = check_files({"c/Chart.yaml": text})
    assert (finding.rule, finding.path) == ("chart", "c/Chart.yaml")
    assert f"`{field}`" in finding.message


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("resources:\n  - a.yaml\n  - lost.yaml\n", 3, "resources[1]"),
        ("resources: [empty]\n", 1, "resources[0]"),
        ("resources: [sub/kustomization.yaml]\n", 1, "resources[0]"),
        ("resources: [a.yaml]\npatches:\n  - path: lost.yaml\n", 3, "patches[0].path"),
        ("patchesStrategicMerge: [lost.yaml]\n", 1, "patchesStrategicMerge[0]"),
        ("configMapGenerator: [{name: a, files: [key=lost.txt]}]\n", 1, "configMapGenerator[0].files[0]"),
        ("components: [../lost]\n", 1, "components[0]"),
        ("resource: [a.yaml]\n", 1, "resource"),
        ("resources: a.yaml\n", 1, "resources"),
        ("kind: Kustomize\n", 1, "kind"),
    ],
)
def test_what_a_kustomization_names_must_exist(check_files: Check, text: str, line: int, key: str) -> None:
    files = {"k/a.yaml": OBJECT, "k/empty/x.txt": "", "k/sub/kustomization.yaml": "resources: []\n"}
    (finding,) = check_files({**files, "k/kustomization.yaml": text})
    assert (finding.rule, finding.line, finding.key) == ("kustomization", line, key)


def test_what_a_kustomization_may_name(check_files: Check) -> None:
    text = """\
    apiVersion: kustomize.config.k8s.io/v1beta1
    kind: Kustomization
    resources:
      - a.yaml
      - ../base
      - https://github.com/acme/base?ref=v1
      - github.com/acme/base//deploy?ref=v1
      - git@github.com:acme/base.git
    patches:
      - path: patch.yaml
      - patch: |
          - {op: remove, path: /data}
        target: {kind: ConfigMap}
    images: [{name: podinfo, newTag: 6.7.0}]
    configMapGenerator: [{name: a, files: [x.txt, y=x.txt], envs: [.env], literals: [a=b]}]
    """
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {$patch: replace, replicas: 1}\n"
    files = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": OBJECT.replace("a", "b", 1)}
    files["base/d.yaml"] = OBJECT.replace("name: a", "name: b")
    files |= {"k/kustomization.yaml": text, "k/a.yaml": OBJECT, "k/patch.yaml": patch, "k/x.txt": "", "k/.env": ""}
    assert check_files(files) == []


def test_a_patch_may_leave_out_but_not_misspell(check_files: Check) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replica: 1}\n"
    files = {"k/kustomization.yaml": "patches: [{path: p.yaml}]\n", "k/p.yaml": patch}
    assert [(f.rule, f.path, f.key) for f in check_files(files)] == [("schema", "k/p.yaml", "spec.replica")]


def test_a_base_may_leave_to_kustomize_what_is_required(check_files: Check) -> None:
    deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {}}\n"
    files = {"k/kustomization.yaml": "resources: [d.yaml]\n", "k/d.yaml": deployment}
    assert [f.key for f in check_files(files)] == ["spec"]
    labelled = {**files, "k/kustomization.yaml": "resources: [d.yaml]\ncommonLabels: {app: a}\n"}
    assert check_files(labelled) == []
    assert check_files({**files, "over/kustomization.yaml": "resources: [../k]\npatches: [{patch: x}]\n"}) == []


def test_a_secret_made_of_literals_lies_in_git(check_files: Check) -> None:
    text = "secretGenerator:\n  - name: a\n    literals: [password=hunter2]\n"
    (finding,) = check_files({"kustomization.yaml": text})
    assert (finding.rule, finding.line, finding.key) == ("secret-data", 3, "secretGenerator[0].literals")


def test_yaml_that_is_no_object_is_found_where_argo_cd_reads_it(check_files: Check) -> None:
    files = {"m/a.yaml": OBJECT, "m/values.yaml": "\nreplicas: 1\n", "m/sub/values.yaml": "replicas: 1\n"}
    (finding,) = check_files({**files, "app.yaml": application("path: m")})
    assert (finding.rule, finding.path, finding.line) == ("stray-yaml", "m/values.yaml", 2)
    assert "`apiVersion` and `kind` missing" in finding.message
    assert check_files(files) == []


@pytest.mark.parametrize(
    ("directory", "strays"),
    [
        ("{recurse: true}", ["m/sub/x.yaml", "m/x.yaml"]),
        ("{recurse: true, exclude: '*x.yaml'}", []),
        ("{recurse: true, include: '*/x.yaml'}", ["m/sub/x.yaml"]),
        ("{recurse: true, exclude: '{x.yaml,sub/*}'}", []),
        ("{}", ["m/x.yaml"]),
    ],
)
def test_a_directory_source_reads_what_its_patterns_say(check_files: Check, directory: str, strays: list[str]) -> None:
    files = {"m/x.yaml": "a: 1\n", "m/sub/x.yaml": "a: 1\n", "m/README.md": "text"}
    found = check_files({**files, "app.yaml": application(f"path: m, directory: {directory}")})
    assert [f.path for f in found if f.rule == "stray-yaml"] == strays


def test_json_is_read_where_argo_cd_reads_it(check_files: Check) -> None:
    files = {"m/dashboard.json": '{"title": "x"}', "m/o.json": '{"apiVersion": "v1", "kind": "ConfigMap"}'}
    assert check_files(files) == []
    found = check_files({**files, "app.yaml": application("path: m")})
    assert [(f.path, f.rule) for f in found] == [("m/dashboard.json", "stray-yaml"), ("m/o.json", "name")]


def test_a_file_with_argo_cds_marker_is_passed_over(check_files: Check) -> None:
    text = "# +argocd:skip-file-rendering\nreplicas: 1\n"
    assert check_files({"m/values.yaml": text, "app.yaml": application("path: m")}) == []


@pytest.mark.parametrize("other", ["m/Chart.yaml", "m/kustomization.yaml"])
def test_charts_and_kustomizations_are_no_plain_directories(check_files: Check, other: str) -> None:
    content = CHART if other.endswith("Chart.yaml") else "resources: []\n"
    assert check_files({other: content, "m/values.yaml": "a: 1\n", "app.yaml": application("path: m")}) == []


def test_the_same_object_twice_in_one_application_is_found(check_files: Check) -> None:
    twin = "# the same again\n" + OBJECT.replace("name: a", "name: a, namespace: web")
    files = {"m/1.yaml": OBJECT, "m/2.yaml": twin, "app.yaml": application("path: m")}
    (finding,) = check_files(files)
    assert (finding.rule, finding.path, finding.line, finding.key) == ("duplicate", "m/2.yaml", 4, "metadata.name")
    assert "m/1.yaml" in finding.message
    assert check_files({path: text for path, text in files.items() if path != "app.yaml"}) == []


def test_objects_that_differ_in_group_namespace_or_name_are_no_duplicates(check_files: Check) -> None:
    files = {
        "m/1.yaml": OBJECT,
        "m/2.yaml": OBJECT.replace("name: a", "name: a, namespace: db"),
        "m/3.yaml": OBJECT.replace("name: a", "name: b"),
        "m/4.yaml": OBJECT.replace("v1", "acme.io/v1"),
        "app.yaml": application("path: m"),
    }
    assert check_files(files) == []


def test_the_namespace_of_a_cluster_wide_object_does_not_count(check_files: Check) -> None:
    one = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
    files = {
        "m/1.yaml": one,
        "m/2.yaml": one.replace("name: a", "name: a, namespace: x"),
        "app.yaml": application("path: m"),
    }
    assert [f.rule for f in check_files(files)] == ["duplicate"]


def test_a_file_and_a_kustomization_hold_an_object_once(check_files: Check) -> None:
    assert [f.line for f in check_files({"a.yaml": f"{OBJECT}---\n{OBJECT}"})] == [7]
    files = {"b/kustomization.yaml": "resources: [x.yaml]\n", "b/x.yaml": OBJECT, "k/x.yaml": OBJECT}
    twice = {**files, "k/kustomization.yaml": "resources: [x.yaml, ../b]\n"}
    assert [(f.rule, f.path) for f in check_files(twice)] == [("duplicate", "b/x.yaml")]
    renamed = {**twice, "b/kustomization.yaml": "namePrefix: b-\nresources: [x.yaml]\n"}
    assert check_files(renamed) == []


def test_kustomizations_that_name_each_other_end(check_files: Check) -> None:
    files = {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../a]\n"}
    assert check_files(files) == []


def test_kustomizations_that_multiply_or_never_end_are_checked_all_the_same(check_files: Check) -> None:
    names = "namePrefix: {0}-\nresources: [../a{1}, ../b{1}]\n"
    twice = {f"{own}{n}/kustomization.yaml": names.format(own, n + 1) for own in "ab" for n in range(40)}
    chain = {f"{n}/kustomization.yaml": f"resources: [../{n + 1}]\n" for n in range(1500)}
    ends = {f"{place}/kustomization.yaml": "resources: [x.yaml]\n" for place in ("a40", "b40", "1500")}
    objects = {path.replace("kustomization", "x"): OBJECT.replace("name: a", f"name: x{path[0]}") for path in ends}
    assert check_files({**twice, **chain, **ends, **objects}) == []


def test_applications_of_one_repository_have_names_of_their_own(check_files: Check, acme: Known) -> None:
    files = {"1.yaml": application("path: m"), "2.yaml": application("path: m"), "m/a.yaml": OBJECT}
    assert [(f.rule, f.path) for f in check_files(files, acme)] == [("duplicate", "2.yaml")]
    # Without an organization the two may belong to two clusters, each with an Argo CD of its own.
    assert check_files(files) == []
