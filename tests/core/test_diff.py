"""A diff says what `git diff` would say, and `git apply` does exactly what it says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.core.diff import diff
from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File, MemoryTree

ODD = [
    "a b",
    " x",
    "x ",
    'say "hi"',
    "back\\slash",
    "tab\there",
    "line\nbreak",
    "-dash",
    "日本",
    "é",
    "\x1b[31m",
    "a\rb",
]

# Git cannot read its own diff of an empty file in a folder whose name ends with a space.
segments = st.sampled_from([*ODD, "a", "b", "c.yaml"]).filter(lambda name: not name.endswith(" "))
texts = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r", "\n\n"]).map(lambda end: end.join(lines))
)
links = st.sampled_from(["gone", "../gone", "無"]).map(lambda target: File(target.encode(), SYMLINK))
regular = st.builds(File, texts.map(str.encode), st.sampled_from([REGULAR, EXECUTABLE]))
contents = st.dictionaries(
    st.lists(segments, min_size=1, max_size=3).map("/".join), regular | regular | links, max_size=5
).map(
    lambda files: {path: file for path, file in files.items() if not any(f"{path}/" in f"{other}" for other in files)}
)


def write(folder: Path, files: dict[str, File]) -> None:
    for path, file in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == SYMLINK:
            target.symlink_to(file.data.decode())
        else:
            target.write_bytes(file.data)
            target.chmod(0o755 if file.mode == EXECUTABLE else 0o644)


def read(folder: Path) -> dict[str, File]:
    files = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            files[name] = File(str(path.readlink()).encode(), SYMLINK)
        elif path.is_file():
            files[name] = File(path.read_bytes(), EXECUTABLE if path.stat().st_mode & 0o100 else REGULAR)
    return files


def apply(folder: Path, patch: str) -> None:
    command = ["git", "-C", str(folder), "apply", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, input=patch.encode(), capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{patch}"


def edits_between(before: dict[str, File], after: dict[str, File]) -> dict[str, File | None]:
    return {path: after.get(path) for path in {*before, *after}}


@settings(max_examples=120)
@given(contents, contents)
def test_git_applies_exactly_the_edits(before: dict[str, File], after: dict[str, File]) -> None:
    patch = diff(MemoryTree(before), edits_between(before, after))
    assert (patch == "") == (before == after)
    with TemporaryDirectory() as name:
        write(Path(name), before)
        if patch:
            apply(Path(name), patch)
        assert read(Path(name)) == after


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_written_as_git_writes_them(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("old\n")
    git = ["git", "-C", str(tmp_path), "-c", "core.quotePath=off"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    (tmp_path / name).write_text("new\n")
    said = subprocess.run([*git, "diff"], check=True, capture_output=True).stdout.decode().split("\n")
    ours = diff(MemoryTree({name: File(b"old\n")}), {name: File(b"new\n")}).split("\n")
    assert ours == [line for line in said if not line.startswith("index ")]


def test_a_name_that_is_no_utf8_can_be_shown() -> None:
    shown = diff(MemoryTree(), {"caf\udce9": File(b"x\n")})
    assert shown.startswith('diff --git "a/caf\\351" "b/caf\\351"\n')


def test_the_parts_of_a_diff() -> None:
    tree = MemoryTree({"gone": File(b"x\n"), "run": File(b"#!\n"), "same": File(b"=\n"), "text": File(b"1\n2\n3")})
    edits = {
        "text": File(b"1\nII\n3"),
        "run": File(b"#!\n", EXECUTABLE),
        "gone": None,
        "new": File(b""),
        "same": File(b"=\n"),
    }
    assert diff(tree, edits) == (
        "diff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/new b/new\nnew file mode 100644\n"
        "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n"
        "diff --git a/text b/text\n--- a/text\n+++ b/text\n@@ -1,3 +1,3 @@\n 1\n-2\n+II\n 3\n"
        "\\ No newline at end of file\n"
    )


def test_a_file_that_becomes_a_link_goes_and_comes_anew() -> None:
    shown = diff(MemoryTree({"a": File(b"b", REGULAR)}), {"a": File(b"b", SYMLINK)})
    assert shown.index("deleted file mode 100644") < shown.index("new file mode 120000")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b"])
def test_bytes_that_are_no_text_are_not_shown(data: bytes) -> None:
    assert diff(MemoryTree(), {"logo": File(data)}) == (
        "diff --git a/logo b/logo\nnew file mode 100644\nBinary files /dev/null and b/logo differ\n"
    )


def test_only_the_mode_of_bytes_that_are_no_text_changes() -> None:
    shown = diff(MemoryTree({"x": File(b"\0")}), {"x": File(b"\0", EXECUTABLE)})
    assert shown == "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"


@given(contents, contents)
def test_the_order_of_the_edits_does_not_matter(before: dict[str, File], after: dict[str, File]) -> None:
    edits = edits_between(before, after)
    assert diff(MemoryTree(before), edits) == diff(MemoryTree(before), dict(reversed(edits.items())))
