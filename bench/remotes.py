"""An organization with many apps on bare remotes, and what GitHub tells of their repositories."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from generator.core.instants import show_instant
from generator.sync.news.delivery import Delivery
from generator.workspace.app_documents import NewApp, documents
from generator.workspace.bootstrap import propose_organization
from generator.workspace.clusters import add_cluster
from generator.workspace.environments import add_environment
from generator.workspace.proposal import Draft, Proposal, propose
from generator.workspace.rendering import app_context, render_instance
from generator.workspace.templates import builtin
from generator.workspace.workspace import Workspace, find_workspace

OWNER = "acme"
FIRST = "1.0.0"
"""The version that each app begins with."""
_CLUSTER = "prod-eu"
_ENVIRONMENT = "staging"
_POLICY = "  template: service\n  preview:\n    max: 1000\n    waitForImage: false\n"
_OPEN_AT_ONCE = 3
# What GitHub says of a repository is mostly addresses: a payload has three times as many as there are kinds of these.
_KINDS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "clone",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "html",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "mirror",
    "notifications",
    "pulls",
    "releases",
    "ssh",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "svn",
    "tags",
    "teams",
    "trees",
]


def app_name(number: int) -> str:
    """Return the name of an app, which its repository has, too."""
    return f"app-{number:03}"


def make_workspace(folder: Path, apps: int) -> Path:
    """Make a workspace whose remotes are bare repositories beside it; each app is in staging and may have previews.

    Args:
        folder: Where; nothing is there yet.
        apps: How many.

    Returns:
        The workspace's folder.
    """
    out = folder / "out"
    _commit(propose_organization(out, {"org": OWNER, "app_org": "acme-apps"}))
    _commit(add_cluster(find_workspace(out), _CLUSTER, "physical", {"cloud": "aws"}, force=False))
    for environment in (_ENVIRONMENT, "preview"):
        _commit(add_environment(find_workspace(out), environment, _CLUSTER, before=None, force=False))
    workspace = find_workspace(out)
    _commit(propose(workspace, _all_apps(workspace, apps)))
    for name in ("acme/acme-gitops", "acme-apps/acme-gitops"):
        bare = folder / "remotes" / f"{name}.git"
        subprocess.run(["git", "clone", "--quiet", "--bare", str(out / name), str(bare)], check=True)
        subprocess.run(["git", "-C", str(out / name), "remote", "set-url", "origin", str(bare)], check=True)
    return out


def application_remote(workspace: Path) -> Path:
    """Return the bare application repository of a workspace."""
    return workspace.parent / "remotes/acme-apps/acme-gitops.git"


def _all_apps(workspace: Workspace, apps: int) -> Draft:
    """Return the draft that adds every app."""
    organization, tree, template = workspace.organization, workspace.tree("application"), builtin("service")
    draft, cluster = Draft("Add all apps"), workspace.cluster(_CLUSTER)
    for name in map(app_name, range(apps)):
        app = NewApp(name, f"{OWNER}/{name}", "service", f"ghcr.io/{OWNER}/{name}")
        context = {
            **app_context(organization, cluster, _ENVIRONMENT, name),
            "source_owner": OWNER,
            "source_repo": name,
        }
        place = workspace.layout.app_place(_ENVIRONMENT, _CLUSTER, name)
        given = {"image": app.image, "version": FIRST}
        draft.instances["application"].append(render_instance(template, place, tree, context, given)[0])
        path = workspace.layout.app_document(name)
        text = documents(app, "example.com", [_ENVIRONMENT], tree, path).decode()
        text = text.replace("  template: service\n", _POLICY).replace(
            "  repo: app-", "  maxAvailable: 1000\n  repo: app-"
        )
        draft.files["application"][path] = text.encode()
    return draft


def _commit(proposal: Proposal) -> None:
    for repository in proposal.repositories:
        repository.commit()


@dataclass
class News:
    """What happens in the repositories of apps, as GitHub tells it: releases, and pull requests that come and go.

    Attributes:
        apps: How many.
        begin: When it begins, in seconds since 1970.
        chance: What decides what happens.
    """

    apps: int
    begin: int
    chance: random.Random
    _open: dict[int, list[int]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def mixed(self, number: int, rate: float) -> list[Delivery]:
        """Return deliveries, three in ten of them releases; each app has three pull requests open at most.

        Args:
            number: How many.
            rate: How many happen in a second.
        """
        return [self._any(self.begin + int(place / rate)) for place in range(number)]

    def release(self, app: int, at: int) -> Delivery:
        """Return a release of an app, newer than all before."""
        number = next(self._ids)
        release = {
            "tag_name": f"v1.{number}.0",
            "name": f"v1.{number}.0",
            "draft": False,
            "prerelease": False,
            "published_at": show_instant(at),
            "author": _account("ada"),
            "target_commitish": "main",
            "body": _prose(self.chance),
        }
        return _delivery(number, "release", "published", at, app, {"release": release})

    def pull_request(self, app: int, pull_request: int, action: str, at: int) -> Delivery:
        """Return what happened to a pull request of an app; each time its head is another commit."""
        number, repository = next(self._ids), _repository(app)
        found: dict[str, Any] = {
            "number": pull_request,
            "state": "closed" if action == "closed" else "open",
            "title": f"Feature {pull_request}",
            "body": _prose(self.chance),
            "draft": False,
            "user": _account("ada"),
            "labels": [],
            "updated_at": show_instant(at),
            "head": {"ref": f"feat/{pull_request}", "sha": f"{number:040x}", "repo": repository},
            "base": {"ref": "main", "sha": f"{0:040x}", "repo": repository},
        }
        return _delivery(number, "pull_request", action, at, app, {"number": pull_request, "pull_request": found})

    def _any(self, at: int) -> Delivery:
        app = self.chance.randrange(self.apps)
        mine = self._open.setdefault(app, [])
        what = self.chance.choice(("release", "opened", "synchronize", "closed") if mine else ("release", "opened"))
        if what == "release":
            return self.release(app, at)
        if what == "opened" and len(mine) < _OPEN_AT_ONCE:
            mine.append(next(self._ids))
            return self.pull_request(app, mine[-1], what, at)
        if what == "closed":
            return self.pull_request(app, mine.pop(0), what, at)
        return self.pull_request(app, self.chance.choice(mine), "synchronize", at)


def _delivery(number: int, event: str, action: str, at: int, app: int, content: dict[str, Any]) -> Delivery:
    payload = {"action": action, **content, "repository": _repository(app), "sender": _account("ada")}
    name = f"{OWNER}/{app_name(app)}"
    return Delivery(f"delivery-{number:06}", event, action, name, received_at=at, payload=json.dumps(payload).encode())


def _account(login: str) -> dict[str, Any]:
    return {"login": login, "id": 1, "type": "User", **_addresses(f"users/{login}", _KINDS[:12])}


def _repository(app: int) -> dict[str, Any]:
    name = app_name(app)
    return {
        "id": 1000 + app,
        "name": name,
        "full_name": f"{OWNER}/{name}",
        "private": True,
        "owner": _account(OWNER),
        "default_branch": "main",
        **_addresses(f"repos/{OWNER}/{name}", _KINDS),
    }


def _addresses(path: str, kinds: Sequence[str]) -> dict[str, str]:
    return {f"{kind}_url": f"https://api.github.com/{path}/{kind}{{/number}}" for kind in kinds}


def _prose(chance: random.Random) -> str:
    """Return a description that does not get much shorter when it is compressed."""
    return " ".join(f"{chance.getrandbits(24):x}" for _ in range(200))
