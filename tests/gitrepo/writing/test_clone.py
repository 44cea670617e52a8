"""A clone is made when it is needed, heals itself whatever happened to it, and is never there by half."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import as_memory
from generator.gitrepo.clone import Clone
from generator.gitrepo.commits import Heads
from generator.gitrepo.object_reader import Object
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import write
from tests.gitrepo.writing.conftest import OpenBranch, Remote, app_path, set_version

Find = Callable[[], Path]


def remove_objects(clone: Path) -> None:
    shutil.rmtree(clone / "objects")


def remove_packs(clone: Path) -> None:
    for pack in clone.glob("objects/pack/*"):
        pack.unlink()


def truncate_packs(clone: Path) -> None:
    for pack in clone.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        os.truncate(pack, pack.stat().st_size // 2)


def empty_indexes(clone: Path) -> None:
    for index in clone.glob("objects/pack/*.idx"):
        index.chmod(0o644)
        index.write_bytes(b"")


def break_bytes_in_packs(clone: Path) -> None:
    for pack in clone.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        data = bytearray(pack.read_bytes())
        data[12:-20] = bytes(byte ^ 0x55 for byte in data[12:-20])
        pack.write_bytes(data)


def garbage_head(clone: Path) -> None:
    (clone / "HEAD").write_bytes(b"\0garbage")


def garbage_reference(clone: Path) -> None:
    (clone / "refs/remotes/origin/main").write_text("garbage\n")


def reference_to_nothing(clone: Path) -> None:
    (clone / "refs/remotes/origin/main").write_text(f"{'1' * 40}\n")


def no_references(clone: Path) -> None:
    shutil.rmtree(clone / "refs")


def garbage_config(clone: Path) -> None:
    (clone / "config").write_text("[[[")


def no_config(clone: Path) -> None:
    (clone / "config").unlink()


def garbage_shallow(clone: Path) -> None:
    (clone / "shallow").write_text("garbage\n")


def remove(clone: Path) -> None:
    shutil.rmtree(clone)


def empty(clone: Path) -> None:
    shutil.rmtree(clone)
    clone.mkdir()


def a_file_instead(clone: Path) -> None:
    shutil.rmtree(clone)
    clone.write_text("")


def remove_cache(clone: Path) -> None:
    shutil.rmtree(clone.parents[1])


DAMAGES = [
    remove_objects,
    remove_packs,
    truncate_packs,
    empty_indexes,
    break_bytes_in_packs,
    garbage_head,
    garbage_reference,
    reference_to_nothing,
    no_references,
    garbage_config,
    no_config,
    garbage_shallow,
    remove,
    empty,
    a_file_instead,
    remove_cache,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_clone_heals_itself(
    remote: Remote, branch_of: OpenBranch, cloned: Find, damage: Callable[[Path], None]
) -> None:
    """Whether it happens while a process reads the clone or before one starts, and whichever heals it."""
    running = branch_of(remote.path)
    write(running, [set_version(1, "2")])
    damage(cloned())
    write(running, [set_version(1, "2"), set_version(2, "2")])
    damage(cloned())
    write(branch_of(remote.path), [set_version(3, "2")])
    write(running, [set_version(4, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2", "app-3 → 2", "app-4 → 2"]
    assert sorted(path.name for path in cloned().parent.iterdir()) == ["repository.git"]
    remote.assert_sound()


def test_a_clone_that_another_process_healed_is_as_good(remote: Remote, branch_of: OpenBranch, cloned: Find) -> None:
    running = branch_of(remote.path)
    write(running, [set_version(1, "2")])
    remove(cloned())
    write(branch_of(remote.path), [set_version(2, "2")])
    (cloned() / "kept").write_text("")
    write(running, [set_version(3, "2")])
    assert (cloned() / "kept").exists()
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2", "app-3 → 2"]


def test_damage_is_not_mended_at_the_price_of_the_only_clone(
    remote: Remote, branch: RemoteBranch, cloned: Find
) -> None:
    """Where the remote is away, what can still be read stays."""
    write(branch, [set_version(1, "2")])
    garbage_head(cloned())
    away = remote.path.rename(remote.path.with_name("away"))
    with pytest.raises(UserError, match="no such repository"):
        write(branch, [set_version(1, "3")])
    assert (cloned() / "objects").exists()
    away.rename(remote.path)
    write(branch, [set_version(1, "3")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-1 → 3"]


def test_a_clone_half_made_by_a_writer_that_was_killed_is_made_anew(
    remote: Remote, branch: RemoteBranch, cloned: Find
) -> None:
    write(branch, [set_version(1, "2")])
    clone = cloned()
    clone.rename(clone.with_name("making"))
    remove_packs(clone.with_name("making"))
    write(branch, [set_version(2, "2")])
    assert [path.name for path in clone.parent.iterdir()] == ["repository.git"]
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2"]


LEFT_BEHIND = [
    "objects/pack/tmp_pack_x",
    "objects/pack/.tmp-1-pack-x.idx",
    "HEAD.lock",
    "config.lock",
    "packed-refs.lock",
    "shallow.lock",
    "refs/remotes/origin/main.lock",
    "gc.pid",
]


@pytest.mark.parametrize("left", LEFT_BEHIND)
def test_what_a_git_that_was_killed_leaves_stops_nobody(
    remote: Remote, branch: RemoteBranch, cloned: Find, left: str
) -> None:
    write(branch, [set_version(1, "2")])
    (cloned() / left).write_text("")
    remote.commit("other", {"other": "x"})
    write(branch, [set_version(2, "2")])
    assert branch.heads().main == remote.head()
    assert not (cloned() / left).exists()


def test_a_tree_reads_as_the_repository_is(remote: Remote, branch: RemoteBranch) -> None:
    remote.commit("more", {"a/b/c/d": "deep", "a/b.txt": "x", "a/b-": "y", 'odd "näme"': "z"})
    with branch.reserved():
        tree = branch.tree(branch.refresh().main)
    files = as_memory(tree)
    assert files.under("") == tuple(sorted(remote.git("ls-tree", "-rz", "--name-only", "main").strip("\0").split("\0")))
    assert all(file.data.decode().strip() == remote.text(path) for path in files.under("a") if (file := tree.get(path)))
    for folder in ("", "a", "a/b", "a/b/c", "registry", "none", "a/b.txt", "a/b/none"):
        assert (tree.under(folder), tree.children(folder)) == (files.under(folder), files.children(folder))
    assert [tree.get(path) for path in ("a", "none", "a/none", "none/none", "a/b.txt/none", "")] == [None] * 6


def test_only_what_is_asked_for_is_read(remote: Remote, branch: RemoteBranch, monkeypatch: pytest.MonkeyPatch) -> None:
    remote.commit("more", {f"elsewhere/{number}/file": "x" for number in range(100)})
    with branch.reserved():
        tree = branch.tree(branch.refresh().main)
    asked: list[str] = []
    objects = branch._clone._objects
    read = objects.read

    def note(names: Sequence[str]) -> list[Object]:
        asked.extend(names)
        return read(names)

    monkeypatch.setattr(objects, "read", note)
    for _ in range(2):
        assert tree.get(app_path(1))
    assert len(asked) == 5 + 2  # the folders on the way once, the file each time


def test_folders_of_a_clone_are_found_again_and_never_shared(tmp_path: Path, branch_of: OpenBranch) -> None:
    for owner in ("one", "two"):
        path = tmp_path / owner / "acme-gitops.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", path], check=True)
        Remote(path).commit("first", {app_path(1): "name: 1\nversion: 1\n"})
        write(branch_of(path), [set_version(1, "2")])
        write(branch_of(path), [set_version(1, "3")])
        assert Remote(path).subjects() == ["first", "app-1 → 2", "app-1 → 3"]
    names = sorted(path.name for path in (tmp_path / "cache").iterdir())
    assert len(names) == 2
    assert all(name.startswith("acme-gitops-") for name in names)


def test_nobody_else_on_the_machine_may_read_a_clone(tmp_path: Path, branch: RemoteBranch) -> None:
    before = os.umask(0o022)
    try:
        write(branch, [set_version(1, "2")])
    finally:
        os.umask(before)
    (home,) = (tmp_path / "cache").iterdir()
    assert home.stat().st_mode & 0o777 == 0o700


def test_many_writes_leave_few_packs(
    remote: Remote, branch: RemoteBranch, cloned: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.gitrepo.clone._PACKS", 5)
    for number in range(16):
        write(branch, [set_version(number, "2")])
    assert len(list(cloned().glob("objects/pack/*.pack"))) <= 6
    assert not list(cloned().glob("objects/[0-9a-f][0-9a-f]/*"))
    write(branch, [set_version(1, "3")])
    remote.assert_sound()


def test_both_branches_are_fetched_and_no_other(remote: Remote, branch: RemoteBranch, cloned: Find) -> None:
    remote.commit("templates", {"a": "x"}, PRISTINE_BRANCH)
    remote.commit("work", {"a": "x"}, "feature")
    remote.git("tag", "v1")
    with branch.reserved():
        assert branch.refresh() == Heads(remote.head(), remote.head(PRISTINE_BRANCH))
        remote.git("update-ref", "-d", f"refs/heads/{PRISTINE_BRANCH}")
        assert branch.refresh() == Heads(remote.head())
    listed = subprocess.run(["git", "for-each-ref"], cwd=cloned(), capture_output=True, check=True, text=True).stdout
    assert listed.split() == [remote.head(), "commit", "refs/remotes/origin/main"]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accept connections and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def assert_no_process_names(text: str) -> None:
    """Wait until no process has `text` in its command line: one that was killed needs a moment to go."""
    deadline = monotonic() + 5
    while any(text in command for command in _commands()):
        assert monotonic() < deadline, [command for command in _commands() if text in command]


def _commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


def test_a_remote_that_never_answers_is_given_up(silent_port: int, branch_of: OpenBranch) -> None:
    url = f"http://127.0.0.1:{silent_port}/acme.git"
    began = monotonic()
    with pytest.raises(TemporaryError, match="no answer within 1 s"):
        write(branch_of(url, timeout=1.0), [set_version(1, "2")])
    assert monotonic() - began < 5
    assert_no_process_names(url)


def test_a_push_that_never_ends_is_given_up_with_all_its_processes(
    remote: Remote, branch_of: OpenBranch, tmp_path: Path
) -> None:
    write(branch_of(remote.path), [set_version(1, "2")])
    never = tmp_path / "never"
    os.mkfifo(never)
    remote.hook("pre-receive", f"#!/bin/sh\ncat {never}\n")
    with pytest.raises(TemporaryError, match="no answer within 1 s"):
        write(branch_of(remote.path, timeout=1.0), [set_version(2, "2")])
    assert_no_process_names(str(remote.path))
    assert_no_process_names(f"cat {never}")
    (remote.path / "hooks" / "pre-receive").unlink()
    write(branch_of(remote.path), [set_version(2, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2"]


def test_a_remote_that_is_not_there_is_temporary(silent_port: int, branch_of: OpenBranch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TemporaryError, match="away"):
        write(branch_of(f"http://127.0.0.1:{port}/acme.git"), [set_version(1, "2")])


FULL_DISK = """
import json, resource, sys
from pathlib import Path
from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.tree import File
from generator.gitrepo.clone import Clone
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import write

