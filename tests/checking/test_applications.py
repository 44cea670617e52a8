"""Applications and what they point at: paths, projects, clusters, environments and permissions."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from generator.checking.checker import check
from generator.checking.findings import Finding, Severity
from generator.checking.model import CheckedRepository, Known
from generator.core.tree import File, MemoryTree

Check = Callable[..., list[Finding]]
URL = "https://github.com/acme-apps/acme-gitops.git"
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def application(
    source: str = "path: manifests",
    *,
    project: str = "default",
    destination: str = "name: in-cluster, namespace: argocd",
    metadata: str = "name: app, namespace: argocd",
    url: str = URL,
    sync: str = "",
) -> str:
    """Return an Application; line 6 is its source, line 7 its destination."""
    return dedent(
        f"""\
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {{{metadata}}}
        spec:
          project: {project}
          source: {{repoURL: "{url}", {source}}}
          destination: {{{destination}}}
          syncPolicy: {{{sync}}}
        """
    )


def project(spec: str, name: str = "team") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\n"
        f"metadata: {{name: {name}, namespace: argocd}}\nspec: {{{spec}}}\n"
    )


def test_an_application_whose_path_exists_has_no_findings(check_files: Check) -> None:
    assert check_files({"app.yaml": application(), "manifests/a.yaml": OBJECT}) == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("manifest", "does not exist or is empty"),
        ("manifests/a.yaml", "is a file"),
        ("../manifests", "leaves the repository"),
        ("/manifests", "leaves the repository"),
    ],
)
def test_a_path_that_does_not_exist_is_found(check_files: Check, path: str, words: str) -> None:
    (finding,) = check_files({"app.yaml": application(f"path: {path}"), "manifests/a.yaml": OBJECT})
    assert (finding.rule, finding.path, finding.line, finding.key) == (
        "application-path",
        "app.yaml",
        6,
        "spec.source.path",
    )
    assert words in finding.message


@pytest.mark.parametrize("path", [".", "./manifests", "manifests/"])
def test_a_path_may_be_written_in_several_ways(check_files: Check, path: str) -> None:
    assert check_files({"app.yaml": application(f"path: {path}"), "manifests/a.yaml": OBJECT}) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme-apps/acme-gitops",
        "https://GitHub.com/Acme-Apps/acme-gitops.git/",
        "git@github.com:acme-apps/acme-gitops.git",
        "ssh://git@github.com:22/acme-apps/acme-gitops",
        "https://token@github.com/acme-apps/acme-gitops",
    ],
)
def test_our_repository_is_recognized_however_its_url_is_written(check_files: Check, url: str) -> None:
    assert [f.rule for f in check_files({"app.yaml": application("path: nowhere", url=url)})] == ["application-path"]


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("path: nowhere", "https://github.com/acme-apps/other.git"),
        ("path: nowhere, targetRevision: v1.2.3", URL),
        ("chart: podinfo, targetRevision: 6.7.0", "https://stefanprodan.github.io/podinfo"),
    ],
    ids=["another repository", "another revision", "a chart"],
)
def test_nothing_is_said_of_a_source_that_is_not_checked(check_files: Check, source: str, url: str) -> None:
    assert check_files({"app.yaml": application(source, url=url)}) == []


@pytest.mark.parametrize(
    "url", ["https://github.acme.example/Acme-Apps/acme-gitops", "git@github.acme.example:acme-apps/acme-gitops.git"]
)
def test_a_repository_of_ours_on_another_host_is_told(check_files: Check, acme: Known, url: str) -> None:
    (finding,) = check_files({"app.yaml": application("path: a", url=url)}, acme)
    assert (finding.severity, finding.rule, finding.line) == (Severity.WARNING, "application-repository", 6)
    assert finding.key == "spec.source.repoURL"
    assert "`acme-apps/acme-gitops` on github.com (gitUrl of organization.yaml)" in finding.message
    assert "github.acme.example" in finding.message


@pytest.mark.parametrize(
    "url", [URL, "ssh://git@github.com:22/acme-apps/acme-gitops", "https://gitlab.com/acme/charts"]
)
def test_a_repository_where_it_is_and_one_of_others_are_not_told(check_files: Check, acme: Known, url: str) -> None:
    assert check_files({"app.yaml": application(url=url), "manifests/a.yaml": OBJECT}, acme) == []


@pytest.mark.parametrize("revision", ["HEAD", "main", "refs/heads/main"])
def test_the_checked_branch_may_be_named(check_files: Check, revision: str) -> None:
    found = check_files({"app.yaml": application(f"path: nowhere, targetRevision: {revision}")})
    assert [f.rule for f in found] == ["application-path"]


def test_each_of_several_sources_is_held_against_its_repository(check_files: Check) -> None:
    text = f"""\
    apiVersion: argoproj.io/v1alpha1
    kind: Application
    metadata: {{name: app, namespace: argocd}}
    spec:
      project: default
      destination: {{name: in-cluster, namespace: argocd}}
      sources:
        - {{repoURL: "https://charts.example.com", chart: c, targetRevision: 1.0.0,
           helm: {{valueFiles: [$values/prod.yaml, $values/lost.yaml, $other/x.yaml]}}}}
        - {{repoURL: "{URL}", ref: values}}
        - {{repoURL: "{URL}", path: lost}}
        - {{repoURL: "{URL}"}}
    """
    found = check_files({"apps/app.yaml": text, "prod.yaml": "replicas: 1\n"})
    assert [(f.line, f.key) for f in found] == [
        (9, "spec.sources[0].helm.valueFiles[1]"),
        (11, "spec.sources[2].path"),
        (12, "spec.sources[3]"),
    ]


def test_values_files_beside_a_chart_must_exist_unless_they_may_miss(check_files: Check) -> None:
    files = {"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/values.yaml": "", "shared.yaml": "a: 1"}
    source = "path: c, helm: {valueFiles: [values.yaml, /shared.yaml, ../shared.yaml, lost.yaml, 'https://x/y.yaml']}"
    (finding,) = check_files({**files, "app.yaml": application(source)})
    assert finding.key == "spec.source.helm.valueFiles[3]"
    assert "`c/lost.yaml`" in finding.message
    assert check_files({**files, "app.yaml": application(source[:-1] + ", ignoreMissingValueFiles: true}")}) == []


def test_a_project_that_does_not_exist_is_found_where_all_repositories_are_checked(
    check_files: Check, acme: Known
) -> None:
    files = {"app.yaml": application(project="lost"), "manifests/a.yaml": OBJECT}
    (finding,) = check_files(files, acme)
    assert (finding.rule, finding.line, finding.key) == ("application-project", 5, "spec.project")
    assert "`default`" in finding.hint
    assert check_files(files) == []
    elsewhere = Known(acme.clusters, acme.environments, frozenset({URL, "https://github.com/acme/acme-gitops"}))
    assert check_files(files, elsewhere) == []


def test_a_project_of_another_repository_is_known(acme: Known) -> None:
    platform = MemoryTree(
        {"p.yaml": File(project("sourceRepos: ['*'], destinations: [{name: '*', namespace: '*'}]").encode())}
    )
    apps = MemoryTree({"a.yaml": File(application(project="team").encode()), "manifests/a.yaml": File(OBJECT.encode())})
    repositories = [CheckedRepository("platform", platform), CheckedRepository("apps", apps, URL)]
    assert check(repositories, acme) == []
    assert [f.rule for f in check(repositories[1:], acme)] == ["application-project"]


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("name: prod-us", "There is no cluster `prod-us`"),
        ("name: mgmt", "calls `in-cluster`"),
        ("namespace: x", "neither `name` nor `server`"),
        ("name: prod-eu, server: 'https://x'", "both `name` and `server`"),
    ],
)
def test_a_destination_that_argo_cd_cannot_find_is_found(
    check_files: Check, acme: Known, destination: str, words: str
) -> None:
    (finding,) = check_files({"app.yaml": application(destination=destination), "manifests/a.yaml": OBJECT}, acme)
    assert (finding.rule, finding.line) == ("application-cluster", 7)
    assert words in finding.message


@pytest.mark.parametrize("destination", ["name: in-cluster", "name: prod-eu", "server: 'https://10.0.0.1'"])
def test_known_clusters_and_servers_are_fine(check_files: Check, acme: Known, destination: str) -> None:
    assert check_files({"app.yaml": application(destination=destination), "manifests/a.yaml": OBJECT}, acme) == []


def test_any_cluster_is_fine_where_the_organization_is_not_known(check_files: Check) -> None:
    assert check_files({"app.yaml": application(destination="name: x"), "manifests/a.yaml": OBJECT}) == []


@pytest.mark.parametrize(
    ("path", "rules"),
    [
        ("registry/environments/staging/prod-eu/app.yaml", []),
        ("registry/environments/stagin/prod-eu/app.yaml", ["application-environment"]),
        ("registry/environments/staging/prod-us/app.yaml", ["application-cluster"]),
        ("registry/clusters/prod-us/app.yaml", ["application-cluster"]),
        ("registry/clusters/prod-eu/components/x/application.yaml", []),
        ("elsewhere/app.yaml", []),
    ],
)
def test_the_folder_of_an_application_names_what_exists(
    check_files: Check, acme: Known, path: str, rules: list[str]
) -> None:
    assert [f.rule for f in check_files({path: application(), "manifests/a.yaml": OBJECT}, acme)] == rules


ALL_KINDS = "clusterResourceWhitelist: [{group: '*', kind: '*'}]"
OPEN = "sourceRepos: ['*'], destinations: [{name: '*', namespace: '*'}], " + ALL_KINDS


@pytest.mark.parametrize(
    ("spec", "line", "key", "field"),
    [
        (OPEN.replace("['*']", "['https://github.com/other/*']"), 6, "spec.source.repoURL", "sourceRepos"),
        (OPEN.replace("['*']", "['*', '!https://github.com/acme-apps/*']"), 6, "spec.source.repoURL", "sourceRepos"),
        (OPEN.replace("['*']", "['https://github.com/*']"), 6, "spec.source.repoURL", "sourceRepos"),
        (
            OPEN.replace("name: '*', namespace: '*'", "name: prod-*, namespace: x"),
            7,
            "spec.destination",
            "destinations",
        ),
        (OPEN.replace("name: '*'", "name: '*-eu', server: ''"), 7, "spec.destination", "destinations"),
        (
            OPEN.replace(
                "[{name: '*', namespace: '*'}]", "[{server: '*', namespace: '*'}, {server: '*', namespace: '!web'}]"
            ),
            7,
            "spec.destination",
            "destinations",
        ),
        (OPEN, 3, "metadata.namespace", "sourceNamespaces"),
        (OPEN.replace("kind: '*'", "kind: Role"), 8, "spec.syncPolicy", "clusterResourceWhitelist"),
    ],
    ids=[
        "source",
        "denied source",
        "glob of one segment",
        "namespace",
        "cluster",
        "denied",
        "from",
        "creates namespace",
    ],
)
def test_what_a_project_does_not_allow_is_found(check_files: Check, spec: str, line: int, key: str, field: str) -> None:
    away = field == "sourceNamespaces"
    text = application(
        project="team",
        destination="name: prod-us, namespace: web",
        metadata=f"name: app, namespace: {'team-apps' if away else 'argocd'}",
        sync="syncOptions: [CreateNamespace=true]",
    )
    (finding,) = check_files({"app.yaml": text, "project.yaml": project(spec), "manifests/a.yaml": OBJECT})
    assert (finding.rule, finding.path, finding.line, finding.key) == ("project-permission", "app.yaml", line, key)
    assert f"`{field}`" in finding.hint
    assert "project.yaml" in finding.hint


@pytest.mark.parametrize(
    ("spec", "destination", "namespace"),
    [
        (OPEN, "name: prod, namespace: web", "argocd"),
        (OPEN.replace("['*']", f"['{URL}']"), "name: prod, namespace: web", "argocd"),
        (OPEN.replace("['*']", "['https://github.com/acme-apps/*']"), "name: prod, namespace: web", "argocd"),
        (OPEN.replace("['*']", "['https://github.com/**']"), "name: prod, namespace: web", "argocd"),
        (OPEN.replace("['*']", "['!https://github.com/other/*']"), "name: prod, namespace: web", "argocd"),
        (OPEN.replace("namespace: '*'", "namespace: 'w{eb,ww}'"), "name: prod, namespace: web", "argocd"),
        (OPEN.replace("name: '*'", "server: 'https://10.0.0.1'"), "name: prod, namespace: web", "argocd"),
        (
            OPEN.replace("name: '*'", "name: in-cluster"),
            "server: https://kubernetes.default.svc, namespace: web",
            "argocd",
        ),
        (OPEN + ", sourceNamespaces: ['team-*']", "name: prod, namespace: web", "team-apps"),
        (OPEN + ", sourceNamespaces: ['/^team-(apps|web)$/']", "name: prod, namespace: web", "team-apps"),
    ],
)
def test_what_a_project_allows_is_not(check_files: Check, spec: str, destination: str, namespace: str) -> None:
    text = application(project="team", destination=destination, metadata=f"name: app, namespace: {namespace}")
    assert check_files({"app.yaml": text, "project.yaml": project(spec), "manifests/a.yaml": OBJECT}) == []


ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n"
ISSUER = "apiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: i}\n"
UNKNOWN = "apiVersion: acme.io/v1\nkind: Thing\nmetadata: {name: t}\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.acme.io}
spec:
  group: acme.io
  names: {kind: Thing, plural: things}
  scope: Cluster
  versions: [{name: v1, served: true, storage: true}]
"""
NARROW = "sourceRepos: ['*'], destinations: [{name: '*', namespace: web}]"


