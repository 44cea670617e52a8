"""Any template rendered to any folder: all of its files or none, and never outside of the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.core.errors import UserError, UserErrors
from generator.workspace.folder_rendering import propose_files, write_files

State = Callable[[Path], dict[str, tuple[int, bytes]]]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    folder = tmp_path / "template"
    folder.mkdir()
    (folder / "copier.yml").write_text("who: {type: str, default: you}\nage: {type: int, default: 1}\n")
    (folder / "{{ who }}.txt.jinja").write_text("{{ who }} {{ age }}\n")
    (folder / "plain").write_bytes(b"\0\xff")
    (folder / "tool").write_text("#!/bin/sh\n")
    (folder / "tool").chmod(0o755)
    return folder


def render(template: Path, folder: Path, *, overwrite: bool = False, trust: bool = False, **data: object) -> int:
    proposed = propose_files(template, folder, data, ask=False, trust=trust, overwrite=overwrite)
    write_files(folder, proposed)
    return len(proposed.edits)


def test_files_are_written_with_bytes_and_modes(template: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep/out"
    assert render(template, out, who="me") == 3
    assert (out / "me.txt").read_text() == "me 1\n"
    assert (out / "plain").read_bytes() == b"\0\xff"
    assert (out / "tool").stat().st_mode & 0o111 == 0o111
    assert not (out / "copier.yml").exists()


def test_the_template_here_has_a_name_too(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(template)
    with pytest.raises(UserErrors, match=r"^template: "):
        render(Path(), tmp_path / "out", wo="me")


def test_rendering_again_writes_nothing(template: Path, tmp_path: Path) -> None:
    render(template, tmp_path / "out")
    assert render(template, tmp_path / "out") == 0


def test_what_is_there_is_overwritten_only_where_that_is_said(template: Path, tmp_path: Path, state: State) -> None:
    out = tmp_path / "out"
    render(template, out)
    (out / "you.txt").write_text("mine")
    (out / "other").write_text("mine")
    before = state(out)
    with pytest.raises(UserError, match=r"something else already:\n  you\.txt") as refused:
        render(template, out)
    assert "--overwrite" in refused.value.hint
    assert state(out) == before
    assert render(template, out, overwrite=True) == 1
    assert (out / "you.txt").read_text() == "you 1\n"
    assert (out / "other").read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_is_never_overwritten(template: Path, tmp_path: Path) -> None:
    (tmp_path / "out/you.txt").mkdir(parents=True)
    (tmp_path / "out/you.txt/mine").touch()
    with pytest.raises(UserError, match=r"you\.txt"):
        render(template, tmp_path / "out", overwrite=True)


@pytest.mark.parametrize("who", ["../evil", "/etc/evil", "a/../../evil", "..", ".git/hooks/evil"])
def test_a_path_that_leaves_the_folder_is_refused(template: Path, tmp_path: Path, state: State, who: str) -> None:
    (template / "{{ who }}.txt.jinja").rename(template / "{{ who }}.jinja")
    before = state(tmp_path)
    with pytest.raises(UserError):
        render(template, tmp_path / "out", who=who)
    assert state(tmp_path) == before


@pytest.mark.parametrize("preserve", ["true", "false"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "folder/../../secret"])
def test_a_symlink_that_leads_out_is_refused(template: Path, tmp_path: Path, preserve: str, target: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (template / "folder").mkdir()
    with (template / "copier.yml").open("a") as config:
        config.write(f"_preserve_symlinks: {preserve}\n")
    (template / "link").symlink_to(target)
    with pytest.raises(UserError, match="link"):
        render(template, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_symlink_in_the_folder_is_not_followed(template: Path, tmp_path: Path) -> None:
    (template / "sub").mkdir()
    (template / "sub/file").write_text("new")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="sub/file"):
        render(template, tmp_path / "out", overwrite=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_refused_answers_are_named_and_nothing_is_written(template: Path, tmp_path: Path) -> None:
    with pytest.raises(UserErrors) as refused:
        render(template, tmp_path / "out", age="old", whom="x")
    assert "`age`" in str(refused.value)
    assert "did you mean `who`?" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_template_that_runs_code_is_asked_to_be_trusted(template: Path, tmp_path: Path) -> None:
    with (template / "copier.yml").open("a") as config:
        config.write("_tasks: ['echo done > made-by-task']\n")
    with pytest.raises(UserError, match="may run code") as refused:
        render(template, tmp_path / "out")
    assert "--trust" in refused.value.hint
    assert not (tmp_path / "out").exists()
    render(template, tmp_path / "out", trust=True)
    assert (tmp_path / "out/made-by-task").read_text() == "done\n"


@pytest.mark.parametrize("source", ["missing", "template/plain", "empty"])
def test_what_is_no_template_is_named(template: Path, tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=source.rpartition("/")[2]):
        render(tmp_path / source, tmp_path / "out")


def test_a_disk_that_refuses_half_way_gets_everything_taken_back(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    render(template, tmp_path / "out", who="old")
    (tmp_path / "out/plain").write_bytes(b"mine")
    before = state(tmp_path / "out")
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name.startswith(".you.txt"):
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    proposed = propose_files(template, tmp_path / "out", {}, ask=False, trust=False, overwrite=True)
    assert len(proposed.edits) == 2
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(UserError, match="No space left on device"):
            write_files(tmp_path / "out", proposed)
    assert {path: found for path, found in state(tmp_path / "out").items() if not path.startswith(".you")} == before
