"""What people do to webhooks by hand: look at them, replace their secrets, remove those that no app needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from generator.core.errors import UserError
from generator.core.instants import show_instant
from generator.sync.following import DocumentReader, Following
from generator.sync.gitops import Gitops
from generator.sync.hooks.hook_keeping import HookKeeping
from generator.sync.hooks.hook_notes import APP
from generator.sync.hooks.hook_states import HookStates
from generator.sync.hooks.unfollowed import unfollowed
from generator.sync.news.events import repository_key

_MOST_NAMED = 5


def following_in(gitops: Gitops) -> Following:
    """Return which apps follow what.

    Raises:
        UserError: A repository does not let us in, or is none of an organization.
        TemporaryError: A remote is away.
    """
    with gitops.view() as view:
        return DocumentReader().read(view.main, view.layout)


def listed(states: HookStates, keeping: HookKeeping, following: Following) -> dict[str, Any]:
    """Return the webhooks as plain values: see `HookStates.seen`, with their secrets and those that no app needs.

    Args:
        states: Looks at them.
        keeping: Knows their secrets.
        following: Which apps follow what.

    Raises:
        UserError: The file of secrets cannot be read.
        TemporaryError: The notes cannot be read.
    """
    seen = states.seen(following.repositories())
    rows = [{**row, "secret": _secret(keeping, row["repository"])} for row in seen["webhooks"]]
    rows += [
        {"repository": repository, "webhook": "unfollowed", "last_delivery": None, "secret": None, "problem": ""}
        for repository in states.notes.repositories()
        if not following.of(repository)
    ]
    return {**seen, "webhooks": rows}


def chosen(named: Sequence[str], following: Following, *, every: bool) -> list[str]:
    """Return the repositories that are meant, as the documents spell them.

    Args:
        named: Those that were named, `owner/name` in any case.
        following: Which apps follow what.
        every: Whether all are meant.

    Raises:
        UserError: None or both were given, or an app follows no such repository.
    """
    if every == bool(named):
        raise UserError(
            "Repositories are named, and --all is given." if every else "No repository is named.",
            hint="Name repositories as OWNER/NAME, or give --all.",
        )
    followed = {repository_key(repository): repository for repository in following.repositories()}
    if every:
        return sorted(followed.values())
    unknown = [name for name in named if repository_key(name) not in followed]
    if unknown:
        near = get_close_matches(repository_key(unknown[0]), followed, n=1)
        known = [followed[near[0]]] if near else sorted(followed.values())[:_MOST_NAMED]
        raise UserError(
            f"No app follows {', '.join(unknown)}.",
            hint=f"Followed: {', '.join(known)}." if known else "No app follows any repository.",
        )
    return list(dict.fromkeys(followed[repository_key(name)] for name in named))


def refuse_unrotatable(keeping: HookKeeping) -> None:
    """Refuse where secrets cannot be replaced from here.

    Raises:
        UserError: The App's webhook brings everything, or there is no file of secrets that can be written.
        TemporaryError: The notes cannot be read.
    """
    if keeping.notes.get(APP).secret:
        raise UserError(
            "The webhook of the GitHub App brings everything, and is signed with GITOPSMITH_WEBHOOK_SECRET.",
            hint="Start `serve` anew with the new secret there and the old one as GITOPSMITH_WEBHOOK_SECRET_PREVIOUS: "
            "it has the App sign with the new one.",
        )
    if keeping.secrets is None:
        raise UserError(
            "There is no file of webhook secrets, so all repositories share one.",
            hint="Name the file that `serve` is given with --webhook-secrets.",
        )
    if not keeping.secrets.can_be_written:
        raise UserError(
            f"{keeping.secrets.path}: the webhook secrets cannot be written here.",
            hint="Write a list of the new and the old secret where the file comes from: `serve` sets the new one.",
        )


def to_prune(keeping: HookKeeping, following: Following, *, allow_many: bool) -> tuple[str, ...]:
    """Return the repositories whose webhooks of ours no app needs any more.

    Raises:
        UserError: On doubt: a document cannot be read, or it would be too many at once.
        TemporaryError: The notes cannot be read.
    """
    found = unfollowed(keeping.notes.repositories(), following, allow_many=allow_many)
    if found.held_back:
        listed_names = "\n".join(f"  {repository}" for repository in found.held_back)
        raise UserError(
            f"{found.reason} None was removed:\n{listed_names}",
            hint="Mend the documents first." if following.broken else "Look why; then give --allow-many.",
        )
    return found.gone


def _secret(keeping: HookKeeping, repository: str) -> Mapping[str, Any]:
    own = keeping.secrets.of(repository) if keeping.secrets else ()
    set_at = keeping.notes.get(repository).secret_at
    return {
        "own": bool(own),
        "valid": len(own) or int(bool(keeping.shared)),
        "set_at": show_instant(int(set_at)) if set_at else None,
    }
