"""Previews: which there are, as their records alone tell, and where the next one goes.

What has to be known of a preview stands in the annotations that its template renders: a reader of the cluster sees the
same as a reader of the repository, and nothing has to be kept anywhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from generator.core.documents import Cluster, Organization, Preview
from generator.core.errors import UserError
from generator.core.instants import parse_instant, show_instant
from generator.core.layout import Layout, Place
from generator.core.names import closest
from generator.core.preview_names import preview_name
from generator.core.pull_requests import PullRequest, inert
from generator.core.record import parse_record
from generator.core.tree import Tree

ENVIRONMENT = "preview"
"""The environment that all previews are in."""

_GROUP = "gitopsmith.dev/"
APP = f"{_GROUP}app"
PULL_REQUEST = f"{_GROUP}pull-request"
REPOSITORY = f"{_GROUP}repository"
SHA = f"{_GROUP}sha"
BRANCH = f"{_GROUP}branch"
UPDATED = f"{_GROUP}updated"
EXPIRES = f"{_GROUP}expires"
PINNED = f"{_GROUP}pinned"


@dataclass(frozen=True)
class OpenPreview:
    """A preview that the tree holds.

    Attributes:
        app: The app.
        number: The pull request's number.
        cluster: Where it runs.
        place: Where it stands in the repository.
        repository: The app's source, `owner/name`.
        sha: The commit that it shows.
        branch: The branch of that commit, as far as it can be shown.
        updated: Its last activity, in seconds; None where its record does not say.
        expires: When it goes if nothing happens, in seconds; None where its record does not say: then it does not go.
        pinned: Whether it stays whatever its age.
        version: The image tag or chart version that was asked for.
        url: Its address; empty where its template has no host.
    """

    app: str
    number: int
    cluster: str
    place: Place
    repository: str = ""
    sha: str = ""
    branch: str = ""
    updated: int | None = None
    expires: int | None = None
    pinned: bool = False
    version: str = ""
    url: str = ""

    @property
    def name(self) -> str:
        """The name of its instance."""
        return preview_name(self.app, self.number)

    @property
    def idle_order(self) -> tuple[bool, int, int]:
        """What previews are sorted by to have first the one that is idle longest; one of unknown age comes last."""
        return self.updated is None, self.updated or 0, self.number


@dataclass(frozen=True)
class Target:
    """Where the previews of an app go, and what they are made from.

    Attributes:
        cluster: The cluster that they run on.
        record: The path of the record that holds these answers.
    """

    cluster: Cluster
    record: str


def previews_in(tree: Tree, layout: Layout, app: str | None = None, *, holding: str = "") -> list[OpenPreview]:
    """Return the previews of one app or of all, sorted by app, number and cluster.

    Args:
        tree: The application repository.
        layout: Where it keeps everything.
        app: The app; None for all.
        holding: A text; where it is given, those whose record does not hold it are left out, and are not parsed.
    """
    found = []
    # The names tell the app before anything is read; one that had to be cut still begins like the app.
    start = "" if app is None else app[:40].rstrip("-")
    for cluster, records in _records(tree, layout):
        for file in tree.children(records):
            preview = None
            if file.startswith(start) and (not holding or _holds(tree, f"{records}/{file}", holding)):
                # A record that nobody can read must not keep the others from being seen; `check` names it.
                with suppress(UserError):
                    place = layout.app_place(ENVIRONMENT, cluster, file.removesuffix(".yaml"))
                    preview = read_preview(tree, place, cluster)
            if preview is not None and app in (None, preview.app):
                found.append(preview)
    return sorted(found, key=lambda preview: (preview.app, preview.number, preview.cluster))


def previews_of(tree: Tree, layout: Layout, app: str, number: int) -> list[OpenPreview]:
    """Return the previews of a pull request: none or one, or more where its app moved to another cluster.

    Raises:
        UserError: A record cannot be read, or an instance that is no preview of it stands in its place.
    """
    found = []
    for cluster, _ in _records(tree, layout):
        place = layout.app_place(ENVIRONMENT, cluster, preview_name(app, number))
        if tree.get(place.record) is None:
            continue
        preview = read_preview(tree, place, cluster)
        if preview is None or (preview.app, preview.number) != (app, number):
            raise UserError(
                f"{place.record}: belongs to an instance that is no preview of {app}'s pull request {number}.",
                hint="Give that instance another name.",
            )
        found.append(preview)
    return found


def read_preview(tree: Tree, place: Place, cluster: str) -> OpenPreview | None:
    """Return the preview at a place; None where there is nothing, or an instance that is no preview.

    Raises:
        UserError: The record cannot be read.
    """
    file = tree.get(place.record)
    if file is None:
        return None
    record = parse_record(file.data, place.record)
    told = _texts(record.answers.get("annotations"))
    number = told.get(PULL_REQUEST, "")
    if not told.get(APP) or not (number.isascii() and number.isdigit() and len(number) <= 10):  # noqa: PLR2004  (2^31)
        return None
    return OpenPreview(
        told[APP],
        int(number),
        cluster,
        place,
        repository=told.get(REPOSITORY, ""),
        sha=told.get(SHA, ""),
        branch=told.get(BRANCH, ""),
        updated=_instant(told.get(UPDATED)),
        expires=_instant(told.get(EXPIRES)),
        pinned=told.get(PINNED) == "true",
        version=str(record.answers.get("version", "")),
        url=record.url,
    )


def marks(
    app: str, repository: str, pull_request: PullRequest, *, updated: int, expires: int, pinned: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the labels and annotations of a preview.

    What changes while the commit stays the same is annotations alone: labels stand on Pods, and would restart them.

    Args:
        app: The app.
        repository: Its source, `owner/name`.
        pull_request: The pull request.
        updated: Its last activity, in seconds.
        expires: When the preview goes, in seconds.
        pinned: Whether it stays all the same.
    """
    labels = {APP: app, PULL_REQUEST: str(pull_request.number)}
    annotations = {
        **labels,
        REPOSITORY: repository,
        SHA: pull_request.sha,
        BRANCH: inert(pull_request.branch),
        UPDATED: show_instant(updated),
        EXPIRES: show_instant(expires),
        **({PINNED: "true"} if pinned else {}),
    }
    return labels, annotations


