"""Versions that go by pull request: the branch, what the request says, when it is made anew. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from generator.core.change import Change, ChangedTree
from generator.core.errors import UserError
from generator.core.intents import Promote, SetVersion
from generator.core.layout import PRISTINE_BRANCH, Layout
from generator.core.plan_version import deployed, plan_promotion, plan_version
from generator.core.tree import Tree

Wanted = SetVersion | Promote
"""What a request may be made for."""

_NAMESPACE, _, _TAKEN = PRISTINE_BRANCH.partition("/")
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[A-Za-z0-9.-]*\.[A-Za-z0-9.-]+):(?P<path>[^/].*)")
_TITLE = 250


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
    return f"{_NAMESPACE}/{f'{app}_' if app == _TAKEN else app}/{environment}"


def branch_of(wanted: Wanted) -> str:
    """Return the branch of the request for what is wanted."""
    return request_branch(wanted.app, _environment(wanted))


def promotion_request(wanted: Wanted, base: str, change: Change) -> PromotionRequest:
    """Return the request for a change that was written to its branch.

    Args:
        wanted: What the change is for.
        base: The branch that is deployed.
        change: What was committed.
    """
    title = change.subject if len(change.subject) <= _TITLE else f"{change.subject[: _TITLE - 1]}…"
    branch = branch_of(wanted)
    about = f"A newer version comes to `{branch}` in place, and commits that others push there stay."
    return PromotionRequest(branch, base, title, "\n\n".join(filter(None, (change.body, _origin(change), about))))


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
    places = deployed(tree, layout, wanted.app, _environment(wanted))
    return {(place.path, place.field.path): place.version for place in places}


def _origin(change: Change) -> str:
    """Return the trailers as code, in which GitHub sees no `@name` and no `Fixes #1`; nothing can end it early."""
    lines = [f"{key}: {' '.join(value.split())}" for key, value in change.trailers]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *lines, fence)) if lines else ""
