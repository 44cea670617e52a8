"""The folder for state: what the sync keeps there, and under which names."""

from __future__ import annotations

from pathlib import Path


def make_folder(state: Path) -> None:
    """Make the folder where it is missing; nobody else may look into it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)


def database_in(state: Path) -> Path:
    """Return the SQLite file of deliveries and reports."""
    return state / "sync.db"


def answers_in(state: Path) -> Path:
    """Return the file of what GitHub answered, which may be lost at any moment."""
    return state / "github.db"


def hook_notes_in(state: Path) -> Path:
    """Return the file of what is known of webhooks, which may be lost as well."""
    return state / "hooks.db"


def clones_in(state: Path) -> Path:
    """Return the folder of the clones."""
    return state / "clones"
