"""The branches of requests that stand on a remote: which requests should be open, and which are no more needed.

All of it is found again from the branches and their base alone, whoever made them and whatever was known before. A
branch is removed only where no commit is lost that somebody else made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from generator.core.promotion_request import (
    NAMESPACE,
    PromotionRequest,
    is_superseded,
    moved_words,
    promotion_request,
)
from generator.core.record import recorded_layout
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.clone import Clone
from generator.gitrepo.standing_branch import Standing, StandingBranch, merged_branches, request_branches
from generator.workspace.remotes import Remote

State = Literal["open", "over", "shared", "left"]

_MERGED = "All of it was merged."
_SUPERSEDED = "What it proposes is deployed already, or something newer."
_SHARED = f"{_SUPERSEDED} Others committed to it, so it stays until somebody merges or removes it."
_NOT_OURS = "No commit of it is gitopsmith's, so it stays as it is."
_TOO_LONG_AGO = "It parted from its base too long ago to tell what it changes, so it stays as it is."


@dataclass(frozen=True)
class StandingRequest:
    """A branch that proposes a version, and what should become of its pull request.

    Attributes:
        branch: The branch.
        head: Its commit.
        state: `open`: there should be a request. `over`: there should be none, and no branch. `shared`: likewise, but
            others committed to it, so that all stays unless its request was merged. `left`: it is none of ours.
        reason: Why it is so, in sentences; empty for `open`.
        request: What the request says; None unless it is `open`.
    """

    branch: str
    head: str
    state: State
    reason: str = ""
    request: PromotionRequest | None = None


@dataclass
class StandingRequests:
    """Reads the branches of requests again and again; what did not move is not read twice."""

    _judged: dict[str, tuple[str, StandingRequest]] = field(default_factory=dict)
    _alone: dict[str, Standing] = field(default_factory=dict)

    def look(self, remote: Remote, only: str = "") -> list[StandingRequest]:
        """Return every branch of a request that stands on a remote, by name; one fetch tells of all.

        Args:
            remote: The application repository, and the branch that is deployed.
            only: The one branch that is asked for; empty for all.

        Raises:
            UserError: The remote does not let us in, or has no such branch; or the disk is full.
            TemporaryError: The remote is away.
        """
        with remote.opened() as clone, clone.reserved():
            clone.fetch(remote.branch, (only or f"{NAMESPACE}/",))
            base = str(clone.seen(remote.branch))
            heads = {branch: head for branch, head in request_branches(clone).items() if only in ("", branch)}
            merged = merged_branches(clone, remote.branch)
            known = {branch: one for branch, (on, one) in self._judged.items() if on == base}
            found = {branch: one for branch, one in known.items() if heads.get(branch) == one.head}
            for branch, head in heads.items():
                if branch not in found:
                    found[branch] = self._judge(clone, remote.branch, branch, head, is_merged=branch in merged)
            self._judged = {branch: (base, request) for branch, request in found.items()}
            self._alone = {branch: one for branch, one in self._alone.items() if heads.get(branch) == one.head}
        return [found[branch] for branch in sorted(found)]

    def _judge(self, clone: Clone, base: str, branch: str, head: str, *, is_merged: bool) -> StandingRequest:
        if is_merged:
            return StandingRequest(branch, head, "over", _MERGED)
        standing = self._standing(clone, base, branch, head)
        if standing.fork is None:
            return StandingRequest(branch, head, "left", _TOO_LONG_AGO)
        if not standing.is_ours:
            return StandingRequest(branch, head, "left", _NOT_OURS)
        trees = clone.tree(clone.seen(base)), clone.tree(standing.fork), clone.tree(head)
        layout = recorded_layout(trees[0])
        if is_superseded(*trees, standing.changed, layout, branch):
            if standing.is_ours_alone:
                return StandingRequest(branch, head, "over", _SUPERSEDED)
            return StandingRequest(branch, head, "shared", _SHARED)
        moved = "" if standing.is_ours_alone else moved_words(*trees, layout, branch)
        return StandingRequest(branch, head, "open", request=promotion_request(branch, base, standing.commits, moved))

    def _standing(self, clone: Clone, base: str, branch: str, head: str) -> Standing:
        known = self._alone.get(branch)
        if known is not None and known.head == head:
            return known
        found = StandingBranch(clone, branch, base=base).standing()
        if found.is_ours_alone:
            self._alone[branch] = found
        return found


def standing_request(remote: Remote, branch: str) -> StandingRequest | None:
    """Return what stands on one branch of a remote; None where the remote has no such branch, or it is none of these.

    Raises:
        UserError: As `StandingRequests.look`.
        TemporaryError: Likewise.
    """
    return next(iter(StandingRequests().look(remote, branch)), None)


def remove_branch(remote: Remote, branch: str, head: str) -> bool:
    """Remove a branch of a request from a remote, if it still has that very commit.

    Args:
        remote: The application repository.
        branch: The branch.
        head: The commit that it is known to have.

    Returns:
        Whether it was there so, and is gone.

    Raises:
        UserError: The remote refuses.
        TemporaryError: The remote is away.
    """
    with remote.opened() as clone, clone.reserved():
        clone.fetch(remote.branch, (branch,))
        if clone.seen(branch) != head:
            return False
        try:
            # Nothing is pushed to it: that removes it.
            clone.push({branch: (head, "")})
        except LostRaceError:
            return False
    return True
