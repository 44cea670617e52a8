"""The webhooks of all apps of a workspace as they are on GitHub, as plain values; nothing is changed there or here."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from generator.hub.connection import Connection
from generator.hub.hooks import Hooks
from generator.hub.missed import Deliveries
from generator.hub.pages import Pages
from generator.sync.following import DocumentReader
from generator.sync.hooks.hook_notes import notes_if_any
from generator.sync.hooks.hook_states import HookStates
from generator.workspace.workspace import Workspace


def webhooks_seen(workspace: Workspace, connection: Connection, state: Path, address: str) -> dict[str, Any]:
    """Return how the webhooks are: `webhooks` by repository, and `app_webhook`, None where we are no App.

    Args:
        workspace: The organization's repositories.
        connection: Who asks.
        state: The folder in which `serve` keeps what is known; it may be missing.
        address: The address at which GitHub reaches `serve`; empty where it is not known.
    """
    followed = DocumentReader().read(workspace.tree("application"), workspace.layout).repositories()
    with closing(_pages_in(state)) as pages, closing(notes_if_any(state)) as notes:
        states = HookStates(Hooks(connection, pages), Deliveries(connection, pages), notes, address)
        app = states.of_app() if connection.is_app else None
        found = states.of(sorted(followed), at_app=app is not None and app.is_here)
    return {"webhooks": [one.row() for one in found], "app_webhook": app.row() if app else None}


def _pages_in(state: Path) -> Pages:
    """Return what `serve` keeps of GitHub's answers, which saves calls; where it keeps none, nothing is left behind."""
    file = state / "github.db"
    return Pages(file if file.exists() else None)
