"""Templates written by tests, and copier as the oracle of what they render to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent
from warnings import catch_warnings

import pytest

from generator.core.tree import File, MemoryTree
from generator.templating.answers import resolve
from generator.templating.render import render
from generator.templating.source import read_folder, read_tree
from generator.templating.template import Template

Content = str | bytes | Path | tuple[str]
"""A file's text or bytes, the target of a symlink, or in a tuple the text of an executable."""

Write = Callable[[Mapping[str, Content]], Path]
Parse = Callable[[Mapping[str, str | bytes]], Template]
Same = Callable[[Mapping[str, Content], Mapping[str, object]], None]
Oracle = Callable[[Path, Mapping[str, object]], MemoryTree]


@pytest.fixture
def parse() -> Parse:
    """Return a template, called `demo`, made of files in memory."""

    def parse_files(files: Mapping[str, str | bytes]) -> Template:
        encoded = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
        return Template.parse(MemoryTree({path: File(data) for path, data in encoded.items()}), name="demo")

    return parse_files


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a template's files to a folder and return it; texts are dedented."""

    def write_files(files: Mapping[str, Content]) -> Path:
        folder = tmp_path / "template"
        folder.mkdir(exist_ok=True)
        for path, content in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, Path):
                target.symlink_to(content)
            elif isinstance(content, bytes):
                target.write_bytes(content)
            else:
                text = content if isinstance(content, str) else content[0]
                target.write_bytes(dedent(text).encode())
                target.chmod(0o644 if isinstance(content, str) else 0o755)
        return folder

    return write_files


@pytest.fixture
def oracle(tmp_path: Path) -> Oracle:
    """Return what copier itself renders from a folder with some data and the defaults."""
    import copier  # noqa: PLC0415 - half a second that only these tests take

    def render_by_copier(folder: Path, data: Mapping[str, object]) -> MemoryTree:
        target = Path(mkdtemp(dir=tmp_path)) / "by-copier"
        with catch_warnings(action="ignore"):  # copier's own about what is deprecated
            copier.run_copy(str(folder), target, data=dict(data), settings=copier.Settings(), defaults=True, quiet=True)
        return read_tree(target, follow=False) if target.exists() else MemoryTree()

    return render_by_copier


@pytest.fixture
def same_as_copier(write: Write, oracle: Oracle, ours: Oracle) -> Same:
    """Check that a template and some data render to the same names, modes and bytes as by copier."""

    def check(files: Mapping[str, Content], data: Mapping[str, object]) -> None:
        folder = write(files)
        expected, actual = oracle(folder, data), ours(folder, data)
        assert expected.under("")
        assert {p: actual.get(p) for p in actual.under("")} == {p: expected.get(p) for p in expected.under("")}

    return check


@pytest.fixture
def ours() -> Oracle:
    """Return what this engine renders from a folder with some data and the defaults."""

    def render_by_us(folder: Path, data: Mapping[str, object]) -> MemoryTree:
        template = Template.parse(read_folder(folder), name=folder.name, source=str(folder))
        return render(template, resolve(template, data))

    return render_by_us