@pytest.mark.parametrize(
    ("spec", "manifest", "keys"),
    [
        (NARROW, OBJECT, []),
        (NARROW, ROLE, ["kind"]),
        (NARROW, ISSUER, ["kind"]),
        (NARROW, UNKNOWN, []),
        (NARROW + ", clusterResourceWhitelist: [{group: '*', kind: ClusterRole}]", ROLE, []),
        (NARROW + ", clusterResourceWhitelist: [{group: '*', kind: '*', name: x-*}]", ROLE, ["kind"]),
        (NARROW + ", namespaceResourceWhitelist: [{group: apps, kind: '*'}]", OBJECT, ["kind"]),
        (NARROW + ", namespaceResourceBlacklist: [{group: '', kind: ConfigMap}]", OBJECT, ["kind"]),
        (NARROW, OBJECT.replace("name: a", "name: a, namespace: db"), ["metadata.namespace"]),
    ],
)
def test_objects_in_the_repository_are_held_to_their_project(
    check_files: Check, spec: str, manifest: str, keys: list[str]
) -> None:
    app = application(project="team", destination="name: prod, namespace: web")
    found = check_files({"app.yaml": app, "project.yaml": project(spec), "manifests/a.yaml": manifest})
    assert [(f.rule, f.path, f.key) for f in found] == [("project-permission", "manifests/a.yaml", key) for key in keys]
    assert all("the Application `app`" in f.message for f in found)


