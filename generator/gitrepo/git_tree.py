"""The trees of a repository that GitPython has opened."""

from __future__ import annotations

from collections.abc import Sequence

from git import Repo

from generator.core.tree import MemoryTree, Tree
from generator.gitrepo.object_reader import Object
from generator.gitrepo.object_tree import ObjectTree


def commit_tree(repo: Repo, sha: str | None) -> Tree:
    """Return the tree of a commit; an empty one for None.

    Args:
        repo: The repository that holds it.
        sha: The commit, as its full hexadecimal name.
    """
    if sha is None:
        return MemoryTree()

    def read(names: Sequence[str]) -> list[Object]:
        return [_read(repo, name) for name in names]

    return ObjectTree(read, repo.commit(sha).tree.hexsha)


def _read(repo: Repo, name: str) -> Object:
    found = repo.odb.stream(bytes.fromhex(name))
    return Object(name, found.type.decode(), found.read())
