"""An organization's repositories in memory: what the writer and the sync decide can be seen without git and disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from generator.core.change import ChangedTree, Edits
from generator.core.documents import Organization
from generator.core.errors import GitopsmithError
from generator.core.tree import File, MemoryTree, Tree, as_memory
from generator.gitrepo.authorship import Authorship
from generator.gitrepo.commits import Heads, Step
from generator.sync.gitops import View
from generator.workspace.remotes import Remote


@dataclass
class MemoryBranch:
    """The two branches of a repository; a commit is a number, and has what it says.

    Attributes:
        trees: What each commit holds.
        messages: What each commit of the deployed branch says, with its trailers.
        now: Where the branches are.
        faults: What the next pushes fail with.
        pushes: How many steps each push had.
    """

    trees: dict[str, Tree]
    now: Heads
    messages: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: list[GitopsmithError] = field(default_factory=list)
    pushes: list[int] = field(default_factory=list)

    @contextmanager
    def reserved(self) -> Iterator[None]:
        yield

    def heads(self) -> Heads:
        return self.now

    def refresh(self) -> Heads:
        return self.now

    def tree(self, commit: str | None) -> Tree:
        return MemoryTree() if commit is None else self.trees[commit]

    def commit(self, heads: Heads, steps: Sequence[Step], authorship: Authorship) -> list[Heads]:  # noqa: ARG002 - nobody signs
        found = []
        for step in steps:
            main = self._next(heads.main, step.main.edits)
            pristine = self._next(heads.pristine, step.pristine.edits if step.pristine else {})
            heads = Heads(main, pristine)
            found.append(heads)
        return found

    def publish(self, old: Heads, new: Heads, steps: Sequence[Step]) -> None:  # noqa: ARG002 - nobody races
        if self.faults:
            raise self.faults.pop(0)
        self.now = new
        self.pushes.append(len(steps))
        self.messages += [(step.main.subject, dict(step.main.trailers)) for step in steps if step.main.edits]

    def files(self) -> dict[str, bytes]:
        """Return what the deployed branch holds, by path."""
        tree = self.tree(self.now.main)
        return {path: file.data for path in tree.under("") if (file := tree.get(path))}

    def subjects(self) -> list[str]:
        """Return the subjects of the commits of the deployed branch, the oldest first."""
        return [subject for subject, _ in self.messages]

    def _next(self, commit: str | None, edits: Edits) -> str | None:
        if not edits:
            return commit
        name = f"commit-{len(self.trees)}"
        self.trees[name] = as_memory(ChangedTree(self.tree(commit), edits))
        return name


@dataclass
class MemoryGitops:
    """An organization whose application repository is in memory.

    Attributes:
        organization: The organization.
        platform: What the platform repository holds.
        branch: The application repository.
        fault: What reading the repositories fails with.
        remote: Where branches for pull requests are pushed to.
    """

    organization: Organization
    platform: Tree
    branch: MemoryBranch
    fault: Exception | None = None
    remote: Remote | None = None
    name: str = "memory"

    @contextmanager
    def view(self) -> Iterator[View]:
        if self.fault:
            raise self.fault
        main, pristine = (self.branch.tree(head) for head in (self.branch.now.main, self.branch.now.pristine))
        yield View(self.organization, self.platform, main, pristine, self.branch, self.remote)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file of the deployed branch, as a person would who pushes."""
        file = self.branch.tree(self.branch.now.main).get(path)
        assert file is not None
        text = file.data.decode()
        assert old in text
        self.add({path: text.replace(old, new).encode()})

    def add(self, files: Mapping[str, bytes]) -> None:
        """Put files, by path, into the deployed branch, likewise."""
        main = self.branch._next(self.branch.now.main, {path: File(data) for path, data in files.items()})
        self.branch.now = Heads(main, self.branch.now.pristine)


def memory_gitops(organization: Organization, platform: Tree, main: Tree, pristine: Tree) -> MemoryGitops:
    """Return an organization in memory that begins with these trees."""
    branch = MemoryBranch({"main": main, "pristine": pristine}, Heads("main", "pristine"))
    return MemoryGitops(organization, platform, branch)
