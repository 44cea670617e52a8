"""Previews opened, closed and collected straight on a remote: no workspace is needed, no checkout is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache

from generator.core.change import Change
from generator.core.documents import Organization
from generator.core.errors import UserError
from generator.core.layout import ORGANIZATION_FILE
from generator.core.record import recorded_layout
from generator.core.tree import Tree
from generator.gitrepo.branch import Branch
from generator.gitrepo.writer import Outcome, WithPristine
from generator.workspace.committing import PLAIN, Committing
from generator.workspace.listing import Listing
from generator.workspace.preview_rendering import Source
from generator.workspace.previews import Decide, caught_up, previews_on
from generator.workspace.remotes import Remote, TokenOf, fetched, no_token, rules_of, shown, written
from generator.workspace.workspace import organization_in


@dataclass(frozen=True)
class PreviewRemotes:
    """Where previews are opened and closed; one of the two is there.

    Attributes:
        application: The application repository; None where the organization's file tells where it is.
        platform: The platform repository; None where the application repository is both.
        branch: The branch of the application repository, where not the one that the organization's file tells.
        token: Returns what opens the application repository, where the organization's file tells where it is.
    """

    application: Remote | None
    platform: Remote | None
    branch: str | None = None
    token: TokenOf = no_token


def push_previews(remotes: PreviewRemotes, decide: Decide, committing: Committing = PLAIN) -> tuple[Remote, Outcome]:
    """Commit and push what is decided about previews; return what became of it, and where.

    Raises:
        UserError: What is decided, a remote or the disk refuses, or no organization's file is found.
        TemporaryError: A remote is away, or every race was lost.
    """
    with _opened(remotes) as (remote, branch, platform):
        return remote, written(branch, _planner(platform, decide), committing)


def show_previews(remotes: PreviewRemotes, decide: Decide) -> tuple[Remote, Change, str]:
    """Return what `push_previews` would commit now and where, and how `git diff` would show it.

    Raises:
        UserError: As `push_previews`.
        TemporaryError: A remote is away.
    """
    with _opened(remotes) as (remote, branch, platform):
        return remote, *shown(branch, _planner(platform, decide))


def list_previews(remote: Remote, app: str | None = None) -> Listing:
    """Return the previews of one app or of all in an application repository.

    Raises:
        UserError: The remote does not let us in, or has no such repository or branch.
        TemporaryError: The remote is away.
    """
    with remote.opened() as clone:
        tree = fetched(clone, remote.branch)
        return previews_on(tree, recorded_layout(tree), app)


_Platform = Callable[[Tree], Tree]
"""Returns what the platform repository holds, given what the application repository holds."""


@contextmanager
def _opened(remotes: PreviewRemotes) -> Iterator[tuple[Remote, Branch, _Platform]]:
    """Yield the application repository, its branch, and what tells what the platform repository holds."""
    with ExitStack() as opened:

        @cache
        def platform() -> Tree:
            separate = _platform_of(remotes)
            return fetched(opened.enter_context(separate.opened()), separate.branch)

        remote = remotes.application or _application(platform(), _platform_of(remotes), remotes)
        ruled = remote
        if remote.rules is None and remotes.platform and not remotes.platform.is_at(remote):
            ruled = replace(remote, rules=rules_of(_organization(platform(), remotes.platform), remote.url))
        branch = opened.enter_context(ruled.writable()).deployed
        yield remote, branch, lambda main: main if main.get(ORGANIZATION_FILE) else platform()


def _platform_of(remotes: PreviewRemotes) -> Remote:
    """Return the platform repository where it is one of its own.

    Raises:
        UserError: It is none: what is called so is the application repository, whose clone is being written to.
    """
    platform, application = remotes.platform, remotes.application
    if platform is None or (application and platform.is_at(application)):
        raise _without_organization(application or platform)
    return platform


def _planner(platform: _Platform, decide: Decide) -> WithPristine:
    def plan(main: Tree, pristine: Tree) -> tuple[Change, Change]:
        templates = platform(main)
        plan = caught_up(Source(_organization(templates), templates, main, pristine), decide)
        return plan.main, plan.pristine

    return WithPristine(plan)


def _application(tree: Tree, platform: Remote, remotes: PreviewRemotes) -> Remote:
    """Return the application repository that the organization's file names."""
    organization = _organization(tree, platform)
    address = organization.spec.repositories.application
    found = replace(platform, branch=remotes.branch or address.branch, rules=address)
    if organization.single:
        return found
    # The file may name any host: what opens the platform repository is not for that one.
    url = organization.url(address)
    return replace(found, url=url, token=remotes.token(url))


def _organization(tree: Tree, platform: Remote | None = None) -> Organization:
    if (organization := organization_in(tree)) is None:
        raise _without_organization(platform)
    return organization


def _without_organization(remote: Remote | None) -> UserError:
    return UserError(
        f"{remote.url if remote else 'The platform repository'}: there is no {ORGANIZATION_FILE} in it.",
        hint="Name the platform repository: --platform URL.",
    )
