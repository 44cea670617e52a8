"""Takes the webhooks of ours away, with all that is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from generator.sync.following import DocumentReader
from generator.sync.hooks.hook_notes import HookNotes
from generator.sync.outward import Outward
from generator.workspace.workspace import Workspace


def hooked(workspace: Workspace, state: Path) -> list[str]:
    """Return the repositories that have a webhook of ours, as far as it is known, spelled as the documents have them.

    Args:
        workspace: The organization's repositories.
        state: The folder in which is kept what is known of webhooks.
    """
    notes = HookNotes(state / "hooks.db") if (state / "hooks.db").exists() else HookNotes()
    try:
        noted = notes.repositories()
    finally:
        notes.close()
    if not noted:
        return []
    followed = DocumentReader().read(workspace.tree("application"), workspace.layout).repositories()
    spelled = {repository.casefold(): repository for repository in followed}
    return sorted(spelled.get(repository, repository) for repository in noted)


def unhook(repositories: Sequence[str], outward: Outward, state: Path, tell: Callable[[str], None]) -> None:
    """Remove the webhooks of repositories; it can be repeated.

    Raises:
        UserError: GitHub does not let us.
        TemporaryError: GitHub is away: run it again.
    """
    notes = HookNotes(state / "hooks.db")
    try:
        keeping = outward.hooks(notes)
        for repository in repositories:
            number = keeping.remove(repository)
            tell(f"{repository}: {'1 webhook' if number == 1 else f'{number} webhooks'} removed.")
    finally:
        notes.close()
