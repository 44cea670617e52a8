"""The work tree of a repository: what is uncommitted in it, and how it follows a commit that was written without it."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from git import Repo

from generator.core.change import Edits
from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File
from generator.gitrepo.git_tree import commit_tree
from generator.gitrepo.running import encoded, git_input

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_REMOVED, _UNMERGED = "D", "U"


@dataclass(frozen=True)
class _Entry:
    """What the index or a commit holds at a path, as git writes it."""

    mode: str
    object: str
    status: str

    def is_of(self, repo: Repo, file: File | None) -> bool:
        """Return whether it holds `file`, or for None nothing at all."""
        if self.status in {_REMOVED, _UNMERGED} or file is None:
            return self.status == _REMOVED and file is None
        return self.mode == f"{file.mode:o}" and repo.odb.stream(bytes.fromhex(self.object)).read() == file.data


def in_the_way(repo: Repo, commit: str | None, edits: Edits) -> list[str]:
    """Return the paths of `edits` where the work tree or the index holds something that they would destroy.

    What is already as an edit wants it is not in the way: so a run that was killed half-way can be run again.
    Symbolic links to folders are in the way always: they are never followed.

    Args:
        repo: A repository with a work tree.
        commit: The commit that is checked out; None where the branch has none yet.
        edits: What is about to be done.
    """
    root, head = Path(repo.working_dir), commit_tree(repo, commit)
    staged = dict(_raw(repo, "diff-index", "--cached", commit or _EMPTY_TREE))
    # Where a disk has no modes of its own, such as one of Windows, git is told not to look at them.
    trusts_modes = bool(repo.config_reader().get_value("core", "filemode", default=True))

    def is_in_the_way(path: str, wanted: File | None) -> bool:
        if blocked(root, path, edits):
            return True
        found, committed = None if _leads_through_file(root, path) else read_file(root / path), head.get(path)
        if not any(_same(found, harmless, trusts_modes=trusts_modes) for harmless in (wanted, committed)):
            return True
        return path in staged and not staged[path].is_of(repo, wanted)

    return [path for path in sorted(edits) if is_in_the_way(path, edits[path])]


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
    return any(leaf is None or leaf.relative_to(root).as_posix() not in leaving for leaf in _leaves(root / path))


def follow(repo: Repo, old: str | None, new: str | None) -> None:
    """Make the work tree and the index, which show one commit, show another; no branch is moved.

    Args:
        repo: A repository with a work tree, where nothing is in the way.
        old: The commit that is shown; None for no file at all.
        new: The commit to show; None for no file at all.
    """
    root = Path(repo.working_dir)
    # Removals first: a folder may become a file, or a file a folder.
    steps = sorted(
        _raw(repo, "diff-tree", "-r", old or _EMPTY_TREE, new or _EMPTY_TREE),
        key=lambda step: step[1].status != _REMOVED,
    )
    # The index before the files: where another process has locked it, nothing was touched yet.
    with git_input(encoded(f"{entry.mode} {entry.object}\t{path}\0") for path, entry in steps) as stream:
        repo.git.update_index("-z", "--index-info", istream=stream)
    tree = commit_tree(repo, new)
    for path, _ in steps:
        if (file := tree.get(path)) is not None:
            write_file(root / path, file)
        else:
            _remove(root, path)
    # Only the cached file times are refreshed here; the command's status says whether other files are dirty.
    repo.git.update_index("-q", "--refresh", with_exceptions=False)


def read_file(path: Path) -> File | None:
    """Return the file on disk at `path` with its git mode, or None where there is no file; links are not followed."""
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(mode):
        return File(os.fsencode(path.readlink()), SYMLINK)
    if not stat.S_ISREG(mode):
        return None
    return File(path.read_bytes(), EXECUTABLE if mode & 0o100 else REGULAR)


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


def _same(found: File | None, wanted: File | None, *, trusts_modes: bool) -> bool:
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


def _leaves(folder: Path) -> Iterator[Path | None]:
    """Yield the files and links below a folder, and None for each folder that holds nothing."""
    entries = list(folder.iterdir())
    if not entries:
        yield None
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from _leaves(entry)
        else:
            yield entry


def _raw(repo: Repo, *command: str) -> Iterator[tuple[str, _Entry]]:
    """Yield what the second side of a diff holds at each path that differs.

    Git's raw format is `:MODE MODE OBJECT OBJECT STATUS`, NUL, the path, NUL.
    """
    name, *arguments = command
    listing = repo.git.execute(["git", name, "--raw", "-z", "--no-abbrev", "--no-renames", *arguments])
    fields = str(listing).split("\0")
    for meta, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, sha, status = meta.split(" ")
        yield path, _Entry(mode, sha, status)
