"""What fast-import is given, byte by byte."""

from __future__ import annotations

import pytest

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, File
from generator.gitrepo import import_stream


def test_a_commit_is_written_with_its_message_its_parent_and_its_edits() -> None:
    found = import_stream.commit(
        1,
        "refs/x",
        parent="a" * 40,
        author="A <a@x>",
        committer="C <c@x>",
        message="ü\n",
        edits={"new": File(b"x\n"), 'odd "\\\n': File(b"", EXECUTABLE), "gone": None},
    )
    assert found.decode() == (
        f"reset refs/x\nfrom {'a' * 40}\n\n"
        "commit refs/x\nmark :1\nauthor A <a@x> now\ncommitter C <c@x> now\n"
        "data 3\nü\n\n"
        'D "gone"\n'
        'M 100644 inline "new"\ndata 2\nx\n\n'
        'M 100755 inline "odd \\"\\\\\\n"\ndata 0\n\n'
        'get-mark :1\nls :1 ""\n'
    )


def test_a_path_of_bytes_that_are_no_text_stays_as_it_is() -> None:
    path = b"\xff\xfe".decode(errors="surrogateescape")
    found = import_stream.commit(1, "r", parent=None, author="", committer="", message="", edits={path: None})
    assert b'D "\xff\xfe"\n' in found


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", ".git", "a/.Git/b", "a\0"])
def test_a_path_that_leaves_the_repository_is_refused(path: str) -> None:
    with pytest.raises(UserError, match="no file of a repository"):
        import_stream.refuse_unsafe({"fine": None, path: None})


def test_other_paths_are_fine() -> None:
    import_stream.refuse_unsafe(dict.fromkeys((".gitopsmith/a", ".github/x", "a.git/b", "a b", "...", ".gitignore")))