def target_of(organization: Organization, tree: Tree, app: str, policy: Preview) -> Target:
    """Return where the previews of an app go: as its documents say, else the nearest place to its first environment.

    Args:
        organization: The organization.
        tree: The application repository.
        app: The app.
        policy: What the app's documents say.

    Raises:
        UserError: No environment has the app, or the cluster has no environment `preview`.
    """
    layout = organization.spec.paths.layout
    base, homes = _base(organization, tree, app, policy)
    cluster = _cluster(organization, layout.app_document(app), policy, homes)
    home = next((home for home in homes if home.name == cluster.name), homes[0])
    return Target(cluster, layout.app_place(base, home.name, app).record)


def _records(tree: Tree, layout: Layout) -> Iterator[tuple[str, str]]:
    """Yield each cluster that has records of the environment's apps, with the folder of these."""
    folder = layout.environment_folder_place(ENVIRONMENT, "x").record.removesuffix("/x.yaml")
    for name in tree.children(folder):
        # Beside a cluster's folder lies the record of the environment on it; no cluster has a dot in its name.
        if "." not in name:
            yield name, f"{folder}/{name}"


def _holds(tree: Tree, path: str, text: str) -> bool:
    file = tree.get(path)
    return file is not None and text.encode() in file.data


def _base(organization: Organization, tree: Tree, app: str, policy: Preview) -> tuple[str, Sequence[Cluster]]:
    """Return the base environment and the clusters on which it has the app."""
    layout = organization.spec.paths.layout
    order = [environment.name for environment in organization.spec.environments if environment.name != ENVIRONMENT]
    where = f"{layout.app_document(app)}: spec.preview.baseEnvironment"
    if policy.base_environment and policy.base_environment not in order:
        guess = closest(policy.base_environment, order)
        raise UserError(
            f"{where}: there is no environment `{policy.base_environment}`.",
            hint=f"Did you mean `{guess}`?" if guess else f"There is {', '.join(order)}.",
        )
    for environment in [policy.base_environment] if policy.base_environment else order:
        homes = [
            cluster
            for cluster in organization.clusters_of(environment)
            if tree.get(layout.app_place(environment, cluster.name, app).record) is not None
        ]
        if homes:
            return environment, homes
    missing = f"{where}: {policy.base_environment} does not have" if policy.base_environment else "No environment has"
    raise UserError(
        f"{missing} the app `{app}`: there is nothing that a preview could be made from.",
        hint=f"Add it: gitopsmith app add {app} --env {policy.base_environment or 'ENVIRONMENT'} …",
    )


def _cluster(organization: Organization, document: str, policy: Preview, homes: Sequence[Cluster]) -> Cluster:
    if policy.cluster is not None:
        wanted = organization.cluster(policy.cluster)
        if wanted is None:
            raise UserError(
                f"{document}: spec.preview.cluster: there is no cluster `{policy.cluster}`.",
                hint=f"There is {', '.join(cluster.name for cluster in organization.spec.clusters)}.",
            )
        homes = [wanted]
    chosen = next((cluster for cluster in homes if ENVIRONMENT in cluster.environments), None)
    if chosen is None:
        raise UserError(
            f"The environment `{ENVIRONMENT}` does not run on {' or '.join(cluster.name for cluster in homes)}.",
            hint=f"Add it first: gitopsmith env add {ENVIRONMENT} --cluster {homes[0].name}",
        )
    return chosen


def _texts(value: Any) -> Mapping[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


def _instant(text: str | None) -> int | None:
    """Return an instant; None where people made it unreadable."""
    try:
        return None if text is None else parse_instant(text)
    except UserError:
        return None
