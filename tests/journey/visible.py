"""What a person can see in the end, on GitHub and in the user's own repositories: no ids and no times."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.github_double.double import GitHubDouble
from tests.github_double.model import CommitStatus, Deployment, DeploymentStatus, Hook, Repository

_SCRATCH = "refs/heads/gitopsmith-changes/made/"
"""Where GitHub makes commits. What is left there harms nobody, and the next one takes its place."""
_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


class Commits:
    """The commits of repositories, told by what they say: what they are called depends on when they were made."""

    def __init__(self) -> None:
        self._subjects: dict[str, str] = {}

    def branches(self, path: Path) -> dict[str, Any]:
        """Return what each branch holds, and the subjects of its commits, the newest first."""
        form = "--format=%H%x1f%T%x1f%P%x1f%D%x1f%s"
        log = _git(path, "log", "--branches", "--topo-order", "--decorate=full", form)
        parents, trees, heads = {}, {}, {}
        for line in log.splitlines():
            commit, tree, behind, names, subject = line.split("\x1f")
            self._subjects[commit], trees[commit], parents[commit] = subject, tree, behind.split()
            for name in names.removeprefix("HEAD -> ").split(", "):
                if name.startswith("refs/heads/") and not name.startswith(_SCRATCH):
                    heads[name.removeprefix("refs/heads/")] = commit
        return {
            name: {"tree": trees[head], "subjects": self._history(head, parents)}
            for name, head in sorted(heads.items())
        }

    def told(self, text: str) -> str:
        """Return a text in which commits are told by their subjects."""
        return _COMMIT.sub(lambda found: f"<{self._subjects.get(found[0], found[0])}>", text)

    def _history(self, head: str, parents: dict[str, list[str]]) -> list[str]:
        found = []
        line = [head]
        while line:
            found.append(" + ".join(self._subjects[one] for one in line))
            line = [parent for one in line for parent in parents[one]]
        return found


def visible(github: GitHubDouble, folder: Path) -> Any:
    """Return all that can be seen; the same where nobody sees a difference.

    Args:
        github: The GitHub.
        folder: Where the user is.
    """
    commits, out, secrets = Commits(), folder / "out", folder / "secrets.yaml"
    signed = yaml.safe_load(secrets.read_text()) if secrets.exists() else {}
    with github.api.lock:
        repositories = sorted(github.state.repositories.values(), key=lambda one: one.full_name)
        branches = {one.full_name: commits.branches(one.path) for one in repositories if one.path}
        there = {
            one.full_name: {**_repository(one, signed.get(one.full_name, [])), "branches": branches[one.full_name]}
            for one in repositories
        }
        here = {str(folder.relative_to(out)): _work_tree(folder, commits) for folder in sorted(out.glob("[!.]*/[!.]*"))}
        return json.loads(commits.told(json.dumps({"GitHub": there, "here": here})))


def repetitions(github: GitHubDouble) -> list[str]:
    """Return what was said or made twice."""
    found = []
    with github.api.lock:
        for repository in github.state.repositories.values():
            for deployment in repository.deployments:
                found += _twice([f"{deployment.task} is {_status(status)}" for status in deployment.statuses])
            found += _twice([f"{one.sha} {one.context} is {_said(one)}" for one in repository.statuses])
            found += _twice([f"deployment of {_deployment(one)['of']}" for one in repository.deployments])
            found += _twice([f"hook at {one.config['url']}" for one in repository.hooks])
    return found


def _twice(told: Sequence[str]) -> list[str]:
    return [one for one, times in Counter(told).items() if times > 1]


def _repository(found: Repository, secrets: list[str]) -> dict[str, Any]:
    newest = {(one.sha, one.context): _said(one) for one in found.statuses}
    return {
        "settings": [found.private, found.description, found.default_branch, sorted(found.topics), found.archived],
        "protections": found.protections,
        "hooks": [_hook(one, secrets) for one in found.hooks],
        "secrets": len(secrets),
        "deployments": sorted(map(_deployment, found.deployments), key=json.dumps),
        "statuses": sorted([*key, *said] for key, said in newest.items()),
        "comments": [[one.number, one.user.login, one.body] for one in found.comments],
        "pull requests": [
            [one.number, one.state, one.title, one.body, one.branch, one.base, one.merged_at is not None]
            for one in found.pull_requests
        ],
    }


def _hook(found: Hook, secrets: list[str]) -> Sequence[Any]:
    """Return what a hook is, and by which of the secrets that are known here its deliveries are signed."""
    return [found.config["url"], secrets.index(found.config["secret"]), sorted(found.events), found.active]


def _deployment(found: Deployment) -> dict[str, Any]:
    return {
        "of": [found.environment, found.task, found.sha, found.payload.get("app")],
        "ref": found.ref,
        "description": found.description,
        "payload": found.payload,
        "is": [found.transient, found.production],
        "status": _status(found.statuses[-1]) if found.statuses else None,
    }


def _status(found: DeploymentStatus) -> Sequence[str]:
    return [found.state, found.description, found.environment_url, found.log_url]


def _said(found: CommitStatus) -> Sequence[str | None]:
    return [found.state, found.description, found.target_url]


def _work_tree(folder: Path, commits: Commits) -> dict[str, Any]:
    """Return what the user's own repository holds, and what it knows of GitHub."""
    config = _git(folder, "config", "--list", "--local").splitlines()
    return {
        "branches": commits.branches(folder),
        "remotes": sorted(line for line in config if line.startswith(("remote.", "branch."))),
        "changed": _git(folder, "status", "--porcelain"),
        "origin": commits.told(_git(folder, "for-each-ref", "--format=%(refname) %(objectname)", "refs/remotes")),
    }


def _git(path: Path, *command: str) -> str:
    return subprocess.run(["git", *command], cwd=path, check=True, capture_output=True, text=True).stdout
