"""Commits written straight into the object store, a whole batch by one `git fast-import`: no index, no checkout."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

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
    """Where the two branches of a repository are, or will be.

    Attributes:
        main: The commit of the branch that is deployed; None where there is no branch.
        pristine: The commit of the pristine branch, likewise.
        unfinished: Where they are so far, where an earlier write is still to be finished: the others are what it wrote
            then. None where nothing is left to finish.
    """

    main: str | None
    pristine: str | None = None
    unfinished: Heads | None = None

    @property
    def deployed(self) -> Heads:
        """Where they are: what is deployed, and what the pristine branch has."""
        return self.unfinished or self


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


class Record(Protocol):
    """Writes one commit and returns its name."""

    def __call__(self, branch: Literal["main", "pristine"], parent: str | None, change: Change, text: str) -> str:
        """Write a commit.

        Args:
            branch: Which branch it is for.
            parent: The commit that it follows; None for the first one of a branch.
            change: What it does.
            text: What it says.
        """


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
        found = chain(heads, steps, signature.trailers, record)
    # Fast-import cannot sign: the same commits are made again of the trees that it wrote.
    if signature.signed:
        return chain(heads, steps, signature.trailers, _signing(git, signature, iter(trees)))
    return found


def chain(heads: Heads, steps: Sequence[Step], trailers: tuple[tuple[str, str], ...], record: Record) -> list[Heads]:
    """Write the commits of steps, each on the one before it, and return where the branches would be after each step.

    Args:
        heads: Where the first commits are made.
        steps: What the commits do and say, in order.
        trailers: What stands at the end of every message.
        record: Writes a commit.
    """
    found: list[Heads] = []
    for step in steps:
        main, pristine = heads.main, heads.pristine
        if step.pristine and step.pristine.edits:
            pristine = record("pristine", pristine, step.pristine, message(step.pristine, trailers=trailers))
        origin = ((PRISTINE_TRAILER, pristine),) if step.pristine and pristine else ()
        if step.main.edits:
            main = record("main", main, step.main, message(step.main, trailers=(*origin, *trailers)))
        heads = Heads(main, pristine)
        found.append(heads)
    return found


def commit_of(git: Git, tree: str, parents: Sequence[str], text: str, signature: Signature) -> str:
    """Write a commit of a tree that is there already, and return its name.

    Args:
        git: How git is run in the repository.
        tree: The tree.
        parents: The commits that it follows.
        text: What it says.
        signature: Who it is from.

    Raises:
        GitFailedError: Git could not write.
        UserError: The commit cannot be signed.
    """
    variables = {
        "GIT_AUTHOR_NAME": signature.author.name,
        "GIT_AUTHOR_EMAIL": signature.author.email,
        "GIT_COMMITTER_NAME": signature.committer.name,
        "GIT_COMMITTER_EMAIL": signature.committer.email,
    }
    options = [option for parent in parents for option in ("-p", parent)] + ["-S"] * signature.signed
    try:
        return git.run("commit-tree", *options, tree, stdin=text.encode(), variables=variables).strip()
    except GitFailedError as error:
        if not signature.signed:
            raise
        raise UserError(
            f"git could not sign a commit: {error.said or error}",
            hint="Check user.signingKey and gpg.format, and that the key needs no passphrase or has an agent.",
        ) from error


@contextmanager
def _importing(git: Git, signature: Signature, trees: list[str]) -> Iterator[Record]:
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


def _signing(git: Git, signature: Signature, trees: Iterator[str]) -> Record:
    """Return what writes signed commits of `trees`, which are there in the order of the commits."""

    def record(branch: str, parent: str | None, change: Change, text: str) -> str:  # noqa: ARG001 - as the other
        return commit_of(git, next(trees), [parent] if parent else [], text, signature)

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
