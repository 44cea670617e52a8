"""Versions set and promoted straight on a remote: on the branch that is deployed, or on one that is proposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from generator.core.change import Change
from generator.core.intents import Promote
from generator.core.plan_version import deployed
from generator.core.promotion_request import Wanted, branch_of, compare_address, is_made_anew, plan_request
from generator.core.provenance import read_provenance
from generator.core.record import recorded_layout
from generator.core.tree import Tree
from generator.gitrepo.remote_branch import RemoteBranch
from generator.gitrepo.writer import Outcome
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.remotes import Remote, Writable, shown, written

if TYPE_CHECKING:
    from generator.workspace.protected_branch import ProtectedBranch


@dataclass(frozen=True)
class Pushed:
    """What became of a version.

    Attributes:
        outcome: What was committed, if anything.
        branch: The branch that it is for.
        stands: Whether that is a branch that is proposed, and it is there.
        address: Where a person opens its request; None where nothing is proposed, or the remote has no page for it.
    """

    outcome: Outcome
    branch: str
    stands: bool = False
    address: str | None = None


def push_version(remote: Remote, wanted: Wanted, committing: Committing = PLAIN, *, by_request: bool = False) -> Pushed:
    """Bring an app a version on a remote.

    Args:
        remote: The application repository.
        wanted: What should be true; a promotion takes along where its version comes from, as the last 1,000 commits
            tell it.
        committing: How the commit is made.
        by_request: Whether it goes to a branch that a pull request is made of, one for each app and environment:
            `RemoteBranch` says where that branch begins, and that nobody's commits on it are lost.

    Raises:
        UserError: The app or environment is unknown, or the remote or the disk refuses; nothing is changed.
        TemporaryError: The remote is away, or every race was lost.
    """
    with remote.writable() as writable:
        branch = _branch(writable, wanted, by_request=by_request)
        outcome = written(branch, _planner(branch, wanted), committing)
        if not by_request:
            return Pushed(outcome, remote.branch)
        name, stands = branch_of(wanted), bool(outcome.commit) or branch.goes_on
        address = compare_address(remote.url, remote.branch, name) if stands else None
        return Pushed(outcome, name, stands, address)


def preview_version(remote: Remote, wanted: Wanted, *, by_request: bool = False) -> tuple[str, Change, str]:
    """Return what `push_version` would commit now and to which branch, and how `git diff` would show it.

    Raises:
        UserError: As `push_version`.
        TemporaryError: The remote is away.
    """
    with remote.writable() as writable:
        branch = _branch(writable, wanted, by_request=by_request)
        return branch_of(wanted) if by_request else remote.branch, *shown(branch, _planner(branch, wanted))


def _branch(writable: Writable, wanted: Wanted, *, by_request: bool) -> RemoteBranch | ProtectedBranch:
    if not by_request:
        return writable.deployed

    def anew(base: Tree, fork: Tree, standing: Tree) -> bool:
        return is_made_anew(base, fork, standing, recorded_layout(base), wanted)

    return writable.proposed(branch_of(wanted), anew)


def _planner(branch: RemoteBranch | ProtectedBranch, wanted: Wanted) -> Callable[[Tree], Change]:
    def plan(tree: Tree) -> Change:
        layout, base = recorded_layout(tree), branch.base_tree()
        base = tree if base is None or not branch.goes_on else base
        change = plan_request(tree, base, layout, wanted)
        if not change.edits or not isinstance(wanted, Promote):
            return change
        source = deployed(base, layout, wanted.app, wanted.source)[0]
        provenance = read_provenance(branch.trailers(source.path))
        return plan_request(tree, base, layout, replace(wanted, provenance=provenance))

    return plan
