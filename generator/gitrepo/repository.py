"""A git repository on disk: read as trees, written as commits that the work tree follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from git.exc import GitCommandError, InvalidGitRepositoryError, NoSuchPathError

from generator.core.change import Change, Edits
from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import Tree
from generator.gitrepo import work_tree
from generator.gitrepo.authorship import AS_CONFIGURED, Authorship, decide
from generator.gitrepo.commit_message import read_trailers
from generator.gitrepo.commits import Heads, Step, write_commits
from generator.gitrepo.git_process import Git
from generator.gitrepo.git_tree import commit_tree
from generator.gitrepo.import_stream import refuse_unsafe
from generator.gitrepo.lock import locked
from generator.gitrepo.references import Moves, moving
from generator.gitrepo.running import git_errors, open_repo

_HEADS = "refs/heads/"


class Repository:
    """One repository with a work tree.

    Args:
        path: The folder that holds it.

    Raises:
        UserError: The folder is not the top of a git repository, or that has no work tree.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._repo = open_repo(path)
        except (InvalidGitRepositoryError, NoSuchPathError) as error:
            raise UserError(
                f"{path}: not a git repository.", hint="Clone it there, or run `gitopsmith init`."
            ) from error
        if self._repo.bare or not (path / ".git").exists():
            raise UserError(f"{path}: a repository without a work tree.", hint="Clone it without --bare.")
        self.path = path
        self._reserved = False

    def head(self, branch: str) -> str | None:
        """Return the commit that a branch points to, as its full hexadecimal name; None where there is no branch.

        Raises:
            UserError: Git refuses to read the repository.
        """
        return self._ask("rev-parse", "--verify", "--quiet", f"{_HEADS}{branch}")

    def tree(self, branch: str) -> Tree:
        """Return what a branch holds; an empty tree where there is no branch.

        Raises:
            UserError: Git refuses to read the repository.
        """
        return self.at(self.head(branch))

    def at(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return commit_tree(self._repo, commit)

    def pristine_head(self) -> str | None:
        """Return the commit of the pristine branch that is furthest: the own one's, or that of `origin`.

        A clone has the branch of `origin` alone, and after a pull the own one may be behind.

        Raises:
            UserError: Git refuses to read the repository.
        """
        own = self.head(PRISTINE_BRANCH)
        theirs = self._ask("rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{PRISTINE_BRANCH}")
        if own is None or theirs is None:
            return own or theirs
        return theirs if self._ask("merge-base", own, theirs) == own else own

    def trailers(self, branch: str, path: str) -> dict[str, str]:
        """Return the trailers of the last commit of a branch that touched `path`; none without such a commit.

        Raises:
            UserError: Git refuses to read the repository.
        """
        with git_errors(self.path):
            # Not `log`, to which a user's configuration adds.
            wanted = ("-1", "--no-commit-header", "--format=%(trailers:only,unfold)", f"{_HEADS}{branch}", "--", path)
            return read_trailers(str(self._repo.git(literal_pathspecs=True).rev_list(*wanted)))

    def origin(self) -> str | None:
        """Return the address of the remote `origin`; None where there is none.

        Raises:
            UserError: Git refuses to read the repository.
        """
        return self._ask("config", "--get", "remote.origin.url")

    def knows_origin(self) -> bool:
        """Return whether a branch of `origin` was ever seen: git fetched from there, or we pushed.

        Raises:
            UserError: Git refuses to read the repository.
        """
        return bool(self._ask("for-each-ref", "--count=1", "refs/remotes/origin"))

    def checked_out(self) -> str | None:
        """Return the branch that the work tree shows; None where it shows a commit of no branch.

        Raises:
            UserError: Git refuses to read the repository.
        """
        # Not --short, which says `heads/main` where there is a tag `main` too.
        shown = self._ask("symbolic-ref", "--quiet", "HEAD")
        return shown.removeprefix(_HEADS) if shown else None

    def uncommitted(self) -> tuple[str, ...]:
        """Return the paths that differ from what is committed, untracked ones included.

        Raises:
            UserError: Git refuses to read the repository.
        """
        with git_errors(self.path):
            status = self._repo.git.status("--porcelain=v1", "-z", "--no-renames", "--untracked-files=normal")
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
        with self.exclusive():
            if (self.head(branch), self.pristine_head()) != planned_on:
                raise TemporaryError(f"{self.path}: somebody committed there in the meantime.")
            if self.checked_out() == branch:
                self._refuse_uncommitted(planned_on[0], change.edits)
            yield

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep our other processes out while the block runs.

        Raises:
            TemporaryError: Another process is at work here.
        """
        if self._reserved:
            yield
            return
        with locked(Path(self._repo.common_dir)):
            self._reserved = True
            try:
                yield
            finally:
                self._reserved = False

    def commit(
        self, branch: str, change: Change, pristine: Change, authorship: Authorship = AS_CONFIGURED
    ) -> str | None:
        """Commit to a branch and to the pristine branch: both or, where anything is in the way, neither.

        The work tree follows where it shows one of the two.

        Args:
            branch: The branch that is deployed.
            change: What is committed to it; the commit names the pristine commit in a trailer.
            pristine: What is committed to the pristine branch.
            authorship: Who the commits are from.

        Returns:
            The branch's commit, or None where neither change does anything.

        Raises:
            UserError: Uncommitted work is in the way, git knows no identity, or git cannot write.
            TemporaryError: Another process moved a branch meanwhile, or holds a lock.
        """
        if not change.edits and not pristine.edits:
            return None
        with git_errors(self.path), self.exclusive():
            pristine_old, old, shown = self.head(PRISTINE_BRANCH), self.head(branch), self.checked_out()
            if shown == branch:
                self._refuse_uncommitted(old, change.edits)
            elif shown == PRISTINE_BRANCH:
                self._refuse_uncommitted(pristine_old, pristine.edits)
            refuse_unsafe({**change.edits, **pristine.edits})
            git = Git(self.path)
            before, step = Heads(old, self.pristine_head()), Step(change, pristine)
            (reached,) = write_commits(git, before, [step], decide(git, authorship))
            moves = {branch: (old, reached.main), PRISTINE_BRANCH: (pristine_old, reached.pristine)}
            with moving(self._repo, moves):
                self._follow(*moves.get(shown or "", (None, None)))
        return reached.main

    def advance(self, moves: Moves, edits: Mapping[str, Edits]) -> None:
        """Move branches to commits that are written already: all or, where anything is in the way, none.

        The work tree follows where it shows one of them.

        Args:
            moves: The branches.
            edits: By branch, what its commits do all in all.

        Raises:
            UserError: Uncommitted work is in the way, or git cannot write.
            TemporaryError: Another process moved a branch meanwhile, or holds a lock.
        """
        with git_errors(self.path), self.exclusive():
            shown = self.checked_out() or ""
            if shown in moves:
                self._refuse_uncommitted(moves[shown][0], edits[shown])
            with moving(self._repo, moves):
                self._follow(*moves.get(shown, (None, None)))

    def _refuse_uncommitted(self, commit: str | None, edits: Edits) -> None:
        if in_the_way := work_tree.in_the_way(self._repo, commit, edits):
            listed = "\n".join(f"  {path}" for path in in_the_way)
            raise UserError(
                f"{self.path}: uncommitted work is in the way:\n{listed}",
                hint="Commit it, stash it (`git stash --include-untracked`) or undo it, then run the command again.",
            )

    def _follow(self, old: str | None, new: str | None) -> None:
        """Bring the work tree from one commit to another, or leave it as it is where it cannot go there."""
        if new == old:
            return
        try:
            work_tree.follow(self._repo, old, new)
        except BaseException:
            # What stopped us (a full disk, ^C) may stop this too; then the next run finds what it can go on with.
            with suppress(GitCommandError, OSError):
                work_tree.follow(self._repo, new, old)
            raise

    def _ask(self, *command: str) -> str | None:
        """Return what git answers, or None where its status says that there is nothing to tell."""
        with git_errors(self.path):
            try:
                return str(self._repo.git.execute(["git", *command]))
            except GitCommandError as error:
                if error.status == 1:
                    return None
                raise
