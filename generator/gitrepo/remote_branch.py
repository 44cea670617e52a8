"""A branch of a remote repository, written to through a clone: commits are made here and pushed, all at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from generator.core.change import Edits
from generator.core.errors import UserError
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import Tree
from generator.gitrepo import history
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.clone import SEEN, Clone
from generator.gitrepo.commit_message import read_trailers
from generator.gitrepo.commits import Heads, Step
from generator.gitrepo.committer import Committer, GitCommitter

SEAL = "Gitopsmith-Proposal"
"""Names, in the commit of a branch that is proposed, what it was made on and what it changed: see `RemoteBranch`."""

Anew = Callable[[Tree, Tree, Tree], bool]
"""Decides whether the branch's one commit is made anew: on the trees of the base, of what it was made on, and of it."""

_NAME = re.compile(
    r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.|\.$|/$))[^\x00-\x20\x7f~^:?*\[\\/.-][^\x00-\x20\x7f~^:?*\[\\]*"
)


class RemoteBranch:
    """A branch of a clone's remote, with the pristine branch beside it.

    With a base, the branch is one that is proposed: it is to be merged into the base. Where the next commit of it goes
    is decided whenever it is looked at, and loses nothing that others did:

    - To the base, where the branch is not there; also where all that it changes stands in the base, because it was
      merged, in whatever way, and not removed.
    - To the base or to the branch, as `anew` says, where the branch holds a single commit, ours, that nobody touched.
      At the base, it replaces that commit: the branch is then moved by force, from that very commit and no other.
    - To the branch in every other case: somebody committed to it, changed or moved our commit, or it cannot be told
      (where the two parted may be too long ago). Nothing is rebased, and the base is not merged into it.

    Ours and untouched is a commit whose trailer `Gitopsmith-Proposal` is the digest of its only parent, which we saw as
    the base, and of all that it changes.

    Args:
        clone: The clone.
        branch: The branch's name.
        base: The branch that this one is to be merged into; None for one that must be there.
        anew: Decides what becomes of our commit; without it, the next one follows it.
        committer: Who makes the commits; git where it is not said.

    Raises:
        UserError: No branch can be called so.
    """

    def __init__(
        self,
        clone: Clone,
        branch: str,
        *,
        base: str | None = None,
        anew: Anew | None = None,
        committer: Committer | None = None,
    ) -> None:
        for name in (branch, base):
            if name is not None and not _NAME.fullmatch(name):
                raise UserError(f"{name!r}: no branch can be called so.", hint="It is usually called main.")
        self._clone = clone
        self._branch = branch
        self._base = base
        self._anew = anew
        self._goes_on = False
        self._committer = committer or GitCommitter(clone)

    @property
    def goes_on(self) -> bool:
        """Whether the remote has the branch, and its next commit follows those that are there, when last looked at."""
        return self._goes_on

    def reserved(self) -> AbstractContextManager[None]:
        """Keep all others of our writers out of the clone while the block runs."""
        return self._clone.reserved()

    def heads(self) -> Heads:
        """Return where the branches were when they were last fetched or pushed; nowhere without a clone.

        Nowhere with a base as well: the push that moves the branch would not prove that the base is still there.
        """
        return Heads(None) if self._base else Heads(self._clone.seen(self._branch), self._clone.seen(PRISTINE_BRANCH))

    def refresh(self) -> Heads:
        """Fetch the branches and return where the next commits go; where the clone is damaged, clone again.

        Raises:
            UserError: The remote does not let us in, or has no such repository or branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        if self._base is None:
            self._clone.fetch(self._branch, (PRISTINE_BRANCH,))
            return self.heads()
        self._clone.fetch(self._base, (self._branch, PRISTINE_BRANCH))
        own, base = self._clone.seen(self._branch), self._clone.seen(self._base)
        self._goes_on = own is not None and base is not None and not self._begins_at(base, own)
        return Heads(own if self._goes_on else base, self._clone.seen(PRISTINE_BRANCH))

    def tree(self, commit: str | None) -> Tree:
        """Return what a commit holds; an empty tree for None."""
        return self._clone.tree(commit)

    def base_tree(self) -> Tree | None:
        """Return what the base held when it was last fetched; None without a base.

        Raises:
            PlanAgainError: The clone cannot be read.
        """
        return self._clone.tree(self._known(self._base)) if self._base else None

    def trailers(self, path: str) -> dict[str, str]:
        """Return the trailers of the last commit that touched a file, on the base if there is one, else on the branch.

        Clones come without history, so that much of it is fetched as is needed: up to 1,000 commits back. None are
        returned where the file was not touched since.

        Raises:
            UserError: The remote does not let us in.
            TemporaryError: The remote is away.
            PlanAgainError: The clone cannot be read.
        """
        branch = self._base or self._branch
        commit = self._known(branch)
        last = ("rev-list", "--max-count=1", "--no-commit-header", "--format=%H%n%(trailers:only,unfold)", commit, "--")
        for _ in history.deeper(self._clone, commit, (branch,)):
            name, _, trailers = self._clone.ask(*last, path, variables={"GIT_LITERAL_PATHSPECS": "1"}).partition("\n")
            # Where history ends for us, every file seems to be new.
            if name and name not in history.boundary(self._clone):
                return read_trailers(trailers)
        return {}

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits to the clone that no branch points to yet, and return where the branches would be after each.

        Raises:
            UserError: The disk is full, git knows no identity, or the commits cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        if self._base and heads.main and heads.main == self._clone.seen(self._base) and len(steps) == 1:
            steps = [sealed(steps[0], seal(heads.main, steps[0].main.edits))]
        return self._committer.commit(heads, steps, authorship)

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:  # noqa: ARG002 - git finds them
        """Push, so that both branches move or none; they are moved only from where they were.

        Raises:
            LostRaceError: A branch is elsewhere.
            UserError: The remote refuses.
            TemporaryError: The remote is away; the branches may be moved nevertheless.
        """
        moves = {}
        if new.main and new.main != old.main:
            moves[self._branch] = self._clone.seen(self._branch), new.main
        if new.pristine and new.pristine != old.pristine:
            moves[PRISTINE_BRANCH] = old.pristine, new.pristine
        self._clone.push(moves)

    def _known(self, branch: str) -> str:
        """Return the commit that a branch had when it was last fetched, which it was."""
        return self._clone.ask("rev-parse", "--verify", f"{SEEN}{branch}")

    def _begins_at(self, base: str, own: str) -> bool:
        """Return whether the branch begins at its base again; see the class."""
        fork = self._made_on(own)
        if fork and self._anew and self._anew(self.tree(base), self.tree(fork), self.tree(own)):
            return True
        fork = fork or self._fork(base, own)
        return fork is not None and (fork == own or self._stands_in(base, fork, own))

    def _made_on(self, commit: str) -> str | None:
        """Return what a commit of ours was made on; None where it is none of ours, or no more as we made it."""
        said, parents = self._seal_and_parents(commit)
        if said and not parents:
            history.deepen(self._clone, (self._branch,), 1)
            said, parents = self._seal_and_parents(commit)
        if not said or len(parents) != 1:
            return None
        return parents[0] if said == seal(parents[0], history.edits_between(self._clone, parents[0], commit)) else None

    def _seal_and_parents(self, commit: str) -> tuple[str, list[str]]:
        form = f"--format=%P%n%(trailers:key={SEAL},valueonly)"
        wanted = ("rev-list", "--max-count=1", "--no-commit-header", form, commit)
        parents, _, said = self._clone.ask(*wanted).partition("\n")
        return said.strip(), parents.split()

    def _fork(self, base: str, own: str) -> str | None:
        """Return the commit at which the branch and its base parted; None where that is too long ago to be found."""
        return history.fork(self._clone, base, own, (str(self._base), self._branch))

    def _stands_in(self, base: str, fork: str, own: str) -> bool:
        """Return whether all that was changed from one commit to another is the same in the base."""
        ours, theirs = self.tree(own), self.tree(base)
        changed = self._changed(fork, own)
        return bool(changed) and all(ours.get(path) == theirs.get(path) for path in changed)

    def _changed(self, before: str, after: str) -> list[str]:
        return history.changed(self._clone, before, after)


def sealed(step: Step, digest: str) -> Step:
    """Return a step whose commit says what it was made on and what it changed, as `seal` returned it."""
    return replace(step, main=replace(step.main, trailers=(*step.main.trailers, (SEAL, digest))))


def seal(base: str, edits: Edits) -> str:
    """Return the digest of a commit and of what makes something else of it."""
    digest = hashlib.sha256(base.encode())
    for path, file in sorted(edits.items()):
        data, mode = (file.data, file.mode) if file else (b"", 0)
        digest.update(f"\0{path}\0{mode:o}\0{len(data)}\0".encode(errors="surrogateescape") + data)
    return digest.hexdigest()
