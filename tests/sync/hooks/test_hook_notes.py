"""Notes on webhooks: kept over a restart, and no loss where they are lost."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from generator.core.errors import TemporaryError
from generator.sync.hooks.hook_notes import APP, HookNote, HookNotes

NOTE = HookNote(7, "0123456789abcdef", 1.5, 2.5, {"a-guid": 3})


def test_a_note_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "hooks.db"
    with closing(HookNotes(path)) as notes:
        notes.put("Acme/Podinfo", NOTE)
        notes.put(APP, HookNote(secret="x"))
    with closing(HookNotes(path)) as notes:
        assert notes.get("acme/podinfo") == NOTE
        assert notes.get(APP) == HookNote(secret="x")
        assert notes.repositories() == ["acme/podinfo"]
        notes.forget("acme/PODINFO")
        assert notes.get("acme/podinfo") == HookNote()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "hooks.db"
    path.write_bytes(b"this is no database, and long enough to tell" * 100)
    with closing(HookNotes(path)) as notes:
        assert notes.get("acme/podinfo") == HookNote()
        notes.put("acme/podinfo", NOTE)
        assert notes.get("acme/podinfo") == NOTE


def test_a_file_that_cannot_be_there_may_pass(tmp_path: Path) -> None:
    with closing(HookNotes(tmp_path / "missing" / "hooks.db")) as notes, pytest.raises(TemporaryError):
        notes.get("acme/podinfo")
