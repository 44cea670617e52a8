"""A template's folder is read as it is; what leads out of it, or is no template at all, is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from generator.core.errors import UserError
from generator.core.tree import EXECUTABLE, SYMLINK, File
from generator.templating import source
from generator.templating.source import read_folder

Write = Callable[[Mapping[str, str | bytes | Path | tuple[str]]], Path]


def test_files_are_read_with_their_modes_and_without_git(write: Write) -> None:
    tree = read_folder(
        write({"copier.yml": "", "a/b": b"\xff", "run": ("x",), ".git/config": "", "a/.git": "gitdir: x"})
    )
    assert tree.under("") == ("a/b", "copier.yml", "run")
    assert tree.get("a/b") == File(b"\xff")
    assert tree.get("run") == File(b"x", EXECUTABLE)


def test_symlinks_inside_are_followed(write: Write) -> None:
    tree = read_folder(
        write({"copier.yml": "", "d/a": ("1",), "link": Path("d/a"), "all": Path("d"), "d/up": Path("../d/a")})
    )
    assert tree.under("") == ("all/a", "all/up", "copier.yml", "d/a", "d/up", "link")
    assert tree.get("link") == tree.get("all/up") == File(b"1", EXECUTABLE)


def test_symlinks_are_preserved_where_the_template_says_so(write: Write) -> None:
    tree = read_folder(
        write({"copier.yml": "_preserve_symlinks: true", "d/a": "1", "d/up": Path("../d"), "no": Path("gone")})
    )
    assert tree.get("d/up") == File(b"../d", SYMLINK)
    assert tree.get("no") == File(b"gone", SYMLINK)


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "d/../../outside", "/etc"])
def test_a_symlink_that_leads_out_is_refused(target: str, write: Write) -> None:
    folder = write({"copier.yml": "", "d/a": "", "link": Path(target)})
    (folder.parent / "outside").write_text("secret")
    with pytest.raises(UserError, match=r"link: the symlink leads out of the template, to /.*(passwd|outside|etc)"):
        read_folder(folder)


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../outside", "d/../../outside", "d/..", ""])
def test_a_preserved_symlink_that_leads_out_is_refused(target: str, write: Write) -> None:
    folder = write({"copier.yml": "_preserve_symlinks: true", "d/a": ""})
    if not target:
        return
    os.symlink(target, folder / "link")
    with pytest.raises(UserError, match="link: the symlink points to"):
        read_folder(folder)


def test_a_symlink_to_nothing_or_in_a_circle_is_refused(write: Write) -> None:
    folder = write({"copier.yml": "", "link": Path("gone")})
    with pytest.raises(UserError, match="link: the symlink leads to nothing"):
        read_folder(folder)
    (folder / "link").unlink()
    (folder / "d").mkdir()
    (folder / "d" / "again").symlink_to("../d")
    with pytest.raises(UserError, match="again: the symlink leads to a folder that it is in"):
        read_folder(folder)
    (folder / "d" / "again").unlink()
    (folder / "self").symlink_to("self")
    with pytest.raises(UserError, match="self: the symlink leads to nothing"):
        read_folder(folder)


def test_what_is_neither_file_nor_folder_is_refused(write: Write) -> None:
    folder = write({"copier.yml": ""})
    os.mkfifo(folder / "pipe")
    with pytest.raises(UserError, match="pipe: this is neither a file nor a folder"):
        read_folder(folder)


def test_a_name_that_is_no_text_is_refused(write: Write) -> None:
    folder = write({"copier.yml": ""})
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9")).touch()
    with pytest.raises(UserError, match=r"the file name 'caf\\udce9' is not UTF-8"):
        read_folder(folder)


def test_a_folder_that_is_not_there_or_is_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere: there is no such folder"):
        read_folder(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file: this is no folder"):
        read_folder(tmp_path / "file")


def test_a_folder_that_is_too_large_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write({"copier.yml": "", "a": "", "b": ""})
    monkeypatch.setattr(source, "FILE_LIMIT", 2)
    with pytest.raises(UserError, match="this is too large for a template: over 2 files"):
        read_folder(folder)
    monkeypatch.setattr(source, "FILE_LIMIT", 3)
    assert len(read_folder(folder).under("")) == 3
