"""Brings whole branches of a repository to the place where it is published, forward only, and keeps `origin` right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.core.errors import TemporaryError, UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.gitrepo.credentials import Credentials, checked
from generator.gitrepo.failures import classify, explain
from generator.gitrepo.git_process import Git, GitFailedError
from generator.gitrepo.repository import Repository

_HEADS = "refs/heads/"
_ORIGIN = "origin"
_WORKFLOWS = re.compile(r"refusing to allow .* workflow")
_WORKFLOWS_HINT = (
    "Grant the permission workflows: write to the App or the token; a classic token needs the scope workflow."
)


class Standing(Enum):
    """How a branch here stands to the one of that name there."""

    NEW = "it is not there"
    SAME = "both are the same"
    AHEAD = "ours goes on from theirs"
    BEHIND = "theirs goes on from ours"
    PARTED = "both go on from a commit that they have in common"
    FOREIGN = "they have nothing in common"


class Publication:
    """A repository and the address that it is published at.

    Args:
        repository: The repository.
        url: The address, https or a folder on disk.
        credentials: What opens it.
        timeout: The seconds that one git command may take.

    Raises:
        UserError: The address holds a password, or is none.
    """

    def __init__(
        self, repository: Repository, url: str, credentials: Credentials | None = None, timeout: float = 600.0
    ) -> None:
        credentials = credentials or Credentials()
        self.url = checked(url)
        self._repository = repository
        self._anonymous = not credentials.token
        settings = (("core.hooksPath", "/dev/null"), *credentials.settings(url))
        self._git = Git(repository.path, timeout, settings, credentials.secrets)

    def theirs(self) -> dict[str, str]:
        """Return the commit of each branch there; nothing where the repository is empty.

        Raises:
            UserError: There is no such repository, or we are not let in.
            TemporaryError: It is away.
        """
        with self._explained():
            lines = self._git.run("ls-remote", "--heads", self.url).splitlines()
        pairs = (line.split("\t", 1) for line in lines)
        return {reference.removeprefix(_HEADS): commit for commit, reference in pairs}

    def standing(self, branch: str, ours: str, theirs: str | None) -> Standing:
        """Return how a commit of ours stands to the one that a branch has there; nothing is changed here for that.

        Args:
            branch: The branch.
            ours: A commit that is here.
            theirs: The commit that the branch has there; None where it is not there.

        Raises:
            UserError: We are not let in.
            TemporaryError: It is away.
        """
        if theirs is None:
            return Standing.NEW
        if theirs == ours:
            return Standing.SAME
        with TemporaryDirectory(prefix="gitopsmith-") as folder, self._explained(branch):
            beside = self._beside(Path(folder), branch, theirs)
            common = _merge_base(beside, ours, theirs)
        if common is None:
            return Standing.FOREIGN
        return {theirs: Standing.AHEAD, ours: Standing.BEHIND}.get(common, Standing.PARTED)

    def push(self, moves: Mapping[str, tuple[str | None, str]]) -> None:
        """Move branches there, all or none, each only from where it was.

        Args:
            moves: By branch, the commit that it is known to have there (None: it is not there), and the one that it
                shall; the latter goes on from the former.

        Raises:
            UserError: We are refused.
            TemporaryError: It is away, or somebody else moved a branch; the branches may be moved nevertheless.
        """
        leases = [f"--force-with-lease={_HEADS}{branch}:{old or ''}" for branch, (old, _) in moves.items()]
        refspecs = [f"{new}:{_HEADS}{branch}" for branch, (_, new) in moves.items()]
        with self._explained(next(iter(moves))):
            self._git.run("push", "--porcelain", "--no-verify", "--atomic", *leases, self.url, *refspecs)

    def set_origin(self) -> None:
        """Let the remote `origin` be this address.

        Raises:
            UserError: Git cannot write its configuration.
        """
        with self._explained():
            self._git.run("remote", "set-url" if self._repository.origin() else "add", _ORIGIN, self.url)

    def remember(self, branches: Mapping[str, str]) -> None:
        """Know where branches of `origin`, which is this place, are, as after a fetch; so that `git status` tells.

        Args:
            branches: The commit of each branch there; one that is not here is left out.

        Raises:
            UserError: Git cannot write.
        """
        with self._explained():
            for branch, commit in branches.items():
                if self._has(self._git, commit):
                    self._git.run("update-ref", f"refs/remotes/{_ORIGIN}/{branch}", commit)
                if self._repository.head(branch):
                    self._git.run("config", f"branch.{branch}.remote", _ORIGIN)
                    self._git.run("config", f"branch.{branch}.merge", f"{_HEADS}{branch}")

    def _beside(self, folder: Path, branch: str, theirs: str) -> Git:
        """Return a git in an empty repository that has our objects, and the history of their branch."""
        beside = Git(folder, self._git.timeout, self._git.config, self._git.secrets)
        beside.run("init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        objects = self._git.run("rev-parse", "--path-format=absolute", "--git-path", "objects").removesuffix("\n")
        # Quoted, for a path may begin with a mark of that file's own.
        quoted = objects.replace("\\", "\\\\").replace('"', '\\"')
        (folder / "objects" / "info").mkdir(exist_ok=True)
        (folder / "objects" / "info" / "alternates").write_text(f'"{quoted}"\n', encoding="utf-8")
        if not self._has(beside, theirs):
            # Without trees and files: what somebody else keeps there may be large.
            wanted = ("--no-tags", "--no-write-fetch-head", "--filter=tree:0", self.url, f"{_HEADS}{branch}")
            beside.run("fetch", "--quiet", *wanted)
        return beside

    @staticmethod
    def _has(git: Git, commit: str) -> bool:
        try:
            git.run("cat-file", "-e", f"{commit}^{{commit}}")
        except GitFailedError:
            return False
        return True

    @contextmanager
    def _explained(self, branch: str = "") -> Iterator[None]:
        try:
            yield
        except GitFailedError as error:
            if error.seconds:
                raise TemporaryError(f"{self.url}: no answer within {error.seconds:g} s.") from error
            explained = explain(
                classify(error.said), error.said, url=self.url, branch=branch, anonymous=self._anonymous
            )
            if isinstance(explained, UserError) and _WORKFLOWS.search(error.said):
                explained = UserError(explained.message, hint=_WORKFLOWS_HINT)
            raise explained from error
        except OSError as error:
            raise UserError(f"{error.filename or self._repository.path}: {error.strerror}") from error


def forget_origin(repository: Repository) -> bool:
    """Remove the remote `origin`, with all that is known of its branches, and return whether there was one.

    The pristine branch stays: where a clone knew that of `origin` alone, or further, it gets its own.

    Raises:
        UserError: Git cannot write.
    """
    if repository.origin() is None:
        return False
    git = Git(repository.path)
    try:
        furthest, own = repository.pristine_head(), repository.head(PRISTINE_BRANCH)
        if furthest and furthest != own:
            git.run("update-ref", f"{_HEADS}{PRISTINE_BRANCH}", furthest, own or "0" * 40)
        git.run("remote", "remove", _ORIGIN)
    except GitFailedError as error:
        raise UserError(f"{repository.path}: git refuses: {error.said}", hint="Mend what git says.") from error
    return True


def _merge_base(git: Git, one: str, other: str) -> str | None:
    try:
        return git.run("merge-base", one, other).strip()
    except GitFailedError as error:
        if error.said:
            raise
        return None  # git says nothing where there is none
