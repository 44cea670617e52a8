"""A commit's tree, read lazily: listing a folder lists that folder, reading a file reads that file."""

from __future__ import annotations

from collections.abc import Mapping

from git import Repo
from git.objects import Blob, Submodule
from git.objects import Tree as GitObject
from git.objects.base import IndexObject

from generator.core.tree import EXECUTABLE, REGULAR, SYMLINK, File, MemoryTree, Mode, Tree


class GitTree:
    """The tree of one commit.

    Args:
        repo: The repository that holds it.
        sha: The commit, as its full hexadecimal name.
    """

    def __init__(self, repo: Repo, sha: str) -> None:
        self._repo = repo
        self._sha = sha
        # Folders that were read: a folder of thousands of files is decoded once, not once per file.
        self._folders: dict[str, Mapping[str, IndexObject]] = {"": _entries(repo.commit(sha).tree)}

    def get(self, path: str) -> File | None:
        """Return the file at `path`, or None where there is none."""
        folder, slash, name = path.rpartition("/")
        found = self._folder(folder).get(name) if folder or not slash else None
        return File(found.data_stream.read(), _mode(found)) if isinstance(found, Blob) else None

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the sorted paths of all files below `folder`; all files of the tree for an empty string."""
        where = ("--", f"{folder}/") if folder else ()
        listing = self._repo.git(literal_pathspecs=True).ls_tree("-r", "-z", "--full-tree", self._sha, *where)
        # Git's lines are `MODE TYPE OBJECT`, a tab, the path; a submodule is a `commit`, and no file of ours.
        entries = (line.partition("\t") for line in str(listing).split("\0") if line)
        return tuple(sorted(path for meta, _, path in entries if " blob " in meta))

    def children(self, folder: str) -> tuple[str, ...]:
        """Return the sorted names of the files and folders directly in `folder`."""
        return tuple(sorted(self._folder(folder)))

    def _folder(self, path: str) -> Mapping[str, IndexObject]:
        if path not in self._folders:
            parent, _, name = path.rpartition("/")
            found = self._folder(parent).get(name)
            self._folders[path] = _entries(found) if isinstance(found, GitObject) else {}
        return self._folders[path]


def commit_tree(repo: Repo, sha: str | None) -> Tree:
    """Return the tree of a commit; an empty one for None."""
    return GitTree(repo, sha) if sha else MemoryTree()


def _entries(tree: GitObject) -> Mapping[str, IndexObject]:
    found: dict[str, IndexObject] = {}
    for entry in tree:
        if entry.type != Submodule.type:
            found[str(entry.path).rpartition("/")[2]] = entry
    return found


def _mode(blob: Blob) -> Mode:
    if blob.mode == SYMLINK:
        return SYMLINK
    return EXECUTABLE if blob.mode & 0o111 else REGULAR
