"""A persistent bare clone of a remote repository: fetched, read and pushed from; it heals itself by cloning again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from generator.core.errors import TemporaryError, UserError
from generator.core.tree import MemoryTree, Tree
from generator.gitrepo.authorship import Signature
from generator.gitrepo.branch import PlanAgainError
from generator.gitrepo.clone_failures import speaking, storing
from generator.gitrepo.clone_folder import clean_up, folder_name, initialize, remove, settings
from generator.gitrepo.commits import Heads, Step, commit_of, write_commits
from generator.gitrepo.credentials import Credentials, checked
from generator.gitrepo.failures import Failure, classify
from generator.gitrepo.git_process import Git, GitFailedError
from generator.gitrepo.lock import locked
from generator.gitrepo.object_reader import ObjectReader, UnreadableError
from generator.gitrepo.object_tree import ObjectTree

SEEN = "refs/remotes/origin/"
"""Where a clone keeps what it knows of its remote's branches."""

FETCH = ("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
"""How all is fetched."""

_CLONES_FAULT = {Failure.DAMAGED, Failure.LOST_RACE, Failure.UNKNOWN}
_PACKS = 50

_T = TypeVar("_T")


class Clone:
    """A clone in a cache folder, made when it is first needed.

    One clone may be used by several processes and threads; `reserved` lets one of them write at a time.

    Args:
        url: The remote's address: https, ssh, or a folder on disk.
        cache: The folder that all clones are kept in.
        credentials: What opens the remote.
        timeout: The seconds that one git command may take.
        lock_timeout: The seconds to wait while another writer is at work.
        sleep: How to wait.

    Raises:
        UserError: The address holds a password, or is none.
    """

    def __init__(
        self,
        url: str,
        cache: Path,
        *,
        credentials: Credentials | None = None,
        timeout: float = 60.0,
        lock_timeout: float = 600.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked(url)
        credentials = credentials or Credentials()
        self._anonymous = not credentials.token
        self._home = cache / folder_name(url)
        self._folder = self._home / "repository.git"
        self._lock_timeout = lock_timeout
        self._sleep = sleep
        self._damaged = self._anew = False
        self._git = Git(
            self._folder,
            timeout,
            (*settings(timeout), *credentials.settings(url)),
            credentials.secrets,
        )
        self._objects = ObjectReader(self._git)

    @property
    def git(self) -> Git:
        """How git is run in the clone."""
        return self._git

    def close(self) -> None:
        """Let the process go that reads objects."""
        self._objects.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep all other writers out while the block runs.

        What a git that was killed left locked is unlocked: while the lock is ours, no git of ours is alive but those
        that we start, for every git holds the lock as long as it lives, even where its writer was killed.

        Raises:
            TemporaryError: Another writer is at work all the time.
            UserError: The cache folder cannot be written.
        """
        try:
            # What a private repository holds is for nobody else on the machine.
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self._home}: cannot be written: {error.strerror}") from error
        with locked(self._home, seconds=self._lock_timeout, sleep=self._sleep) as handle:
            outer = self._git
            self._git, self._anew = replace(outer, held=(handle,)), False
            try:
                clean_up(self._folder)
                yield
                self._tidy()
            except BaseException:
                # What a full disk stopped half-way would keep it full.
                clean_up(self._folder)
                raise
            finally:
                self._git = outer

    def seen(self, branch: str) -> str | None:
        """Return the commit that a branch of the remote had when it was last fetched or pushed; None if there is none.

        Raises:
            PlanAgainError: The clone cannot be read.
        """
        if not self._folder.is_dir():
            return None
        found = self._or_plan_again(lambda: self._objects.find(f"{SEEN}{branch}^{{commit}}"))
        return found.name if found else None

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None.

        Raises:
            PlanAgainError: The clone cannot be read; the tree raises it likewise, whenever it is asked.
        """
        if commit is None:
            return MemoryTree()
        root = self._or_plan_again(lambda: self._objects.find(f"{commit}^{{tree}}"))
        if root is None:
            raise self._unreadable(f"commit {commit} is missing")
        return ObjectTree(lambda names: self._or_plan_again(lambda: self._objects.read(names)), root.name)

    def has(self, commit: str) -> bool:
        """Return whether a commit is in the clone.

        Raises:
            PlanAgainError: The clone cannot be read.
        """
        return self._or_plan_again(lambda: self._objects.find(f"{commit}^{{commit}}")) is not None

    def ask(self, *command: str, variables: Mapping[str, str] | None = None) -> str:
        """Return what git tells of the clone.

        Args:
            command: A command that only reads, and its arguments.
            variables: Environment variables for it.

        Raises:
            PlanAgainError: The clone cannot be read.
            TemporaryError: Git did not answer in time.
        """
        try:
            return self._git.run(*command, variables=variables).removesuffix("\n")
        except GitFailedError as error:
            if error.seconds:
                raise TemporaryError(f"{self._folder}: {error}") from error
            raise self._unreadable(str(error)) from error

    def fetch(self, branch: str, also: Iterable[str] = ()) -> None:
        """Learn where branches of the remote are; where the clone is missing or damaged, clone again.

        Args:
            branch: A branch that must be there.
            also: Branches that may be there.

        Raises:
            UserError: The remote does not let us in, or has no such repository or branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        wanted = (_wanted(branch), *(_wanted(f"{name}*") for name in also))
        with self.explained(branch):
            if self._folder.is_dir() and not self._damaged:
                try:
                    self._git.run(*FETCH, "origin", *wanted)
                except GitFailedError as error:
                    # Whatever is not the remote's fault may be the clone's: a new one is as good, and cannot lie.
                    if error.seconds or classify(error.said) not in _CLONES_FAULT:
                        raise
                else:
                    wanted = ()
            if wanted:
                self._clone(wanted)
        if self.seen(branch) is None:
            raise self._unreadable(f"{branch} was fetched and is not there")

    def write(self, heads: Heads, steps: Sequence[Step], signature: Signature) -> list[Heads]:
        """Write commits that no branch points to yet; see `write_commits`.

        Raises:
            UserError: The disk is full, or the commits cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        with storing(self.url, self._folder, self._unreadable):
            return write_commits(self._git, heads, steps, signature)

    def write_merge(self, merged: str, parents: tuple[str, str], text: str, signature: Signature) -> str:
        """Write a commit that holds the same as another one, has these parents, and that no branch points to yet.

        Raises:
            UserError: The disk is full, or the commit cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        with storing(self.url, self._folder, self._unreadable):
            return commit_of(self._git, f"{merged}^{{tree}}", parents, text, signature)

    def push(self, moves: Mapping[str, tuple[str | None, str]]) -> None:
        """Move branches of the remote, all or none, each only from where it was.

        Args:
            moves: By branch, the commit that it is known to have (None: it is not there), and the one that it shall.

        Raises:
            LostRaceError: A branch is elsewhere.
            UserError: The remote refuses.
            TemporaryError: The remote is away; the branches may be moved nevertheless.
        """
        # A lease compares and swaps: a plain push would also go through where somebody took commits back meanwhile.
        leases = [f"--force-with-lease=refs/heads/{branch}:{old or ''}" for branch, (old, _) in moves.items()]
        refspecs = [f"{new}:refs/heads/{branch}" for branch, (_, new) in moves.items()]
        atomic = ["--atomic"] if len(moves) > 1 else []
        with self.explained(next(iter(moves))):
            self._git.run("push", "--porcelain", "--no-verify", *atomic, *leases, "origin", *refspecs)

    def explained(self, branch: str) -> AbstractContextManager[None]:
        """Say what it means where git, in the block, fails to speak to the remote.

        Args:
            branch: The branch that it is about.

        Raises:
            LostRaceError: A branch is elsewhere.
            PlanAgainError: The clone is damaged.
            UserError: The remote refuses or does not let us in, has no such branch, or the disk is full.
            TemporaryError: The remote is away.
        """
        return speaking(self.url, branch, self._home, self._unreadable, anonymous=self._anonymous)

    def _clone(self, wanted: tuple[str, ...]) -> None:
        """Clone beside and put it in place when it is whole."""
        making, broken = self._home / "making", self._home / "broken"
        remove(making, broken)
        try:
            initialize(replace(self._git, folder=self._home), making, self.url)
            # Without history: measured on 20,000 files and 3,000 commits, 0.2 s instead of 4, and 1 MB instead of 17;
            # without contents (`--filter=blob:none`) it takes 3.4 s and 16 MB, and then every file read takes a fetch.
            replace(self._git, folder=making).run(*FETCH, "--depth=1", "origin", *wanted)
            self._objects.close()
            with suppress(FileNotFoundError):
                self._folder.rename(broken)
            making.rename(self._folder)
            self._damaged = False
            self._anew = True
        finally:
            remove(making, broken)

    def _tidy(self) -> None:
        """Put the small packs of many writes together, which costs in proportion to them, not to the repository."""
        if len(list(self._folder.glob("objects/pack/*.pack"))) > _PACKS:
            # What cannot be packed now can be packed next time; what is damaged is found by whoever reads it.
            with suppress(GitFailedError):
                self._git.run("repack", "-d", "--quiet", "--geometric=2")

    def _or_plan_again(self, read: Callable[[], _T]) -> _T:
        try:
            return read()
        except UnreadableError as error:
            raise self._unreadable(str(error)) from error

    def _unreadable(self, said: str) -> TemporaryError:
        self._damaged = True
        told = f"{self._folder}: the clone is damaged: {said}"
        # A clone that is damaged as soon as it is made would not be better the next time.
        return TemporaryError(told) if self._anew else PlanAgainError(told)


def _wanted(branch: str) -> str:
    return f"+refs/heads/{branch}:{SEEN}{branch}"
