"""Checking 1,000 apps in three environments, beside merely parsing the same files with PyYAML's C loader."""

from __future__ import annotations

import resource
from pathlib import Path
from time import perf_counter

import yaml

from bench.result import Result
from generator.checking.checker import check
from generator.checking.findings import format_text
from generator.checking.model import CheckedRepository, Known
from generator.core.tree import File, MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder
from generator.templating.template import Template

APPS = 1000
ENVIRONMENTS = ("development", "staging", "production")
CLUSTER = "prod-eu"
PLATFORM = "https://github.com/acme/acme-gitops.git"
APPLICATIONS = "https://github.com/acme-apps/acme-gitops.git"
SECONDS = 30
"""The most that the whole check may take, whatever the ratio."""
MEGABYTES = 500

PROJECTS = f"""\
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: {CLUSTER}, namespace: argocd}}
spec:
  sourceRepos: ["{APPLICATIONS}"]
  sourceNamespaces: [{CLUSTER}-environment]
  destinations: [{{name: {CLUSTER}, namespace: "*"}}]
  clusterResourceWhitelist: [{{group: "", kind: Namespace}}]
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: {CLUSTER}-environment, namespace: argocd}}
spec:
  sourceRepos: ["{APPLICATIONS}"]
  destinations: [{{name: in-cluster, namespace: {CLUSTER}-environment}}]
  namespaceResourceWhitelist: [{{group: argoproj.io, kind: Application}}]
"""

ENVIRONMENT = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {cluster}-{environment}, namespace: argocd}}
spec:
  project: {cluster}-environment
  source: {{repoURL: "{url}", targetRevision: main, path: registry/environments/{environment}/{cluster}}}
  destination: {{name: in-cluster, namespace: {cluster}-environment}}
"""


def platform_tree() -> MemoryTree:
    """Return a platform repository with one cluster, its projects and its environments."""
    folder = f"registry/clusters/{CLUSTER}"
    files = {f"{folder}/00-projects.yaml": File(PROJECTS.encode())}
    for name in ENVIRONMENTS:
        text = ENVIRONMENT.format(cluster=CLUSTER, environment=name, url=APPLICATIONS)
        files[f"{folder}/45-{name}.yaml"] = File(text.encode())
    return MemoryTree(files)


def application_tree() -> MemoryTree:
    """Return an application repository with every app in every environment, rendered from the template `service`."""
    template = Template.parse(read_folder(Path(__file__).parents[1] / "templates" / "service"), name="service")
    files: dict[str, File] = {}
    for environment in ENVIRONMENTS:
        folder = f"registry/environments/{environment}/{CLUSTER}"
        for number in range(APPS):
            name = f"app-{number:04}"
            given = {
                "name": name,
                "application_name": f"{name}-{environment}",
                "namespace": f"{name}-{environment}",
                "environment": environment,
                "cluster": CLUSTER,
                "path": folder,
                "source_repo": name,
                "image": f"ghcr.io/acme/{name}",
                "version": "1.10.0",
                "application_repo_url": APPLICATIONS,
            }
            known = {key: value for key, value in given.items() if key in template.questions}
            tree = render(template, resolve(template, known))
            files |= {f"{folder}/{path}": file for path in tree.under("") if (file := tree.get(path))}
    return MemoryTree(files)


def peak() -> float:
    """Return the most memory that this process has held so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> Result:
    """Return how the check compares with only parsing, and print what the bars in seconds and megabytes are about."""
    repositories = [
        CheckedRepository("platform", platform_tree(), PLATFORM),
        CheckedRepository("applications", application_tree(), APPLICATIONS),
    ]
    known = Known(frozenset({CLUSTER}), frozenset(ENVIRONMENTS), frozenset({PLATFORM, APPLICATIONS}))
    trees = [repository.tree for repository in repositories]
    texts = [file.data for tree in trees for path in tree.under("") if (file := tree.get(path)) and path.endswith("ml")]
    before = peak()
    started = perf_counter()
    findings = check(repositories, known)
    ours = perf_counter() - started
    held = peak()
    assert not findings, format_text(findings[:10])
    started = perf_counter()
    for text in texts:
        list(yaml.load_all(text, yaml.CSafeLoader))
    theirs = perf_counter() - started
    rate = len(texts) / ours
    print(
        f"check: {len(texts)} files in {ours:.1f} s (bar: {SECONDS} s), {rate:.0f} files/s; "
        f"the process held {held:.0f} MB at most (bar: {MEGABYTES} MB), {before:.0f} MB of it before the check"
    )
    return Result(what=f"check {len(texts)} files", ours=ours, theirs=theirs, beside="parsing alone (PyYAML)", bar=0.5)


if __name__ == "__main__":
    print(main())
