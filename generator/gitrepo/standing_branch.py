"""A branch that was proposed, as its clone last fetched it: whose commits it holds, where it parted from its base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.core.promotion_request import NAMESPACE, CommitText, requested_place
from generator.gitrepo import history
from generator.gitrepo.clone import SEEN, Clone
from generator.gitrepo.remote_branch import SEAL, RemoteBranch

_MOST = 100
"""The most commits of a branch that are read: more than people put on one by hand."""
_FORM = "--format=%s%x00%b%x00%(trailers:only,unfold)%x00"
_FIELDS = 3
_UNTOLD = frozenset({SEAL, "Signed-off-by"})


@dataclass(frozen=True)
class Standing:
    """What a branch is made of.

    Attributes:
        head: Its commit.
        fork: The commit at which it parted from its base; None where that is too long ago.
        changed: The files that it changes since then.
        commits: What its commits since then say, the newest first; of more than 100 the newest.
        is_ours: Whether we began it.
        is_ours_alone: Whether it holds a single commit, ours, that nobody touched; the base has no part in that.
    """

    head: str
    fork: str | None = None
    changed: tuple[str, ...] = ()
    commits: tuple[CommitText, ...] = ()
    is_ours: bool = False
    is_ours_alone: bool = False


class StandingBranch(RemoteBranch):
    """A branch that is there and proposed; it is read where the clone last saw it, and never written."""

    def standing(self) -> Standing:
        """Return what the branch is made of.

        Raises:
            UserError: The remote does not let us in.
            TemporaryError: The remote is away: more of its history was needed.
            PlanAgainError: The clone cannot be read.
        """
        head, base = self._known(self._branch), self._known(str(self._base))
        made_on = self._made_on(head)
        fork = made_on or history.fork(self._clone, base, head, (str(self._base), self._branch))
        if fork is None:
            return Standing(head)
        told = list(self._told(fork, head))
        return Standing(
            head,
            fork,
            tuple(history.changed(self._clone, fork, head)),
            tuple(text for text, _ in told),
            any(is_sealed for _, is_sealed in told),
            made_on is not None,
        )

    def _told(self, fork: str, head: str) -> Iterator[tuple[CommitText, bool]]:
        """Yield what each commit says, and whether it says that it is ours; it may have been changed since."""
        listed = ("rev-list", f"--max-count={_MOST}", "--no-commit-header", _FORM, f"{fork}..{head}")
        fields = self._clone.ask(*listed).encode(errors="surrogateescape").decode(errors="replace").split("\0")
        for subject, body, block in zip(*(fields[start::_FIELDS] for start in range(_FIELDS)), strict=False):
            pairs = [(key, value) for key, _, value in (line.partition(": ") for line in block.splitlines()) if value]
            # Trailers are the last paragraph of a message.
            words = body.strip().rpartition("\n\n")[0] if pairs else body.strip()
            trailers = tuple(pair for pair in pairs if pair[0] not in _UNTOLD)
            yield CommitText(subject.strip(), words, trailers), any(key == SEAL for key, _ in pairs)


def request_branches(clone: Clone) -> Mapping[str, str]:
    """Return the branches of requests that a clone last saw on its remote, each with its commit.

    Raises:
        PlanAgainError: The clone cannot be read.
    """
    listed = clone.ask("for-each-ref", "--format=%(objectname) %(refname)", f"{SEEN}{NAMESPACE}/")
    pairs = (line.partition(" ") for line in listed.splitlines())
    found = {name.removeprefix(SEEN): commit for commit, _, name in pairs}
    # No app of ours has a name that cannot be shown, and nothing else could be told of such a branch.
    return {name: commit for name, commit in found.items() if requested_place(name) and name.isprintable()}


def merged_branches(clone: Clone, base: str) -> frozenset[str]:
    """Return the branches of requests whose commits all are in the history of a base, as far as the clone has it.

    Raises:
        PlanAgainError: The clone cannot be read.
    """
    listed = clone.ask("for-each-ref", "--format=%(refname)", f"--merged={SEEN}{base}", f"{SEEN}{NAMESPACE}/")
    return frozenset(name.removeprefix(SEEN) for name in listed.splitlines())
