"""Versions that go by pull request: the branch, what the request says, when it is made anew or superseded. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from generator.core.change import Change, ChangedTree
from generator.core.errors import UserError
from generator.core.intents import Promote, SetVersion
from generator.core.layout import PRISTINE_BRANCH, Layout
from generator.core.markdown import code
from generator.core.moves import Move, subject
from generator.core.plan_version import Deployed, deployed, plan_promotion, plan_version
from generator.core.tree import Tree
from generator.core.versions import is_older

Wanted = SetVersion | Promote
"""What a request may be made for."""

NAMESPACE, _, _TAKEN = PRISTINE_BRANCH.partition("/")
"""What the names of all branches of ours begin with, before a slash."""

_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]*\.[A-Za-z0-9.-]+):(?P<path>[^/].*)")
_TITLE = 250
_LISTED = 50


@dataclass(frozen=True)
class CommitText:
    """What a commit says.

    Attributes:
        subject: Its first line.
        body: What follows, without the trailers.
        trailers: Their keys and values, in order.
    """

    subject: str
    body: str = ""
    trailers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PromotionRequest:
    """A pull request that brings an app another version; there is one for each app and environment.

    Attributes:
        branch: The branch that is to be merged.
        base: The branch that it is to be merged into.
        title: The request's title.
        body: Its description, as Markdown in which nothing from outside mentions or closes anything.
    """

    branch: str
    base: str
    title: str
    body: str


def request_branch(app: str, environment: str) -> str:
    """Return the branch of the requests for an app in an environment.

    Git keeps branches as files, so below the pristine branch there can be no other: an app of its name gets a `_`,
    which no app's name holds.
    """
    return f"{NAMESPACE}/{f'{app}_' if app == _TAKEN else app}/{environment}"


def requested_place(branch: str) -> tuple[str, str] | None:
    """Return the app and the environment whose requests have a branch; None where it is no such branch."""
    match branch.split("/"):
        case [namespace, app, environment] if namespace == NAMESPACE and app and environment:
            return _TAKEN if app == f"{_TAKEN}_" else app, environment
    return None


def branch_of(wanted: Wanted) -> str:
    """Return the branch of the request for what is wanted."""
    return request_branch(wanted.app, _environment(wanted))


def promotion_request(branch: str, base: str, commits: Sequence[CommitText], moved: str = "") -> PromotionRequest:
    """Return the request for what stands on a branch: whoever reads its commits again comes to the same.

    Args:
        branch: The branch.
        base: The branch that is deployed.
        commits: What its commits say, the newest first; at least one.
        moved: What all of them come to, for the title where there are several; empty where that is not known.
    """
    newest = commits[0]
    title = newest.subject if len(commits) == 1 else moved or newest.subject
    body = newest.body if len(commits) == 1 else _listed(commits)
    origin = _origin(next((commit.trailers for commit in commits if commit.trailers), ()))
    about = f"A newer version comes to `{branch}` in place, and commits that others push there stay."
    title = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return PromotionRequest(branch, base, title, "\n\n".join(filter(None, (body, origin, about))))


def moved_words(base: Tree, fork: Tree, standing: Tree, layout: Layout, branch: str) -> str:
    """Return what merging a branch moves, in the words of a commit's subject; empty where that cannot be told.

    Args:
        base: What is deployed.
        fork: What was deployed when the branch was made.
        standing: What the branch proposes.
        layout: Where the repository keeps everything.
        branch: The branch's name.
    """
    place = requested_place(branch)
    if place is None:
        return ""
    try:
        before = {_at(one): one.version for one in deployed(base, layout, *place)}
        moved = _moved(fork, standing, layout, *place)
    except UserError:
        return ""
    moves = [Move(*place, one.version, before.get(_at(one), ""), one.cluster or one.path) for one in moved]
    return subject(moves) if moves else ""


def is_superseded(base: Tree, fork: Tree, standing: Tree, changed: Sequence[str], layout: Layout, branch: str) -> bool:
    """Return whether nothing that a branch proposes is left to do.

    That is so where all that it changes stands in the base, and where the base runs in each place whose version it
    changes that very version or a newer one. A request to go back is superseded by the version that it goes back to
    alone. Where it cannot be told, it is not so: versions of which none is newer, an app that is not there.

    Args:
        base: What is deployed.
        fork: What was deployed when the branch was made.
        standing: What the branch proposes.
        changed: The files that the branch changes.
        layout: Where the repository keeps everything.
        branch: The branch's name.
    """
    if changed and all(standing.get(path) == base.get(path) for path in changed):
        return True
    place = requested_place(branch)
    if place is None:
        return False
    try:
        before = {_at(one): one.version for one in deployed(fork, layout, *place)}
        now = {_at(one): one.version for one in deployed(base, layout, *place)}
        moved = _moved(fork, standing, layout, *place)
    except UserError:
        return False
    return bool(moved) and all(_is_served(one.version, before.get(_at(one)), now.get(_at(one))) for one in moved)


def plan_request(tree: Tree, base: Tree, layout: Layout, wanted: Wanted) -> Change:
    """Return what makes true what is wanted.

    Args:
        tree: What is changed: the base, or a branch that is to be merged into it and may be behind.
        base: What is deployed; what a promotion brings is read from here.
        layout: Where the repository keeps everything.
        wanted: What should be true.

    Raises:
        UserError: As `plan_version` and `plan_promotion`.
    """
    if isinstance(wanted, SetVersion):
        return plan_version(tree, layout, wanted)
    promotion = plan_promotion(base, layout, wanted)
    if tree is base:
        return promotion
    version = deployed(base, layout, wanted.app, wanted.source)[0].version
    intent = SetVersion(
        wanted.app, wanted.target, version, allow_downgrade=wanted.allow_downgrade, provenance=wanted.provenance
    )
    return replace(plan_version(tree, layout, intent), body=promotion.body)


def is_made_anew(base: Tree, fork: Tree, standing: Tree, layout: Layout, wanted: Wanted) -> bool:
    """Return whether a request is better made anew on its base than gone on with on its branch.

    That is so where both come to the same versions, unless the branch holds the very same files already, made of those
    that are still deployed: then nothing is to be done. Where they do not come to the same, the branch proposes
    something newer, or for another cluster, that would be taken back.

    Args:
        base: What is deployed.
        fork: What was deployed when the branch was made.
        standing: What the branch proposes.
        layout: Where the repository keeps everything.
        wanted: What should be true.

    Raises:
        UserError: What is wanted cannot be planned on the base.
    """
    change = plan_request(base, base, layout, wanted)
    if not change.edits:
        return True
    try:
        after = ChangedTree(standing, plan_request(standing, base, layout, wanted).edits)
        same = _versions(after, layout, wanted) == _versions(ChangedTree(base, change.edits), layout, wanted)
    except UserError:
        return True  # What came to the base since then, the branch does not have.
    # Where the base changed a file since, the branch conflicts with it, even if it holds what is wanted.
    return same and any(
        standing.get(path) != file or base.get(path) != fork.get(path) for path, file in change.edits.items()
    )


def compare_address(remote: str, base: str, branch: str) -> str | None:
    """Return where GitHub shows a branch beside its base and opens the request; None for a folder on disk.

    Args:
        remote: The remote's address: https, or ssh in either form.
        base: The branch that the other one is to be merged into.
        branch: The branch.
    """
    page = _page(remote)
    return f"{page}/compare/{quote(base, safe='/')}...{quote(branch, safe='/')}?expand=1" if page else None


def _page(remote: str) -> str | None:
    """Return the address of a repository's page."""
    if found := _SCP.fullmatch(remote):
        remote = f"ssh://{found['host']}/{found['path']}"
    parts = urlsplit(remote)
    path = parts.path.strip("/").removesuffix(".git")
    if not parts.hostname or not path:
        return None
    if parts.scheme in {"ssh", "git+ssh"}:
        return f"https://{parts.hostname}/{path}"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{path}" if parts.scheme in {"http", "https"} else None


