"""Takes the webhooks of ours away, with all that is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from generator.sync.following import DocumentReader
from generator.sync.hooks.hook_notes import APP, notes_if_any, notes_in
from generator.sync.outward import Outward
from generator.workspace.workspace import Workspace


@dataclass(frozen=True)
class Hooked:
    """What has a webhook of ours, as far as it is known.

    Attributes:
        repositories: The repositories, spelled as the documents have them.
        numbered: Those of them whose webhook is known by its number, so that it is found wherever it delivers to.
        app: Whether the GitHub App has one that was ours to keep.
    """

    repositories: tuple[str, ...] = ()
    numbered: tuple[str, ...] = ()
    app: bool = False


def hooked(workspace: Workspace, state: Path) -> Hooked:
    """Return what has a webhook of ours.

    Args:
        workspace: The organization's repositories.
        state: The folder in which is kept what is known of webhooks.

    Raises:
        UserError: The workspace cannot be read.
        TemporaryError: What is known cannot be read.
    """
    with closing(notes_if_any(state)) as notes:
        noted = {repository: notes.get(repository).hook for repository in notes.repositories()}
        app = bool(notes.get(APP).secret)
    if not noted:
        return Hooked(app=app)
    followed = DocumentReader().read(workspace.tree("application"), workspace.layout).repositories()
    spelled = {repository.casefold(): repository for repository in followed}
    names = {repository: spelled.get(repository, repository) for repository in sorted(noted)}
    return Hooked(tuple(names.values()), tuple(name for noted_as, name in names.items() if noted[noted_as]), app)


def unhook(repositories: Sequence[str], outward: Outward, state: Path, tell: Callable[[str], None]) -> None:
    """Remove the webhooks of repositories; it can be repeated.

    Args:
        repositories: The repositories; without an address of ours, those whose webhook is known by its number alone.
        outward: How GitHub is spoken to.
        state: The folder in which is kept what is known of webhooks.
        tell: Is told what was removed.

    Raises:
        UserError: GitHub does not let us.
        TemporaryError: GitHub is away: run it again.
    """
    with closing(notes_in(state)) as notes:
        keeping = outward.hooks(notes)
        for repository in repositories:
            number = keeping.remove(repository)
            tell(f"{repository}: {'1 webhook' if number == 1 else f'{number} webhooks'} removed.")


def forget_app(state: Path) -> None:
    """Forget what is known of the webhook of our GitHub App, which stays as it is.

    Raises:
        TemporaryError: What is known cannot be written.
    """
    with closing(notes_if_any(state)) as notes:
        notes.forget(APP)
