"""Versions on their way through the environments: set where a person says, promoted from one to the next."""

from __future__ import annotations

from dataclasses import replace

from generator.core.change import Change
from generator.core.intents import Promote, SetVersion
from generator.core.plan_version import deployed, plan_promotion, plan_version
from generator.core.provenance import read_provenance
from generator.core.versions import check_version
from generator.workspace.proposal import Proposal, RepositoryProposal
from generator.workspace.workspace import Workspace


def set_version(workspace: Workspace, intent: SetVersion) -> Proposal:
    """Propose that an app runs a version in an environment.

    Raises:
        UserError: The environment, the cluster or the app is unknown, or the version cannot be written.
    """
    check_version(intent.version)
    workspace.require_environment(intent.environment)
    if intent.cluster is not None:
        workspace.cluster(intent.cluster)
    return _proposal(workspace, plan_version(workspace.tree("application"), workspace.layout, intent))


def promote(workspace: Workspace, intent: Promote) -> Proposal:
    """Propose that an app runs in one environment what it runs in another, with the same provenance.

    Raises:
        UserError: An environment or the app is unknown, or the source's clusters do not agree on a version.
    """
    for environment in (intent.source, intent.target):
        workspace.require_environment(environment)
    tree, layout = workspace.tree("application"), workspace.layout
    source = deployed(tree, layout, intent.app, intent.source)[0]
    repository, branch = workspace.repositories["application"], workspace.address("application").branch
    provenance = read_provenance(repository.trailers(branch, source.path))
    return _proposal(workspace, plan_promotion(tree, layout, replace(intent, provenance=provenance)))


def _proposal(workspace: Workspace, change: Change) -> Proposal:
    if not change.edits:
        return Proposal((), change.notes)
    repository, branch = workspace.repositories["application"], workspace.address("application").branch
    # The templates did not change: the pristine branch stays where it is.
    pristine, planned_on = Change({}, change.subject), (workspace.heads["application"], repository.pristine_head())
    before = repository.at(planned_on[0])
    return Proposal(
        (RepositoryProposal(repository.path, branch, before, change, pristine, planned_on=planned_on),), change.notes
    )
