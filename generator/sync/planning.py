"""From what should be true to what the writer is asked: planners over the trees of the application repository. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from generator.core.change import Change
from generator.core.documents import Organization
from generator.core.intents import EnsurePreview, RemovePreview, SetVersion
from generator.core.plan_version import plan_versions
from generator.core.preview_plan import PreviewPlan
from generator.core.tree import Tree
from generator.gitrepo.writer import Planner, WithPristine
from generator.sync.rules import Step
from generator.workspace.preview_rendering import Source
from generator.workspace.previews import caught_up, plan_close, plan_open

Preview = EnsurePreview | RemovePreview


def planners(steps: Sequence[Step], organization: Organization, platform: Tree) -> list[Planner | WithPristine]:
    """Return what makes steps true: one commit for all versions, one for each preview.

    Args:
        steps: What should be true, and is committed to the branch that is deployed.
        organization: The organization.
        platform: What the platform repository holds.
    """
    layout = organization.spec.paths.layout
    versions = [step.intent for step in steps if isinstance(step.intent, SetVersion)]
    previews = [step.intent for step in steps if isinstance(step.intent, EnsurePreview | RemovePreview)]
    together: list[Planner | WithPristine] = [lambda tree: plan_versions(tree, layout, versions)] if versions else []
    return together + [WithPristine(partial(_preview, organization, platform, intent)) for intent in previews]


def source_of(organization: Organization, platform: Tree, main: Tree, pristine: Tree) -> Source:
    """Return what previews are planned on; in a single repository the templates are those of the branch itself."""
    return Source(organization, main if organization.single else platform, main, pristine)


def _preview(
    organization: Organization, platform: Tree, intent: Preview, main: Tree, pristine: Tree
) -> tuple[Change, Change]:
    plan = caught_up(source_of(organization, platform, main, pristine), partial(_decide, intent), intent.app)
    return plan.main, plan.pristine


def _decide(intent: Preview, source: Source) -> PreviewPlan:
    return plan_open(source, intent) if isinstance(intent, EnsurePreview) else plan_close(source, intent)