url, cache, size = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
noise = bytes(number * number % 251 for number in range(1_000_000))
with Clone(url, Path(cache)) as clone:
    try:
        write(RemoteBranch(clone, "main"), [lambda _: Change({"large": File(noise)}, "large")])
    except UserError as error:
        print(error)
"""


def test_a_full_disk_is_an_error_and_harms_nothing(
    remote: Remote, branch: RemoteBranch, cloned: Find, tmp_path: Path
) -> None:
    """A process that may write only small files stands for it: that needs no disk of one's own."""
    write(branch, [set_version(1, "2")])
    limited = [sys.executable, "-c", FULL_DISK, str(remote.path), str(tmp_path / "cache"), "2000"]
    done = subprocess.run(limited, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("The disk is full:")
    assert not list(cloned().rglob("*tmp*")), "what was begun keeps the disk full"
    write(branch, [set_version(1, "2"), set_version(2, "2")])
    assert remote.subjects()[1:] == ["app-1 → 2", "app-2 → 2"]
    remote.assert_sound()


def test_a_cache_that_cannot_be_written_is_an_error(remote: Remote, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Clone(str(remote.path), tmp_path / "file") as clone, pytest.raises(UserError, match="cannot be written"):
        write(RemoteBranch(clone, "main"), [set_version(1, "2")])
