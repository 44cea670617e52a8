"""`gitopsmith check` on an organization with 1,000 apps in three environments, beside merely parsing the same files."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml

from bench.result import Result
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import app_context, render_instance
from generator.workspace.templates import builtin
from generator.workspace.workspace import Workspace, find_workspace

APPS = 1000
ENVIRONMENTS = ("development", "staging", "production")
CLUSTER = "prod-eu"
SECONDS = 30
MEGABYTES = 500
COMMAND = str(Path(sys.executable).with_name("gitopsmith"))


def main() -> Result:
    """Return how the command compares with only parsing."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "out"
        make_organization(folder)
        started = perf_counter()
        done = subprocess.run([COMMAND, "check", str(folder)], capture_output=True, text=True, check=False)
        ours = perf_counter() - started
        held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        assert done.stdout == "No findings.\n", done.stdout[-2000:] + done.stderr
        files = [path for path in folder.rglob("*.y*ml") if ".git/" not in str(path) and "/catalog/" not in str(path)]
        started = perf_counter()
        for path in files:
            list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))
        theirs = perf_counter() - started
    note = f"{len(files) / ours:.0f} files/s; the process held {held:.0f} MB at most (bar: {MEGABYTES} MB)"
    what = f"gitopsmith check, {len(files)} files"
    return Result(what, ours, theirs, "parsing alone (PyYAML)", bar=1 / 3, seconds=SECONDS, note=note)


def make_organization(folder: Path) -> None:
    """Make an organization with all apps, by the product's own verbs but for one commit that holds all apps."""
    commit(propose_organization(folder, {"org": "acme", "app_org": "acme-apps"}))
    commit(add_cluster(find_workspace(folder), CLUSTER, "physical", {"cloud": "aws"}, force=False))
    for environment in ENVIRONMENTS:
        commit(add_environment(find_workspace(folder), environment, CLUSTER, before=None, force=False))
    workspace = find_workspace(folder)
    commit(propose(workspace, all_apps(workspace)))


def all_apps(workspace: Workspace) -> Draft:
    """Return the draft that adds every app to every environment."""
    organization, tree, template = workspace.organization, workspace.tree("application"), builtin("service")
    draft, cluster = Draft("Add all apps"), workspace.cluster(CLUSTER)
    for environment in ENVIRONMENTS:
        for number in range(APPS):
            name = f"app-{number:04}"
            context = {
                **app_context(organization, cluster, environment, name),
                "source_owner": "acme",
                "source_repo": name,
            }
            given = {"image": f"ghcr.io/acme/{name}", "version": "1.10.0"}
            place = workspace.layout.app_place(environment, CLUSTER, name)
            draft.instances["application"].append(render_instance(template, place, tree, context, given)[0])
    return draft


def commit(proposal: Proposal) -> None:
    """Commit a proposal to all of its repositories."""
    for repository in proposal.repositories:
        repository.commit()


if __name__ == "__main__":
    print(main())
