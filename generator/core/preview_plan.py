"""Plans previews: what opening and closing one changes, decided from the tree and what is told, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generator.core.change import Change, ChangedTree, Edits, needed
from generator.core.documents import Preview
from generator.core.errors import UserError
from generator.core.instants import parse_instant, show_instant
from generator.core.intents import AddInstance, EnsurePreview, InstanceIntent, RemoveInstance, RemovePreview
from generator.core.layout import Layout
from generator.core.plan import Plan, plan_instances
from generator.core.preview_hosts import check_host
from generator.core.preview_names import preview_name
from generator.core.preview_time import stay
from generator.core.previews import OpenPreview
from generator.core.pull_requests import PullRequest, inert, is_pinned
from generator.core.record import parse_record
from generator.core.tree import File, Tree


@dataclass(frozen=True)
class Opening:
    """What opening a preview comes to.

    Attributes:
        updated: When its last activity is recorded to be, in seconds; see `generator.core.preview_time`.
        expires: When it goes if nothing happens, in seconds.
        pinned: Whether it stays all the same.
        shown: The commit that it shows so far; empty where it is new.
        gone: The previews that make room for it, or that it leaves behind on another cluster.
        refusal: Why nothing changes; None where it opens.
    """

    updated: int
    expires: int
    pinned: bool
    shown: str = ""
    gone: tuple[OpenPreview, ...] = ()
    refusal: str | None = None


@dataclass(frozen=True)
class PreviewPlan:
    """The changes of a repository's two branches.

    Attributes:
        main: The commit to the branch that is deployed.
        pristine: The commit to the pristine branch.
    """

    main: Change
    pristine: Change


def decide(intent: EnsurePreview, policy: Preview, cluster: str, present: Sequence[OpenPreview], limit: int) -> Opening:
    """Return whether a preview opens, until when it stays, and which others go.

    The last activity decides: news that is older than what the preview shows changes nothing, in whatever order it
    comes, and of too many previews those that are idle longest go, the new one included. Within one quarter of the
    time that a preview stays, the news that comes last counts: no record tells which was first.

    Args:
        intent: What should be true.
        policy: What the app wants of its previews.
        cluster: Where the preview goes.
        present: The previews of the app.
        limit: The most previews of the app at once.
    """
    pull_request = intent.pull_request
    own = [preview for preview in present if preview.number == pull_request.number]
    others = [preview for preview in present if preview.number != pull_request.number]
    here = next((preview for preview in own if preview.cluster == cluster), None)
    moved = tuple(preview for preview in own if preview is not here)
    shown = here or next(iter(moved), None)
    activity = _activity(intent, shown)
    time = stay(policy, activity)
    pinned = is_pinned(policy, pull_request)
    opening = Opening(time.updated, time.expires, pinned, here.sha if here else "", moved)
    if shown is None:
        return _anew(opening, others, limit, intent)
    # What is recorded is never later than it was: so no news is taken for older that is not, whatever the time to stay.
    if shown.updated is not None and activity < shown.updated:
        return _refused(opening, f"{shown.name} shows {shown.sha[:7]}, and this news is older.")
    if here is not None and not moved and _is_shown(here, opening, pull_request):
        return _refused(opening, f"{here.name} shows {here.sha[:7]} already.")
    return opening


def plan_opening(
    main: Tree,
    pristine: Tree,
    layout: Layout,
    intent: EnsurePreview,
    opening: Opening,
    rendered: AddInstance,
    *,
    force: bool = False,
) -> PreviewPlan:
    """Return the changes that open a preview, or bring one to a newer commit.

    Args:
        main: What the repository holds.
        pristine: What the templates alone produced so far.
        layout: Where the repository keeps its instances.
        intent: What should be true.
        opening: What was decided about it.
        rendered: The preview as its template renders it.
        force: Overwrite and remove what was edited by hand.

    Raises:
        UserError: Another preview has its host, or files that were edited by hand are in the way.
    """
    check_host(main, layout, preview_name(intent.app, intent.pull_request.number), rendered, opening.gone)
    instances: list[InstanceIntent] = [rendered, *(RemoveInstance(preview.place) for preview in opening.gone)]
    plan = plan_instances(main, pristine, layout, instances, force=force)
    edits = needed(main, {**plan.main, **_versions(main, plan.main, rendered)})
    subject = _subject(intent, opening)
    until = "pinned" if opening.pinned else f"until {show_instant(opening.expires)}"
    body = [f"Pull request {intent.pull_request.number}, {until}."]
    body += [f"Removes {preview.name} on {preview.cluster}: {_why_gone(intent, preview)}." for preview in opening.gone]
    return _on_both(replace(plan, main=edits), subject, "\n".join(body), intent.provenance.trailers())


def plan_closing(
    main: Tree,
    pristine: Tree,
    layout: Layout,
    intent: RemovePreview,
    present: Sequence[OpenPreview],
    *,
    force: bool = False,
) -> PreviewPlan:
    """Return the changes that close the preview of a pull request; none, and a note, where there is none.

    Args:
        main: What the repository holds.
        pristine: What the templates alone produced so far.
        layout: Where the repository keeps its instances.
        intent: What should be true.
        present: The previews of the pull request.
        force: Remove what was edited by hand.

    Raises:
        UserError: Files that were edited by hand are in the way.
    """
    name = preview_name(intent.app, intent.number)
    subject = f"Close preview {name}"
    if not present:
        return PreviewPlan(Change({}, subject, notes=(f"There is no preview {name}.",)), Change({}, subject))
    plan = plan_instances(main, pristine, layout, [RemoveInstance(preview.place) for preview in present], force=force)
    reason = intent.reason or f"Pull request {intent.number} needs it no more"
    return _on_both(plan, subject, f"{reason}.", intent.provenance.trailers())


def plan_garbage(
    main: Tree,
    pristine: Tree,
    layout: Layout,
    gone: Sequence[tuple[OpenPreview, str]],
    notes: Sequence[str],
    *,
    force: bool = False,
) -> PreviewPlan:
    """Return the changes that remove previews, one commit for all.

    Args:
        main: What the repository holds.
        pristine: What the templates alone produced so far.
        layout: Where the repository keeps its instances.
        gone: The previews, each with the reason.
        notes: What the user should know beside it.
        force: Remove what was edited by hand.

    Raises:
        UserError: Files that were edited by hand are in the way.
    """
    plan = plan_instances(main, pristine, layout, [RemoveInstance(preview.place) for preview, _ in gone], force=force)
    subject = f"Close preview {gone[0][0].name}" if len(gone) == 1 else f"Close {len(gone)} previews"
    body = "\n".join(f"{preview.name}: {reason}." for preview, reason in gone)
    return _on_both(plan, subject, body, notes=notes)


def _activity(intent: EnsurePreview, shown: OpenPreview | None) -> int:
    """Return the last activity: as told, else as recorded where the commit is the same, else now."""
    if intent.pull_request.updated_at:
        return parse_instant(intent.pull_request.updated_at)
    recorded = shown.updated if shown is not None else None
    if recorded is None:
        return parse_instant(intent.now)
    # What is asked for now is no old news, even where this clock is behind the one that was recorded.
    same = shown is not None and shown.sha == intent.pull_request.sha
    return recorded if same else max(recorded, parse_instant(intent.now))


def _is_shown(here: OpenPreview, opening: Opening, pull_request: PullRequest) -> bool:
    recorded = (here.sha, here.branch, here.updated, here.expires, here.pinned)
    return recorded == (
        pull_request.sha,
        inert(pull_request.branch),
        opening.updated,
        opening.expires,
        opening.pinned,
    )


def _anew(opening: Opening, others: Sequence[OpenPreview], limit: int, intent: EnsurePreview) -> Opening:
    """Return the opening of a new preview, unless it would be collected at once: then both would follow in turns."""
    if not opening.pinned and opening.expires <= parse_instant(intent.now):
        name = preview_name(intent.app, intent.pull_request.number)
        return _refused(opening, f"{name} would be idle too long already, since {show_instant(opening.expires)}.")
    return _with_room(opening, others, limit, intent.pull_request)


def _with_room(opening: Opening, others: Sequence[OpenPreview], limit: int, pull_request: PullRequest) -> Opening:
    """Return the opening of a new preview with the one that makes room for it.

    One at most: where there are more than the limit allows, as after it was lowered, collecting them is not this
    change's work.
    """
    if len(others) < limit:
        return opening
    idle = [
        preview
        for preview in sorted(others, key=lambda other: other.idle_order)
        if preview.updated is not None
        and not preview.pinned
        and (opening.pinned or (preview.updated, preview.number) < (opening.updated, pull_request.number))
    ]
    if not idle:
        full = f"{len(others)} previews are open, as many as there may be, and none of them is idle longer."
        return _refused(opening, full)
    return replace(opening, gone=(*opening.gone, idle[0]))


def _refused(opening: Opening, refusal: str) -> Opening:
    return replace(opening, gone=(), refusal=refusal)


def _versions(main: Tree, edits: Edits, rendered: AddInstance) -> dict[str, File]:
    """Return the files in which somebody moved the version: a preview shows the head of its pull request."""
    after = ChangedTree(main, edits)
    changed: dict[str, File] = {}
    record = rendered.files[rendered.place.record]
    for field in parse_record(record.data, rendered.place.record).version_fields:
        path = field.file_in(rendered.place.destination)
        wanted, file = field.read(rendered.files.get(path)), changed.get(path) or after.get(path)
        if wanted is not None and file is not None and field.read(file) not in (None, wanted):
            changed[path] = field.write(file, wanted)
    return changed


def _subject(intent: EnsurePreview, opening: Opening) -> str:
    name, sha = preview_name(intent.app, intent.pull_request.number), intent.pull_request.sha7
    if not opening.shown:
        return f"Open preview {name} at {sha}"
    if opening.shown != intent.pull_request.sha:
        return f"Update preview {name} to {sha}"
    return f"Pin preview {name}" if opening.pinned else f"Renew preview {name} until {show_instant(opening.expires)}"


def _why_gone(intent: EnsurePreview, preview: OpenPreview) -> str:
    if preview.number == intent.pull_request.number:
        return "its app's previews moved to another cluster"
    return f"idle longest, since {show_instant(preview.updated or 0)}, and there is no room for more"


def _on_both(
    plan: Plan, subject: str, body: str, trailers: tuple[tuple[str, str], ...] = (), *, notes: Sequence[str] = ()
) -> PreviewPlan:
    """Return a plan as the changes of both branches; what goes although people edited it is named in the notes."""
    overridden = (f"{path}: was edited by hand; the edits are in git's history." for path in plan.overridden)
    change = Change(plan.main, subject, body, trailers, (*notes, *overridden))
    return PreviewPlan(change, Change(plan.pristine, subject))


def refuse(reason: str, where: str) -> UserError:
    """Return the error for a pull request that its app's documents let have no preview.

    Args:
        reason: What `generator.core.pull_requests.admits` said.
        where: The file of the app's documents.
    """
    return UserError(
        f"No preview of this pull request: {reason}.", hint=f"What is let in stands in {where}: spec.preview."
    )
