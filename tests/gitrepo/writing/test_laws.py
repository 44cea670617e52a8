"""Law 1: plan, then apply. A lost race costs one more call of `plan`; nothing is ever rebased, forced or merged.

Here of the writer itself, on a branch in memory; `test_writer.py` and `test_under_fire.py` show it on real remotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from generator.core.change import Change, ChangedTree, Edits
from generator.core.tree import File, MemoryTree, Tree, as_memory
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.branch import LostRaceError
from generator.gitrepo.commits import Heads, Step
from generator.gitrepo.writer import Planner, write
from tests.gitrepo.writing.conftest import app_path, app_text, set_version

Others = dict[int, dict[str, File]]
"""What others write, by the number of our push that they come before."""

PATHS = [app_path(number) for number in range(4)]


@dataclass
class MemoryBranch:
    """A branch in memory, to which others commit meanwhile.

    Attributes:
        others: What they write.
        log: The commits of the branch, each with its parent.
        trees: What every commit holds, those included that never reached the branch.
    """

    others: Others
    log: list[tuple[str, str]] = field(default_factory=lambda: [("0", "")])
    trees: dict[str, MemoryTree] = field(
        default_factory=lambda: {
            "0": MemoryTree({path: File(app_text(n, "1").encode()) for n, path in enumerate(PATHS)})
        }
    )
    pushes: int = 0
    lost: int = 0
    planned: int = 0
    _seen: str = "0"
    _parents: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def reserved(self) -> Iterator[None]:
        yield

    def heads(self) -> Heads:
        return Heads(self._seen)

    def refresh(self) -> Heads:
        self._seen = self.log[-1][0]
        return self.heads()

    def tree(self, commit: str | None) -> Tree:
        return self.trees[commit] if commit else MemoryTree()

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:  # noqa: ARG002 - a branch
        reached, parent = [], heads.main
        assert parent
        for step in steps:
            name = self._written(parent, step.main.edits)
            reached.append(Heads(name))
            parent = name
        return reached

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:  # noqa: ARG002 - a branch
        if edits := self.others.get(self.pushes):
            self.log.append((self._written(self.log[-1][0], edits), self.log[-1][0]))
        self.pushes += 1
        if self.log[-1][0] != old.main:
            self.lost += 1
            raise LostRaceError("elsewhere")
        assert new.main
        ours = [new.main]
        while (parent := self._parents[ours[0]]) != old.main:
            ours.insert(0, parent)
        self.log += [(name, self._parents[name]) for name in ours]
        self._seen = new.main

    def _written(self, parent: str, edits: Edits) -> str:
        name = str(len(self.trees))
        self._parents[name] = parent
        self.trees[name] = as_memory(ChangedTree(self.trees[parent], edits))
        return name


def counting(branch: MemoryBranch, planner: Planner) -> Planner:
    def plan(tree: Tree) -> Change:
        branch.planned += 1
        return planner(tree)

    return plan


lines = st.sampled_from([File(b"name: theirs\nversion: 1\n"), File(b"name: theirs\nversion: 9\nmore: x\n")])
others = st.dictionaries(
    st.integers(0, 8), st.dictionaries(st.sampled_from([*PATHS, "other"]), lines, min_size=1, max_size=2)
)
ours = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["2", "3"])), min_size=1, max_size=6)


@given(others, ours)
def test_law_1_what_is_planned_again_stands_on_all_that_others_wrote(
    written: Others, changes: list[tuple[int, str]]
) -> None:
    branch = MemoryBranch(written)
    outcomes = write(branch, [set_version(*change) for change in changes], sleep=lambda _: None)
    # Linear, and nobody's commit is gone: each stands on the one before it, and nothing was put in another's place.
    assert [parent for _, parent in branch.log[1:]] == [name for name, _ in branch.log[:-1]]
    reached = [outcome.commit for outcome in outcomes if outcome.commit]
    names = [name for name, _ in branch.log]
    assert [name for name in names if name in reached] == reached
    assert len(names) == 1 + len(reached) + sum(bool(written.get(push)) for push in range(branch.pushes))
    # Every commit is its planner's own, asked on the tree that it stands on.
    for (number, version), outcome in zip(changes, outcomes, strict=True):
        if outcome.commit:
            before = branch.tree(dict(branch.log)[outcome.commit])
            assert branch.trees[outcome.commit] == as_memory(
                ChangedTree(before, set_version(number, version)(before).edits)
            )


@given(others)
def test_law_1_a_lost_race_costs_one_more_call_of_plan(written: Others) -> None:
    branch = MemoryBranch(written)
    write(branch, [counting(branch, set_version(0, "2"))], sleep=lambda _: None)
    # One call more where the plan comes to nothing on a head of long ago: that is looked at before it is said.
    assert branch.planned in {branch.pushes, branch.pushes + 1}
    assert branch.lost <= len(written)
