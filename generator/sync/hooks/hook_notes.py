"""Notes on the webhooks of repositories: which hook is ours, which secret was set on it, which deliveries were seen.

They may be lost at any moment: then the hook is found and taken over, and what was missed is looked through again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from generator.hub.cache_file import CacheFile
from generator.sync.news.events import repository_key
from generator.sync.state_folder import hook_notes_in

APP = ""
"""The name under which the webhook of a GitHub App is kept."""


@dataclass(frozen=True)
class HookNote:
    """What is known of one webhook. All times are seconds since 1970, UTC.

    Attributes:
        hook: GitHub's number of it; 0 where it is not known.
        secret: The fingerprint of the secret that was set last; empty where it is not known.
        secret_at: When it was set.
        seen: When the newest delivery was attempted of those that were looked through.
        handled: The deliveries about that time that are in the inbox or need not be, and when each was attempted.
    """

    hook: int = 0
    secret: str = ""
    secret_at: float = 0.0
    seen: float = 0.0
    handled: Mapping[str, int] = field(default_factory=dict)


def fingerprint(secret: str) -> str:
    """Return what tells whether a secret is another one, and not which."""
    return hashlib.blake2b(secret.encode(errors="surrogateescape"), digest_size=8, person=b"webhook").hexdigest()


class HookNotes:
    """Notes by repository. Several threads may use it at once, and several processes the same file.

    Every method raises `TemporaryError` where the file cannot be read or written.

    Args:
        path: The file; None to keep them only as long as the process lives.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = CacheFile(path, _prepare, "the notes on webhooks")

    def close(self) -> None:
        """Close the file; a later use opens it again, and what is kept without one is gone."""
        self._file.close()

    def get(self, repository: str) -> HookNote:
        """Return the note on a repository, `owner/name` in any case; an empty one where there is none."""
        query = "SELECT note FROM hook WHERE repository = ?"
        found = self._file.do(lambda database: database.execute(query, (repository_key(repository),)).fetchone())
        with suppress(ValueError, TypeError):  # of a later version
            return HookNote(**json.loads(found[0])) if found else HookNote()
        return HookNote()

    def put(self, repository: str, note: HookNote) -> None:
        """Keep the note on a repository."""
        row = repository_key(repository), json.dumps(asdict(note), separators=(",", ":"))
        self._file.do(lambda database: database.execute("INSERT OR REPLACE INTO hook VALUES (?, ?)", row))

    def forget(self, repository: str) -> None:
        """Forget the note on a repository."""
        key = (repository_key(repository),)
        self._file.do(lambda database: database.execute("DELETE FROM hook WHERE repository = ?", key))

    def having(self, hook: int) -> list[str]:
        """Return the repositories whose webhook has a number, in small letters; two where one was renamed."""
        return [repository for repository in self.repositories() if self.get(repository).hook == hook]

    def repositories(self) -> list[str]:
        """Return every repository that there is a note on, in small letters, without that on an App."""
        query = "SELECT repository FROM hook WHERE repository <> '' ORDER BY repository"
        return [name for (name,) in self._file.do(lambda database: database.execute(query).fetchall())]


def notes_in(state: Path) -> HookNotes:
    """Return the notes in a folder for state, which are made where they are missing."""
    return HookNotes(hook_notes_in(state))


def notes_if_any(state: Path) -> HookNotes:
    """Return the notes in a folder for state; where there are none, none that leave nothing behind."""
    file = hook_notes_in(state)
    return HookNotes(file if file.exists() else None)


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE IF NOT EXISTS hook (repository TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID")
