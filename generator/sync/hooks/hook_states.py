"""How the webhooks of repositories are on GitHub, for a person to look at; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from generator.core.errors import GitopsmithError
from generator.core.instants import show_instant
from generator.hub.connection import Connection
from generator.hub.hook_decision import Hook, is_payload_of, same_place
from generator.hub.hook_deliveries import Attempt, Deliveries, HookPlace
from generator.hub.hooks import Hooks
from generator.hub.pages import Pages
from generator.sync.each_repository import each_repository
from generator.sync.following import DocumentReader
from generator.sync.hooks.hook_keeping import app_url, payload_url
from generator.sync.hooks.hook_notes import HookNotes, notes_if_any
from generator.sync.state_folder import answers_in
from generator.workspace.workspace import Workspace

State = Literal["active", "inactive", "elsewhere", "missing", "app", "unknown"]
"""`elsewhere`: it delivers to another address than ours; `app`: there is none, and that of the App brings its news."""


@dataclass(frozen=True)
class HookState:
    """The webhook of a repository.

    Attributes:
        repository: The repository, `owner/name`.
        state: How it is.
        hook: The webhook; None where there is none of ours.
        last: The last attempt to deliver; None where there was none in the last three days.
        problem: Why it is not known; empty where it is.
    """

    repository: str
    state: State
    hook: Hook | None = None
    last: Attempt | None = None
    problem: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as plain values."""
        hook = self.hook
        return {
            "repository": self.repository,
            "webhook": self.state,
            "id": hook.id if hook else None,
            "url": hook.url if hook else None,
            "events": sorted(hook.events) if hook else [],
            "last_delivery": _attempt(self.last),
            "problem": self.problem,
        }


@dataclass(frozen=True)
class AppHookState:
    """The webhook of our GitHub App.

    Attributes:
        url: Where it delivers to; empty where there is none.
        is_here: Whether that is our server, as far as its address is known.
        last: The last attempt to deliver; None where there was none in the last three days.
        problem: Why it is not known; empty where it is.
    """

    url: str = ""
    is_here: bool = False
    last: Attempt | None = None
    problem: str = ""

    def row(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "url": self.url or None,
            "delivers_here": self.is_here,
            "last_delivery": _attempt(self.last),
            "problem": self.problem,
        }


@dataclass(frozen=True)
class HookStates:
    """Looks at webhooks.

    Attributes:
        hooks: The webhooks of GitHub.
        deliveries: Their deliveries.
        notes: What is known of them.
        address: The address at which GitHub reaches our server, as `public_address` returns it; empty where it is not
            known: then whatever delivers to a server of ours is taken for ours.
    """

    hooks: Hooks
    deliveries: Deliveries
    notes: HookNotes
    address: str = ""

    @property
    def is_app(self) -> bool:
        """Whether a GitHub App asks, which may have a webhook of its own."""
        return self.hooks.is_app

    def seen(self, repositories: Sequence[str]) -> dict[str, Any]:
        """Return how webhooks are as plain values: `webhooks`, and `app_webhook`, which is None where we are no App.

        Args:
            repositories: The repositories whose webhooks are looked at, `owner/name`.
        """
        app = self.of_app() if self.is_app else None
        found = self.of(sorted(repositories), at_app=app is not None and app.is_here)
        return {"webhooks": [one.row() for one in found], "app_webhook": app.row() if app else None}

    def of_app(self) -> AppHookState:
        """Return how the webhook of our GitHub App is."""
        try:
            url = self.hooks.url_of_app()
            is_here = url == app_url(self.address) if self.address else url.endswith(app_url(""))
            return AppHookState(url, is_here, self.deliveries.last(HookPlace()) if url else None)
        except GitopsmithError as error:
            return AppHookState(problem=str(error))

    def of(self, repositories: Sequence[str], *, at_app: bool = False) -> list[HookState]:
        """Return how the webhooks of repositories are; what cannot be known of one hides no other.

        Args:
            repositories: The repositories, `owner/name`.
            at_app: Whether the webhook of our GitHub App delivers here.
        """
        found, problems = each_repository(repositories, lambda name: self._state(name, at_app=at_app))
        found |= {name: HookState(name, "unknown", problem=problem) for name, problem in problems.items()}
        return [found[name] for name in repositories]

    def _state(self, repository: str, *, at_app: bool) -> HookState:
        known = self.notes.get(repository).hook
        candidates = [
            hook for hook in self.hooks.of(repository) if hook.id == known or is_payload_of(hook.url, repository)
        ]
        ours = [hook for hook in candidates if self._is_here(hook, repository)]
        hook = next(iter(sorted(ours or candidates, key=lambda hook: (hook.id != known, hook.id))), None)
        if hook is None:
            return HookState(repository, "app" if at_app else "missing")
        state: State = "elsewhere" if not ours else "active" if hook.active else "inactive"
        # It shows whether anything was delivered at all, which saves a call.
        last = self.deliveries.last(HookPlace(repository, hook.id)) if hook.last_status else None
        return HookState(repository, state, hook, last)

    def _is_here(self, hook: Hook, repository: str) -> bool:
        if not self.address:
            return is_payload_of(hook.url, repository)
        return same_place(hook.url, payload_url(self.address, repository))


def webhooks_seen(workspace: Workspace, connection: Connection, state: Path, address: str) -> dict[str, Any]:
    """Return how the webhooks of all apps of a workspace are, see `HookStates.seen`; nothing is changed here either.

    Args:
        workspace: The organization's repositories.
        connection: Who asks.
        state: The folder in which `serve` keeps what is known; it may be missing.
        address: The address at which GitHub reaches `serve`; empty where it is not known.
    """
    followed = DocumentReader().read(workspace.tree("application"), workspace.layout).repositories()
    # What `serve` keeps of GitHub's answers saves calls; where it keeps none, nothing is left behind.
    answers = answers_in(state)
    with closing(Pages(answers if answers.exists() else None)) as pages, closing(notes_if_any(state)) as notes:
        return HookStates(Hooks(connection, pages), Deliveries(connection, pages), notes, address).seen(followed)


def _attempt(attempt: Attempt | None) -> Mapping[str, Any] | None:
    if attempt is None:
        return None
    return {
        "at": show_instant(attempt.delivered_at),
        "status": attempt.status,
        "event": attempt.event,
        "delivery": attempt.guid,
    }
