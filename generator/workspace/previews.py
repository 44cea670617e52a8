"""Previews: opened, closed and collected as commits to the application repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from generator.core.change import Change, ChangedTree, Edits, needed
from generator.core.errors import UserError
from generator.core.instants import show_instant
from generator.core.intents import EnsurePreview, RemovePreview
from generator.core.layout import Layout
from generator.core.names import check_name
from generator.core.preview_gc import Garbage, Wanted, plan_gc
from generator.core.preview_plan import PreviewPlan, decide, plan_closing, plan_garbage, plan_opening, refuse
from generator.core.previews import OpenPreview, previews_in, previews_of, target_of
from generator.core.provenance import UNKNOWN, Provenance
from generator.core.pull_requests import PullRequest, admits, check_number, check_pull_request
from generator.core.tree import Tree
from generator.workspace.apps import app_names
from generator.workspace.listing import Listing
from generator.workspace.preview_rendering import PreviewedApp, Source, previewed_app, render_preview
from generator.workspace.proposal import Proposal, RepositoryProposal
from generator.workspace.rerendering import catch_up
from generator.workspace.workspace import Workspace, unknown

Decide = Callable[[Source], PreviewPlan]
"""Decides what becomes of previews; pure."""


def propose(workspace: Workspace, decide: Decide) -> Proposal:
    """Propose what is decided about previews.

    Raises:
        UserError: As `decide`.
    """
    repository, branch = workspace.repositories["application"], workspace.address("application").branch
    planned_on = workspace.heads["application"], repository.pristine_head()
    before, pristine = (repository.at(commit) for commit in planned_on)
    plan = caught_up(Source(workspace.organization, workspace.tree("platform"), before, pristine), decide)
    if not plan.main.edits and not plan.pristine.edits:
        return Proposal((), plan.main.notes)
    proposal = RepositoryProposal(repository.path, branch, before, plan.main, plan.pristine, planned_on=planned_on)
    return Proposal((proposal,), plan.main.notes)


def caught_up(source: Source, decide: Decide, app: str | None = None) -> PreviewPlan:
    """Return what is decided; where the pristine branch is behind, it catches up in the same commit. Pure.

    Args:
        source: What it is decided on.
        decide: What is decided, on a pristine branch that knows the previews.
        app: The one app whose previews are concerned; None for all.

    Raises:
        UserError: As `decide`.
    """
    level, behind = with_pristine(source, app)
    plan = decide(level)
    if not plan.main.edits and not plan.pristine.edits:
        return plan
    edits = needed(source.pristine, {**behind, **plan.pristine.edits})
    return replace(plan, pristine=replace(plan.pristine, edits=edits))


def with_pristine(source: Source, app: str | None = None) -> tuple[Source, Edits]:
    """Return the source with a pristine branch that knows the previews of an app, or of all, and what it lacked."""
    places = [preview.place for preview in previews_in(source.main, source.layout, app)]
    behind = catch_up(source.main, source.pristine, places, source.platform, source.layout)
    return replace(source, pristine=ChangedTree(source.pristine, behind)), behind


def previews(workspace: Workspace, app: str | None = None) -> Listing:
    """Return the previews of one app or of all, as the tree tells.

    Raises:
        UserError: The app is unknown.
    """
    return previews_on(workspace.tree("application"), workspace.layout, app)


def previews_on(tree: Tree, layout: Layout, app: str | None = None) -> Listing:
    """Return the previews of one app or of all, as the tree of an application repository tells.

    Raises:
        UserError: The app is unknown.
    """
    found, known = previews_in(tree, layout, app), app_names(tree, layout)
    if app is not None and not found and app not in known:
        raise unknown("app", app, known)
    columns = ("name", "commit", "branch", "cluster", "url", "expires", "pinned")
    return Listing(columns, tuple(_row(preview) for preview in found), "No previews.")


def plan_open(source: Source, intent: EnsurePreview, *, force: bool = False) -> PreviewPlan:
    """Return the changes that open a preview; pure, as are the next two.

    Raises:
        UserError: The app is unknown, what is told of the pull request is no such thing, the app's documents do not
            let it in, there is no cluster for it, or hand edits are in the way.
    """
    app = previewed_app(source, intent.app)
    intent = replace(intent, pull_request=check_pull_request(intent.pull_request))
    if refusal := admits(app.policy, intent.pull_request):
        raise refuse(refusal, app.path)
    target = target_of(source.organization, source.main, app.name, app.policy)
    # Before the others are looked at: an instance that is no preview must not be taken for one.
    previews_of(source.main, source.layout, app.name, intent.pull_request.number)
    opening = decide(
        intent, app.policy, target.cluster.name, previews_in(source.main, source.layout, app.name), app.limit
    )
    if opening.refusal:
        return PreviewPlan(Change({}, "", notes=(opening.refusal,)), Change({}, ""))
    intent = replace(intent, provenance=_provenance(source, app, intent.pull_request, intent.provenance))
    rendered = render_preview(source, app, intent.pull_request, target, opening)
    return plan_opening(source.main, source.pristine, source.layout, intent, opening, rendered, force=force)


def plan_close(source: Source, intent: RemovePreview, *, force: bool = False) -> PreviewPlan:
    """Return the changes that close a preview; the app itself may be gone already.

    Raises:
        UserError: A name is refused, or hand edits are in the way.
    """
    check_name("app", intent.app)
    present = previews_of(source.main, source.layout, intent.app, check_number(intent.number))
    plan = plan_closing(source.main, source.pristine, source.layout, intent, present, force=force)
    known = app_names(source.main, source.layout)
    if present or intent.app in known:
        return plan
    note = " ".join(str(unknown("app", intent.app, known)).split("\n"))
    return replace(plan, main=replace(plan.main, notes=(*plan.main.notes, note)))


def plan_collection(
    source: Source, now: str, app: str | None = None, *, allow_many: bool = False, force: bool = False
) -> PreviewPlan:
    """Return the changes that remove the previews that nobody needs; one that cannot go does not hold the others up.

    Args:
        source: What it is planned on.
        now: The time, in ISO 8601.
        app: The one app that is meant; None for all.
        allow_many: Whether more than half of more than five may go at once.
        force: Remove what was edited by hand.

    Raises:
        UserError: `now` is no time, or the app is unknown.
    """
    garbage = garbage_of(source, now, app, {}, allow_many=allow_many)
    blocked = _blocked(source, garbage, force=force)
    notes = [*garbage.notes, *(f"{preview.name} stays: {error}" for preview, error in blocked.items())]
    gone = [(preview, reason) for preview, reason in garbage.gone if preview not in blocked]
    return plan_garbage(source.main, source.pristine, source.layout, gone, notes, force=force)


def garbage_of(
    source: Source,
    now: str,
    app: str | None,
    pull_requests: Mapping[str, Mapping[int, PullRequest] | None],
    *,
    allow_many: bool = False,
) -> Garbage:
    """Return the previews that nobody needs any more, and what stays although something speaks against it.

    Args:
        source: What the repositories hold.
        now: The time, in ISO 8601.
        app: The one app that is meant; None for all.
        pull_requests: The open pull requests of each app by number; None where they could not be listed to the end.
        allow_many: Whether more than half of more than five may go at once.

    Raises:
        UserError: `now` is no time, or the app is unknown.
    """
    known = app_names(source.main, source.layout)
    present = previews_in(source.main, source.layout, app)
    if app is not None and app not in known and not present:
        raise unknown("app", app, known)
    wanted, notes = {}, []
    for name in sorted({preview.app for preview in present} & set(known)):
        try:
            found = previewed_app(source, name)
        except UserError as error:
            notes.append(f"The previews of {name} stay: {error}")
            present = [preview for preview in present if preview.app != name]
        else:
            wanted[name] = Wanted(found.policy, found.limit, pull_requests.get(name))
    garbage = plan_gc(present, wanted, now, allow_many=allow_many)
    return replace(garbage, notes=(*notes, *garbage.notes))


def _blocked(source: Source, garbage: Garbage, *, force: bool) -> dict[OpenPreview, str]:
    """Return the previews that cannot go, with what is in the way of each."""
    blocked: dict[OpenPreview, str] = {}
    try:
        plan_garbage(source.main, source.pristine, source.layout, garbage.gone, [], force=force)
    except UserError:
        for preview, reason in garbage.gone:
            try:
                plan_garbage(source.main, source.pristine, source.layout, [(preview, reason)], [], force=force)
            except UserError as error:
                blocked[preview] = str(error)
    return blocked


def _provenance(source: Source, app: PreviewedApp, pull_request: PullRequest, told: Provenance) -> Provenance:
    """Return the provenance with what the documents and the pull request tell where the intent does not.

    Not its title: `Fixes #12` in a commit of this repository would close an issue of this repository.
    """
    spec = app.repository.spec
    url = f"{source.organization.spec.git_url.rstrip('/')}/{spec.owner}/{spec.repo}"
    return told if told != UNKNOWN else Provenance(author=pull_request.author, sha=pull_request.sha, repository=url)


def _row(preview: OpenPreview) -> dict[str, Any]:
    return {
        "name": preview.name,
        "app": preview.app,
        "pull_request": preview.number,
        "repository": preview.repository,
        "sha": preview.sha,
        "commit": preview.sha[:7],
        "branch": preview.branch,
        "version": preview.version,
        "cluster": preview.cluster,
        "url": preview.url,
        "updated": None if preview.updated is None else show_instant(preview.updated),
        "expires": None if preview.expires is None else show_instant(preview.expires),
        "pinned": preview.pinned,
    }
