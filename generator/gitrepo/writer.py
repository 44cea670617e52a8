"""Writes batches of changes to a branch, each exactly once, against whoever else writes to it.

A planner decides on a tree what must change. Where somebody else moved the branch before our push, every planner is
asked again on the new tree: nothing is rebased, merged or forced. So a planner must be pure, and find nothing to do
on a tree that holds its change; then a writer that was killed at any moment is simply run again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from generator.core.change import Change, ChangedTree, needed
from generator.core.errors import GitopsmithError, TemporaryError, UserError
from generator.core.tree import File, Tree
from generator.gitrepo.authorship import AS_CONFIGURED, Authorship
from generator.gitrepo.branch import Branch, LostRaceError, PlanAgainError, TooManyError
from generator.gitrepo.commits import Heads, Step
from generator.gitrepo.import_stream import refuse_unsafe

Planner = Callable[[Tree], Change]
"""Decides what must change on the tree of the branch."""


@dataclass(frozen=True)
class WithPristine:
    """A planner that changes the pristine branch as well.

    Attributes:
        plan: Decides, on the trees of the branch and of the pristine branch, what must change on each.
    """

    plan: Callable[[Tree, Tree], tuple[Change, Change]]


@dataclass(frozen=True)
class Outcome:
    """What became of one planner.

    Attributes:
        change: What was written, without edits that made no difference; None where the planner failed.
        commit: The branch's commit; None where there was nothing to do.
        pristine: The pristine branch's commit, likewise.
        error: Why nothing was written.
        is_branchs: Whether the error is the branch's and all share it, and is not about what this planner plans.
    """

    change: Change | None = None
    commit: str | None = None
    pristine: str | None = None
    error: GitopsmithError | None = None
    is_branchs: bool = False


@dataclass(frozen=True)
class Patience:
    """How often a lost race is run again, and how long is waited before.

    Attributes:
        attempts: How often in a row nothing may be achieved.
        first: The most seconds that are waited after the first loss; after each further one twice as many.
        longest: The most seconds that are waited after any.
    """

    attempts: int = 30
    first: float = 0.01
    longest: float = 0.25

    def delay(self, losses: int, luck: float) -> float:
        """Return the seconds to wait after so many losses in a row; `luck`, from 0 to 1, keeps writers apart."""
        return min(self.longest, self.first * 2.0 ** (losses - 1)) * luck


@dataclass(frozen=True)
class _Planned:
    outcome: Outcome
    step: Step | None = None


PATIENT = Patience()

_AWKWARD = range(9, 16)
"""So many changes take longer to push than sixteen. What a push of fewer than a hundred objects brings, seven for each
change, git stores on the other side as so many files, and a folder whole in each; of a larger one it keeps the pack.
Measured where 10,000 files are in the folder: 0.24 s for 14, 0.11 for 16."""

_MANY = 50
"""From so many changes on it pays to look at the remote before they are written, rather than have a push prove it."""


def write(
    branch: Branch,
    planners: Sequence[Planner | WithPristine],
    *,
    authorship: Authorship = AS_CONFIGURED,
    patience: Patience = PATIENT,
    sleep: Callable[[float], None] = time.sleep,
    luck: Callable[[], float] = random.random,
) -> list[Outcome]:
    """Write what planners plan: one commit each, linear, all pushed at once.

    Where the branch is contended, a batch that takes longer than others leave it alone would never get through: after
    each race lost the next push takes half as many, after each won one a quarter more. A large batch begins small where
    others moved the branch since it was last seen.

    Args:
        branch: Where to.
        planners: What must be true, in this order; each sees what the former ones changed.
        authorship: Who the commits are from.
        patience: How often to try again.
        sleep: How to wait.
        luck: A random number from 0 to 1.

    Returns:
        What became of each planner, in their order. A planner that raises a `UserError` fails alone. Where writing
        fails when a part was pushed already, the outcomes of the rest hold the error.

    Raises:
        UserError: The remote refuses, is not there, or does not let us in; or the disk is full. Nothing is changed.
        TemporaryError: The remote is away, or all attempts were lost. What was pushed may have arrived nevertheless.
    """
    outcomes: list[Outcome] = []
    share, losses, look, looked = len(planners), 0, False, False
    with branch.reserved():
        while rest := planners[len(outcomes) :]:
            try:
                if len(planners) > _MANY and not outcomes and not losses:
                    share, looked = _first_share(branch, planners), True
                outcomes += _write_once(branch, rest[:share], authorship, look=look)
                losses, look, looked, share = 0, False, False, _more(share)
            except TooManyError as error:
                share = max(1, min(error.most, min(share, len(rest)) - 1))
            except PlanAgainError as error:
                losses += 1
                if losses == patience.attempts:
                    return _with_rest(outcomes, len(rest), TemporaryError(f"{error} ({losses} attempts)"))
                # That what was planned on a head of long ago is lost says nothing about how contended the branch is.
                if isinstance(error, LostRaceError) and looked:
                    share = _less(min(share, len(rest)))
                look = looked = True
                sleep(patience.delay(losses, luck()))
            except GitopsmithError as error:
                return _with_rest(outcomes, len(rest), error)
    return outcomes


def _less(share: int) -> int:
    half = max(1, share // 2)
    return _AWKWARD.start - 1 if half in _AWKWARD else half


def _more(share: int) -> int:
    more = share + max(1, share // 4)
    return _AWKWARD.stop if more in _AWKWARD else more


def _first_share(branch: Branch, planners: Sequence[Planner | WithPristine]) -> int:
    """Return how many changes the first push of a large batch takes: all where nobody else moved the branch."""
    seen = branch.heads()
    return len(planners) if seen.main is None or branch.refresh() == seen else _MANY


def _with_rest(outcomes: list[Outcome], rest: int, error: GitopsmithError) -> list[Outcome]:
    if not outcomes:
        raise error
    return [*outcomes, *[Outcome(error=error, is_branchs=True)] * rest]


def _write_once(
    branch: Branch, planners: Sequence[Planner | WithPristine], authorship: Authorship, *, look: bool
) -> list[Outcome]:
    """Plan, commit and push once; `look` is whether to look first where the branch is."""
    # A push proves where a branch is only if it moves it: what is planned on both must look at both first.
    look = look or any(isinstance(planner, WithPristine) for planner in planners)
    heads = branch.refresh() if look else branch.heads()
    if heads.main is None and not look:
        heads, look = branch.refresh(), True
    planned = _plan(branch, heads, planners)
    if not look and not any(one.step for one in planned):
        # A push proves that we saw the branch as it is. Without one, we must look before we say: nothing to do.
        known, heads = heads, branch.refresh()
        if heads != known:
            planned = _plan(branch, heads, planners)
    steps = [one.step for one in planned if one.step]
    if not steps and heads.unfinished is None:
        return [one.outcome for one in planned]
    reached = branch.commit(heads, steps, authorship) if steps else []
    branch.publish(heads, reached[-1] if steps else heads, steps)
    return _outcomes(planned, heads, reached)


def _outcomes(planned: Sequence[_Planned], heads: Heads, reached: Sequence[Heads]) -> list[Outcome]:
    outcomes = []
    following = iter(reached)
    for one in planned:
        outcome = one.outcome
        if one.step:
            before, heads = heads, next(following)
            outcome = replace(
                outcome,
                commit=heads.main if heads.main != before.main else None,
                pristine=heads.pristine if heads.pristine != before.pristine else None,
            )
        outcomes.append(outcome)
    return outcomes


def _plan(branch: Branch, heads: Heads, planners: Sequence[Planner | WithPristine]) -> list[_Planned]:
    """Ask every planner, each on the trees as the former ones leave them."""
    before = branch.tree(heads.main), branch.tree(heads.pristine)
    edits: tuple[dict[str, File | None], dict[str, File | None]] = {}, {}
    main, pristine = before
    planned = []
    for planner in planners:
        try:
            step = _step(planner, main, pristine)
        except UserError as error:
            planned.append(_Planned(Outcome(error=error)))
            continue
        if step.main.edits:
            edits[0].update(step.main.edits)
            main = ChangedTree(before[0], edits[0])
        if step.pristine and step.pristine.edits:
            edits[1].update(step.pristine.edits)
            pristine = ChangedTree(before[1], edits[1])
        planned.append(_Planned(Outcome(step.main), None if step.is_empty else step))
    return planned


def _step(planner: Planner | WithPristine, main: Tree, pristine: Tree) -> Step:
    """Ask one planner, and leave out what makes no difference."""
    if isinstance(planner, WithPristine):
        ours, theirs = planner.plan(main, pristine)
        return Step(_reduced(main, ours), _reduced(pristine, theirs))
    return Step(_reduced(main, planner(main)))


def _reduced(tree: Tree, change: Change) -> Change:
    refuse_unsafe(change.edits)
    return replace(change, edits=needed(tree, change.edits))
