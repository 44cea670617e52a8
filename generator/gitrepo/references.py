"""Branches that move together: held where they were read, then all moved, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from subprocess import PIPE
from typing import Any

from git import Repo

_NO_COMMIT = "0" * 40

Moves = Mapping[str, tuple[str | None, str | None]]
"""By branch, the commit that it points to and the one that it shall; None for no branch."""


@contextmanager
def moving(repo: Repo, moves: Moves) -> Iterator[None]:
    """Hold branches while the block runs, and move them when it ends; where it raises, none is moved.

    Nobody else can move them meanwhile. Where we die, git sees that nobody speaks to it any more and lets them go.

    Args:
        repo: The repository.
        moves: The branches; those that point already to what they shall are left alone.

    Raises:
        GitCommandError: A branch is not where it was read, or another process holds it.
    """
    lines = [
        f"update refs/heads/{branch} {new} {old or _NO_COMMIT}"
        for branch, (old, new) in moves.items()
        if new and new != old
    ]
    if not lines:
        yield
        return
    # Format: https://git-scm.com/docs/git-update-ref (2.39), with the transactions of `--stdin`.
    process = repo.git.update_ref("--stdin", "-m", "gitopsmith", as_process=True, istream=PIPE)
    try:
        _tell(process, "start", *lines, "prepare")
        yield
        _tell(process, "commit")
    finally:
        process.stdin.close()
        process.proc.wait()
    process.wait()


def _tell(process: Any, *lines: str) -> None:
    """Give commands, the last of which is answered when all are done."""
    process.stdin.write("".join(f"{line}\n" for line in lines).encode())
    process.stdin.flush()
    for answer in process.stdout:
        if answer == f"{lines[-1]}: ok\n".encode():
            return
    # The answer is missing where git gave up: its status and its words are the error.
    process.wait()
