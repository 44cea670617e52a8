"""A proposal: what a verb would commit to each repository; shown by a dry run, committed by anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from generator.core.change import Change, ChangedTree, Edits, needed
from generator.core.diff import diff
from generator.core.intents import InstanceIntent
from generator.core.layout import Layout
from generator.core.plan import plan_instances
from generator.core.tree import File, Tree
from generator.gitrepo.authorship import AS_CONFIGURED, Authorship
from generator.gitrepo.creation import create
from generator.gitrepo.repository import Repository
from generator.workspace.committing import Committing
from generator.workspace.rerendering import catch_up
from generator.workspace.workspace import Role, Workspace


@dataclass
class Draft:
    """What a verb asks for, collected before anything is planned.

    Attributes:
        subject: The first line of the commits.
        instances: What should be true of instances, by repository.
        files: Documents that people and gitopsmith both edit, by repository and path; None removes one.
        notes: What the user should know about the change.
    """

    subject: str
    instances: dict[Role, list[InstanceIntent]] = field(default_factory=lambda: {"platform": [], "application": []})
    files: dict[Role, dict[str, bytes | None]] = field(default_factory=lambda: {"platform": {}, "application": {}})
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RepositoryProposal:
    """What would be committed to one repository.

    Attributes:
        path: The repository's folder.
        branch: The branch that is deployed.
        before: What that branch holds now.
        change: The commit to that branch.
        pristine: The commit to the pristine branch.
        origin: Where a repository that is yet to be created will be pushed to; None for one that is there.
        planned_on: The commits of the branch and of the pristine branch for which all this was planned.
        authorship: Who the commits are from.
    """

    path: Path
    branch: str
    before: Tree
    change: Change
    pristine: Change
    origin: str | None = None
    planned_on: tuple[str | None, str | None] = (None, None)
    authorship: Authorship = AS_CONFIGURED

    def diff(self) -> str:
        """Return the commit to the branch as `git diff` would show it."""
        return diff(self.before, self.change.edits)

    def reserved(self) -> AbstractContextManager[None]:
        """Return what keeps our other processes out of a repository that is there; see `Repository.reserved`."""
        if self.origin is not None:
            return nullcontext()
        return self._repository.reserved(self.branch, self.change, self.planned_on)

    def elsewhere(self) -> str | None:
        """Return what the work tree shows where that is not the branch that is committed to, and None where it is."""
        shown = self._repository.checked_out() if self.origin is None else self.branch
        return None if shown == self.branch else shown or "no branch"

    @cached_property
    def _repository(self) -> Repository:
        return Repository(self.path)

    def made(self, committing: Committing) -> RepositoryProposal:
        """Return the same, with a commit that is made in another way; see `Proposal.made`."""
        return replace(
            self,
            change=committing.worded(self.change),
            pristine=committing.worded(self.pristine),
            authorship=committing.authorship,
        )

    def commit(self) -> str | None:
        """Commit it and return the new commit of the branch, or None where nothing changes on that branch.

        Raises:
            UserError: Uncommitted work is in the way, git knows no identity, or git cannot write.
            TemporaryError: Another process is at work in the repository.
        """
        if self.origin is None:
            return self._repository.commit(self.branch, self.change, self.pristine, self.authorship)
        created = create(self.path, self.branch, self.change, self.pristine, self.origin, self.authorship)
        return created.head(self.branch)


@dataclass(frozen=True)
class Proposal:
    """What a verb would commit.

    Attributes:
        repositories: What changes, in the order in which it is committed; empty where nothing does.
        notes: What the user should know.
    """

    repositories: tuple[RepositoryProposal, ...]
    notes: tuple[str, ...] = ()

    def made(self, committing: Committing) -> Proposal:
        """Return the same proposal, with commits that are made in another way than as git is configured.

        Raises:
            UserError: The template of the messages fails.
        """
        return replace(self, repositories=tuple(repository.made(committing) for repository in self.repositories))

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep our other processes out of all repositories, after looking whether all can be committed to.

        Raises:
            UserError: Uncommitted work is in the way in one of them.
            TemporaryError: Another process is at work in one of them, or committed there since.
        """
        with ExitStack() as stack:
            for repository in self.repositories:
                stack.enter_context(repository.reserved())
            yield


def propose(workspace: Workspace, draft: Draft, *, force: bool = False) -> Proposal:
    """Plan a draft against what the repositories hold now.

    Args:
        workspace: The repositories.
        draft: What is asked for.
        force: Let go of what was edited by hand and is in the way.

    Raises:
        UserError: Files that were edited by hand are in the way.
    """
    proposals, notes = [], list(draft.notes)
    # What is pointed at comes before what points there: an environment's folder before its Application.
    for roles in _roles(workspace):
        repository, branch = workspace.repositories[roles[0]], workspace.address(roles[0]).branch
        planned_on = workspace.heads[roles[0]], repository.pristine_head()
        before, pristine_before = (repository.at(commit) for commit in planned_on)
        places = [instance.place for role in roles for instance in draft.instances[role]]
        behind = catch_up(before, pristine_before, places, workspace.tree("platform"), workspace.layout)
        change, pristine, overridden = plan_changes(
            before, pristine_before, workspace.layout, draft, roles, behind=behind, force=force
        )
        if change.edits or pristine.edits:
            proposals.append(
                RepositoryProposal(repository.path, branch, before, change, pristine, planned_on=planned_on)
            )
        notes += [f"{path}: was edited by hand; the edits are in git's history." for path in overridden]
    return Proposal(tuple(proposals), tuple(notes))


def plan_changes(
    main: Tree,
    pristine: Tree,
    layout: Layout,
    draft: Draft,
    roles: Iterable[Role],
    *,
    behind: Edits | None = None,
    force: bool = False,
) -> tuple[Change, Change, tuple[str, ...]]:
    """Return the changes to a repository's two branches, and the hand edits that they let go.

    Args:
        main: What the branch that is deployed holds.
        pristine: What the templates alone produced so far.
        layout: Where the repository keeps its instances.
        draft: What is asked for.
        roles: The roles that the repository plays.
        behind: What the pristine branch lacks, because somebody changed the other one without it.
        force: Let go of what was edited by hand and is in the way.

    Raises:
        UserError: Files that were edited by hand are in the way.
    """
    roles = tuple(roles)
    instances = [instance for role in roles for instance in draft.instances[role]]
    plan = plan_instances(main, ChangedTree(pristine, behind or {}), layout, instances, force=force)
    files: Mapping[str, File | None] = {
        path: None if data is None else File(data) for role in roles for path, data in draft.files[role].items()
    }
    change = Change({**plan.main, **needed(main, files)}, draft.subject)
    return change, Change(needed(pristine, {**(behind or {}), **plan.pristine}), draft.subject), plan.overridden


def _roles(workspace: Workspace) -> tuple[tuple[Role, ...], ...]:
    return (("platform", "application"),) if workspace.organization.single else (("application",), ("platform",))
