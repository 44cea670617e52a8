"""Commits written straight into the object store, a whole batch by one `git fast-import`: no index, no checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from generator.core.change import Change
from generator.core.errors import UserError
from generator.core.layout import PRISTINE_TRAILER
from generator.gitrepo import import_stream
from generator.gitrepo.authorship import Signature
from generator.gitrepo.commit_message import message
from generator.gitrepo.git_process import Git, GitFailedError

_INCOMING = "refs/gitopsmith/incoming/"


@dataclass(frozen=True)
class Heads:
    """Where the two branches of a repository are.

    Attributes:
        main: The commit of the branch that is deployed; None where there is no branch.
        pristine: The commit of the pristine branch, likewise.
    """

    main: str | None
    pristine: str | None = None


@dataclass(frozen=True)
class Step:
    """What one commit, or one on each branch, does; a change without edits makes no commit.

    Attributes:
        main: The change of the branch that is deployed.
        pristine: The change of the pristine branch; None for a step that does not come from templates.
    """

    main: Change
    pristine: Change | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the step makes no commit at all."""
        return not self.main.edits and not (self.pristine and self.pristine.edits)


class _Record(Protocol):
    """Writes one commit and returns its name."""

    def __call__(self, branch: str, parent: str | None, change: Change, text: str) -> str: ...


def write_commits(git: Git, heads: Heads, steps: Sequence[Step], signature: Signature) -> list[Heads]:
    """Write commits that no branch points to yet.

    Args:
        git: How git is run in the repository.
        heads: Where the first commits are made.
        steps: What the commits do and say, in order; their paths are safe.
        signature: Who they are from.

    Returns:
        Where the branches would be after each step.

    Raises:
        GitFailedError: Git could not write.
        UserError: The commits cannot be signed.
    """
    trees: list[str] = []
    with _importing(git, signature, trees) as record:
        found = _chain(heads, steps, signature, record)
    # Fast-import cannot sign: the same commits are made again of the trees that it wrote.
    return _chain(heads, steps, signature, _signing(git, signature, iter(trees))) if signature.signed else found


def _chain(heads: Heads, steps: Sequence[Step], signature: Signature, record: _Record) -> list[Heads]:
    found: list[Heads] = []
    for step in steps:
        main, pristine = heads.main, heads.pristine
        if step.pristine and step.pristine.edits:
            pristine = record("pristine", pristine, step.pristine, message(step.pristine, trailers=signature.trailers))
        origin = ((PRISTINE_TRAILER, pristine),) if step.pristine and pristine else ()
        if step.main.edits:
            main = record("main", main, step.main, message(step.main, trailers=(*origin, *signature.trailers)))
        heads = Heads(main, pristine)
        found.append(heads)
    return found


@contextmanager
def _importing(git: Git, signature: Signature, trees: list[str]) -> Iterator[_Record]:
    """Yield what writes commits by fast-import; the names of their trees are added to `trees`."""
    began: set[str] = set()
    with git.conversation("fast-import", "--quiet", "--force") as process:

        def record(branch: str, parent: str | None, change: Change, text: str) -> str:
            part = import_stream.commit(
                len(trees) + 1,
                _INCOMING + branch,
                # On from its own commits fast-import goes by itself; it may not have stored them yet.
                parent=None if branch in began else parent,
                author=str(signature.author),
                committer=str(signature.committer),
                message=text,
                edits=change.edits,
            )
            began.add(branch)
            _tell(process, part)
            name, tree = _line(process), _line(process).split()[2]
            trees.append(tree)
            return name

        _tell(process, import_stream.BEGIN)
        yield record
        for branch in sorted(began):
            _tell(process, import_stream.forget(_INCOMING + branch))
        _tell(process, import_stream.END)


def _signing(git: Git, signature: Signature, trees: Iterator[str]) -> _Record:
    """Return what writes signed commits of `trees`, which are there in the order of the commits."""
    variables = {
        "GIT_AUTHOR_NAME": signature.author.name,
        "GIT_AUTHOR_EMAIL": signature.author.email,
        "GIT_COMMITTER_NAME": signature.committer.name,
        "GIT_COMMITTER_EMAIL": signature.committer.email,
    }

    def record(branch: str, parent: str | None, change: Change, text: str) -> str:  # noqa: ARG001 - as the other
        parents = ("-p", parent) if parent else ()
        try:
            written = git.run("commit-tree", "-S", *parents, next(trees), stdin=text.encode(), variables=variables)
        except GitFailedError as error:
            raise UserError(
                f"git could not sign a commit: {error.said or error}",
                hint="Check user.signingKey and gpg.format, and that the key needs no passphrase or has an agent.",
            ) from error
        return written.strip()

    return record


def _tell(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdin  # noqa: S101 - a conversation has one
    process.stdin.write(text)
    process.stdin.flush()


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout  # noqa: S101 - a conversation has one
    line = process.stdout.readline()
    if not line:
        raise BrokenPipeError
    return line.decode().strip()