def _environment(wanted: Wanted) -> str:
    return wanted.target if isinstance(wanted, Promote) else wanted.environment


def _versions(tree: Tree, layout: Layout, wanted: Wanted) -> dict[tuple[str, str], str]:
    return {_at(place): place.version for place in deployed(tree, layout, wanted.app, _environment(wanted))}


def _moved(fork: Tree, standing: Tree, layout: Layout, app: str, environment: str) -> list[Deployed]:
    """Return the places whose version a branch changes, with what it changes them to."""
    before = {_at(one): one.version for one in deployed(fork, layout, app, environment)}
    return [one for one in deployed(standing, layout, app, environment) if before.get(_at(one)) != one.version]


def _at(place: Deployed) -> tuple[str, str]:
    return place.path, place.field.path


def _is_served(version: str, before: str | None, now: str | None) -> bool:
    """Return whether a place runs what was proposed for it, or something newer that the proposal meant to lead to."""
    if now is None or now == version:
        return now is not None
    return is_older(version, now) and not (before is not None and is_older(version, before))


def _listed(commits: Sequence[CommitText]) -> str:
    more = len(commits) - _LISTED
    lines = [f"- {code(commit.subject)}" for commit in commits[:_LISTED]]
    return "\n".join([*lines, *([f"- and {more} more"] if more > 0 else [])])


def _origin(trailers: Sequence[tuple[str, str]]) -> str:
    """Return the trailers as code, in which GitHub sees no `@name` and no `Fixes #1`; nothing can end it early."""
    lines = [f"{key}: {' '.join(value.split())}" for key, value in trailers]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *lines, fence)) if lines else ""
