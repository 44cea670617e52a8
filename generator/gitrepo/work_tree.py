"""The work tree of a repository: what is uncommitted in it, and how it follows a commit that was written without it."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from git import Repo

from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File
from generator.gitrepo.git_tree import commit_tree
from generator.gitrepo.objects import encoded, git_input

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_ABSENT = f"000000 {'0' * 40}"


@dataclass(frozen=True)
class _Step:
    """How one path differs between two commits: its mode and object in each, as the index holds them."""

    before: str
    after: str


def in_the_way(repo: Repo, old: str | None, new: str) -> list[str]:
    """Return the paths where the work tree or the index holds something that following a commit would destroy.

    What is already as the commit has it is not in the way: so a run that was killed half-way can be run again.
    Symbolic links to folders are in the way always: they are never followed.

    Args:
        repo: A repository with a work tree.
        old: The commit that is checked out; None where the branch has none yet.
        new: The commit that will be.
    """
    root = Path(repo.working_dir)
    steps = _steps(repo, old, new)
    index = {path: step.after for path, step in _raw(repo, "diff-index", "--cached", old or _EMPTY_TREE)}
    before, after = commit_tree(repo, old), commit_tree(repo, new)
    trusts_modes = bool(repo.config_reader().get_value("core", "filemode", default=True))

    def is_in_the_way(path: str, step: _Step) -> bool:
        if blocked(root, path, steps) or index.get(path, step.before) not in {step.before, step.after}:
            return True
        found = None if _leads_through_file(root, path) else read_file(root / path)
        return not any(_same(found, wanted, trusts_modes) for wanted in (after.get(path), before.get(path)))

    return [path for path, step in steps.items() if is_in_the_way(path, step)]


def blocked(root: Path, path: str, leaving: Container[str] = ()) -> bool:
    """Return whether no file can stand at `path`: it is a folder, or a file or a link stands where a folder must.

    Args:
        root: The folder that `path` is relative to.
        path: Where a file is wanted.
        leaving: Files that are no obstacle, because what becomes of them is decided by themselves.
    """
    if any(_is_file(root / folder) and folder not in leaving for folder in _folders_of(path)):
        return True
    if _leads_through_file(root, path) or not (root / path).is_dir() or (root / path).is_symlink():
        return False
    return any(below.relative_to(root).as_posix() not in leaving for below in _leaves(root / path))


def follow(repo: Repo, old: str | None, new: str | None) -> None:
    """Make the work tree and the index, which show one commit, show another; no branch is moved.

    Args:
        repo: A repository with a work tree, where nothing is in the way.
        old: The commit that is shown; None for no file at all.
        new: The commit to show; None for no file at all.
    """
    root = Path(repo.working_dir)
    # Removals first: a folder may become a file, or a file a folder.
    steps = dict(sorted(_steps(repo, old, new).items(), key=lambda item: item[1].after != _ABSENT))
    # The index before the files: where another process has locked it, nothing was touched yet.
    with git_input(encoded(f"{step.after}\t{path}\0") for path, step in steps.items()) as stream:
        repo.git.update_index("-z", "--index-info", istream=stream)
    tree = commit_tree(repo, new)
    for path in steps:
        if (file := tree.get(path)) is not None:
            write_file(root / path, file)
        else:
            _remove(root, path)
    # Only the cached file times are refreshed here; the command's status says whether other files are dirty.
    repo.git.update_index("-q", "--refresh", with_exceptions=False)


def read_file(path: Path) -> File | None:
    """Return the file on disk at `path` with its git mode, or None where there is no file; links are not followed."""
    if path.is_symlink():
        return File(os.fsencode(path.readlink()), SYMLINK)
    if not path.is_file():
        return None
    return File(path.read_bytes(), EXECUTABLE if path.stat().st_mode & 0o100 else REGULAR)


def write_file(path: Path, file: File) -> None:
    """Write a file so that a reader sees the old or the new one, whole; folders on the way are created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of a name of 255 bytes, the most that a disk takes, enough must go for what is put around it.
    new = path.with_name(f".{path.name[:50]}.gitopsmith")
    new.unlink(missing_ok=True)
    if file.mode == SYMLINK:
        new.symlink_to(os.fsdecode(file.data))
    else:
        new.write_bytes(file.data)
        if file.mode == EXECUTABLE:
            new.chmod(new.stat().st_mode | 0o111)
    new.replace(path)


def _remove(root: Path, path: str) -> None:
    """Remove a file and the folders that it leaves empty; what stands there in its stead already is left alone."""
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        (root / path).unlink()
    for folder in map(root.joinpath, _folders_of(path)):
        if not folder.is_dir() or folder.is_symlink() or any(folder.iterdir()):
            break
        folder.rmdir()


def _same(found: File | None, wanted: File | None, trusts_modes: bool) -> bool:
    if found is None or wanted is None or trusts_modes:
        return found == wanted
    return found.data == wanted.data and (found.mode == SYMLINK) == (wanted.mode == SYMLINK)


def _folders_of(path: str) -> Iterator[str]:
    """Yield the folders on the way to `path`, the innermost first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _leads_through_file(root: Path, path: str) -> bool:
    return any(_is_file(root / folder) for folder in _folders_of(path))


def _leaves(folder: Path) -> Iterator[Path]:
    """Yield what is below a folder: files, links, and folders that hold nothing."""
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink() and any(entry.iterdir()):
            yield from _leaves(entry)
        else:
            yield entry


def _steps(repo: Repo, old: str | None, new: str | None) -> dict[str, _Step]:
    return dict(_raw(repo, "diff-tree", "-r", old or _EMPTY_TREE, new or _EMPTY_TREE))


def _raw(repo: Repo, *command: str) -> Iterator[tuple[str, _Step]]:
    """Yield each path that a diff names, read from git's raw format: `:MODE MODE OBJECT OBJECT STATUS NUL PATH NUL`."""
    name, *arguments = command
    listing = repo.git.execute(["git", name, "--raw", "-z", "--no-abbrev", "--no-renames", *arguments])
    fields = str(listing).split("\0")
    for meta, path in zip(fields[::2], fields[1::2], strict=False):
        mode, new_mode, sha, new_sha, status = meta.removeprefix(":").split(" ")
        # An unmerged path is as no commit has it.
        yield path, _Step(f"{mode} {sha}", status if status == "U" else f"{new_mode} {new_sha}")
