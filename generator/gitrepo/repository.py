"""A git repository on disk: read as trees, written as commits that the work tree follows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from git import Git, Repo
from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError

from generator.core.change import Change
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import MemoryTree, Tree
from generator.gitrepo import work_tree
from generator.gitrepo.git_tree import GitTree
from generator.gitrepo.lock import locked
from generator.gitrepo.objects import Identity, git_input, write_commit

PRISTINE_TRAILER = "Gitopsmith-Pristine"
"""Names, in a commit, the commit of the pristine branch that it took its templates' output from."""

_NO_COMMIT = "0" * 40


class Repository:
    """One repository with a work tree.

    Args:
        path: The folder that holds it.

    Raises:
        UserError: The folder is not the top of a git repository.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._repo = Repo(path)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise UserError(
                f"{path}: not a git repository.", hint="Clone it there, or run `gitopsmith init`."
            ) from error
        self.path = path
        self._reserved = False

    def head(self, branch: str, among: str = "refs/heads") -> str | None:
        """Return the commit that a branch points to, as its full hexadecimal name; None where there is no branch."""
        found = str(self._repo.git.rev_parse("--verify", "--quiet", f"{among}/{branch}", with_exceptions=False))
        return found or None

    def pristine_head(self) -> str | None:
        """Return the commit of the pristine branch that is furthest: the own one's, or that of `origin`.

        A clone has the branch of `origin` alone, and after a pull the own one may be behind.
        """
        own = self.head(PRISTINE_BRANCH)
        theirs = self.head(PRISTINE_BRANCH, "refs/remotes/origin")
        if own is None or theirs is None:
            return own or theirs
        shared = str(self._repo.git.merge_base(own, theirs, with_exceptions=False))
        return theirs if shared == own else own

    def tree(self, branch: str) -> Tree:
        """Return what a branch holds; an empty tree where there is no branch."""
        return self.at(self.head(branch))

    def at(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return GitTree(self._repo, commit) if commit else MemoryTree()

    def trailers(self, branch: str, path: str) -> dict[str, str]:
        """Return the trailers of the last commit of a branch that touched `path`; none without such a commit."""
        wanted = ("-1", "--format=%(trailers:only,unfold)", branch, "--", f":(top,literal){path}")
        lines = str(self._repo.git.log(*wanted)).splitlines()
        return {key: value for key, _, value in (line.partition(": ") for line in lines) if key and value}

    def checked_out(self) -> str | None:
        """Return the branch that the work tree shows; None where it shows a commit of no branch, or nothing."""
        return str(self._repo.git.symbolic_ref("--short", "--quiet", "HEAD", with_exceptions=False)) or None

    def uncommitted(self) -> tuple[str, ...]:
        """Return the paths that differ from what is committed, untracked ones included."""
        status = self._repo.git.status("--porcelain=v1", "-z", "--no-renames", strip_newline_in_stdout=False)
        return tuple(line[3:] for line in str(status).split("\0") if line)

    @contextmanager
    def reserved(self, branch: str, change: Change, planned_on: tuple[str | None, str | None]) -> Iterator[None]:
        """Keep our other processes out while a change is committed, after looking whether it still can be.

        Args:
            branch: The branch that is deployed.
            change: What will be committed to it.
            planned_on: The commits of the branch and of the pristine branch for which the change was planned.

        Raises:
            UserError: Uncommitted work is in the way.
            TemporaryError: Another process is at work here, or moved a branch since the change was planned.
        """
        with self._exclusive():
            if (self.head(branch), self.pristine_head()) != planned_on:
                raise TemporaryError(f"{self.path}: somebody committed there in the meantime.")
            if self.checked_out() == branch:
                self._refuse_uncommitted(branch, change)
            yield

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        if self._reserved:
            yield
            return
        with locked(Path(self._repo.common_dir)):
            self._reserved = True
            try:
                yield
            finally:
                self._reserved = False

    def commit(self, branch: str, change: Change, pristine: Change) -> str | None:
        """Commit to a branch and to the pristine branch: both or, where anything is in the way, neither.

        The work tree follows where it shows the branch.

        Args:
            branch: The branch that is deployed.
            change: What is committed to it; the commit names the pristine commit in a trailer.
            pristine: What is committed to the pristine branch.

        Returns:
            The branch's new commit, or None where neither change does anything.

        Raises:
            UserError: Uncommitted work is in the way, git knows no identity, or git cannot write.
            TemporaryError: Another process moved a branch meanwhile, or holds a lock.
        """
        if not change.edits and not pristine.edits:
            return None
        follows = self.checked_out() == branch
        if follows:
            self._refuse_uncommitted(branch, change)
        with _git_errors(self.path), self._exclusive():
            who = identity(self.path)
            pristine_old, old = self.head(PRISTINE_BRANCH), self.head(branch)
            pristine_new = self.pristine_head()
            if pristine.edits:
                pristine_new = write_commit(self._repo, pristine_new, pristine, who)
            new = old
            if change.edits:
                trailers = (*change.trailers, (PRISTINE_TRAILER, pristine_new)) if pristine_new else change.trailers
                new = write_commit(self._repo, old, replace(change, trailers=trailers), who)
                if follows and new:
                    work_tree.follow(self._repo, change.edits, new)
            self._move({branch: (old, new), PRISTINE_BRANCH: (pristine_old, pristine_new)})
        return new

    def _refuse_uncommitted(self, branch: str, change: Change) -> None:
        if blocked := work_tree.in_the_way(self._repo, self.tree(branch), change.edits):
            listed = "\n".join(f"  {path}" for path in blocked)
            raise UserError(
                f"{self.path}: uncommitted work is in the way:\n{listed}",
                hint="Commit it, stash it (`git stash --include-untracked`) or undo it, then run the command again.",
            )

    def _move(self, branches: dict[str, tuple[str | None, str | None]]) -> None:
        """Move all branches in one transaction, each only from where it was read."""
        commands = ["start\n"]
        for branch, (old, new) in branches.items():
            if new and new != old:
                commands.append(f"update refs/heads/{branch} {new} {old or _NO_COMMIT}\n")
        commands += ["prepare\n", "commit\n"]
        with git_input([line.encode() for line in commands]) as transaction:
            self._repo.git.update_ref("--stdin", "-m", "gitopsmith", istream=transaction)


def create(path: Path, branch: str, change: Change, pristine: Change, origin: str) -> Repository:
    """Create a repository whose first commit is there from the moment that its folder is.

    It is built beside its place and moved there, so that a run that is killed leaves no half repository; what such a
    run leaves beside it is removed here.

    Args:
        path: The folder to create; it may exist if it is empty.
        branch: The branch that is deployed.
        change: The branch's first commit.
        pristine: The pristine branch's first commit.
        origin: The address of the remote `origin`; nothing is sent there.

    Raises:
        UserError: As `Repository.commit`.
        TemporaryError: Another process is creating it.
    """
    building = building_folder(path)
    with _git_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent):
            if path.exists() and any(path.iterdir()):
                raise TemporaryError(f"{path}: somebody made it in the meantime.")
            if building.exists():
                shutil.rmtree(building)
            repo = Repo.init(building, initial_branch=branch)
            repo.git.remote("add", "origin", origin)
            repo.close()
            Repository(building).commit(branch, change, pristine)
            building.rename(path)
    return Repository(path)


def building_folder(path: Path) -> Path:
    """Return the folder in which the repository for `path` is built before it is moved there."""
    return path.with_name(f".gitopsmith-{path.name}")


def identity(path: Path) -> Identity:
    """Return who commits made below `path` are from.

    Raises:
        UserError: Neither git's configuration nor its environment variables say so.
    """
    git = Git(path)
    try:
        author, committer = (
            git(c="user.useConfigOnly=true").var(name) for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
        )
    except GitCommandError as error:
        raise UserError(
            "git does not know who you are, and a commit needs an author.",
            hint='Run `git config --global user.name "Your Name"` and `git config --global user.email YOU@EXAMPLE`.',
        ) from error
    return Identity(str(author), str(committer))


@contextmanager
def _git_errors(path: Path) -> Iterator[None]:
    """Turn what git says when it cannot write into our errors."""
    try:
        yield
    except GitCommandError as error:
        said = str(error.stderr).strip()
        if "cannot lock ref" in said or "index.lock" in said or "reference already exists" in said:
            raise TemporaryError(f"{path}: another git process is at work there: {said}") from error
        raise UserError(f"{path}: git could not write: {said}", hint="Mend what git says and run it again.") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error}") from error
