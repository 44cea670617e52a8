"""Makes commits through GitHub's API, which signs those of an App: for organizations that demand signed commits.

Git writes the same trees here as well, so that what GitHub makes is known to hold the same, byte for byte. The commits
come into the clone from branches that are there for that moment alone; who moves the deployed branch, and how, is not
decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise

from generator.core.change import Change
from generator.core.errors import GitopsmithError, UserError
from generator.gitrepo import history
from generator.gitrepo.authorship import SCRATCH, Authorship, decide
from generator.gitrepo.branch import TooManyError
from generator.gitrepo.changes_branch import NAMESPACE
from generator.gitrepo.clone import Clone
from generator.gitrepo.commit_message import message
from generator.gitrepo.commits import Heads, Step, chain
from generator.hub.git_objects import GitObjects

MOST = 15
"""The most steps at once: GitHub takes 80 calls a minute that create something, and a step takes four as a rule."""

_BRANCHES = {"main": f"{NAMESPACE}made/deployed", "pristine": f"{NAMESPACE}made/pristine"}


class ApiCommitter:
    """Makes commits by GitHub's API; see `Committer`.

    Args:
        clone: The clone that they come into.
        objects: Makes objects in its repository on GitHub.
    """

    def __init__(self, clone: Clone, objects: GitObjects) -> None:
        self._clone = clone
        self._objects = objects

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:
        """Make the commits of steps; see `Committer`.

        Raises:
            TooManyError: There are more steps than GitHub makes in a minute.
            PlanAgainError: The clone is damaged, or another writer is making commits at the same moment.
            UserError: An author or a committer is asked for, or GitHub refuses.
            UnavailableError: GitHub is away or limits us; nothing is changed.
        """
        trailers = self._trailers(authorship)
        if len(steps) > MOST:
            raise TooManyError(f"{self._clone.url}: more than {MOST} commits are not made at once.", MOST)
        wanted = self._trees_of([heads, *self._clone.write(heads, steps, SCRATCH)])
        trees = {commit: self._tree(commit) for commit in (heads.main, heads.pristine) if commit}

        def record(branch: str, parent: str | None, change: Change, text: str) -> str:  # noqa: ARG001 - the parent tells
            tree = self._made(self._objects.tree(trees.get(parent or ""), change.edits), next(wanted))
            commit = self._objects.commit(tree, [parent] if parent else [], text)
            trees[commit] = tree
            return commit

        reached = chain(heads, steps, trailers, record)
        last = reached[-1]
        self._take({"main": (heads.main, last.main), "pristine": (heads.pristine, last.pristine)})
        return reached

    def merge(self, merged: str, parents: tuple[str, str], words: Change) -> str:
        """Make a merge; see `Committer`.

        Raises:
            PlanAgainError: As `commit`.
            UserError: As `commit`.
            UnavailableError: As `commit`.
        """
        edits = history.edits_between(self._clone, parents[0], merged)
        base = self._tree(parents[0])
        tree = self._made(self._objects.tree(base, edits) if edits else base, self._tree(merged))
        commit = self._objects.commit(tree, parents, message(words))
        self._take({"main": (None, commit)})
        return commit

    def _trailers(self, authorship: Authorship) -> tuple[tuple[str, str], ...]:
        if authorship.author or authorship.committer:
            raise UserError(
                f"{self._clone.url}: its commits are made by GitHub, which signs them as its own, so nobody else can "
                "be their author or committer.",
                hint="Leave out --author and --committer (GITOPSMITH_AUTHOR, GITOPSMITH_COMMITTER), or let "
                "organization.yaml say `commits: git` for this repository.",
            )
        return decide(self._clone.git, authorship).trailers if authorship.sign_off else ()

    def _trees_of(self, heads: Sequence[Heads]) -> Iterator[str]:
        """Return the trees of commits, in the order in which `chain` makes them."""
        for before, after in pairwise(heads):
            if after.pristine and after.pristine != before.pristine:
                yield self._tree(after.pristine)
            if after.main and after.main != before.main:
                yield self._tree(after.main)

    def _tree(self, commit: str) -> str:
        return self._clone.ask("rev-parse", "--verify", f"{commit}^{{tree}}")

    def _made(self, tree: str, wanted: str) -> str:
        if tree != wanted:
            raise UserError(
                f"{self._clone.url}: GitHub's API made another tree ({tree}) of what it was sent than git ({wanted}).",
                hint="Let organization.yaml say `commits: git` for this repository, and report it, please.",
            )
        return tree

    def _take(self, moves: dict[str, tuple[str | None, str | None]]) -> None:
        """Bring commits that GitHub made into the clone."""
        commits = {_BRANCHES[role]: new for role, (old, new) in moves.items() if new and new != old}
        try:
            for branch, commit in commits.items():
                self._objects.hold(branch, commit)
            history.take(self._clone, commits)
        finally:
            for branch in commits:
                # What stays there harms nobody, and the next one takes its place.
                with suppress(GitopsmithError):
                    self._objects.drop(branch)
