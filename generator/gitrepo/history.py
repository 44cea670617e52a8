"""The history of a clone's branches: clones come without it, and as much is fetched as is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from generator.core.change import Edits
from generator.gitrepo.authorship import SCRATCH
from generator.gitrepo.branch import PlanAgainError
from generator.gitrepo.clone import FETCH, Clone
from generator.gitrepo.failures import Failure, classify
from generator.gitrepo.git_process import GitFailedError

# How far history is looked back at. Measured on 20,000 files: 0.2 s and 0.3 MB for 50 commits, 2.1 s and 5 MB for all,
# once, for the clone keeps what it has.
_DEPTHS = (50, 250, 1000)
_CONFLICT = re.compile(r"[0-9a-f]{40,64}\n")


def deeper(clone: Clone, commit: str, branches: Sequence[str]) -> Iterator[None]:
    """Yield at once, and again whenever more of the history of branches is there, as far back as we look.

    Args:
        clone: The clone.
        commit: A commit of one of the branches.
        branches: The branches, which the remote has.

    Raises:
        UserError: The remote does not let us in, or has no such branch any more; or the disk is full.
        TemporaryError: The remote is away.
    """
    yield
    for depth in _DEPTHS:
        have = int(clone.ask("rev-list", "--count", f"--max-count={depth}", commit))
        if have < depth and boundary(clone):
            _fetch(clone, branches, f"--deepen={depth - have}")
            yield


def deepen(clone: Clone, branches: Sequence[str], commits: int) -> None:
    """Fetch so many commits more of the history of branches; where they are known to be stays as it is.

    Raises:
        UserError: The remote does not let us in, or has no such branch any more; or the disk is full.
        TemporaryError: The remote is away.
    """
    _fetch(clone, branches, f"--deepen={commits}")


def take(clone: Clone, commits: Mapping[str, str]) -> None:
    """Fetch commits, each from a branch that was seen to have it; that there are these branches is not kept.

    Raises:
        PlanAgainError: A branch has it no more.
        UserError: The remote does not let us in, or the disk is full.
        TemporaryError: The remote is away.
    """
    with clone.explained(next(iter(commits))):
        try:
            _run(clone, list(commits))
        except GitFailedError as error:
            if classify(error.said) is not Failure.NO_BRANCH:
                raise
    for branch, commit in commits.items():
        if not clone.has(commit):
            raise PlanAgainError(f"{clone.url}: another writer moved {branch}.")


def boundary(clone: Clone) -> frozenset[str]:
    """Return the commits behind which the remote has more history than a clone."""
    try:
        return frozenset((clone.git.folder / "shallow").read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()


def fork(clone: Clone, one: str, other: str, branches: Sequence[str]) -> str | None:
    """Return the commit at which two commits of branches parted; None where that is too long ago to be found.

    Raises:
        UserError: As `deeper`.
        TemporaryError: As `deeper`.
    """
    for _ in deeper(clone, one, branches):
        # The third line is the merge base, where there is one.
        common = clone.ask("rev-parse", f"{one}...{other}").split("\n")[2:3]
        if common:
            return common[0].removeprefix("^")
    return None


def changed(clone: Clone, before: str, after: str) -> list[str]:
    """Return the paths of the files that differ between two commits.

    Raises:
        PlanAgainError: The clone cannot be read.
    """
    listed = clone.ask("diff-tree", "-r", "-z", "--name-only", "--no-renames", before, after)
    return [path for path in listed.split("\0") if path]


def edits_between(clone: Clone, before: str, after: str) -> Edits:
    """Return what makes of what one commit holds what another one holds.

    Raises:
        PlanAgainError: The clone cannot be read.
    """
    tree = clone.tree(after)
    return {path: tree.get(path) for path in changed(clone, before, after)}


def scratch_merge(clone: Clone, one: str, other: str) -> str | None:
    """Return a commit that merges two others, for nobody to see; None where they conflict.

    Both are in the clone, with the commit at which they parted.

    Raises:
        PlanAgainError: The clone cannot be read.
        UserError: The disk is full.
    """
    try:
        tree = clone.git.run("merge-tree", "--write-tree", "--no-messages", one, other).strip()
    except GitFailedError as error:
        # Where there are conflicts, git names the tree that has them, and what conflicts.
        if _CONFLICT.match(error.said):
            return None
        raise PlanAgainError(f"{clone.url}: {error}") from error
    return clone.write_merge(tree, (one, other), "scratch\n", SCRATCH)


def _fetch(clone: Clone, branches: Sequence[str], *options: str) -> None:
    with clone.explained(branches[0]):
        _run(clone, branches, *options)


def _run(clone: Clone, branches: Sequence[str], *options: str) -> None:
    references = [f"refs/heads/{branch}" for branch in branches]
    clone.git.run(*FETCH, "--no-prune", "--refmap=", *options, "origin", *references)
