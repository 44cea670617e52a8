"""Changes that wait on a branch of ours until they are merged into one that takes no pushes: what git knows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from generator.core.change import Change, needed
from generator.core.layout import PRISTINE_BRANCH
from generator.core.tree import File
from generator.gitrepo import history
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.clone import Clone
from generator.gitrepo.commits import Heads, Step
from generator.gitrepo.committer import Committer
from generator.gitrepo.remote_branch import SEAL, RemoteBranch, seal, sealed

NAMESPACE = "gitopsmith-changes/"
"""What the names of these branches begin with. No app has a branch there: those begin with `gitopsmith/`."""

State = Literal["none", "ours", "merged", "theirs"]


@dataclass(frozen=True)
class Waiting:
    """What waits, as it was seen at one moment.

    Attributes:
        base: The commit of the branch that is deployed.
        pristine: The commit of the pristine branch; None where there is none.
        state: `none`: there is no branch of changes. `ours`: it holds our commits, which nobody touched. `merged`: all
            of it came to the base, in whatever way. `theirs`: somebody else committed to it, or it cannot be told.
        head: The commit of the branch of changes; None where there is none.
        held: The commit that the pristine branch gets with them; None where it is none that goes on from there.
        held_seen: The commit that is kept for the pristine branch, whatever it goes on from.
        fork: Where ours parted from the base; None for other states.
        merge: A commit, seen by nobody, that merges the base into ours, where the base moved on; None where it did not,
            or where they conflict.
    """

    base: str
    pristine: str | None
    state: State = "none"
    head: str | None = None
    held: str | None = None
    held_seen: str | None = None
    fork: str | None = None
    merge: str | None = None

    @property
    def goes_on(self) -> str | None:
        """The commit that more changes of ours follow on; None where they begin at the base."""
        if self.state != "ours":
            return None
        return self.head if self.fork == self.base else self.merge


class ChangesBranch(RemoteBranch):
    """The branch on which our changes wait to be merged into another one, and a branch for their pristine commits.

    Ours and untouched is a branch whose last commit has the digest of the commit at which it parted from its base, and
    of all that it changes, in the trailer `Gitopsmith-Proposal`.

    Args:
        clone: The clone.
        base: The branch that they are to be merged into.
        committer: Who makes the commits; git where it is not said.

    Raises:
        UserError: No branch can be called so.
    """

    def __init__(self, clone: Clone, base: str, committer: Committer | None = None) -> None:
        super().__init__(clone, f"{NAMESPACE}to/{base}", base=base, committer=committer)
        self._deployed = base
        self._held = f"{NAMESPACE}pristine/{base}"

    @property
    def name(self) -> str:
        """The name of the branch on which changes wait."""
        return self._branch

    @property
    def base(self) -> str:
        """The name of the branch that they are to be merged into."""
        return self._deployed

    def look(self) -> Waiting:
        """Fetch all branches, and return what waits.

        Raises:
            UserError: The remote does not let us in, or has no such repository or branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        seen = self.fetch()
        base, pristine, own, kept = seen.base, seen.pristine, seen.head, seen.held_seen
        if own is None:
            return seen
        held = kept if kept and self._follows(kept, pristine) else None
        fork = self._fork(base, own)
        if fork is None:
            return Waiting(base, pristine, "theirs", own, held, kept)
        if fork == own or self._stands_in(base, fork, own):
            return Waiting(base, pristine, "merged", own, held, kept)
        said, _ = self._seal_and_parents(own)
        if said != seal(fork, history.edits_between(self._clone, fork, own)):
            return Waiting(base, pristine, "theirs", own, held, kept)
        merge = history.scratch_merge(self._clone, own, base) if fork != base else None
        return Waiting(base, pristine, "ours", own, held, kept, fork, merge)

    def fetch(self) -> Waiting:
        """Fetch all branches, and return what waits as if somebody else had committed it.

        Raises:
            UserError: The remote does not let us in, or has no such repository or branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        self._clone.fetch(self._deployed, (self.name, self._held, PRISTINE_BRANCH))
        return self.seen()

    def seen(self) -> Waiting:
        """Return what waits, as the clone last saw the branches, as if somebody else had committed it."""
        own = self._clone.seen(self.name)
        return Waiting(
            self._known(self._deployed),
            self._clone.seen(PRISTINE_BRANCH),
            "theirs" if own else "none",
            own,
            held_seen=self._clone.seen(self._held),
        )

    def write(self, waiting: Waiting, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Write commits to the clone that no branch points to yet, and return where the branches would be after each.

        Args:
            waiting: What was seen.
            heads: Where the first commits are made: at the base, or where what waits goes on.
            steps: What they do and say.
            authorship: Who they are from.

        Raises:
            UserError: The disk is full, git knows no identity, or the commits cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        writes = [index for index, step in enumerate(steps) if step.main.edits]
        if writes:
            if heads.main == waiting.merge:
                heads = Heads(self.merge(waiting), heads.pristine)
            digest = self._digest(waiting.base, str(heads.main), steps)
            steps = [sealed(step, digest) if index == writes[-1] else step for index, step in enumerate(steps)]
        return self._committer.commit(heads, steps, authorship)

    def merge(self, waiting: Waiting) -> str:
        """Write the commit that merges the base into what waits, and return it; no branch points to it yet.

        Raises:
            UserError: The disk is full, or the commit cannot be signed.
            PlanAgainError: The clone is damaged.
        """
        merge, head = str(waiting.merge), str(waiting.head)
        digest = self._digest(waiting.base, merge, ())
        words = Change({}, f"Merge {self._deployed} into {self.name}", trailers=((SEAL, digest),))
        return self._committer.merge(merge, (head, waiting.base), words)

    def hold(self, waiting: Waiting, head: str, pristine: str | None) -> None:
        """Push what is to wait, from where it was seen: the changes, and what the pristine branch gets with them.

        Args:
            waiting: What was seen.
            head: The last commit of the changes.
            pristine: The commit that the pristine branch gets; the one that it has where it gets none.

        Raises:
            LostRaceError: A branch is elsewhere.
            UserError: The remote refuses.
            TemporaryError: The remote is away; the branches may be moved nevertheless.
        """
        keep = pristine if pristine != waiting.pristine else None
        moves = {self.name: (waiting.head, head), self._held: (waiting.held_seen, keep or "")}
        if moved := {name: (old, new) for name, (old, new) in moves.items() if (old or "") != new}:
            self._clone.push(moved)

    def finish(self, waiting: Waiting, head: str | None, pristine: str | None) -> None:
        """Push what is left to do after a merge: the pristine branch is moved, and what waited is removed.

        What somebody else committed since then stays where it is.

        Args:
            waiting: What was seen before the merge.
            head: The last commit of what was merged; None where nothing was.
            pristine: The commit that the pristine branch gets.

        Raises:
            LostRaceError: A branch is elsewhere.
            UserError: The remote refuses.
            TemporaryError: The remote is away; the branches may be moved nevertheless.
        """
        moves = {PRISTINE_BRANCH: (waiting.pristine, pristine or "")} if pristine != waiting.pristine else {}
        kept = self._clone.seen(self._held)
        if kept and kept in (waiting.held_seen, pristine):
            moves[self._held] = kept, ""
        if head and self._clone.seen(self.name) == head:
            moves[self.name] = head, ""
        if moves:
            self._clone.push(moves)

    def has_same(self, one: str | None, other: str | None) -> bool:
        """Return whether two commits hold the same.

        Raises:
            PlanAgainError: The clone cannot be read.
        """
        if one is None or other is None or one == other:
            return one == other
        return not self._changed(one, other)

    def subjects(self, waiting: Waiting, head: str) -> list[str]:
        """Return what commits that wait say in their first lines, the oldest first.

        Raises:
            PlanAgainError: The clone cannot be read.
        """
        wanted = (
            "rev-list",
            "--reverse",
            "--no-merges",
            "--no-commit-header",
            "--format=%s",
            f"{waiting.base}..{head}",
        )
        return self._clone.ask(*wanted).split("\n")

    def _digest(self, base: str, start: str, steps: Sequence[Step]) -> str:
        """Return the digest of all that commits change in a base, up to one of them and with steps that follow it."""
        edits: dict[str, File | None] = dict(history.edits_between(self._clone, base, start)) if start != base else {}
        for step in steps:
            edits.update(step.main.edits)
        return seal(base, needed(self.tree(base), edits))

    def _follows(self, commit: str, other: str | None) -> bool:
        """Return whether a commit that is kept for the pristine branch goes on from where that branch is."""
        if other is None:
            return True
        return history.fork(self._clone, other, commit, (PRISTINE_BRANCH, self._held)) == other