def test_a_definition_in_the_repository_tells_the_scope_of_its_kind(check_files: Check) -> None:
    app = application(project="team", destination="name: prod, namespace: web")
    files = {"app.yaml": app, "project.yaml": project(NARROW), "manifests/t.yaml": UNKNOWN}
    found = check_files({**files, "crds/thing.yaml": DEFINITION})
    assert [(f.rule, f.path) for f in found] == [("project-permission", "manifests/t.yaml")]


def test_objects_behind_a_kustomization_are_held_to_their_project_as_it_renames_them(check_files: Check) -> None:
    app = application(project="team", destination="name: prod, namespace: web")
    files = {"app.yaml": app, "project.yaml": project(NARROW), "manifests/a.yaml": OBJECT}
    wrong = {**files, "manifests/kustomization.yaml": "namespace: db\nresources: [a.yaml]\n"}
    assert [(f.rule, f.path) for f in check_files(wrong)] == [("project-permission", "manifests/a.yaml")]
    right = {**files, "manifests/kustomization.yaml": "namespace: web\nresources: [a.yaml]\n"}
    assert check_files(right) == []


def test_an_ill_typed_application_is_told_by_its_schema(check_files: Check) -> None:
    found = check_files({"app.yaml": application("path: [a]", destination="name: 1, namespace: x")})
    assert {f.rule for f in found} >= {"schema"}
    assert all(f.severity is Severity.ERROR for f in found)
